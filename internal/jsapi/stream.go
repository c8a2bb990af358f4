package jsapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/coder/websocket"
	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// maxMessage is how large a WebSocket message may be, both ways.
const maxMessage = 1 << 20

// streamMembers: the answers of c that travel in pieces.
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

// write adds to the answer; the first piece begins it, with status 200 and the type that SetHeader gave or the usual one.
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
		return fault.Wrap(fault.Internal, err, "the answer could not be sent: the client is gone or its connection broke")
	}
	return nil
}

// eventHeader makes the answer a stream of events.
func eventHeader(h http.Header) {
	h.Set(echo.HeaderContentType, "text/event-stream")
	h.Set(echo.HeaderCacheControl, "no-cache")
	h.Set("X-Accel-Buffering", "no") // nginx would keep events back
}

// serverSentEvents answers text/event-stream (HTML standard, 9.2): fn gets a function that sends one event.
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
	v, err := fn(goja.Undefined(), s.VM.ToValue(send))
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
		for _, field := range []string{"event", "id", "retry"} {
			if f := o.Get(field); f != nil && !goja.IsUndefined(f) && !goja.IsNull(f) {
				text := f.String()
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
		text = data.String()
	}
	for line := range strings.SplitSeq(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n") {
		fmt.Fprintf(&b, "data: %s\n", line)
	}
	b.WriteByte('\n')
	return []byte(b.String())
}

// webSocket takes the connection over (RFC 6455): fn gets an object to receive and send texts with. Only pages of the
// same host may connect, unless the second argument says {origins: ["example.com"]}.
func webSocket(s *scope, call goja.FunctionCall) goja.Value {
	fn, ok := goja.AssertFunction(call.Argument(0))
	if !ok {
		typeError(s.Run, "c.WebSocket takes a function: c.WebSocket(ws => { let text; while ((text = ws.receive()) !== null) ws.send(text) })")
	}
	var origins []string
	if o, ok := call.Argument(1).(*goja.Object); ok {
		if err := s.VM.ExportTo(o.Get("origins"), &origins); err != nil {
			typeError(s.Run, "origins is a list of hosts")
		}
	}
	var conn *websocket.Conn
	err := s.ex.Stream(func(c echo.Context) (err error) {
		conn, err = websocket.Accept(c.Response(), c.Request(), &websocket.AcceptOptions{OriginPatterns: origins})
		c.Response().Committed = true
		return err
	})
	if err != nil || conn == nil {
		s.Throw(fault.Wrap(fault.Script, cmpErr(err), "this request asks for no WebSocket, or comes from another site: look at c.IsWebSocket() first"))
	}
	conn.SetReadLimit(maxMessage)
	defer conn.CloseNow() //nolint:errcheck // the run is over for this connection
	v, err := fn(goja.Undefined(), s.socket(conn))
	if err != nil {
		_ = conn.Close(websocket.StatusInternalError, "")
		s.Rethrow(err)
	}
	_ = conn.Close(websocket.StatusNormalClosure, "")
	return v
}

func cmpErr(err error) error {
	if err != nil {
		return err
	}
	return errors.New("the run answered before")
}

// socket is the connection as the script sees it. Its calls wait; they end with the run.
func (s *scope) socket(conn *websocket.Conn) goja.Value {
	o := s.VM.NewObject()
	hostfn.SetOwn(o, "receive", s.VM.ToValue(func(goja.FunctionCall) goja.Value {
		var text []byte
		closed := false
		err := s.Block(func(ctx context.Context) (err error) {
			_, text, err = conn.Read(ctx)
			if websocket.CloseStatus(err) != -1 || errors.Is(err, io.EOF) {
				closed = true
				return nil
			}
			return err
		})
		if err != nil {
			s.Throw(fault.Wrap(fault.Internal, err, "the WebSocket connection broke"))
		}
		if closed {
			return goja.Null()
		}
		return s.VM.ToValue(string(text))
	}))
	hostfn.SetOwn(o, "send", s.VM.ToValue(func(call goja.FunctionCall) goja.Value {
		text := hostfn.String(call, 0)
		if _, ok := call.Argument(0).(*goja.Object); ok {
			text = string(stringify(s.Run, call.Argument(0)))
		}
		err := s.Block(func(ctx context.Context) error { return conn.Write(ctx, websocket.MessageText, []byte(text)) })
		if err != nil {
			s.Throw(fault.Wrap(fault.Internal, err, "the WebSocket connection broke"))
		}
		return goja.Undefined()
	}))
	return o
}
