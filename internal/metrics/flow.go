package metrics

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const otherName = "other"

// statuses are how runs and visits end.
func statuses() []string { return []string{"ok", "waiting", "error", "limit", "killed", "refused"} }

// classes are the statuses of responses.
func classes() []string { return []string{"1xx", "2xx", "3xx", "4xx", "5xx"} }

func statusIndex(status string) int {
	switch status {
	case "ok":
		return 0
	case "waiting":
		return 1
	case "limit":
		return 3
	case "killed":
		return 4
	case "refused":
		return 5
	}
	return 2
}

// Flow counts the runs of a flow. What its labels lead to is found once, not at each visit.
type Flow struct {
	metrics    *Metrics
	runs       *byStatus
	nodes      map[string]*byStatus // by kind; it does not change
	operations prometheus.Observer  // nil unless detailed
	memory     prometheus.Observer
}

// Flow returns the counter of a flow whose nodes are of these kinds. The engine calls it once for each version of an app. A
// flow after the 1,000th counts as "other".
func (m *Metrics) Flow(name string, kinds []string) *Flow {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.flows[name]
	if before == nil && len(m.flows) >= maxNames {
		name = otherName
		before = m.flows[name]
	}
	f := &Flow{metrics: m, nodes: map[string]*byStatus{}}
	if before != nil {
		f.runs, f.operations, f.memory = before.runs, before.operations, before.memory
		for kind, by := range before.nodes {
			f.nodes[kind] = by
		}
	} else {
		f.runs = newByStatus(m.runTime, statuses(), name)
		if m.operations != nil {
			f.operations, f.memory = m.operations.WithLabelValues(name), m.memory.WithLabelValues(name)
		}
	}
	for _, kind := range append(slices.Clone(kinds), otherName) {
		if f.nodes[kind] == nil {
			f.nodes[kind] = newByStatus(m.nodeTime, statuses(), name, kind)
		}
	}
	m.flows[name] = f
	return f
}

// Run counts a run: status is ok, waiting, error, limit, killed or refused.
func (f *Flow) Run(status string, took time.Duration, operations, memory int64) {
	f.metrics.runs.Inc()
	i := statusIndex(status)
	if i >= 2 && i <= 4 {
		f.metrics.runErrors.Inc()
	}
	f.runs.observe(i, took)
	if f.operations != nil {
		f.operations.Observe(float64(operations))
		f.memory.Observe(float64(memory))
	}
}

// Node counts a visit of a node.
func (f *Flow) Node(kind, status string, took time.Duration) {
	by := f.nodes[kind]
	if by == nil {
		by = f.nodes[otherName]
	}
	by.observe(statusIndex(status), took)
}

// byStatus are histograms that differ in their status. Each comes to be when it is first needed.
type byStatus struct {
	of     *histograms
	labels []string // before the status
	names  []string
	known  []atomic.Pointer[histogram]
}

func newByStatus(of *histograms, names []string, labels ...string) *byStatus {
	return &byStatus{of: of, labels: labels, names: names, known: make([]atomic.Pointer[histogram], len(names))}
}

func (b *byStatus) observe(i int, took time.Duration) {
	i = min(max(i, 0), len(b.names)-1)
	h := b.known[i].Load()
	if h == nil {
		h = b.of.with(append(slices.Clone(b.labels), b.names[i])...)
		b.known[i].Store(h)
	}
	h.observe(took)
}
