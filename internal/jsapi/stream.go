package jsapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/coder/websocket"
	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/wire"
)

// maxMessage is how large a WebSocket message may be, both ways.
const maxMessage = 1 << 20

// streamMembers: the responses of c that travel in pieces.
func streamMembers() map[string]member {
	return map[string]member{
		"Write": method(func(s *scope, call goja.FunctionCall) goja.Value {
			return s.piece(bytesOf(s.Run, "c.Write", call.Argument(0)), typeText, false)
		}),
		"Flush":     method(func(s *scope, _ goja.FunctionCall) goja.Value { return s.piece(nil, typeText, true) }),
		"SSE":       method(serverSentEvents),
		"WebSocket": method(webSocket),
	}
}

// piece is write for scripts.
func (s *scope) piece(b []byte, usualType string, flush bool) goja.Value {
	if err := s.write(b, usualType, flush); err != nil {
		s.Throw(err)
	}
	return goja.Undefined()
}

// write adds to the response; the first piece begins it, with status 200 and the type that SetHeader gave or the usual one.
func (s *scope) write(b []byte, usualType string, flush bool) error {
	err := s.ex.Stream(func(c echo.Context) error {
		res := c.Response()
		if !res.Committed {
			if res.Header().Get(echo.HeaderContentType) == "" {
				res.Header().Set(echo.HeaderContentType, usualType)
			}
			res.WriteHeader(http.StatusOK)
		}
		return s.Block(func(context.Context) error {
			if _, err := res.Write(b); err != nil {
				return err
			}
			if flush {
				return http.NewResponseController(res.Writer).Flush()
			}
			return nil
		})
	})
	if err != nil {
		return fault.Wrap(fault.Internal, err, "the response could not be sent: the client disconnected")
	}
	return nil
}

// eventHeader makes the response a stream of events.
func eventHeader(h http.Header) {
	h.Set(echo.HeaderContentType, "text/event-stream")
	h.Set(echo.HeaderCacheControl, "no-cache")
	h.Set("X-Accel-Buffering", "no") // nginx would keep events back
}

// serverSentEvents sends text/event-stream (HTML standard, 9.2): fn gets a function that sends one event.
func serverSentEvents(s *scope, call goja.FunctionCall) goja.Value {
	fn, ok := goja.AssertFunction(call.Argument(0))
	if !ok {
		typeError(s.Run, "c.SSE takes a function: c.SSE(send => { send(\"hello\") })")
	}
	eventHeader(s.ex.Context().Response().Header())
	s.piece(nil, "", true)
	send := func(call goja.FunctionCall) goja.Value {
		return s.piece(s.event(call.Argument(0)), "", true)
	}
	v, err := fn(goja.Undefined(), s.Function(send))
	if err != nil {
		s.Rethrow(err)
	}
	return v // a promise, for main to await
}

// event writes an event: text or data alone, or an object {event, id, retry, data}.
func (s *scope) event(v goja.Value) []byte {
	var b strings.Builder
	data := v
	if o, ok := v.(*goja.Object); ok && o.Get("data") != nil {
		s.Only("c.SSE: an event with data", o, "event", "id", "retry", "data")
		for _, field := range []string{"event", "id", "retry"} {
			if f := o.Get(field); f != nil && !goja.IsUndefined(f) && !goja.IsNull(f) {
				text := s.Text(f)
				if strings.ContainsAny(text, "\r\n\x00") {
					typeError(s.Run, "the %s of an event may not hold a line end", field)
				}
				fmt.Fprintf(&b, "%s: %s\n", field, text)
			}
		}
		data = o.Get("data")
	}
	text := ""
	if _, ok := data.(*goja.Object); ok {
		text = string(stringify(s.Run, data))
	} else {
		text = s.Text(data)
	}
	s.Spend(len(text)>>4+strings.Count(text, "\n"), 4*int64(len(text))+8*int64(strings.Count(text, "\n")+strings.Count(text, "\r")))
	for line := range strings.SplitSeq(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n") {
		fmt.Fprintf(&b, "data: %s\n", line)
	}
	b.WriteByte('\n')
	return []byte(b.String())
}

