package e2e

import (
	"bufio"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

const streamApp = `{"drawflow":{"Main":{"data":{
"1":{"data":{"type":"starter","urlpattern":"/echo","method":"GET"},"outputs":{"output_1":{"connections":[{"node":"2"}]}}},
"2":{"data":{"type":"js","code":"function main(){ c.WebSocket(ws => { let text; while ((text = ws.receive()) !== null) ws.send({got: text}) }) }"}},
"3":{"data":{"type":"starter","urlpattern":"/events","method":"GET"},"outputs":{"output_1":{"connections":[{"node":"4"}]}}},
"4":{"data":{"type":"js","code":"function main(){ c.SSE(send => { send('first'); sleep(60000) }) }"}}
}}}}`

// TestStreams: what a flow sends in pieces is not held back anywhere between it and its client.
func TestStreams(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "app.json")
	if err := os.WriteFile(file, []byte(streamApp), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, "-a", file)

	conn, _, err := websocket.Dial(t.Context(), strings.Replace(s.url, "http", "ws", 1)+"/echo", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	for _, text := range []string{"one", "two"} {
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := conn.Read(t.Context()); err != nil || string(got) != `{"got":"`+text+`"}` {
			t.Errorf("%q, %v", got, err)
		}
	}
	if err := conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}

	q, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/events", nil)
	q.Header.Set("Accept-Encoding", "gzip") // by hand: nothing is unpacked
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if line, err := bufio.NewReader(res.Body).ReadString('\n'); err != nil || line != "data: first\n" {
		t.Errorf("%q, %v", line, err)
	}
}
