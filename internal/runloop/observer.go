package runloop

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/history"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
	"github.com/arturoeanton/nflow-runtime/model"
)

// observer is notified of what a run does, and is the only recorder: in the history (observe_history.go), in table tracker
// (observe_tracker.go), as metrics and spans (observe_meter.go), and in the log (observe_log.go). What is off costs a
// comparison. It belongs to the run's goroutine.
type observer struct {
	run     *run
	history *history.Run // nil when nothing of the run is kept
	story   string       // wid of the first run of the form that this one continues, or begins
	span    model.Span   // of the run; nil without tracing
	node    model.Span   // of the node being visited
	verbose bool         // log each node
	nodes   int          // visited so far

	finished atomic.Bool // may be read by other goroutines
	err      error       // how the run ended, once finished
}

// visit is one visit of a node.
type visit struct {
	node    *graph.Node
	started time.Time
	took    time.Duration // of the step alone; set where it did not fail

	inVM time.Duration // of the run, when the visit started
	used sandbox.Usage // the same
}

// runStarted begins the record and the span of a run. parent is nil for a request's own run.
func (o *observer) runStarted(parent *run) {
	o.verbose = o.run.loop.logsNodes()
	o.startHistory(parent)
	o.startSpan(parent)
}

// walkStarted notes the payload that the run starts with.
func (o *observer) walkStarted() {
	if o.history.Payloads() {
		o.history.Input(o.payloadJSON())
	}
}

// nodeStarted begins a visit.
func (o *observer) nodeStarted(n *graph.Node) visit {
	v := visit{node: n, inVM: o.run.scope.inVM, used: o.run.scope.usage()}
	o.logNodeStarted(n)
	if o.span != nil {
		o.node = o.span.Node(n.ID, n.Label, n.Type)
		o.run.scope.setTrace()
	}
	v.started = o.run.loop.Clock.Now()
	return v
}

// nodeFinished ends a visit that leads on to next, nil for the end, or that failed.
func (o *observer) nodeFinished(v *visit, next *graph.Node, err error) {
	if err == nil {
		o.track(v, next)
	}
	meter := o.run.flow.Meter
	if !o.verbose && o.history == nil && meter == nil && o.span == nil {
		return
	}
	if err != nil {
		v.took = o.run.loop.since(v.started)
	}
	o.recordVisit(v, next, err)
	o.logNodeFinished(v, next)
	status := "ok"
	if err != nil {
		err = failure(v.node, err)
		status = verdict(err)
	}
	if meter != nil {
		meter.Node(v.node.Type, status, v.took)
	}
	if o.node != nil {
		o.node.End(status, err)
		o.node = nil
	}
}

// runFinished notes how the run ended, or that it waits.
func (o *observer) runFinished(err error) {
	o.err = err
	o.finished.Store(true)
	meter := o.run.flow.Meter
	if meter == nil && o.span == nil {
		return
	}
	status := verdict(err)
	if err == nil && o.run.waiting {
		status = "waiting"
	}
	if meter != nil {
		u := o.run.scope.usage()
		meter.Run(status, o.run.loop.since(o.run.life.started), u.Operations, u.PeakMemory)
		if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind == fault.Limit {
			o.run.loop.Meter.Limit(f.Limit)
		}
	}
	if o.span != nil {
		o.span.End(status, err)
	}
}

// runClosed ends the record of the run, whose response is known now.
func (o *observer) runClosed() {
	var f *fault.Error
	switch {
	case o.err != nil:
		f = AsFault(o.err)
	case !o.finished.Load():
		f = fault.New(fault.Internal, "the run ended unexpectedly")
	}
	o.writeHistory(f)
}

// verdict reports how a run or a visit ended.
func verdict(err error) string {
	if err == nil {
		return "ok"
	}
	f := AsFault(err)
	if !actionable(f) {
		return "refused"
	}
	return string(statusOf(f))
}
