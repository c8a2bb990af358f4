package jsapi

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/body"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

// world is one run: a request, a VM that serves the rows at first read, sessions in a map.
type world struct {
	t        testing.TB
	deps     Deps
	run      *hostfn.Run
	vm       *goja.Runtime
	served   bool
	echo     echo.Context
	recorder *httptest.ResponseRecorder

	answers  int
	vars     map[string]string
	postData any
	postErr  error
	body     string
	sessions map[string]*ordered.Object
	renewed  int
	on       map[string]bool // switches
	log      bytes.Buffer
	now      time.Time
	slept    time.Duration
	ctx      context.Context
	timers   []*timer
	killed   []string
	pages    map[string]string
}

type timer struct {
	d  time.Duration
	fn func() error
}

func newWorld(t testing.TB, req *http.Request) *world {
	t.Helper()
	if req == nil {
		req = httptest.NewRequest(http.MethodGet, "/orders/7?name=ada&tag=a&tag=b", nil)
	}
	w := &world{
		t: t, vm: goja.New(), recorder: httptest.NewRecorder(), vars: map[string]string{"id": "7", "a": "x"},
		sessions: map[string]*ordered.Object{}, on: map[string]bool{}, now: time.Date(2026, 3, 4, 5, 6, 7, 8, time.UTC),
		ctx: context.Background(), pages: map[string]string{"page": "<h1>{{.title}}</h1>", "row": "<li>{{name}}</li>"},
	}
	w.echo = echo.New().NewContext(req, w.recorder)
	w.run = &hostfn.Run{
		VM: w.vm, Loop: w, Caps: w, Time: w, Wid: "wid-1", App: "shop", Flow: "orders",
		Host: &hosttest.Host{
			VM: w.vm, Ctx: func() context.Context { return w.ctx },
			Logger: slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		},
	}
	w.run.Meter = w.run.Host.(*hosttest.Host)
	w.deps = Deps{
		Exchange: func(*hostfn.Run) Exchange { return w }, Session: func(*hostfn.Run) Session { return (*memory)(w) },
		Users: directory{}, Tokens: directory{},
		Template:      func(_ *hostfn.Run, name string) (string, bool) { s, ok := w.pages[name]; return s, ok },
		Kill:          func(wid string) bool { w.killed = append(w.killed, wid); return wid == "alive" },
		Config:        map[string]any{"vm_pool": map[string]any{"max_size": 200}},
		Env:           map[string]string{"shop_name": "Pens"},
		URLBase:       "https://shop.example",
		SessionCookie: func(name string) bool { return name == "nflow" },
	}
	return w
}

// serve returns the rows to the VM. It is called after the test changed the deps.
func (w *world) serve() {
	w.served = true
	hosttest.Serve(w.run, Rows(w.deps))
}

// ready serves the rows if the test did not yet.
func (w *world) ready() {
	if !w.served {
		w.serve()
	}
}

// try runs a script.
func (w *world) try(script string) (goja.Value, error) {
	w.ready()
	return w.vm.RunScript("flow/node", script)
}

// js runs a script that must not throw, and returns its value as JSON text.
func (w *world) js(script string) string {
	w.t.Helper()
	w.ready()
	return hosttest.JS(w.t, w.run, script)
}

// throws runs a script that must throw an error with the text, catchable by the script itself.
func (w *world) throws(script, text string) {
	w.t.Helper()
	w.ready()
	hosttest.Throws(w.t, w.run, script, text)
}

func (w *world) eq(script, want string) {
	w.t.Helper()
	w.ready()
	hosttest.Eq(w.t, w.run, script, want)
}

// Exchange.
func (w *world) Context() echo.Context     { return w.echo }
func (w *world) Vars() map[string]string   { return w.vars }
func (w *world) Endpoint() string          { return w.echo.Request().URL.EscapedPath() }
func (w *world) PostData() (any, error)    { return w.postData, w.postErr }
func (w *world) Body() ([]byte, error)     { return []byte(w.body), w.postErr }
func (w *world) JSONText() (string, error) { return w.BodyText() }

