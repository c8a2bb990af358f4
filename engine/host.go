package engine

import (
	"context"
	"log/slog"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// hostRun is a run as host functions see it.
type hostRun run

var _ hostfn.Host = (*hostRun)(nil)

// runOf gives the run that a host function was called in.
func runOf(r *hostfn.Run) *run { return (*run)(r.Host.(*hostRun)) }

// NewID makes a random UUID.
func (h *hostRun) NewID() string { return h.rt.newID() }

// Log gives the log of the node that is visited.
func (h *hostRun) Log() *slog.Logger { return (*run)(h).nodeLog() }

// Context gives the context that ends with the run.
func (h *hostRun) Context() context.Context { return (*run)(h).context() }

// Wait runs a call that waits for something outside.
func (h *hostRun) Wait(call func(context.Context) error) error { return (*run)(h).wait(call) }

// Stringify is JSON.stringify of the run's VM.
func (h *hostRun) Stringify(o *goja.Object) ([]byte, error) { return h.scope.vm.Stringify(o) }

// RunCode runs compiled code in the middle of a script.
func (h *hostRun) RunCode(code *goja.Program) (goja.Value, error) { return h.scope.vm.RunCode(code) }
