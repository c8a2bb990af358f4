package engine

import (
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/runloop"
)

// Meter counts what runs do. Its methods are called from many runs concurrently and must not wait.
type Meter interface {
	// Flow returns what counts the runs of a flow whose nodes have these types. It is asked once for each version of an
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

// Tracer makes the spans of runs. Its methods are called from many runs concurrently and must not wait.
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

// tracer is a Tracer as the run loop wants it.
type tracer struct{ Tracer }

// Run implements [runloop.Tracer].
func (t tracer) Run(traceparent, tracestate string, about runloop.SpanInfo) runloop.Span {
	return spanOf(t.Tracer.Run(traceparent, tracestate, SpanInfo(about)))
}

// spanOf returns no span for none.
func spanOf(s Span) runloop.Span {
	if s == nil {
		return nil
	}
	return span{s}
}

// span is a Span as the run loop wants it.
type span struct{ Span }

// Node implements [runloop.Span].
func (s span) Node(id, name, kind string) runloop.Span { return spanOf(s.Span.Node(id, name, kind)) }
