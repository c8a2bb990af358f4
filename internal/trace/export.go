package trace

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/trace"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/retry"
)

// tries is how often a batch is sent when the collector says that it is busy.
const tries = 3

// exporter posts spans as OTLP in its JSON form, which every collector takes where it takes the binary one. The exporters
// of the SDK bring gRPC and the generated types along: 8 MB of program and a tenth of the memory that an idle runtime
// may hold.
type exporter struct {
	url    string
	header http.Header
	gzip   bool
	client *http.Client
	log    *slog.Logger
	ctx    context.Context // of everything that is sent
	stop   context.CancelFunc
}

// newExporter reads the environment; it is nil when that names no endpoint.
func newExporter(env environment, log *slog.Logger) (*exporter, error) {
	if env.off() {
		return nil, nil
	}
	if p := env.otlp("PROTOCOL"); p == "grpc" {
		return nil, fault.New(fault.Invalid, "OTEL_EXPORTER_OTLP_PROTOCOL is grpc: spans are sent over HTTP only; name the collector's HTTP endpoint and leave the protocol out")
	}
	url, err := env.endpoint()
	if err != nil {
		return nil, err
	}
	certificates, err := env.certificates()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	return &exporter{
		ctx: ctx, stop: stop,
		url: url, header: env.headers(), gzip: env.otlp("COMPRESSION") == "gzip", log: log,
		client: &http.Client{
			Timeout: env.timeout(),
			Transport: &http.Transport{
				Proxy: http.ProxyFromEnvironment, TLSClientConfig: certificates, ForceAttemptHTTP2: true, IdleConnTimeout: 30 * time.Second, MaxIdleConns: 2,
			},
		},
	}, nil
}

// ExportSpans sends a batch. What does not arrive is lost, and the log says so.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.ctx, cancel)()
	text, err := json.Marshal(encode(spans))
	if err == nil {
		err = e.send(ctx, text)
	}
	if err != nil {
		e.log.Warn("tracing: spans were lost", "spans", len(spans), "error", err)
	}
	return nil
}

// Shutdown ends the connections.
func (e *exporter) Shutdown(context.Context) error {
	e.client.CloseIdleConnections()
	return nil
}

func (e *exporter) send(ctx context.Context, text []byte) error {
	if e.gzip {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(text) //nolint:errcheck // it writes to memory
		z.Close()     //nolint:errcheck // the same
		text = b.Bytes()
	}
	for try := 1; ; try++ {
		wait, err := e.post(ctx, text)
		if err == nil || wait < 0 || try == tries {
			return err
		}
		select {
		case <-time.After(max(wait, time.Duration(try)*time.Second)):
		case <-ctx.Done():
			return err
		}
	}
}

// post sends once. wait is negative when trying again is of no use.
func (e *exporter) post(ctx context.Context, text []byte) (wait time.Duration, err error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(text))
	if err != nil {
		return -1, err
	}
	q.Header = e.header.Clone()
	q.Header.Set("Content-Type", "application/json")
	if e.gzip {
		q.Header.Set("Content-Encoding", "gzip")
	}
	a, err := e.client.Do(q)
	if err != nil {
		return 0, err
	}
	defer a.Body.Close()
	io.Copy(io.Discard, io.LimitReader(a.Body, 64<<10)) //nolint:errcheck // so that the connection can be used again
	if a.StatusCode < 300 {
		return 0, nil
	}
	err = fmt.Errorf("the collector answered %d", a.StatusCode)
	switch a.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		pause, _ := retry.Asked(a.Header, time.Now())
		return pause, err
	}
	return -1, err
}

// object is JSON.
type object = map[string]any

// encode makes the JSON form of OTLP: ids in hex, 64-bit numbers as text.
func encode(spans []sdk.ReadOnlySpan) object {
	list := make([]object, len(spans))
	for i, s := range spans {
		c := s.SpanContext()
		o := object{
			"traceId": c.TraceID().String(), "spanId": c.SpanID().String(), "flags": int(c.TraceFlags()), "name": s.Name(), "kind": int(s.SpanKind()),
			"startTimeUnixNano": nanos(s.StartTime()), "endTimeUnixNano": nanos(s.EndTime()), "attributes": encodeAll(s.Attributes()),
		}
		if s.Parent().SpanID().IsValid() {
			o["parentSpanId"] = s.Parent().SpanID().String()
		}
		if state := c.TraceState().String(); state != "" {
			o["traceState"] = state
		}
		if st := s.Status(); st.Code != 0 {
			o["status"] = object{"code": statusCode(st.Code.String()), "message": st.Description}
		}
		list[i] = o
	}
	about := object{}
	if len(spans) > 0 {
		about["attributes"] = encodeAll(spans[0].Resource().Attributes())
	}
	return object{"resourceSpans": []object{{"resource": about, "scopeSpans": []object{{"scope": object{"name": scope}, "spans": list}}}}}
}

// statusCode returns OTLP's number, which is not that of the SDK.
func statusCode(name string) int {
	if strings.EqualFold(name, "error") {
		return 2
	}
	return 1
}

func nanos(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

func encodeAll(list []attribute.KeyValue) []object {
	out := make([]object, len(list))
	for i, a := range list {
		var v object
		switch a.Value.Type() {
		case attribute.BOOL:
			v = object{"boolValue": a.Value.AsBool()}
		case attribute.INT64:
			v = object{"intValue": strconv.FormatInt(a.Value.AsInt64(), 10)}
		case attribute.FLOAT64:
			v = object{"doubleValue": a.Value.AsFloat64()}
		default:
			v = object{"stringValue": a.Value.String()}
		}
		out[i] = object{"key": string(a.Key), "value": v}
	}
	return out
}
