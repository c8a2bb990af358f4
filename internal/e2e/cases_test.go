package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

// TestCases runs the cases of testdata/cases against the real binary. Each is a folder of an app with case.json: requests,
// and what must come back.
func TestCases(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no cases", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			runCase(t, path)
		})
	}
}

// httpCase is case.json.
type httpCase struct {
	App         string            `json:"app"`
	Env         map[string]string `json:"env"`
	TZ          string            `json:"tz"`
	Serve       *bool             `json:"serve"`
	Commands    []caseCommand     `json:"commands"`
	Requests    []caseRequest     `json:"requests"`
	LogContains texts             `json:"log_contains"`
	LogLacks    texts             `json:"log_lacks"`
	Mail        texts             `json:"mail_contains"`
}

type caseCommand struct {
	Args     []string `json:"args"`
	Exit     any      `json:"exit"`
	Contains texts    `json:"text_contains"`
	Lacks    texts    `json:"text_lacks"`
	Files    texts    `json:"files"`
	NoFiles  texts    `json:"no_files"`
}

type caseRequest struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Body    *string           `json:"body"`
	Fill    int               `json:"fill"` // so many letters stand for @FILL@ in the body
	Base64  []byte            `json:"body_base64"`
	Cookies bool              `json:"cookies"`
	Sign    *caseSign         `json:"sign"`
	Spoil   []string          `json:"spoil"`
	Expect  caseExpect        `json:"expect"`
}

// texts is a text or a list of them.
type texts []string

func (l *texts) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*l = texts{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(l))
}

