package app

import (
	"context"
	"runtime/metrics"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/server"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

// pingTime is how long the database may take to answer before it counts as down.
const pingTime = 2 * time.Second

// health is what /health says. Why something does not work, the log knows.
func (a *app) health(ctx context.Context) server.Report {
	ctx, cancel := context.WithTimeout(ctx, pingTime)
	defer cancel()
	live := a.engine.Processes().Live()
	r := server.Report{
		Status: server.Healthy, Timestamp: time.Now().UTC(), Version: a.Version,
		Uptime: time.Since(a.started).Round(time.Second).String(),
		Components: map[string]server.Component{
			"database":  {Status: server.Healthy},
			"processes": {Status: server.Healthy, Live: &live},
			"memory":    {Status: server.Healthy, Bytes: memory()},
		},
	}
	select {
	case <-a.engine.Stuck():
		r.Status = "draining"
	default:
	}
	if err := a.store.Ping(ctx); err != nil {
		a.Log.Warn("health: the database does not answer", "error", err)
		r.Status, r.Components["database"] = server.Unhealthy, server.Component{Status: server.Unhealthy}
	}
	r.Components["history"] = a.healthOfHistory()
	a.healthOfSessions(ctx, &r)
	return r
}

// healthOfHistory tells what the history lost, and whether it can be written. Runs go on without it: it makes nothing else
// unhealthy.
func (a *app) healthOfHistory() server.Component {
	s := a.engine.Stats()
	c := server.Component{Status: server.Healthy, Dropped: &s.HistoryDropped}
	if s.HistoryFailing {
		c.Status = server.Unhealthy
	}
	return c
}

// ready tells whether a load balancer should send requests here. A database or Redis that is away is no reason against
// it: it would take all instances out at once, and flows that need neither go on.
func (a *app) ready() bool {
	select {
	case <-a.engine.Stuck():
		return false
	default:
		return !a.leaving.Load()
	}
}

// healthOfSessions asks the server that keeps the sessions, and Redis where only rate limits are counted there: those
// go on without it.
func (a *app) healthOfSessions(ctx context.Context, r *server.Report) {
	if sessions, ok := a.engine.Sessions().(*syncsession.ServerStore); ok {
		name := "sessions"
		if a.Config.Session.Store == "redis" {
			name = "redis"
		}
		r.Components[name] = server.Component{Status: server.Healthy}
		if err := sessions.Ping(ctx); err != nil {
			a.Log.Warn("health: the server of the sessions does not answer", "error", err)
			r.Status, r.Components[name] = server.Unhealthy, server.Component{Status: server.Unhealthy}
		}
	}
	if _, known := r.Components["redis"]; a.redis != nil && !known {
		r.Components["redis"] = server.Component{Status: server.Healthy}
		if err := a.redis.Ping(ctx).Err(); err != nil {
			a.Log.Warn("health: the Redis of the rate limits does not answer", "error", err)
			r.Components["redis"] = server.Component{Status: server.Unhealthy}
		}
	}
}

// memory gives the bytes that the process holds from the system, as far as Go knows.
func memory() uint64 {
	held := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(held)
	return held[0].Value.Uint64() - held[1].Value.Uint64()
}
