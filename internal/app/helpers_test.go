package app

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/servertest"
	"github.com/arturoeanton/nflow-runtime/logger"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// long bounds everything that must happen; nothing waits for it unless it is broken.
const long = 30 * time.Second

// site is a runtime that serves on a real listener.
type site struct {
	t      testing.TB
	url    string
	addr   string
	client *http.Client
	out    *servertest.Record // what a person reads
	log    *servertest.Record
	own    *logger.Log // with LOG=own
	cancel context.CancelFunc
	ended  chan error
}

// start runs an app until the test ends; it must then stop properly. settings are "NFLOW_…=value", or "FILE=" and the path
// of a config.toml.
func start(t testing.TB, o Options, settings ...string) *site {
	t.Helper()
	s := launch(t, o, settings...)
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return s
}

// launch is start for runtimes that a test stops itself.
func launch(t testing.TB, o Options, settings ...string) *site {
	t.Helper()
	file := ""
	for _, setting := range settings {
		if path, ok := strings.CutPrefix(setting, "FILE="); ok {
			file = path
		}
	}
	c, _, err := engine.ConfigFile{Path: file, Required: true, Environ: settings}.Load()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	jar, _ := cookiejar.New(nil)
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // a certificate of the test's own
	ctx, cancel := context.WithCancel(context.Background())
	s := &site{t: t, addr: l.Addr().String(), out: &servertest.Record{}, log: &servertest.Record{}, cancel: cancel, ended: make(chan error, 1)}
	s.client = &http.Client{Transport: transport, Timeout: long, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	s.url = "http://" + s.addr
	if c.HttpsEngineConfig.Enable {
		s.url = "https://" + s.addr
	}
	t.Cleanup(transport.CloseIdleConnections)
	o.Config, o.Listener = c, l
	if o.Data == "" {
		o.Data = t.TempDir()
	}
	if o.Out == nil {
		o.Out = s.out
	}
	o.Log = slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	if slices.Contains(settings, "LOG=own") { // the log as the command makes it
		if o.Mask, err = engine.NewMasker(c); err != nil {
			t.Fatal(err)
		}
		o.Control = logger.New(logger.Options{Out: s.log, Mask: o.Mask})
		o.Log, s.own = o.Control.Logger(), o.Control
		t.Cleanup(o.Control.Close)
	}
	go func() { s.ended <- Run(ctx, o) }()
	return s
}

// stop stops the runtime and returns the result of Run.
func (s *site) stop() error {
	s.t.Helper()
	s.cancel()
	select {
	case err := <-s.ended:
		s.ended <- err
		return err
	case <-time.After(long):
		s.t.Fatal("Run does not end; its log:\n" + s.log.String())
		return nil
	}
}

type answer struct {
	*http.Response
	body string
}

func (s *site) do(method, path string, body io.Reader, header ...string) answer {
	s.t.Helper()
	a, err := s.try(method, path, body, header...)
	if err != nil {
		s.t.Fatalf("%v; the log:\n%s", err, s.log)
	}
	return a
}

func (s *site) try(method, path string, body io.Reader, header ...string) (answer, error) {
	q, err := http.NewRequest(method, s.url+path, body)
	if err != nil {
		return answer{}, err
	}
	for i := 0; i < len(header); i += 2 {
		q.Header.Add(header[i], header[i+1])
	}
	r, err := s.client.Do(q)
	if err != nil {
		return answer{}, err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	return answer{r, string(text)}, err
}

func (s *site) get(path string, header ...string) answer {
	s.t.Helper()
	return s.do(http.MethodGet, path, nil, header...)
}

func (s *site) post(path, form string) answer {
	s.t.Helper()
	return s.do(http.MethodPost, path, strings.NewReader(form), "Content-Type", "application/x-www-form-urlencoded")
}

// until requests a path until it gets this response.
func (s *site) until(path, want string) {
	s.t.Helper()
	for end := time.Now().Add(long); ; {
		a := s.get(path)
		if strings.Contains(a.body, want) {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("%s never answered %s; last: %s; the log:\n%s", path, want, a.body, s.log)
		}
	}
}

// flows writes an app file with one flow for each path, of one node with that code.
func flows(t testing.TB, code map[string]string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "app.json")
	writeFlows(t, path, code)
	return path
}

func writeFlows(t testing.TB, path string, code map[string]string) {
	t.Helper()
	type object = map[string]any
	drawn := object{}
	for pattern, js := range code {
		to := object{"output_1": object{"connections": []object{{"node": "2", "output": "input_1"}}}}
		drawn["flow "+pattern] = object{"data": object{
			"1": object{"id": 1, "data": object{"type": "starter", "urlpattern": pattern, "method": "ANY"}, "outputs": to},
			"2": object{"id": 2, "data": object{"type": "js", "name_box": "work", "code": "function main() {" + js + "}"}, "outputs": object{}},
		}}
	}
	text, err := json.Marshal(object{"drawflow": drawn})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func has(t testing.TB, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("%q is missing in:\n%s", part, text)
	}
}

func hasNot(t testing.TB, text, part string) {
	t.Helper()
	if strings.Contains(text, part) {
		t.Errorf("%q is in:\n%s", part, text)
	}
}

// message returns status and message of an error in the shape of the contract.
func message(t testing.TB, a answer) string {
	t.Helper()
	var e struct {
		Message string
		Code    int
	}
	if err := json.Unmarshal([]byte(a.body), &e); err != nil || e.Code != a.StatusCode {
		t.Errorf("status %d with body %q", a.StatusCode, a.body)
	}
	return fmt.Sprint(e.Code, " ", e.Message)
}
