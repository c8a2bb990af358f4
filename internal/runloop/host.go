package runloop

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/apps"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/jsapi"
	"github.com/arturoeanton/nflow-runtime/internal/visitor"
	"github.com/arturoeanton/nflow-runtime/replay"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

// sessionHost is a run as its visitor's session sees it.
type sessionHost run

var _ visitor.Host = (*sessionHost)(nil)

// Flow returns the flow that is run.
func (h *sessionHost) Flow() *graph.Flow { return h.flow.Flow }

// Request returns the run's request.
func (h *sessionHost) Request() *http.Request { return h.web.Request() }

// Detached reports whether nobody waits for the run's answer.
func (h *sessionHost) Detached() bool { return h.web.Detached() }

// Store returns what keeps the sessions of the app.
func (h *sessionHost) Store() syncsession.Store { return h.version.Sessions }

// saveTime is how long a run that was stopped has to save its session, before its answer is sent.
const saveTime = time.Second

// Await runs a call of the store, which ends with the run. What a sealed cookie holds is not waited for.
func (h *sessionHost) Await(call func(context.Context) error) error {
	if stopped := h.life.stopped(); stopped != nil {
		ctx, cancel := context.WithTimeout(h.life.base, saveTime)
		defer cancel()
		if call(ctx) != nil {
			return stopped
		}
		return nil
	}
	if _, sealed := h.version.Sessions.(*syncsession.CookieStore); !sealed {
		return (*run)(h).wait(call)
	}
	ctx := h.life.Context()
	err := call(ctx)
	if err != nil && ctx.Err() != nil {
		return killed(context.Cause(ctx))
	}
	return err
}

// Effects returns what records or replays the run.
func (h *sessionHost) Effects() replay.Effects { return h.effects.Effects }

// Counts returns the counts of all runs.
func (h *sessionHost) Counts() *visitor.Counts { return &h.loop.visitors }

// Log returns the log of the run.
func (h *sessionHost) Log() *slog.Logger { return h.log.lines() }

// hostRun is a run as host functions see it.
type hostRun run

var _ hostfn.Host = (*hostRun)(nil)

// runOf returns the run that a host function was called in.
func runOf(r *hostfn.Run) *run { return (*run)(r.Host.(*hostRun)) }

// ExchangeOf returns the request and the response of the run that a host function was called in.
func ExchangeOf(r *hostfn.Run) jsapi.Exchange { return &runOf(r).web }

// SessionOf returns the visitor's session as that run sees it.
func SessionOf(r *hostfn.Run) jsapi.Session { return &runOf(r).session }

// VersionOf returns the version of the app that is run.
func VersionOf(r *hostfn.Run) *apps.Version { return runOf(r).version }

// NewID makes a random UUID.
func (h *hostRun) NewID() string { return h.loop.NewID() }

// Log returns the log of the node that is visited.
func (h *hostRun) Log() *slog.Logger { return (*run)(h).nodeLog() }

// Context returns the context that ends with the run.
func (h *hostRun) Context() context.Context { return h.life.Context() }

// Wait runs a call that waits for something outside.
func (h *hostRun) Wait(call func(context.Context) error) error { return (*run)(h).wait(call) }

// Stringify is JSON.stringify of the run's VM.
func (h *hostRun) Stringify(o *goja.Object) ([]byte, error) { return h.scope.vm.Stringify(o) }

// RunCode runs compiled code in the middle of a script.
func (h *hostRun) RunCode(code *goja.Program) (goja.Value, error) { return h.scope.vm.RunCode(code) }
