package engine

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
)

// Meter is told what runs do, to count it. Its methods are called from many runs at once and must not wait.
type Meter interface {
	// Flow gives what counts the runs of a flow whose nodes have these types. It is asked once for each version of an
	// app.
	Flow(name string, types []string) FlowMeter
	Waited(d time.Duration)          // a run waited for a place
	Limit(kind string)               // a run was stopped at a limit: "time", "memory", "operations", or "queue" for no place
	Call(plugin string, failed bool) // a node or a script called a plugin, or a service such as "http" or "db"
	Use(plugin string)               // a run used functions of a plugin
}

// FlowMeter counts the runs of one flow. status is ok, waiting, error, limit, killed or refused: what a visitor did
// wrong.
type FlowMeter interface {
	Run(status string, took time.Duration, operations, memory int64)
	Node(kind, status string, took time.Duration)
}

// Tracer makes the spans of runs. Its methods are called from many runs at once and must not wait.
type Tracer interface {
	// Run begins the span of a run. traceparent and tracestate are the headers of W3C Trace Context, "" for none.
	Run(traceparent, tracestate string, about SpanInfo) Span
}

// SpanInfo says what a span is about.
type SpanInfo struct {
	App, Flow, Wid, Kind, Method, Path string
}

// Span is a run or the visit of a node. It belongs to the run's goroutine.
type Span interface {
	Node(id, name, kind string) Span
	Traceparent() string // what calls to other services pass on
	Tracestate() string  // the same
	End(status string, err error)
}

// meters asks the meter for those of an app's flows.
func (rt *Runtime) meters(g *graph.Graph) map[*graph.Flow]FlowMeter {
	if rt.opts.Meter == nil {
		return nil
	}
	all := map[*graph.Flow]FlowMeter{}
	for _, f := range g.Flows {
		var types []string
		for _, n := range f.Nodes {
			if !slices.Contains(types, n.Type) && rt.step(n.Type) != nil {
				types = append(types, n.Type)
			}
		}
		slices.Sort(types)
		all[f] = rt.opts.Meter.Flow(f.Name, types)
	}
	return all
}

// instrument makes ready what traces the run.
func (r *run) instrument(parent *run) {
	if r.rt.opts.Tracer == nil {
		return
	}
	q := r.web.echo.Request()
	traceparent, tracestate := q.Header.Get("Traceparent"), q.Header.Get("Tracestate")
	if parent != nil && parent.span != nil {
		traceparent, tracestate = parent.trace()
	}
	r.span = r.rt.opts.Tracer.Run(traceparent, tracestate, SpanInfo{
		App: r.version.graph.AppName, Flow: r.flow.Name, Wid: r.wid, Kind: r.proc.Type, Method: q.Method, Path: shown(q.URL.Path),
	})
}

// trace is what calls to other services pass on: the span of the node or of the run, without tracing what the request
// brought.
func (r *run) trace() (traceparent, tracestate string) {
	switch {
	case r.nodeSpan != nil:
		return r.nodeSpan.Traceparent(), r.nodeSpan.Tracestate()
	case r.span != nil:
		return r.span.Traceparent(), r.span.Tracestate()
	}
	h := r.web.echo.Request().Header
	return firstOf(h["Traceparent"]), firstOf(h["Tracestate"])
}

// firstOf gives the first value of a header, "" without one.
func firstOf(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// setTrace tells the host functions where they are called.
func (r *run) setTrace() {
	h := &r.scope.host
	h.Trace, h.TraceState = r.trace()
	h.Traced = r.span != nil && strings.HasSuffix(h.Trace, "1") // the flag of what is sampled
}

// entered begins what is told of a visit.
func (r *run) entered(n *graph.Node) {
	r.logEnter(n)
	if r.span != nil {
		r.nodeSpan = r.span.Node(n.ID, n.Label, n.Type)
		r.setTrace()
	}
}

// left tells of a visit that has ended.
func (r *run) left(n, next *graph.Node, err error, started time.Time, took time.Duration, before usage) {
	if !r.verbose && r.history == nil && r.flow.meter == nil && r.span == nil {
		return
	}
	if err != nil {
		took = r.rt.since(started)
	}
	r.noteVisit(n, next, started, took, err)
	r.logVisit(n, next, took, before)
	status := "ok"
	if err != nil {
		err = failure(n, err)
		status = verdict(err)
	}
	if r.flow.meter != nil {
		r.flow.meter.Node(n.Type, status, took)
	}
	if r.nodeSpan != nil {
		r.nodeSpan.End(status, err)
		r.nodeSpan = nil
	}
}

// measured tells of a run that has ended or waits.
func (r *run) measured(err error) {
	if r.flow.meter == nil && r.span == nil {
		return
	}
	status := verdict(err)
	if err == nil && r.waiting {
		status = "waiting"
	}
	if r.flow.meter != nil {
		u := r.sandboxUsage()
		r.flow.meter.Run(status, r.rt.since(r.started), u.Operations, u.PeakMemory)
		if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind == fault.Limit {
			r.rt.opts.Meter.Limit(f.Limit)
		}
	}
	if r.span != nil {
		r.span.End(status, err)
	}
}

// verdict tells how a run or a visit ended.
func verdict(err error) string {
	if err == nil {
		return "ok"
	}
	f := asFault(err)
	if !acute(f) {
		return "refused"
	}
	return string(statusOf(f))
}

// called counts a node's call of a plugin.
func (rt *Runtime) called(plugin string, err error) {
	if rt.opts.Meter != nil {
		rt.opts.Meter.Call(plugin, err != nil)
	}
}
