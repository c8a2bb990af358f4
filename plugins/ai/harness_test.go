package ai

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dop251/goja"
	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
	"github.com/arturoeanton/nflow-runtime/internal/mustache"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "sk-hunter2"

// asked is a request that a server got.
type asked struct {
	path, query string
	header      http.Header
	text        string
	body        map[string]any
}

// model is a server that speaks a provider's format: it answers what a test has prepared, in turn.
type model struct {
	*httptest.Server
	t       testing.TB
	answers []func(http.ResponseWriter, *http.Request)

	mu    sync.Mutex
	asked []asked
}

func serve(t testing.TB, answers ...func(http.ResponseWriter, *http.Request)) *model {
	t.Helper()
	m := &model{t: t, answers: answers}
	m.Server = httptest.NewServer(m)
	t.Cleanup(m.Close)
	return m
}

func (m *model) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	a := asked{path: r.URL.Path, query: r.URL.RawQuery, header: r.Header, text: string(text)}
	if err != nil || json.Unmarshal(text, &a.body) != nil {
		m.t.Errorf("the question is no JSON: %s (%v)", text, err)
	}
	m.mu.Lock()
	n := len(m.asked)
	m.asked = append(m.asked, a)
	m.mu.Unlock()
	if n >= len(m.answers) {
		n = len(m.answers) - 1
	}
	m.answers[n](w, r)
}

// questions are the bodies of all requests, as JSON.
func (m *model) questions() []asked {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]asked{}, m.asked...)
}

func (m *model) question(n int) string {
	m.t.Helper()
	q := m.questions()
	if n >= len(q) {
		m.t.Fatalf("asked %d times", len(q))
	}
	text, err := hostfn.Encode(q[n].body)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(text)
}

// say responds with a status and a body, with headers as "Name: value".
func say(status int, body string, headers ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// stream responds with lines, each at once, with a form: "data: %s\n\n" or "%s\n".
func stream(form string, lines ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for _, line := range lines {
			_, _ = fmt.Fprintf(w, form, line)
			_ = http.NewResponseController(w).Flush()
		}
	}
}

// hang signals that it was called, and responds with nothing until the client is gone.
func hang(began chan<- struct{}) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		began <- struct{}{}
		<-r.Context().Done()
	}
}

// world is one run with the plugin.
type world struct {
	t    testing.TB
	vm   *goja.Runtime
	run  *hostfn.Run
	off  bool
	ctx  context.Context
	kill context.CancelCauseFunc
	log  bytes.Buffer

	slept []time.Duration
}

func newPlugin(t testing.TB, o Options) *Plugin {
	t.Helper()
	o.Prompt = func(_ *hostfn.Run, source string, data any) (string, error) {
		parsed, err := mustache.Parse(source)
		if err != nil {
			return "", fault.Wrap(fault.Script, err, "the prompt is not a Mustache template")
		}
		var b strings.Builder
		err = parsed.Render(&b, data, mustache.Options{Raw: true})
		return b.String(), err
	}
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return p
}

const traceOfTest = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func newWorld(t testing.TB, o Options) *world { return another(t, newPlugin(t, o)) }

// another is one more run with a plugin.
func another(t testing.TB, p *Plugin) *world {
	t.Helper()
	w := &world{t: t, vm: goja.New()}
	w.ctx, w.kill = context.WithCancelCause(context.Background())
	t.Cleanup(func() { w.kill(context.Canceled) })
	log := slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.run = &hostfn.Run{
		VM: w.vm, Caps: w, Time: w, Wid: "wid-1", Trace: traceOfTest, TraceState: "vendor=1",
		Host: &hosttest.Host{VM: w.vm, Ctx: func() context.Context { return w.ctx }, Logger: log},
	}
	hostfn.SetOwn(w.vm.GlobalObject(), "payload", w.vm.NewObject())
	hosttest.Serve(w.run, p.Functions())
	return w
}

// with returns a world whose provider of a name is a server.
func with(t testing.TB, name string, m *model) *world {
	t.Helper()
	return newWorld(t, Options{Providers: map[string]Provider{name: {BaseURL: m.URL, APIKey: secret, Model: "m-1"}}})
}

func (w *world) Allow(setting string) error {
	if w.off {
		return fault.New(fault.Denied, "off")
	}
	return nil
}
func (w *world) Now() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }
func (w *world) Sleep(ctx context.Context, d time.Duration) error {
	w.slept = append(w.slept, d)
	return context.Cause(ctx)
}

func (w *world) eq(script, want string) {
	w.t.Helper()
	got := hosttest.JS(w.t, w.run, script)
	if got != want {
		w.t.Errorf("%s\n got %s\nwant %s", script, got, want)
	}
	w.noSecret(got)
}

// throws runs a script that must throw an error with the text.
func (w *world) throws(script, text string) {
	w.t.Helper()
	w.noSecret(hosttest.Throws(w.t, w.run, script, text))
}

// noSecret looks for the key in a text and in the log.
func (w *world) noSecret(text string) {
	w.t.Helper()
	if strings.Contains(text+w.log.String(), secret) || strings.Contains(text, "goroutine") {
		w.t.Errorf("the key is shown: %s\n%s", text, w.log.String())
	}
}
