package web

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dop251/goja"
	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/nodejs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is one run with a plugin, and the clock, switches and loop that the run needs.
type world struct {
	t     testing.TB
	vm    *goja.Runtime
	run   *hostfn.Run
	off   bool
	tasks chan func() error
	ctx   context.Context
	kill  context.CancelCauseFunc

	mu    sync.Mutex
	slept []time.Duration
	log   bytes.Buffer
}

func plugin(t testing.TB, o Options) *Plugin {
	t.Helper()
	o.Fetch = nodejs.New(nodejs.Options{}).Fetch
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		if n := p.reading.Load(); n != 0 {
			t.Errorf("%d bytes are still counted as being read", n)
		}
	})
	return p
}

func newWorld(t testing.TB, p hostfn.Plugin) *world {
	t.Helper()
	w := &world{t: t, vm: goja.New(), tasks: make(chan func() error)}
	w.ctx, w.kill = context.WithCancelCause(context.Background())
	t.Cleanup(func() { w.kill(context.Canceled) })
	log := slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.run = &hostfn.Run{
		VM: w.vm, Loop: w, Caps: w, Time: w, Wid: "wid-1",
		Host: &hosttest.Host{VM: w.vm, Ctx: func() context.Context { return w.ctx }, Logger: log},
	}
	hosttest.Serve(w.run, append(p.Functions(), nodejs.New(nodejs.Options{}).Rows()...))
	_ = w.vm.Set("setTimeout", func() {}) // which AbortSignal.timeout calls
	return w
}

func (w *world) Allow(setting string) error {
	if w.off {
		return fault.New(fault.Denied, "set [vm_pool] %s = true", setting)
	}
	return nil
}
func (w *world) Now() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }
func (w *world) Sleep(ctx context.Context, d time.Duration) error {
	w.mu.Lock()
	w.slept = append(w.slept, d)
	w.mu.Unlock()
	return context.Cause(ctx)
}

func (w *world) Go(work func(context.Context) (func() goja.Value, error)) goja.Value {
	promise, resolve, reject := w.vm.NewPromise()
	go func() {
		value, err := work(w.ctx)
		task := func() error {
			if err != nil {
				return reject(w.vm.NewGoError(err))
			}
			return resolve(value())
		}
		select {
		case w.tasks <- task:
		case <-w.ctx.Done():
		}
	}()
	return w.vm.ToValue(promise)
}
func (w *world) After(time.Duration, []goja.Value, func() error) func() { panic("not used") }

// try runs a script and waits for the promise that it returns, or for the end of the run.
func (w *world) try(script string) (goja.Value, error) {
	v, err := w.vm.RunScript("flow/node", script)
	if err != nil {
		return nil, err
	}
	promise, ok := v.Export().(*goja.Promise)
	if !ok {
		return v, nil
	}
	for promise.State() == goja.PromiseStatePending {
		select {
		case task := <-w.tasks:
			if err := task(); err != nil {
				return nil, err
			}
		case <-w.ctx.Done():
			return nil, context.Cause(w.ctx)
		}
	}
	return promise.Result(), nil
}

func (w *world) js(script string) string {
	w.t.Helper()
	v, err := w.try(script)
	if err != nil {
		w.t.Fatalf("%s\nthrew %v", script, err)
	}
	text, err := w.run.Stringify(v)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

func (w *world) eq(script, want string) {
	w.t.Helper()
	if got := w.js(script); got != want {
		w.t.Errorf("%s\n got %s\nwant %s", script, got, want)
	}
}

// throws runs the body of an async function that must throw.
func (w *world) throws(script, text string) {
	w.t.Helper()
	got := w.js("(async () => { try { " + script + " } catch (e) { return e instanceof Error ? e.name + ': ' + e.message : 'not an Error' } return 'nothing thrown' })()")
	if got = strings.ReplaceAll(got, `\"`, `"`); !strings.Contains(got, text) || strings.HasPrefix(got, `"nothing`) {
		w.t.Errorf("%s\nthrew %s\nwant  %q", script, got, text)
	}
	for _, leak := range []string{"github.com", "goroutine"} {
		if strings.Contains(got, leak) {
			w.t.Errorf("%s\nthe error tells %q: %s", script, leak, got)
		}
	}
}

// local is what lets a plugin of a test reach the servers of tests.
func local() []string { return []string{"127.0.0.0/8", "::1", "localhost"} }

// serve starts a server and returns a world whose base is its URL.
func serve(t testing.TB, o Options, h http.HandlerFunc) (*world, *httptest.Server) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	if o.Allow == nil {
		o.Allow = local()
	}
	w := newWorld(t, plugin(t, o))
	hostfn.SetOwn(w.vm.GlobalObject(), "base", w.vm.ToValue(s.URL))
	return w, s
}

// authority writes the certificate of a TLS server as a file of authorities.
func authority(t testing.TB, cert *x509.Certificate) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
