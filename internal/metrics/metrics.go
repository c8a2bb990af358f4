// Package metrics counts what the runtime does and shows it in the form of Prometheus.
//
// internal/app makes one Metrics, sets where it reads what others count already, and passes it to the engine and the
// server, which declare what they need of it. It keeps a registry of its own, never the process's default one, and knows
// neither flows nor HTTP requests: only their names and times.
package metrics

import (
	"net/http"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"
)

// maxNames bounds the values of a label: what is beyond counts as "other".
const maxNames = 1000

// Options say what to count.
type Options struct {
	Version  string
	Started  time.Time
	Detailed bool // operations and memory of runs too
	Sources  Sources
}

// Metrics counts. Its methods may be called from any goroutine.
type Metrics struct {
	registry *prometheus.Registry
	scale    *scale

	begun, ended  atomic.Int64 // requests
	requestErrors prometheus.Counter
	methods       map[string]*byStatus

	runs, runErrors prometheus.Counter
	runTime         *histograms
	nodeTime        *histograms
	operations      *prometheus.HistogramVec // nil unless detailed
	memory          *prometheus.HistogramVec // nil unless detailed
	queued          *histogram
	limits          *prometheus.CounterVec
	calls           *prometheus.CounterVec
	uses            *prometheus.CounterVec

	mu    sync.Mutex
	flows map[string]*Flow
	names map[string]bool // of plugins
}

// New makes Metrics.
func New(o Options) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), scale: newScale(), flows: map[string]*Flow{}, names: map[string]bool{}}
	m.source("nflow_requests_total", "Requests to flows.", prometheus.CounterValue, m.begun.Load)
	m.requestErrors = m.counter("nflow_requests_errors_total", "Requests answered with status 5xx.")
	m.source("nflow_requests_active", "Requests in progress.", prometheus.GaugeValue, func() int64 { return m.begun.Load() - m.ended.Load() })
	requestTime := m.times("nflow_request_duration_seconds", "Time from the request header to the end of the response.", "method", "status")
	m.methods = map[string]*byStatus{}
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", otherName} {
		m.methods[method] = newByStatus(requestTime, classes(), method)
	}
	m.runs = m.counter("nflow_workflows_total", "Runs that ended or wait for a form.")
	m.runErrors = m.counter("nflow_workflows_errors_total", "Runs that ended in an error, at a limit, or were killed.")
	m.runTime = m.times("nflow_run_duration_seconds", "Duration of runs.", "flow", "status")
	m.nodeTime = m.times("nflow_node_duration_seconds", "Duration of visits of a node.", "flow", "kind", "status")
	if o.Detailed {
		m.operations = m.histograms("nflow_run_operations", "JavaScript operations of runs.", prometheus.ExponentialBuckets(100, 10, 7), "flow")
		m.memory = m.histograms("nflow_run_peak_memory_bytes", "Peak memory of the VM of a run.", prometheus.ExponentialBuckets(64<<10, 4, 8), "flow")
	}
	m.queued = m.times("nflow_queue_wait_seconds", "Time that queued runs waited for a VM.").with()
	m.limits = m.counters("nflow_limit_hits_total", "Runs and requests stopped at a limit.", "limit")
	m.calls = m.counters("nflow_plugin_calls_total", "Calls of plugins by nodes, and of services (http, db, mail, kv, …) by scripts.", "plugin", "status")
	m.uses = m.counters("nflow_plugin_uses_total", "Plugin functions used by runs, counted once per run.", "plugin")
	m.constant("nflow_up", "1 while the process runs.", func() float64 { return 1 })
	m.constant("nflow_uptime_seconds", "Time since the start.", func() float64 { return time.Since(o.Started).Seconds() })
	m.buildInfo(o.Version)
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.read(o.Sources)
	return m
}

func (m *Metrics) buildInfo(version string) {
	revision := ""
	if b, ok := debug.ReadBuildInfo(); ok {
		for _, s := range b.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "nflow_build_info", Help: "Build information; always 1.", ConstLabels: prometheus.Labels{
		"version": version, "revision": revision, "go": runtime.Version(),
	}})
	g.Set(1)
	m.registry.MustRegister(g)
}

func (m *Metrics) counter(name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	m.registry.MustRegister(c)
	return c
}

func (m *Metrics) counters(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	m.registry.MustRegister(c)
	return c
}

func (m *Metrics) constant(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}

// histograms makes native histograms, with classic buckets for scrapers that read text.
func (m *Metrics) histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100, NativeHistogramMinResetDuration: time.Hour,
	}, labels)
	m.registry.MustRegister(h)
	return h
}

// ServeHTTP shows all of it, as text or as what the scraper requests.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	families, err := m.registry.Gather()
	if err != nil {
		http.Error(w, "the metrics cannot be read", http.StatusInternalServerError)
		return
	}
	format := expfmt.NegotiateAccept(r.Header, expfmt.DefaultOpenMetricsAcceptedFormats()...)
	w.Header().Set("Content-Type", string(format))
	encoder := expfmt.NewEncoder(w, format)
	for _, family := range families {
		if encoder.Encode(family) != nil {
			return // the scraper is gone
		}
	}
	if c, ok := encoder.(expfmt.Closer); ok {
		c.Close() //nolint:errcheck // the same
	}
}

// Begin counts a request that comes in.
func (m *Metrics) Begin() {
	m.begun.Add(1)
}

// End counts a request that was answered. Begin was called before.
func (m *Metrics) End(method string, status int, took time.Duration) {
	m.ended.Add(1)
	if status >= http.StatusInternalServerError {
		m.requestErrors.Inc()
	}
	by := m.methods[method]
	if by == nil {
		by = m.methods[otherName]
	}
	by.observe(status/100-1, took)
}

// Waited counts a run that waited for a VM.
func (m *Metrics) Waited(d time.Duration) { m.queued.observe(d) }

// Limit counts a run or request that was stopped at a limit: "time", "memory", "operations", "queue" or "rate".
func (m *Metrics) Limit(kind string) { m.limits.WithLabelValues(kind).Inc() }

// Call counts a call of a plugin or a service.
func (m *Metrics) Call(plugin string, failed bool) {
	status := "ok"
	if failed {
		status = "error"
	}
	m.calls.WithLabelValues(m.bounded(plugin), status).Inc()
}

// Use counts a run that uses functions of a plugin.
func (m *Metrics) Use(plugin string) { m.uses.WithLabelValues(m.bounded(plugin)).Inc() }

func (m *Metrics) bounded(name string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.names[name] && len(m.names) >= maxNames {
		return otherName
	}
	m.names[name] = true
	return name
}
