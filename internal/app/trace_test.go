package app

import (
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// spanSent is a span as a collector gets it.
type spanSent struct {
	TraceID, SpanID, ParentSpanID, TraceState, Name string
	Kind                                            int
	Attributes                                      []struct {
		Key   string
		Value struct{ StringValue string }
	}
	Status struct {
		Code    int
		Message string
	}
}

func (s spanSent) attribute(key string) string {
	for _, a := range s.Attributes {
		if a.Key == key {
			return a.Value.StringValue
		}
	}
	return ""
}

// collector takes spans as an OTLP endpoint does.
type collector struct {
	*httptest.Server
	mu     sync.Mutex
	busy   int // how often it says so first
	spans  []spanSent
	header http.Header
	texts  string
}

func newCollector(t *testing.T, busy int) *collector {
	t.Helper()
	c := &collector{busy: busy}
	c.Server = httptest.NewServer(c.handler(t))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) handler(t *testing.T) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.busy > 0 {
			c.busy--
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			body, _ = gzip.NewReader(body)
		}
		text, _ := io.ReadAll(body)
		var sent struct {
			ResourceSpans []struct{ ScopeSpans []struct{ Spans []spanSent } }
		}
		if err := json.Unmarshal(text, &sent); err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %v: %v", r.URL, r.Header, err)
			return
		}
		for _, rs := range sent.ResourceSpans {
			for _, ss := range rs.ScopeSpans {
				c.spans = append(c.spans, ss.Spans...)
			}
		}
		c.header, c.texts = r.Header, c.texts+string(text)
	})
}

func (c *collector) named(name string) spanSent {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.spans {
		if s.Name == name {
			return s
		}
	}
	return spanSent{}
}

// tracedSite calls the service at url.
func tracedSite(t *testing.T, url string, environ ...string) *site {
	t.Helper()
	text := `{"drawflow":{"shop":{"data":{
		"s1":{"data":{"type":"starter","urlpattern":"/out","method":"GET","name_box":"in"},"outputs":{"output_1":{"connections":[{"node":"call"}]}}},
		"call":{"data":{"type":"js","name_box":"call it","code":"function main(){ http.get('` + url + `'); }"},"outputs":{"output_1":{"connections":[{"node":"bad"}]}}},
		"bad":{"data":{"type":"js","name_box":"bad","code":"function main(){ throw new Error('very private') }"},"outputs":{}}
	}}}}`
	file := filepath.Join(t.TempDir(), "app.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return launch(t, Options{App: file, Environ: environ}, "LOG=own", "NFLOW_VM_POOL_ENABLE_NETWORK=true", "NFLOW_VM_POOL_NETWORK_ALLOW=127.0.0.1",
		"NFLOW_ADMIN_TOKEN=admin-secret-1")
}

func TestTracesGoInAndOut(t *testing.T) {
	t.Parallel()
	var called http.Header
	service := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { called = r.Header }))
	t.Cleanup(service.Close)
	c := newCollector(t, 1)
	s := tracedSite(t, service.URL, "OTEL_EXPORTER_OTLP_ENDPOINT="+c.URL, "OTEL_EXPORTER_OTLP_HEADERS=X-Key=a%20b", "OTEL_EXPORTER_OTLP_COMPRESSION=gzip")
	const from = "4bf92f3577b34da6a3ce929d0e0e4736"
	a := s.do(http.MethodGet, "/out?x=admin-secret-1", nil, "Traceparent", "00-"+from+"-00f067aa0ba902b7-01", "Tracestate", "vendor=x1")
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	run, call, bad := c.named("run shop"), c.named("node call it"), c.named("node bad")
	if run.TraceID != from || run.ParentSpanID != "00f067aa0ba902b7" || run.Kind != 2 || run.attribute("nflow.wid") != a.Header.Get("Nflow-Wid-1") || run.attribute("url.path") != "/out" {
		t.Errorf("the run's span: %+v", run)
	}
	if call.TraceID != from || call.ParentSpanID != run.SpanID || call.attribute("nflow.node.id") != "call" || call.Status.Code == 2 {
		t.Errorf("the node's span: %+v", call)
	}
	if bad.Status.Code != 2 || run.Status.Code != 2 || bad.ParentSpanID != run.SpanID || !strings.Contains(bad.Status.Message, `"bad"`) {
		t.Errorf("the failure: %+v\n%+v", bad, run)
	}
	if want := "00-" + from + "-" + call.SpanID + "-01"; called.Get("Traceparent") != want {
		t.Errorf("the service was called with %q, want %q", called.Get("Traceparent"), want)
	}
	if called.Get("Tracestate") != "vendor=x1" || run.TraceState != "vendor=x1" {
		t.Errorf("the tracestate: %q to the service, %q to the collector", called.Get("Tracestate"), run.TraceState)
	}
	if c.header.Get("X-Key") != "a b" {
		t.Errorf("headers: %v", c.header)
	}
	for _, text := range []string{"admin-secret-1", "very private"} {
		if strings.Contains(c.texts, text) {
			t.Errorf("%q is in a span", text)
		}
	}
}

