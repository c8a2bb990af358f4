package e2e

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// caseExpect is what an answer must be.
type caseExpect struct {
	Status         int                `json:"status"`
	StatusIn       []int              `json:"status_in"`
	JSON           json.RawMessage    `json:"json"`
	JSONIn         []json.RawMessage  `json:"json_in"`
	JSONHas        json.RawMessage    `json:"json_has"` // objects may have more keys
	Ordered        bool               `json:"ordered"`
	Text           *string            `json:"text"`
	TextIn         []string           `json:"text_in"`
	TextContains   texts              `json:"text_contains"`
	TextLacks      texts              `json:"text_lacks"`
	Header         map[string]*string `json:"header"` // null: absent
	HeaderContains map[string]texts   `json:"header_contains"`
}

func (e *caseExpect) problems(res *http.Response, text string) (bad []string) {
	say := func(format string, args ...any) { bad = append(bad, fmt.Sprintf(format, args...)) }
	if e.Status != 0 && res.StatusCode != e.Status || e.StatusIn != nil && !slices.Contains(e.StatusIn, res.StatusCode) {
		say("want status %d%v", e.Status, e.StatusIn)
	}
	if e.Text != nil && text != *e.Text || e.TextIn != nil && !slices.Contains(e.TextIn, text) {
		say("want another text")
	}
	for _, want := range e.TextContains {
		if !strings.Contains(text, want) {
			say("lacks %q", want)
		}
	}
	for _, no := range e.TextLacks {
		if strings.Contains(text, no) {
			say("has %q", no)
		}
	}
	same := func(want json.RawMessage) bool {
		if e.Ordered {
			return inOrder(want) == inOrder([]byte(text))
		}
		return reflect.DeepEqual(parsed(want), parsed([]byte(text)))
	}
	if e.JSON != nil && !same(e.JSON) {
		say("want %s", e.JSON)
	}
	if e.JSONIn != nil && !slices.ContainsFunc(e.JSONIn, same) {
		say("want one of %s", e.JSONIn)
	}
	if e.JSONHas != nil && !contains(parsed(e.JSONHas), parsed([]byte(text))) {
		say("want %s in it", e.JSONHas)
	}
	for name, want := range e.Header {
		got := res.Header.Get(name)
		if want == nil && len(res.Header.Values(name)) > 0 || want != nil && got != *want {
			say("header %s is %q", name, got)
		}
	}
	for name, wants := range e.HeaderContains {
		all := strings.ToLower(strings.Join(res.Header.Values(name), ", "))
		for _, want := range wants {
			if !strings.Contains(all, strings.ToLower(want)) {
				say("header %s is %q, want %q in it", name, all, want)
			}
		}
	}
	if len(bad) > 0 {
		say("got %d %.400s", res.StatusCode, text)
	}
	return bad
}

func parsed(text []byte) (v any) {
	if err := json.Unmarshal(text, &v); err != nil {
		return err
	}
	return v
}

// inOrder writes JSON with its keys as they stand, and nothing between.
func inOrder(text []byte) string {
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		return err.Error()
	}
	d := json.NewDecoder(&b)
	var out strings.Builder
	for {
		token, err := d.Token()
		if err != nil {
			return out.String()
		}
		fmt.Fprintf(&out, "%T %v\n", token, token)
	}
}