// webSocket takes the connection over (RFC 6455): fn gets an object to receive and send messages with. Only pages of the
// same host may connect, unless the second argument says {origins: ["example.com"]}. {protocols: ["chat"]} are the
// subprotocols that the flow speaks, the best first: ws.protocol is the one that the client asked for, "" for none.
func webSocket(s *scope, call goja.FunctionCall) goja.Value {
	fn, ok := goja.AssertFunction(call.Argument(0))
	if !ok {
		typeError(s.Run, "c.WebSocket takes a function: c.WebSocket(ws => { let text; while ((text = ws.receive()) !== null) ws.send(text) })")
	}
	s.Only("c.WebSocket", call.Argument(1), "origins", "protocols")
	origins, protocols := s.texts(call.Argument(1), "origins"), s.texts(call.Argument(1), "protocols")
	var conn *websocket.Conn
	err := s.ex.Stream(func(c echo.Context) (err error) {
		conn, err = wire.Upgrade(c.Response(), c.Request(), &websocket.AcceptOptions{OriginPatterns: origins, Subprotocols: protocols})
		return err
	})
	if err == nil && conn == nil {
		err = errors.New("the run has already responded")
	}
	if err != nil {
		s.Throw(fault.Wrap(fault.Script, err, "this request cannot become a WebSocket"))
	}
	conn.SetReadLimit(maxMessage)
	defer conn.CloseNow() //nolint:errcheck // the run is over for this connection
	v, err := fn(goja.Undefined(), s.socket(conn))
	if err != nil {
		_ = conn.Close(websocket.StatusInternalError, "") // 1011
		s.Rethrow(err)
	}
	_ = conn.Close(websocket.StatusNormalClosure, "")
	return v
}

// maxTexts is how many hosts, or protocols, may be named.
const maxTexts = 100

// texts reads an option that is a list of texts; none where it is missing. goja's own way from an array to Go makes room for
// what its length says.
func (s *scope) texts(options goja.Value, name string) (list []string) {
	o, ok := options.(*goja.Object)
	if !ok {
		return nil
	}
	v := hostfn.Property(o, name)
	if goja.IsUndefined(v) || goja.IsNull(v) {
		return nil
	}
	items, ok := v.(*goja.Object)
	if !ok || items.ClassName() != "Array" || hostfn.Property(items, "length").ToInteger() > maxTexts {
		typeError(s.Run, "c.WebSocket: %s is a list of at most %d texts", name, maxTexts)
	}
	for i := range hostfn.Property(items, "length").ToInteger() {
		text, ok := s.TextOf(hostfn.Property(items, strconv.FormatInt(i, 10)))
		if !ok {
			typeError(s.Run, "c.WebSocket: %s is a list of texts", name)
		}
		list = append(list, text)
	}
	return list
}

// socket is the connection as the script sees it. Its calls wait; they end with the run.
func (s *scope) socket(conn *websocket.Conn) goja.Value {
	o := s.VM.NewObject()
	var end *websocket.CloseError
	hostfn.SetOwn(o, "protocol", s.VM.ToValue(conn.Subprotocol()))
	hostfn.SetOwn(o, "receive", s.Function(func(goja.FunctionCall) goja.Value {
		var message []byte
		var kind websocket.MessageType
		if end != nil {
			return goja.Null()
		}
		err := s.Block(func(ctx context.Context) (err error) {
			kind, message, end, err = wire.Receive(ctx, conn)
			return err
		})
		if end != nil {
			hostfn.SetOwn(o, "code", s.VM.ToValue(int(end.Code)))
			hostfn.SetOwn(o, "reason", s.VM.ToValue(end.Reason))
		}
		if err != nil {
			s.Throw(fault.Wrap(fault.Internal, err, "the WebSocket connection broke"))
		}
		if end != nil {
			return goja.Null()
		}
		s.Spend(0, int64(len(message)))
		if kind == websocket.MessageBinary {
			return s.Uint8Array(message)
		}
		return s.VM.ToValue(string(message))
	}))
	hostfn.SetOwn(o, "send", s.Function(func(call goja.FunctionCall) goja.Value {
		message, binary := s.Bytes(call.Argument(0))
		kind := websocket.MessageBinary
		if !binary {
			kind = websocket.MessageText
			if _, ok := call.Argument(0).(*goja.Object); ok || goja.IsNull(call.Argument(0)) {
				message = stringify(s.Run, call.Argument(0))
			} else {
				message = []byte(hostfn.String(call, 0))
			}
			s.Spend(0, int64(len(message)))
		}
		err := s.Block(func(ctx context.Context) error { return conn.Write(ctx, kind, message) })
		if err != nil {
			s.Throw(fault.Wrap(fault.Internal, err, "the WebSocket connection broke"))
		}
		return goja.Undefined()
	}))
	return o
}
