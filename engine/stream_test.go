package engine

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

func TestStreams(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{app: app(
		starter("s1", "/events", "e"), js("e", `async function main(){ await c.SSE(async send => {
			send("first"); await new Promise(r => setTimeout(r, 5)); send({event: "tick", id: 7, data: {n: 2}}); send("two\nlines") }); payload.x = 1; c.JSON(200, "late") }`),
		starter("s2", "/pieces", "p"), js("p", `function main(){ set_session("s", "k", "v"); c.SetHeader("Content-Type", "text/csv"); c.Write("a,b\n"); c.Flush(); c.Write("1,2\n") }`),
		starter("s3", "/echo", "ws"), js("ws", `function main(){ if (!c.IsWebSocket()) { c.JSON(400, "no socket"); return }
			c.WebSocket(ws => { let text; while ((text = ws.receive()) !== null) ws.send({got: text}) }); payload.done = true }`, "output_1=after"),
		js("after", `function main(){ console.log("the socket closed") }`),
		starter("s4", "/badevent", "b"), js("b", `function main(){ c.SSE(send => send({event: "a\nb", data: "x"})) }`),
	)})
	events := w.get("/events")
	if events.header.Get("Content-Type") != "text/event-stream" || events.body != "data: first\n\nevent: tick\nid: 7\ndata: {\"n\":2}\n\ndata: two\ndata: lines\n\n" {
		t.Errorf("events: %v %q", events.header, events.body)
	}
	pieces := w.get("/pieces")
	if pieces.header.Get("Content-Type") != "text/csv" || pieces.body != "a,b\n1,2\n" || pieces.header.Get("Set-Cookie") == "" {
		t.Errorf("pieces: %v %q", pieces.header, pieces.body)
	}
	w.expect(w.get("/echo"), 400, "no socket")
	if got := w.get("/badevent").body; strings.Contains(got, "event:") {
		t.Errorf("an event with a line end was sent: %q", got)
	}
}

// TestStreamsTravelAtOnce reads an event while the flow still runs.
func TestStreamsTravelAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{app: app(starter("s1", "/events", "e"), js("e", `function main(){ c.SSE(send => { send("first"); sleep(60000) }) }`))})
	q, _ := http.NewRequestWithContext(t.Context(), "GET", w.server.URL+"/events", nil)
	res, err := w.client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(res.Body).ReadString('\n')
	if err != nil || line != "data: first\n" {
		t.Errorf("got %q, %v", line, err)
	}
	res.Body.Close() // the client leaves: the flow ends
	if err := w.rt.Processes().Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWebSocket(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{app: app(
		starter("s3", "/echo", "ws"), js("ws", `function main(){ c.WebSocket(ws => { let text; while ((text = ws.receive()) !== null) ws.send({got: text}) }) }`, "output_1=after"),
		js("after", `function main(){ console.log("the socket closed") }`),
	)})
	conn, _, err := websocket.Dial(t.Context(), strings.Replace(w.server.URL, "http", "ws", 1)+"/echo", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"one", "two"} {
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
		_, got, err := conn.Read(t.Context())
		if err != nil || string(got) != `{"got":"`+text+`"}` {
			t.Fatalf("got %s, %v", got, err)
		}
	}
	if err := conn.Close(websocket.StatusNormalClosure, ""); err != nil && err != io.EOF {
		t.Error(err)
	}
	if err := w.rt.Processes().Wait(t.Context()); err != nil {
		t.Error(err)
	}
	if !strings.Contains(w.log.String(), "the socket closed") {
		t.Error("the run did not go on")
	}
	other, _, err := websocket.Dial(t.Context(), strings.Replace(w.server.URL, "http", "ws", 1)+"/echo", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://elsewhere.example"}}})
	if err == nil {
		_ = other.CloseNow()
		t.Error("a page of another site was let in")
	}
}