// contains reports whether got has all that want has: objects may have more keys, lists must match.
func contains(want, got any) bool {
	switch want := want.(type) {
	case map[string]any:
		o, ok := got.(map[string]any)
		for k, v := range want {
			ok = ok && o[k] != nil == (v != nil) && contains(v, o[k])
		}
		return ok
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return false
		}
		for i := range want {
			if !contains(want[i], list[i]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(want, got)
}

// caseSign makes a request a webhook of a provider, so many seconds old.
type caseSign struct {
	Provider string `json:"provider"`
	Secret   string `json:"secret"`
	Age      int64  `json:"age"`
}

func (s *caseSign) add(t *testing.T, headers map[string]string, body []byte) {
	t.Helper()
	at := strconv.FormatInt(time.Now().Unix()-s.Age, 10)
	sum := func(key []byte, parts ...string) []byte {
		h := hmac.New(sha256.New, key)
		for _, p := range parts {
			_, _ = io.WriteString(h, p)
		}
		return h.Sum(nil)
	}
	key := []byte(s.Secret)
	switch s.Provider {
	case "github":
		headers["X-Hub-Signature-256"] = "sha256=" + hex.EncodeToString(sum(key, string(body)))
	case "stripe":
		headers["Stripe-Signature"] = "t=" + at + ",v1=" + hex.EncodeToString(sum(key, at, ".", string(body)))
	case "slack":
		headers["X-Slack-Request-Timestamp"] = at
		headers["X-Slack-Signature"] = "v0=" + hex.EncodeToString(sum(key, "v0:", at, ":", string(body)))
	case "standard":
		headers["webhook-id"], headers["webhook-timestamp"] = "msg_1", at
		headers["webhook-signature"] = "v1," + base64.StdEncoding.EncodeToString(sum(decoded(s.Secret), "msg_1.", at, ".", string(body)))
	default:
		t.Fatalf("nothing is known of %s", s.Provider)
	}
}

func bufferedReader(conn net.Conn) *bufio.Reader { return bufio.NewReader(conn) }

// mailbox takes every mail that is sent to it.
type mailbox struct {
	l    net.Listener
	mu   sync.Mutex
	all  strings.Builder
	open sync.WaitGroup
}

func listenForMail(t *testing.T) *mailbox {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &mailbox{l: l}
	m.open.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			m.open.Go(func() { m.talk(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		m.open.Wait()
	})
	return m
}

func (m *mailbox) port() string {
	_, port, _ := net.SplitHostPort(m.l.Addr().String())
	return port
}

func (m *mailbox) text() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.all.String()
}

func (m *mailbox) talk(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(60 * time.Second)) // no deadline on a connection that is closed
	in := bufio.NewReader(conn)
	say := func(s string) { _, _ = io.WriteString(conn, s+"\r\n") }
	say("220 here")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch word, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " "); word {
		case "DATA":
			say("354 go on")
			for line, err := in.ReadString('\n'); err == nil && line != ".\r\n"; line, err = in.ReadString('\n') {
				m.mu.Lock()
				m.all.WriteString(line)
				m.mu.Unlock()
			}
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// TestJavaScriptCases runs the cases of testdata/cases/js.json in one app.
func TestJavaScriptCases(t *testing.T) {
	t.Parallel()
	var cases []struct {
		Name, Code, Why string
		Want            json.RawMessage
		OrThrows        string `json:"or_throws"`
	}
	text, err := os.ReadFile("testdata/cases/js.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	flows := map[string]any{}
	for i, c := range cases {
		if !strings.Contains(c.Code, "return") {
			c.Code = "return " + c.Code
		}
		async, await := "", ""
		if strings.Contains(c.Code, "await") {
			async, await = "async ", "await "
		}
		code := async + "function main() {\n try { const value = " + await + "(" + async + "function () {\n" + c.Code + "\n})(); c.JSON(200, { value: JSON.stringify(value) }) }\n" +
			" catch (e) { c.JSON(200, { thrown: e && e.name || String(e), message: String(e && e.message) }) }\n}"
		flows[c.Name] = oneNode(fmt.Sprintf("/%d", i), code)
	}
	app, err := json.Marshal(map[string]any{"drawflow": flows})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/app.json", app, 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, "-a", dir, "--data", t.TempDir())
	for i, c := range cases {
		res, text := rawRequest(t, s.url, "GET", fmt.Sprintf("/%d", i), nil, nil, false)
		var got struct{ Value, Thrown, Message string }
		if err := json.Unmarshal([]byte(text), &got); err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", c.Name, res.StatusCode, text)
			continue
		}
		want := struct{ Throws string }{}
		_ = json.Unmarshal(c.Want, &want) // other values have no such key
		ok := got.Value != "" && inOrder([]byte(got.Value)) == inOrder(c.Want)
		if want.Throws != "" {
			ok = got.Thrown == want.Throws
		}
		if !ok && (c.OrThrows == "" || got.Thrown != c.OrThrows) {
			t.Errorf("%s (%s)\n got %s\nwant %s", c.Name, c.Why, text, c.Want)
		}
	}
}

// oneNode is a flow that answers GET of a path with the code of a node.
func oneNode(path, code string) map[string]any {
	return map[string]any{"data": map[string]*drawn{
		"1": {ID: "1", Data: map[string]any{"type": "starter", "method": "GET", "urlpattern": path}, Outputs: map[string]wires{"output_1": {[]wire{{"2", "input_1"}}}}},
		"2": {ID: "2", Data: map[string]any{"type": "js", "name_box": "code", "code": code}, Outputs: map[string]wires{}},
	}}
}
