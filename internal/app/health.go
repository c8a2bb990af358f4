package app

import (
	"context"
	"errors"
	"io/fs"
	"runtime/metrics"
	"sync"
	"syscall"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/redisconn"
	"github.com/arturoeanton/nflow-runtime/internal/server"
	"github.com/arturoeanton/nflow-runtime/internal/store"
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
	err := a.store.Ping(ctx)
	if err != nil {
		a.Log.Warn("health: the database does not answer", "error", err)
	} else {
		err = a.writes.database.ask(ctx)
	}
	a.report(&r, "database", err)
	r.Components["history"] = a.healthOfHistory()
	r.Components["sandbox"] = a.healthOfSandbox()
	a.healthOfSessions(ctx, &r)
	a.healthOfFiles(ctx, &r)
	a.healthOfLog(&r)
	return r
}

// report marks a part that does not work, as does the whole then.
func (a *app) report(r *server.Report, name string, err error) {
	r.Components[name] = server.Component{Status: server.Healthy}
	if err != nil {
		r.Status = server.Unhealthy
		r.Components[name] = server.Component{Status: server.Unhealthy, Reason: reasonOf(err), Message: fault.From(err).Text}
	}
}

// reasonOf is one word for what is wrong, "" where that is not known.
func reasonOf(err error) string {
	switch redisconn.CodeOf(err) {
	case "READONLY":
		return string(store.ReadOnly)
	case "OOM":
		return "memory_full"
	case "MISCONF":
		return string(store.DiskFailing)
	case "NOPERM":
		return string(store.Denied)
	}
	switch {
	case errors.Is(err, errMoved):
		return string(store.Moved)
	case errors.Is(err, fs.ErrPermission):
		return string(store.Denied)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return string(store.DiskFull)
	case errors.Is(err, syscall.EROFS):
		return string(store.ReadOnly)
	case errors.Is(err, syscall.EIO):
		return string(store.DiskFailing)
	}
	return string(store.TroubleOf(err).Kind())
}

// healthOfFiles reports that flows cannot use their directory. Those that use no files continue: it makes nothing else unhealthy.
func (a *app) healthOfFiles(ctx context.Context, r *server.Report) {
	if a.writes.files == nil {
		return
	}
	c := server.Component{Status: server.Healthy}
	if err := a.writes.files.ask(ctx); err != nil {
		c = server.Component{Status: server.Unhealthy, Reason: reasonOf(err), Message: fault.From(err).Text}
	}
	r.Components["files"] = c
}

// healthOfLog reports that lines of the log are lost, or are not where they belong. Runs continue without it: it makes nothing else unhealthy.
func (a *app) healthOfLog(r *server.Report) {
	if a.Control == nil {
		return
	}
	lost, err := a.Control.Lost()
	if err == nil {
		return
	}
	where, file := "the file that stderr goes to", a.Config.Log.File != ""
	if file {
		where = "[log] file"
	}
	c := server.Component{Status: server.Unhealthy, Dropped: &lost, Reason: reasonOf(err), Message: "the log cannot be written: check the disk and the permissions of " + where}
	if c.Reason == string(store.DiskFull) {
		c.Message = "the disk of the log is full: free space for " + where
	}
	if file {
		c.Message += "; meanwhile lines go to stderr"
	}
	r.Components["log"] = c
}

// writes are the probes of what must be writable.
type writes struct {
	database *prober
	sessions *prober // nil where they are in cookies
	files    *prober // nil where flows have no files
	stop     func()  // ends them
}

// startProbes makes the probes and has the first run, so that the log immediately reports a database that cannot be written.
func (a *app) startProbes(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	group := new(sync.WaitGroup)
	a.writes.stop = func() {
		cancel()
		group.Wait()
	}
	a.writes.database = &prober{what: "the database", probe: a.store.Probe, log: a.Log, ctx: ctx, group: group, now: time.Now}
	a.writes.database.begin()
	if vm := &a.Config.VMPoolConfig; vm.EnableFilesystem {
		if f := openFolder(vm.FilesystemRoot); f != nil {
			a.writes.files = &prober{what: "the directory of flows' files", probe: f.probe, log: a.Log, ctx: ctx, group: group, now: time.Now}
		}
	}
	if sessions, ok := a.engine.Sessions().(*syncsession.ServerStore); ok {
		a.writes.sessions = &prober{what: "the session store", probe: sessions.Probe, log: a.Log, ctx: ctx, group: group, now: time.Now}
	}
}

// healthOfHistory reports what the history lost, and whether it can be written. Runs continue without it: it makes nothing else
// unhealthy.
func (a *app) healthOfHistory() server.Component {
	s := a.engine.Stats()
	c := server.Component{Status: server.Healthy, Dropped: &s.HistoryDropped}
	if s.HistoryFailing {
		c.Status = server.Unhealthy
	}
	return c
}

// healthOfSandbox reports whether limits are kept in full. Degraded ones are kept too: requests are served. Why, the log and the
// runs API say.
func (a *app) healthOfSandbox() server.Component {
	if a.engine.Stats().SandboxDegraded != "" {
		return server.Component{Status: server.Degraded}
	}
	return server.Component{Status: server.Healthy}
}

// ready reports whether a load balancer should send requests here. A database or Redis that is away is no reason against
// it: it would take all instances out at once, and flows that need neither continue.
func (a *app) ready() bool {
	select {
	case <-a.engine.Stuck():
		return false
	default:
		return !a.leaving.Load()
	}
}

// healthOfSessions checks the server that keeps the sessions, and Redis where only rate limits are counted there: those
// continue without it.
func (a *app) healthOfSessions(ctx context.Context, r *server.Report) {
	if sessions, ok := a.engine.Sessions().(*syncsession.ServerStore); ok {
		name := "sessions"
		if a.Config.Session.Store == "redis" {
			name = "redis"
		}
		err := sessions.Ping(ctx)
		if err != nil {
			a.Log.Warn("health: the session store does not answer", "error", err)
			err = fault.Wrap(fault.Unavailable, err, "the session store does not answer")
		} else {
			err = a.writes.sessions.ask(ctx)
		}
		a.report(r, name, err)
	}
	if _, known := r.Components["redis"]; a.redis != nil && !known {
		r.Components["redis"] = server.Component{Status: server.Healthy}
		if _, err := a.redis.Do(ctx, "SET", "nflow:limit:probe", "", "PX", pingTime.Milliseconds()); err != nil {
			a.Log.Warn("health: the Redis of the rate limits rejects writes", "error", err)
			r.Components["redis"] = server.Component{
				Status: server.Unhealthy, Reason: reasonOf(err),
				Message: "the Redis of the rate limits rejects writes; check [redis] host and that server. Until then each instance counts alone",
			}
		}
	}
}

// memory returns the bytes that the process holds from the system, as far as Go knows.
func memory() uint64 {
	held := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(held)
	return held[0].Value.Uint64() - held[1].Value.Uint64()
}
