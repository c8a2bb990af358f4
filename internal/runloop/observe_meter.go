package runloop

import (
	"strings"

	"github.com/arturoeanton/nflow-runtime/model"
)

// startSpan begins the span of the run.
func (o *observer) startSpan(parent *run) {
	r := o.run
	if r.loop.Tracer == nil {
		return
	}
	q := r.web.Request()
	traceparent, tracestate := q.Header.Get("Traceparent"), q.Header.Get("Tracestate")
	if parent != nil && parent.observer.span != nil {
		traceparent, tracestate = parent.observer.trace()
	}
	o.span = r.loop.Tracer.Run(traceparent, tracestate, model.SpanInfo{
		App: r.version.Graph.AppName, Flow: r.flow.Name, Wid: r.wid, Kind: r.proc.Type, Method: q.Method, Path: r.loop.shown(q.URL.Path),
	})
}

// trace is what calls to other services pass on: the span of the node or of the run, without tracing what the request
// brought.
func (o *observer) trace() (traceparent, tracestate string) {
	switch {
	case o.node != nil:
		return o.node.Traceparent(), o.node.Tracestate()
	case o.span != nil:
		return o.span.Traceparent(), o.span.Tracestate()
	}
	h := o.run.web.Request().Header
	return firstOf(h["Traceparent"]), firstOf(h["Tracestate"])
}

// firstOf returns the first value of a header, "" without one.
func firstOf(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// setTrace sets the trace position of the host functions.
func (s *scope) setTrace() {
	s.host.Trace, s.host.TraceState = s.run.observer.trace()
	s.host.Traced = s.run.observer.span != nil && strings.HasSuffix(s.host.Trace, "1") // the flag of what is sampled
}
