package hosttest

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// World is one run whose VM serves functions when a script first reads their names. Its fields may be changed between two
// scripts, Rows before the first one.
type World struct {
	T       testing.TB
	Run     *hostfn.Run
	VM      *goja.Runtime
	Rows    func() []hostfn.Row
	At      time.Time // what clocks show
	Ctx     context.Context
	Logged  bytes.Buffer
	Network bool // whether enable_network is set

	served bool
}

// NewWorld makes a run of flow orders of app shop that may not use the network.
func NewWorld(t testing.TB, rows func() []hostfn.Row) *World {
	w := &World{T: t, VM: goja.New(), Rows: rows, At: time.Date(2026, 3, 4, 5, 6, 7, 8e6, time.UTC), Ctx: context.Background()}
	host := &Host{
		VM: w.VM, Ctx: func() context.Context { return w.Ctx },
		Logger: slog.New(slog.NewTextHandler(&w.Logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	w.Run = &hostfn.Run{VM: w.VM, Caps: w, Time: w, Wid: "wid-1", App: "shop", Flow: "orders", Host: host, Meter: host}
	return w
}

func (w *World) serve() {
	if !w.served {
		w.served = true
		Serve(w.Run, w.Rows())
	}
}

// Set sets globals of the world.
func (w *World) Set(values map[string]any) {
	w.T.Helper()
	for name, v := range values {
		if err := w.VM.Set(name, v); err != nil {
			w.T.Fatal(err)
		}
	}
}

// Try runs a script.
func (w *World) Try(script string) (goja.Value, error) {
	w.serve()
	return w.VM.RunScript("flow/node", script)
}

// JS is the function JS for this run.
func (w *World) JS(script string) string {
	w.T.Helper()
	w.serve()
	return JS(w.T, w.Run, script)
}

// Eq is the function Eq for this run.
func (w *World) Eq(script, want string) {
	w.T.Helper()
	w.serve()
	Eq(w.T, w.Run, script, want)
}

// Throws is the function Throws for this run.
func (w *World) Throws(script, text string) string {
	w.T.Helper()
	w.serve()
	return Throws(w.T, w.Run, script, text)
}

// Allow implements [hostfn.Capabilities]: only the network may be allowed.
func (w *World) Allow(setting string) error {
	if setting == "enable_network" && w.Network {
		return nil
	}
	return fault.New(fault.Denied, "set [vm_pool] %s = true", setting)
}

// Now returns At.
func (w *World) Now() time.Time { return w.At }

// Sleep fails: nothing in a test sleeps.
func (w *World) Sleep(context.Context, time.Duration) error { return errors.New("nothing here sleeps") }
