package engine

import (
	"time"

	"github.com/arturoeanton/nflow-runtime/model"
)

// Meter counts what runs do. Its methods are called from many runs concurrently and must not wait.
type Meter interface {
	// Flow returns what counts the runs of a flow whose nodes have these types. It is called once for each version of an
	// app.
	Flow(name string, types []string) FlowMeter
	Waited(d time.Duration)          // a run waited for a place
	Limit(kind string)               // a run was stopped at a limit: "time", "memory", "operations", or "queue" for no place
	Call(plugin string, failed bool) // a node or a script called a plugin, or a service such as "http" or "db"
	Use(plugin string)               // a run used functions of a plugin
}

// FlowMeter counts the runs of one flow.
type FlowMeter = model.FlowMeter

// Tracer makes the spans of runs.
type Tracer = model.Tracer

// SpanInfo is what the span of a run is about.
type SpanInfo = model.SpanInfo

// Span is a run or the visit of a node.
type Span = model.Span