func TestTracesFollowTheSampling(t *testing.T) {
	t.Parallel()
	var called http.Header
	service := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { called = r.Header }))
	t.Cleanup(service.Close)
	c := newCollector(t, 0)
	s := tracedSite(t, service.URL, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="+c.URL+"/v1/traces")
	const from = "4bf92f3577b34da6a3ce929d0e0e4736"
	s.do(http.MethodGet, "/out", nil, "Traceparent", "00-"+from+"-00f067aa0ba902b7-00") // whoever called decided against it
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if len(c.spans) > 0 {
		t.Errorf("spans of a run that is not sampled: %+v", c.spans)
	}
	if got := called.Get("Traceparent"); !strings.HasPrefix(got, "00-"+from+"-") || !strings.HasSuffix(got, "-00") {
		t.Errorf("the service was called with %q", got)
	}
}

// The SDK reads the variables of sampling from the environment of the process.
func TestTracesAreSampled(t *testing.T) { // not parallel: it changes that environment
	service := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(service.Close)
	for _, c := range []struct {
		sampler, arg, parent string
		want                 int
	}{
		{"always_off", "", "", 0},
		{"traceidratio", "0", "", 0},
		{"traceidratio", "1", "", 3},
		{"parentbased_traceidratio", "0", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", 3},
	} {
		t.Setenv("OTEL_TRACES_SAMPLER", c.sampler)
		t.Setenv("OTEL_TRACES_SAMPLER_ARG", c.arg)
		spans := newCollector(t, 0)
		s := tracedSite(t, service.URL, "OTEL_EXPORTER_OTLP_ENDPOINT="+spans.URL)
		s.do(http.MethodGet, "/out", nil, "Traceparent", c.parent)
		if err := s.stop(); err != nil {
			t.Fatal(err)
		}
		if n := len(spans.spans); n != c.want {
			t.Errorf("%+v: %d spans", c, n)
		}
	}
}

func TestTracesAreOffWithoutAnEndpoint(t *testing.T) {
	t.Parallel()
	var called http.Header
	service := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { called = r.Header }))
	t.Cleanup(service.Close)
	c := newCollector(t, 0)
	for _, environ := range [][]string{
		nil, {"OTEL_EXPORTER_OTLP_ENDPOINT=" + c.URL, "OTEL_SDK_DISABLED=true"}, {"OTEL_EXPORTER_OTLP_ENDPOINT=" + c.URL, "OTEL_TRACES_EXPORTER=none"},
	} {
		s := tracedSite(t, service.URL, environ...)
		const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
		s.do(http.MethodGet, "/out", nil, "Traceparent", trace, "Tracestate", "vendor=x1")
		if err := s.stop(); err != nil {
			t.Fatal(err)
		}
		if called.Get("Traceparent") != trace || called.Get("Tracestate") != "vendor=x1" || len(c.spans) > 0 {
			t.Errorf("%v: %q, %+v", environ, called.Get("Traceparent"), c.spans)
		}
	}
	for environ, want := range map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=collector:4318": "is not a URL", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc": "is grpc",
		"OTEL_EXPORTER_OTLP_CERTIFICATE=trace_test.go": "no certificate", "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE=none.pem": "cannot be read",
		"OTEL_EXPORTER_OTLP_CLIENT_KEY=none.pem": "do not match",
	} {
		s := tracedSite(t, service.URL, "OTEL_EXPORTER_OTLP_ENDPOINT="+c.URL, environ)
		if err := <-s.ended; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", environ, err)
		}
	}
}

// A collector that is away costs the spans and a warning, no run.
func TestTracesWithoutACollector(t *testing.T) {
	t.Parallel()
	service := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(service.Close)
	s := tracedSite(t, service.URL, "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_TIMEOUT=200")
	if a := s.do(http.MethodGet, "/out", nil); a.StatusCode != http.StatusInternalServerError { // as the flow wants it
		t.Errorf("%d", a.StatusCode)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s.own.Flush()
	if !strings.Contains(s.log.String(), "spans were lost") {
		t.Errorf("nothing is said of the loss:\n%s", s.log)
	}
}

// A collector behind TLS is believed by the certificate that the environment names, and may ask who sends.
func TestTracesOverTLS(t *testing.T) {
	t.Parallel()
	service := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(service.Close)
	c := &collector{}
	c.Server = httptest.NewUnstartedServer(c.handler(t))
	c.Server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	c.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	c.StartTLS()
	t.Cleanup(c.Close)
	own := c.Server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	certificate, secret := write("cert.pem", "CERTIFICATE", own.Certificate[0]), write("key.pem", "PRIVATE KEY", key)
	send := func(environ ...string) *site {
		s := tracedSite(t, service.URL, append(environ, "OTEL_EXPORTER_OTLP_ENDPOINT="+c.URL, "OTEL_EXPORTER_OTLP_TIMEOUT=5000")...)
		s.do(http.MethodGet, "/out", nil)
		if err := s.stop(); err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := send()
	if s.own.Flush(); len(c.spans) > 0 || !strings.Contains(s.log.String(), "spans were lost") {
		t.Errorf("%d spans went to a collector that nobody believes:\n%s", len(c.spans), s.log)
	}
	send("OTEL_EXPORTER_OTLP_CERTIFICATE="+certificate, "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE="+certificate, "OTEL_EXPORTER_OTLP_CLIENT_KEY="+secret)
	if c.named("run shop").SpanID == "" {
		t.Error("no span arrived")
	}
}
