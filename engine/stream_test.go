package engine

import (
	"bufio"
	"io"
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

// An answer that is sent whole tells its length, so that clients can see that it is; one that was flushed cannot.
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
