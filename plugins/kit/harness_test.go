package kit

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
)

// world is one run whose VM serves the kit's functions at first read.
type world struct {
	t       testing.TB
	opts    Options
	run     *hostfn.Run
	vm      *goja.Runtime
	served  bool
	now     time.Time
	ctx     context.Context
	log     bytes.Buffer
	network bool
	masked  []string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, vm: goja.New(), now: time.Date(2026, 3, 4, 5, 6, 7, 8e6, time.UTC), ctx: context.Background()}
	w.run = &hostfn.Run{
		VM: w.vm, Caps: w, Time: w, Wid: "wid-1", App: "shop", Flow: "orders",
		Host: &hosttest.Host{
			VM: w.vm, Ctx: func() context.Context { return w.ctx },
			Logger: slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		},
	}
	w.opts = Options{
		LookupEnv: func(name string) (string, bool) { return "from env", name == "NFLOW_SECRET_API_KEY" },
		Mask:      func(_ *hostfn.Run, value string) { w.masked = append(w.masked, value) },
		Call: func(_ context.Context, _ *hostfn.Run, target string, payload map[string]any) (map[string]any, error) {
			if target == "/none" {
				return nil, fault.New(fault.NotFound, "there is no flow at /none")
			}
			return map[string]any{"target": target, "got": payload, "total": int64(7)}, nil
		},
		Module: func(_ *hostfn.Run, name string) (*Module, error) {
			if code := appModules(name); code != "" {
				p, err := goja.Compile(name, "(function (exports, require, module) {"+code+"\n})", false)
				return &Module{Program: p}, err
			}
			return nil, nil
		},
	}
	return w
}

// database gives the world a database of its own.
func (w *world) database() store.Store {
	w.t.Helper()
	st, err := sqlite.Open(w.ctx, sqlite.Options{DSN: filepath.Join(w.t.TempDir(), "nflow.db")})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = st.Close() })
	w.opts.KV, w.opts.Secret = st, st.Secret
	return st
}

func (w *world) serve() {
	w.served = true
	hosttest.Serve(w.run, New(w.opts).Functions())
}

// ready serves the functions if the test did not yet.
func (w *world) ready() {
	if !w.served {
		w.serve()
	}
}

func (w *world) try(script string) (goja.Value, error) {
	w.ready()
	return w.vm.RunScript("flow/node", script)
}

// js runs a script that must not throw and answers its value as JSON text.
func (w *world) js(script string) string {
	w.t.Helper()
	w.ready()
	return hosttest.JS(w.t, w.run, script)
}

func (w *world) eq(script, want string) {
	w.t.Helper()
	w.ready()
	hosttest.Eq(w.t, w.run, script, want)
}

// throws runs a script that must throw an Error with the text, catchable by the script itself.
func (w *world) throws(script, text string) string {
	w.t.Helper()
	w.ready()
	return hosttest.Throws(w.t, w.run, script, text)
}

func (w *world) Allow(setting string) error {
	if setting == "enable_network" && w.network {
		return nil
	}
	return fault.New(fault.Denied, "set [vm_pool] %s = true", setting)
}
func (w *world) Now() time.Time                             { return w.now }
func (w *world) Sleep(context.Context, time.Duration) error { return errors.New("nothing here sleeps") }

func appModules(name string) string {
	switch name {
	case "my module":
		return `exports.double = x => 2 * x; exports.loads = (globalThis.loads = (globalThis.loads || 0) + 1)`
	case "a":
		return `exports.early = 1; const b = require("b"); exports.seen = b.seen`
	case "b":
		return `exports.seen = require("a").early`
	case "broken":
		return `throw new TypeError("broken at load")`
	case "@scope/vendored":
		return `module.exports = class Thing { get name() { return "thing" } }`
	}
	return ""
}