// Bytes stay bytes both ways, options need no origins, the client's subprotocol is taken, and text that is no UTF-8 ends the
// connection with 1007, as a message that is too long does with 1009.
func TestWebSocketMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{app: app(
		starter("s", "/ws", "ws"), js("ws", `function main(){ c.WebSocket(ws => {
			ws.send(ws.protocol); ws.send(new DataView(new Uint8Array([1, 255, 2]).buffer, 1)); ws.send(null)
			let m
			while ((m = ws.receive()) !== null) ws.send(m instanceof Uint8Array ? new Uint8Array([...m].reverse()) : typeof m + " " + m) }, {protocols: ["v2.chat", "chat"]}) }`),
		starter("s2", "/throws", "t"), js("t", `function main(){ c.WebSocket(ws => { throw new Error("no") }) }`),
		starter("s3", "/odd", "o"), js("o", `function main(){ c.WebSocket(ws => {}, {protocol: ["x"]}) }`),
	)})
	at := strings.Replace(w.server.URL, "http", "ws", 1)
	dial := func(path string) *websocket.Conn {
		conn, _, err := websocket.Dial(t.Context(), at+path, &websocket.DialOptions{Subprotocols: []string{"chat", "other"}})
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	conn := dial("/ws")
	if kind, got, err := conn.Read(t.Context()); err != nil || kind != websocket.MessageText || string(got) != "chat" || conn.Subprotocol() != "chat" {
		t.Fatalf("%v %s %v", kind, got, err)
	}
	for _, want := range []string{"\xff\x02", "null"} {
		if kind, got, err := conn.Read(t.Context()); err != nil || (kind == websocket.MessageBinary) == (want == "null") || string(got) != want {
			t.Fatalf("%v %q %v, want %q", kind, got, err, want)
		}
	}
	for _, m := range []struct {
		kind       websocket.MessageType
		sent, want string
	}{{websocket.MessageBinary, "\xff\x00a", "a\x00\xff"}, {websocket.MessageText, "ñ😀", "string ñ😀"}, {websocket.MessageBinary, "", ""}} {
		if err := conn.Write(t.Context(), m.kind, []byte(m.sent)); err != nil {
			t.Fatal(err)
		}
		if kind, got, err := conn.Read(t.Context()); err != nil || kind != m.kind || string(got) != m.want {
			t.Fatalf("%q: %v %q %v", m.sent, kind, got, err)
		}
	}
	for _, bad := range []struct {
		text string
		code websocket.StatusCode
	}{{"\xc3\x28", websocket.StatusInvalidFramePayloadData}, {strings.Repeat("x", 1<<20+1), websocket.StatusMessageTooBig}} {
		conn := dial("/ws")
		for range 3 {
			_, _, _ = conn.Read(t.Context())
		}
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(bad.text)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := conn.Read(t.Context()); websocket.CloseStatus(err) != bad.code {
			t.Errorf("%.10q: %s %v", bad.text, got, err)
		}
	}
	if _, _, err := dial("/throws").Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusInternalError {
		t.Error(err)
	}
	if conn, _, err := websocket.Dial(t.Context(), at+"/odd", nil); err == nil {
		_ = conn.CloseNow()
		t.Error("an option that nobody knows was taken")
	}
}

// A refused upgrade is answered as any other error, with the status that the protocol wants, and logged with it; a flow may
// catch it.
func TestWebSocketRefused(t *testing.T) {
	t.Parallel()
	const open = `c.WebSocket(ws => {})`
	w := newWorld(t, setup{app: app(
		`"s":{"data":{"type":"starter","method":"ANY","urlpattern":"/ws"},"outputs":{"output_1":{"connections":[{"node":"ws"}]}}}`, js("ws", `function main(){ `+open+` }`),
		starter("s2", "/caught", "k"), js("k", `function main(){ try { `+open+` } catch (e) { c.JSON(e.status, [e.message]) } }`),
	)})
	const key, version = "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==", "Sec-WebSocket-Version: 13"
	upgrade := []string{"Connection: Upgrade", "Upgrade: websocket"}
	for i, c := range []struct {
		method string
		header []string
		status int
		name   string // of a header of the answer
		value  string
	}{
		{"GET", nil, 426, "Upgrade", "websocket"},
		{"POST", append(upgrade, key, version), 405, "Allow", "GET"},
		{"GET", append(upgrade, key), 400, "Sec-WebSocket-Version", "13"},
		{"GET", append(upgrade, version), 400, "Content-Type", "application/json"},
		{"GET", append(upgrade, key, version, "Origin: https://elsewhere.example"), 403, "Content-Type", "application/json"},
	} {
		got := w.do(c.method, "/ws", nil, c.header...)
		w.expect(got, c.status, fmt.Sprintf(`"code":%d`, c.status))
		if !strings.HasPrefix(got.body, `{"message":"`) || got.header.Get(c.name) != c.value {
			t.Errorf("%d: %s %v", i, got.body, got.header)
		}
		if !strings.Contains(w.log.String(), fmt.Sprintf("msg=\"request failed\" status=%d", c.status)) {
			t.Errorf("%d: not in the log:\n%s", i, w.log)
		}
	}
	if strings.Contains(w.log.String(), "status=500") {
		t.Error(w.log)
	}
	w.expect(w.get("/caught"), 426, `["this request is no WebSocket upgrade`)
	w.expect(w.do("GET", "/ws", nil, append(upgrade, key, "Accept: text/html")...), 400, "<!doctype html>")
}

// A client that does not mask its frames breaks the protocol (RFC 6455, 5.1): it is told 1002.
func TestWebSocketWithoutMask(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{app: app(starter("s", "/ws", "ws"), js("ws", `function main(){ c.WebSocket(ws => { while (ws.receive() !== null); }) }`))})
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(w.server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const head = "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
	if _, err := conn.Write([]byte(head + "\x81\x01x")); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	if res, err := http.ReadResponse(r, nil); err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(res, err)
	}
	frame := make([]byte, 4)
	if _, err := io.ReadFull(r, frame); err != nil || string(frame) != "\x88\x02\x03\xea" {
		t.Errorf("% x %v, want a close frame with 1002", frame, err)
	}
}

// A response that is sent whole has its length, so that clients can check that it is whole; one that was flushed cannot.
func TestLengthOfAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{app: app(
		starter("s", "/large", "a"), js("a", `c.String(200, "x".repeat(100000))`),
		starter("s2", "/small", "b"), js("b", `c.String(200, "abc")`),
		starter("s3", "/flushed", "d"), js("d", `c.Write("x"); c.Flush(); c.Write("y".repeat(100000))`),
	)})
	for path, want := range map[string]string{"/large": "100000", "/small": "3", "/flushed": ""} {
		if got := w.get(path); got.header.Get("Content-Length") != want || got.status != 200 {
			t.Errorf("%s: %d, Content-Length %q, want %q", path, got.status, got.header.Get("Content-Length"), want)
		}
	}
}
