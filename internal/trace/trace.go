// Package trace makes the spans of runs and nodes and sends them to a collector of OpenTelemetry.
//
// internal/app makes a Tracer when the standard environment names an OTLP endpoint, and passes it to the engine, which
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

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/logger"
	"github.com/arturoeanton/nflow-runtime/model"
)

// scope names the maker of the spans.
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

// span is a run, or the visit of a node.
type span struct {
	tracer *Tracer
	span   trace.Span
	parent string // its traceparent, when it is made
}

// Run implements [model.Tracer]: the span is below the one that the headers of W3C Trace Context name.
func (t *Tracer) Run(traceparent, tracestate string, about model.SpanInfo) model.Span {
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
	return &span{tracer: t, span: s}
}

// Node implements [model.Span]. Where the run is not sampled it is the run's own.
func (s *span) Node(id, name, kind string) model.Span {
	if !s.span.IsRecording() {
		return &span{tracer: s.tracer, span: s.span}
	}
	ctx := trace.ContextWithSpan(context.Background(), s.span)
	_, n := s.tracer.tracer.Start(ctx, "node "+name, trace.WithAttributes(
		attribute.String("nflow.node.id", id), attribute.String("nflow.node.name", name), attribute.String("nflow.node.type", kind)))
	return &span{tracer: s.tracer, span: n}
}

// Traceparent implements [model.Span].
func (s *span) Traceparent() string {
	if s.parent == "" {
		c := s.span.SpanContext()
		s.parent = "00-" + c.TraceID().String() + "-" + c.SpanID().String() + "-" + c.TraceFlags().String()
	}
	return s.parent
}

// Tracestate implements [model.Span]: what the request brought.
func (s *span) Tracestate() string { return s.span.SpanContext().TraceState().String() }

// End implements [model.Span]. The cause of an error stays in the log: it may hold data.
func (s *span) End(status string, err error) {
	if s.span.IsRecording() {
		s.span.SetAttributes(attribute.String("nflow.status", status))
		switch status {
		case "error", "limit", "killed":
			s.span.SetStatus(codes.Error, s.tracer.mask.Mask(textOf(err)))
		}
	}
	s.span.End(trace.WithTimestamp(time.Now()))
}

// textOf returns what an error says to users, "" for none.
func textOf(err error) string {
	if err == nil {
		return ""
	}
	return fault.From(err).Text
}
