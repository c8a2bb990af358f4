// Package trace makes the spans of runs and nodes and sends them to a collector of OpenTelemetry.
//
// internal/app makes a Tracer when the standard environment names an OTLP endpoint, and hands it to the engine, which
// declares what it needs of it. Sampling, batching and limits of spans are the SDK's and follow its environment
// variables. The package knows nothing of flows but their names.
package trace

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/arturoeanton/nflow-runtime/logger"
)

// scope names who makes the spans.
const scope = "github.com/arturoeanton/nflow-runtime"

// Options say where spans go.
type Options struct {
	Environ []string       // "NAME=value": the OTEL_ variables
	Version string         // of the runtime
	Mask    *logger.Masker // hides secrets in what spans say. Defaults to none
	Log     *slog.Logger
}

// Tracer makes spans. Its methods may be called from any goroutine.
type Tracer struct {
	provider *sdk.TracerProvider
	exporter *exporter
	tracer   trace.Tracer
	mask     *logger.Masker
}

// New makes a Tracer, nil when the environment names no OTLP endpoint, or switches tracing off with OTEL_SDK_DISABLED or
// OTEL_TRACES_EXPORTER.
func New(ctx context.Context, o Options) (*Tracer, error) {
	env := environment(o.Environ)
	e, err := newExporter(env, o.Log)
	if e == nil || err != nil {
		return nil, err
	}
	name := env.get("OTEL_SERVICE_NAME")
	if name == "" && !strings.Contains(env.get("OTEL_RESOURCE_ATTRIBUTES"), "service.name=") {
		name = "nflow-runtime"
	}
	attributes := []attribute.KeyValue{attribute.String("service.version", o.Version)}
	if name != "" {
		attributes = append(attributes, attribute.String("service.name", name))
	}
	r, err := resource.New(ctx, resource.WithAttributes(attributes...), resource.WithFromEnv(), resource.WithHost())
	if err != nil {
		o.Log.Warn("tracing: OTEL_RESOURCE_ATTRIBUTES is partly invalid", "error", err)
	}
	p := sdk.NewTracerProvider(sdk.WithBatcher(e), sdk.WithResource(r))
	return &Tracer{provider: p, exporter: e, tracer: p.Tracer(scope, trace.WithInstrumentationVersion(o.Version)), mask: o.Mask}, nil
}

// Close sends what waits, until ctx is done.
func (t *Tracer) Close(ctx context.Context) error {
	defer t.exporter.stop() // the SDK keeps sending without end
	return t.provider.Shutdown(ctx)
}

// Info says what the span of a run is about.
type Info struct {
	App, Flow, Wid, Kind, Method, Path string
}

// Span is a run, or the visit of a node. It belongs to one goroutine.
type Span struct {
	tracer *Tracer
	span   trace.Span
	parent string // its traceparent, when it is made
}

// Run begins the span of a run, below the one that the headers of W3C Trace Context name.
func (t *Tracer) Run(traceparent, tracestate string, about Info) *Span {
	ctx := context.Background()
	if traceparent != "" {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": traceparent, "tracestate": tracestate})
	}
	kind := trace.SpanKindInternal
	if about.Kind == "http" {
		kind = trace.SpanKindServer
	}
	_, s := t.tracer.Start(ctx, "run "+about.Flow, trace.WithSpanKind(kind))
	if s.IsRecording() {
		s.SetAttributes(
			attribute.String("nflow.app", about.App), attribute.String("nflow.flow", about.Flow), attribute.String("nflow.wid", about.Wid),
			attribute.String("nflow.kind", about.Kind), attribute.String("http.request.method", about.Method), attribute.String("url.path", t.mask.Mask(about.Path)),
		)
	}
	return &Span{tracer: t, span: s}
}

// Node begins the span of a node. Where the run is not sampled it is the run's own.
func (s *Span) Node(id, name, kind string) *Span {
	if !s.span.IsRecording() {
		return &Span{tracer: s.tracer, span: s.span}
	}
	ctx := trace.ContextWithSpan(context.Background(), s.span)
	_, n := s.tracer.tracer.Start(ctx, "node "+name, trace.WithAttributes(
		attribute.String("nflow.node.id", id), attribute.String("nflow.node.name", name), attribute.String("nflow.node.type", kind)))
	return &Span{tracer: s.tracer, span: n}
}

// Traceparent is what calls to other services pass on.
func (s *Span) Traceparent() string {
	if s.parent == "" {
		c := s.span.SpanContext()
		s.parent = "00-" + c.TraceID().String() + "-" + c.SpanID().String() + "-" + c.TraceFlags().String()
	}
	return s.parent
}

// Tracestate is what calls to other services pass on with the traceparent: what the request brought.
func (s *Span) Tracestate() string { return s.span.SpanContext().TraceState().String() }

// End ends the span: status is ok, waiting, error, limit, killed or refused.
func (s *Span) End(status, text string) {
	if s.span.IsRecording() {
		s.span.SetAttributes(attribute.String("nflow.status", status))
		switch status {
		case "error", "limit", "killed":
			s.span.SetStatus(codes.Error, s.tracer.mask.Mask(text))
		}
	}
	s.span.End(trace.WithTimestamp(time.Now()))
}