func (w *world) BodyText() (string, error) { return w.body, w.postErr }
func (w *world) Form() (url.Values, []string) {
	v, _ := w.echo.FormParams()
	return v, slices.Sorted(maps.Keys(v))
}

func (w *world) Query() body.Form {
	f, err := body.ParseForm(w.echo.Request().URL.RawQuery, "", 100)
	if err != nil {
		w.t.Error(err)
	}
	return f
}

func (w *world) Stream(write func(echo.Context) error) error { return write(w.echo) }

func (w *world) Answer(write func(echo.Context) error) error {
	if w.answers++; w.answers > 1 {
		return nil
	}
	return write(w.echo)
}

// Capabilities, Clock, Loop.
func (w *world) Allow(setting string) error {
	if w.on[setting] {
		return nil
	}
	return fault.New(fault.Denied, "set [vm_pool] %s = true", setting)
}
func (w *world) Now() time.Time { return w.now }
func (w *world) Sleep(ctx context.Context, d time.Duration) error {
	w.slept += d
	return context.Cause(ctx)
}

func (w *world) Go(func(context.Context) (func() goja.Value, error)) goja.Value {
	panic("not used")
}

func (w *world) After(d time.Duration, _ []goja.Value, fn func() error) (cancel func()) {
	t := &timer{d, fn}
	w.timers = append(w.timers, t)
	return func() { w.timers = slices.DeleteFunc(w.timers, func(o *timer) bool { return o == t }) }
}

// fire runs the timers that are pending, the shortest first.
func (w *world) fire() {
	w.t.Helper()
	for len(w.timers) > 0 {
		next := slices.MinFunc(w.timers, func(a, b *timer) int { return int(a.d - b.d) })
		w.timers = slices.DeleteFunc(w.timers, func(o *timer) bool { return o == next })
		if err := next.fn(); err != nil {
			w.t.Fatal(err)
		}
	}
}

// memory is the sessions of a world.
type memory world

func (m *memory) Open(name string) (*ordered.Object, error) { return m.sessions[name], nil }
func (m *memory) Save(name string, values *ordered.Object) error {
	if name == "full" {
		return fault.New(fault.TooLarge, "the session is too large")
	}
	m.sessions[name] = values
	return nil
}

func (m *memory) Set(name, key string, v any) error {
	values := m.sessions[name].Clone()
	if values == nil {
		values = ordered.New(1)
	}
	values.Set(key, v)
	return m.Save(name, values)
}
func (m *memory) Delete(name string) error { delete(m.sessions, name); return nil }
func (m *memory) Renew()                   { m.renewed++ }

// directory has the user ada and the token api1.
type directory struct{}

func (directory) ValidateUser(_ context.Context, name, password, _ string) (bool, error) {
	if name == "broken" {
		return false, fault.Wrap(fault.Unavailable, errors.New("dial tcp 10.0.0.1: SELECT"), "the database cannot be reached")
	}
	return name == "ada" && password == "secret", nil
}

func (directory) GetUser(_ context.Context, name string) (map[string]any, error) {
	if name != "ada" {
		return nil, nil
	}
	return map[string]any{"id": int64(1), "username": "ada", "rol": "ROL_DEV", "password": "2bb8", "password_hash": "x"}, nil
}

func (directory) ValidateToken(_ context.Context, name string, h http.Header) (bool, error) {
	return name == "api1" && h.Get("Authorization") == "Bearer t", nil
}

func (directory) GetToken(_ context.Context, name string) ([]map[string]any, error) {
	if name != "api1" {
		return nil, nil
	}
	return []map[string]any{{"name": "api1", "tokenType": "Bearer"}}, nil
}

// root adds a directory of files to the world.
func (w *world) root() string {
	w.t.Helper()
	dir := w.t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = root.Close() })
	w.deps.Files, w.on[filesystem] = root, true
	return dir
}

func unsetenv(t testing.TB, name string) {
	t.Helper()
	if err := os.Unsetenv(name); err != nil {
		t.Error(err)
	}
}