func runCase(t *testing.T, path string) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	here, data, mails := t.TempDir(), t.TempDir(), listenForMail(t)
	port := servertest.Port(t)
	fill := strings.NewReplacer("@SMTP@", mails.port(), "@PORT@", port, "@BASE@", "http://127.0.0.1:"+port, "@DATA@", data, "@HERE@", here)
	files := map[string]bool{}
	var c httpCase
	for _, f := range archive.Files {
		text := fill.Replace(string(f.Data))
		if strings.HasSuffix(f.Name, ".html") {
			text = strings.TrimSuffix(text, "\n")
		}
		files[f.Name] = true
		if f.Name == "case.json" {
			d := json.NewDecoder(strings.NewReader(text))
			d.DisallowUnknownFields()
			if err := d.Decode(&c); err != nil {
				t.Fatal(err)
			}
		}
		place := filepath.Join(here, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(place), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(place, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, cmd := range c.Commands {
		cmd.run(t, here)
	}
	if c.Serve != nil && !*c.Serve {
		return
	}
	args := []string{"serve", "--addr", "127.0.0.1:" + port, "--data", data}
	switch {
	case c.App != "":
		args = append(args, "-a", c.App)
	case files["app.json"]:
		args = append(args, "-a", here)
	}
	if files["config.toml"] {
		args = append(args, "-c", filepath.Join(here, "config.toml"))
	}
	cmd := command(t, args...)
	cmd.Env = append(os.Environ(), "LANG=en_US.UTF-8", "TZ="+orUTC(c.TZ))
	for name, value := range c.Env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	s := startCommand(t, cmd)
	s.url = "http://127.0.0.1:" + port // the log may hide it
	jar := map[string]string{}
	for i, q := range c.Requests {
		for _, problem := range q.send(t, s.url, jar) {
			t.Errorf("request %d, %s %s: %s", i+1, q.Method, q.Path, problem)
		}
	}
	c.checkOutput(t, s, mails)
}

func orUTC(zone string) string {
	if zone == "" {
		return "UTC"
	}
	return zone
}

// checkOutput looks at the log, once the server has ended and written all of it, and at the mails.
func (c *httpCase) checkOutput(t *testing.T, s *server, mails *mailbox) {
	t.Helper()
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	log := strings.ReplaceAll(s.log.String(), `\"`, `"`)
	for _, text := range c.LogContains {
		if !strings.Contains(log, text) {
			t.Errorf("the log lacks %q:\n%s", text, log)
		}
	}
	for _, text := range c.LogLacks {
		if strings.Contains(log, text) {
			t.Errorf("the log has %q:\n%s", text, log)
		}
	}
	all := strings.ToLower(mails.text())
	for _, text := range c.Mail {
		if !strings.Contains(all, strings.ToLower(text)) {
			t.Errorf("no mail has %q:\n%s", text, all)
		}
	}
}

func (x *caseCommand) run(t *testing.T, here string) {
	t.Helper()
	cmd := command(t, x.Args...)
	cmd.Dir = here
	out, err := cmd.CombinedOutput()
	code := cmd.ProcessState.ExitCode()
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		t.Fatal(err)
	}
	what := fmt.Sprintf("%s: exit %d\n%s", strings.Join(x.Args, " "), code, out)
	if n, ok := x.Exit.(float64); ok && code != int(n) || x.Exit == "not 0" && code == 0 {
		t.Errorf("want exit %v: %s", x.Exit, what)
	}
	text := strings.ToLower(string(out))
	for _, want := range x.Contains {
		if !strings.Contains(text, strings.ToLower(want)) {
			t.Errorf("lacks %q: %s", want, what)
		}
	}
	for _, no := range x.Lacks {
		if strings.Contains(text, strings.ToLower(no)) {
			t.Errorf("has %q: %s", no, what)
		}
	}
	for _, name := range x.Files {
		if _, err := os.Stat(filepath.Join(here, name)); err != nil {
			t.Errorf("%v: %s", err, what)
		}
	}
	for _, name := range x.NoFiles {
		if _, err := os.Stat(filepath.Join(here, name)); err == nil {
			t.Errorf("there is a file %s: %s", name, what)
		}
	}
}

// send sends the request as it is written and returns what is wrong with the answer. jar keeps cookies by name.
func (q *caseRequest) send(t *testing.T, base string, jar map[string]string) []string {
	t.Helper()
	var body []byte
	switch {
	case q.Base64 != nil:
		body = q.Base64
	case q.Body != nil:
		body = []byte(strings.ReplaceAll(*q.Body, "@FILL@", strings.Repeat("x", q.Fill)))
	}
	headers := map[string]string{}
	for name, value := range q.Headers {
		headers[name] = value
	}
	if q.Sign != nil {
		q.Sign.add(t, headers, body)
		if q.Spoil != nil {
			body = bytes.ReplaceAll(body, []byte(q.Spoil[0]), []byte(q.Spoil[1]))
		}
	}
	if q.Cookies && len(jar) > 0 {
		var all []string
		for name, value := range jar {
			all = append(all, name+"="+value)
		}
		headers["Cookie"] = strings.Join(all, "; ")
	}
	res, text := rawRequest(t, base, q.method(), q.Path, headers, body, q.Body != nil || q.Base64 != nil)
	for _, cookie := range res.Header.Values("Set-Cookie") {
		pair, _, _ := strings.Cut(cookie, ";")
		name, value, _ := strings.Cut(pair, "=")
		jar[name] = value
	}
	return q.Expect.problems(res, text)
}

func (q *caseRequest) method() string {
	if q.Method == "" {
		return http.MethodGet
	}
	return q.Method
}

// rawRequest sends a request by hand: Go's client would repair path and headers.
func rawRequest(t *testing.T, base, method, path string, headers map[string]string, body []byte, has bool) (*http.Response, string) {
	t.Helper()
	address := strings.TrimPrefix(base, "http://")
	conn, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(60 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", method, path, address)
	length := has
	for name, value := range headers {
		length = length && !strings.EqualFold(name, "Content-Length")
		fmt.Fprintf(&b, "%s: %s\r\n", name, value)
	}
	if length {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n")
	b.Write(body)
	written := make(chan struct{})
	go func() {
		defer close(written)
		_, _ = conn.Write(b.Bytes()) // a body that is too large is answered before it has come, and then cut
	}()
	defer func() { _ = conn.Close(); <-written }()
	res, err := http.ReadResponse(bufferedReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Errorf("%s %s: %v", method, path, err)
	}
	return res, string(text)
}

// decoded is the key of a Standard Webhooks secret.
func decoded(secret string) []byte {
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	return key
}
