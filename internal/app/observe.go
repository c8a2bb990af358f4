package app

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/debug"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/metrics"
	"github.com/arturoeanton/nflow-runtime/internal/trace"
)

// meter is the metrics as the engine wants them.
type meter struct{ *metrics.Metrics }

// Flow implements engine.Meter.
func (m meter) Flow(name string, types []string) engine.FlowMeter { return m.Metrics.Flow(name, types) }

// closeTrace sends the last spans.
func (a *app) closeTrace(t *trace.Tracer) {
	ctx, cancel := context.WithTimeout(context.Background(), answerGrace)
	defer cancel()
	if err := t.Close(ctx); err != nil {
		a.Log.Warn("tracing: the last spans were lost", "error", err)
	}
}

// count makes the metrics of [monitor]; nil when it is off.
func (a *app) count() *metrics.Metrics {
	c := a.Config
	if !c.MonitorConfig.Enabled {
		return nil
	}
	stat := func(read func(engine.Stats) int64) func() int64 {
		return func() int64 { return read(a.engine.Stats()) }
	}
	databases := map[string]func() metrics.Pool{}
	for name := range c.DB {
		databases[name] = func() metrics.Pool {
			s := a.engine.Database(name)
			return metrics.Pool{Open: s.OpenConnections, InUse: s.InUse, Idle: s.Idle}
		}
	}
	return metrics.New(metrics.Options{
		Version: a.Version, Started: a.started, Detailed: c.MonitorConfig.EnableDetailedMetrics || c.VMPoolConfig.EnableMetrics,
		Sources: metrics.Sources{
			Live:           func() int64 { return a.engine.Processes().Live() },
			Total:          func() int64 { return a.engine.Processes().Total() },
			CacheHits:      stat(func(s engine.Stats) int64 { return s.CacheHits }),
			CacheMisses:    stat(func(s engine.Stats) int64 { return s.CacheMisses }),
			HistoryDropped: stat(func(s engine.Stats) int64 { return s.HistoryDropped }),
			SessionsLoaded: stat(func(s engine.Stats) int64 { return s.SessionsLoaded }),
			SessionsSaved:  stat(func(s engine.Stats) int64 { return s.SessionsSaved }),
			SlotsWaiting:   stat(func(s engine.Stats) int64 { return int64(s.SlotsWaiting) }),
			Places: func() (used, size, waiting int) {
				s := a.engine.Stats()
				return s.PlacesUsed, s.Places, s.Waiting
			},
			Database: func() metrics.Pool {
				s := a.store.DB().Stats()
				return metrics.Pool{Open: s.OpenConnections, InUse: s.InUse, Idle: s.Idle}
			},
			Databases: databases,
		},
	})
}

// pages finds the handler of a path before the flows: the metrics and /debug.
func (a *app) pages() func(path string) (page http.Handler, quiet bool) {
	c := a.Config
	metricsPath := ""
	if a.metrics != nil && c.MonitorConfig.MetricsPort == 0 {
		metricsPath = c.MonitorConfig.MetricsPath
	}
	var pages http.Handler
	if c.DebugConfig.Enabled {
		pages = debug.New(debug.Options{
			Runtime: a.engine, App: a.App, Client: func(r *http.Request) string { return a.server.Client(r) }, Version: a.Version, Started: a.started,
			Token: c.DebugConfig.AuthToken, Allowed: networks(c.DebugConfig.AllowedIPs), Pprof: c.DebugConfig.EnablePprof,
			Config: c.Redacted, Pool: func() any { return a.store.DB().Stats() }, Ping: a.store.Ping, Control: a.Control, Mask: a.Mask, Log: a.Log,
		})
		if c.DebugConfig.AuthToken == "" {
			a.Log.Warn("[debug] is enabled without auth_token: every request is refused")
		}
	}
	return func(path string) (http.Handler, bool) {
		switch {
		case metricsPath != "" && path == metricsPath:
			return a.metrics, true
		case pages != nil && strings.HasPrefix(path, debug.Base):
			return pages, false
		}
		return nil, false
	}
}

// serveMetrics serves on the port that [monitor] metrics_port names, if it does, on the host of the flows' listener.
func (a *app) serveMetrics(ctx context.Context, flows net.Addr) (stop func(), err error) {
	port := a.Config.MonitorConfig.MetricsPort
	if a.metrics == nil || port == 0 {
		return func() {}, nil
	}
	host, _, err := net.SplitHostPort(flows.String())
	if err != nil {
		host = ""
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "cannot listen on port %d (%v); choose another one with [monitor] metrics_port", port, reason(err))
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+a.Config.MonitorConfig.MetricsPath, a.metrics)
	s := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, WriteTimeout: time.Minute, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := s.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			a.Log.Error("the metrics are no longer served", "error", err)
		}
	})
	return func() {
		s.Close() //nolint:errcheck // nothing is left to do with it
		serving.Wait()
	}, nil
}
