// Package hosttest is a run for tests of host functions: what the engine does for them, in its simplest form. Tests of
// internal/jsapi and of the plugins use it; nothing else does.
package hosttest

import (
	"context"
	"log/slog"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// ID is what NewID returns.
const ID = "11111111-2222-4333-8444-555555555555"

// Host is a run. Its fields may be changed between two scripts.
type Host struct {
	VM     *goja.Runtime
	Ctx    func() context.Context // the run's
	Logger *slog.Logger           // Defaults to saying nothing
}

var (
	_ hostfn.Host  = (*Host)(nil)
	_ hostfn.Meter = (*Host)(nil)
)

// NewID returns ID.
func (h *Host) NewID() string { return ID }

// Log returns Logger.
func (h *Host) Log() *slog.Logger {
	if h.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return h.Logger
}

// Context returns what Ctx returns.
func (h *Host) Context() context.Context { return h.Ctx() }

// Wait calls with the run's context. The cause of a run that ended meanwhile wins over the result of the call.
func (h *Host) Wait(call func(context.Context) error) error {
	ctx := h.Ctx()
	err := call(ctx)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// Stopped returns the cause of the run's context.
func (h *Host) Stopped() error { return context.Cause(h.Ctx()) }

// Hold lets all bytes through.
func (h *Host) Hold(int64) error { return h.Stopped() }

// Release does nothing.
func (h *Host) Release(int64) {}

// Beside lets all bytes through.
func (h *Host) Beside(int64) error { return h.Stopped() }

// Stringify is goja's own JSON.stringify.
func (h *Host) Stringify(o *goja.Object) (text []byte, err error) {
	if ex := h.VM.Try(func() { text, err = o.MarshalJSON() }); ex != nil {
		return nil, ex
	}
	return text, err
}

// RunCode is goja's own RunProgram.
func (h *Host) RunCode(code *goja.Program) (goja.Value, error) { return h.VM.RunProgram(code) }
