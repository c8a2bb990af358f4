package model

import "time"

// FlowMeter counts the runs of one flow. Its methods are called from many runs concurrently and must not wait. status is
// ok, waiting, error, limit, killed or refused: what a visitor did wrong.
type FlowMeter interface {
	// Run counts a run that ended: how long it took, its operations, and the most bytes that its VM held.
	Run(status string, took time.Duration, operations, memory int64)
	// Node counts one visit of a node.
	Node(kind, status string, took time.Duration)
}

// Tracer makes the spans of runs. Its methods are called from many runs concurrently and must not wait.
type Tracer interface {
	// Run begins the span of a run; nil leaves it without. traceparent and tracestate are the headers of W3C Trace
	// Context, "" for none.
	Run(traceparent, tracestate string, about SpanInfo) Span
}

// SpanInfo is what the span of a run is about. Kind is how the run began, such as "http".
type SpanInfo struct {
	App, Flow, Wid, Kind, Method, Path string
}

// Span is a run or the visit of a node. It belongs to the run's goroutine.
type Span interface {
	// Node begins the span of a visit, within that of its run.
	Node(id, name, kind string) Span
	Traceparent() string // the header for calls to other services
	Tracestate() string  // the same
	// End ends the span with one of the statuses of FlowMeter; err is nil for a run or visit without error.
	End(status string, err error)
}
