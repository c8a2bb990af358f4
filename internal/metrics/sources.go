package metrics

import "github.com/prometheus/client_golang/prometheus"

// Pool is the state of a pool of connections.
type Pool struct{ Open, InUse, Idle int }

// Sources are counters of other packages; they are read when metrics are scraped. A nil one is left out.
type Sources struct {
	Live, Total            func() int64 // runs
	CacheHits, CacheMisses func() int64 // requests that found their app compiled, and those that had to load it
	Places                 func() (used, size, waiting int)
	SlotsWaiting           func() int64
	Database               func() Pool            // the nFlow database
	Databases              map[string]func() Pool // those of flows, by name
	HistoryDropped         func() int64
	SessionsLoaded         func() int64
	SessionsSaved          func() int64
}

func (m *Metrics) read(s Sources) {
	m.source("nflow_processes_active", "Running runs.", prometheus.GaugeValue, s.Live)
	m.source("nflow_processes_total", "Runs started since the process began.", prometheus.CounterValue, s.Total)
	m.source("nflow_cache_hits_total", "Requests whose app was compiled already.", prometheus.CounterValue, s.CacheHits)
	m.source("nflow_cache_misses_total", "Requests that loaded their app.", prometheus.CounterValue, s.CacheMisses)
	m.source("nflow_slots_waiting", "Runs whose scripts wait for a processor.", prometheus.GaugeValue, s.SlotsWaiting)
	m.source("nflow_history_dropped_total", "Records dropped because the database was too slow or unavailable.", prometheus.CounterValue, s.HistoryDropped)
	m.source("nflow_sessions_loaded_total", "Sessions loaded by requests.", prometheus.CounterValue, s.SessionsLoaded)
	m.source("nflow_sessions_saved_total", "Sessions that were saved.", prometheus.CounterValue, s.SessionsSaved)
	if s.Database != nil {
		m.constant("nflow_db_connections_open", "Connections to the nFlow database.", func() float64 { return float64(s.Database().Open) })
		m.constant("nflow_db_connections_in_use", "Connections to the nFlow database in use.", func() float64 { return float64(s.Database().InUse) })
		m.constant("nflow_db_connections_idle", "Idle connections to the nFlow database.", func() float64 { return float64(s.Database().Idle) })
	}
	for name, read := range s.Databases {
		m.pool(name, read)
	}
	if s.Places != nil {
		m.constant("nflow_vms_in_use", "VMs in use.", func() float64 { used, _, _ := s.Places(); return float64(used) })
		m.constant("nflow_vms_max", "Maximum number of VMs; 0 means unlimited.", func() float64 { _, size, _ := s.Places(); return float64(size) })
		m.constant("nflow_queue_waiting", "Runs that wait for a VM.", func() float64 { _, _, waiting := s.Places(); return float64(waiting) })
	}
}

// pool shows the pool of a database of flows.
func (m *Metrics) pool(database string, read func() Pool) {
	show := func(name, help string, value func(Pool) int) {
		labels := prometheus.Labels{"database": database}
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels},
			func() float64 { return float64(value(read())) }))
	}
	show("nflow_flow_db_connections_open", "Connections to a database of flows.", func(p Pool) int { return p.Open })
	show("nflow_flow_db_connections_in_use", "Connections to a database of flows in use.", func(p Pool) int { return p.InUse })
	show("nflow_flow_db_connections_idle", "Idle connections to a database of flows.", func(p Pool) int { return p.Idle })
}

func (m *Metrics) source(name, help string, kind prometheus.ValueType, read func() int64) {
	if read == nil {
		return
	}
	value := func() float64 { return float64(read()) }
	if kind == prometheus.CounterValue {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value))
		return
	}
	m.constant(name, help, value)
}
