// Package app puts the runtime together: it opens the database, seeds an empty one, makes the engine and the server,
// starts them in order and stops them in reverse.
//
// It is the only composition root: the command serve and the end-to-end tests call Run, and no other package builds
// another's parts. What the parts do is not its business.
package app

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/admin"
	"github.com/arturoeanton/nflow-runtime/internal/cluster"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/metrics"
	"github.com/arturoeanton/nflow-runtime/internal/redisconn"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
	"github.com/arturoeanton/nflow-runtime/internal/server"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/trace"
	"github.com/arturoeanton/nflow-runtime/logger"
	"github.com/arturoeanton/nflow-runtime/process"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

const (
	// answerGrace is how long a stop lets responses travel after the last run has ended.
	answerGrace = 2 * time.Second

	pruneEvery  = time.Hour
	pruneLogins = 5 * time.Minute // a flood makes rows fast, though each costs an argon2id hash
)

// Options say what to run. Only Config is needed.
type Options struct {
	Config   *engine.ConfigWorkspace // as engine.ConfigFile.Load returns it
	App      string                  // a name in the database, or a path of an app file. Defaults to "app"
	Data     string                  // directory of nflow.db. Defaults to "data"
	Addr     string                  // host:port, before what Config says. Defaults to none
	Listener net.Listener            // serve here and not at an address; Run closes it. Defaults to none
	Environ  []string                // "NAME=value", as os.Environ returns it. Defaults to none
	Version  string                  // Defaults to "dev"
	Log      *slog.Logger            // Defaults to saying nothing
	Mask     *logger.Masker          // that of Log. Defaults to engine.NewMasker(Config)
	Control  *logger.Log             // what POST /debug/log changes. Defaults to none
	Out      io.Writer               // where a person reads: the banner, and the password of the demo user. Defaults to none
}

// Run serves an app until ctx is done and everything has stopped. It returns nil after a proper stop; nothing of it is
// left then. Several may run in one process.
func Run(ctx context.Context, o Options) (err error) {
	o.App, o.Data, o.Version = cmp.Or(o.App, "app"), cmp.Or(o.Data, "data"), cmp.Or(o.Version, "dev")
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Listener != nil {
		defer o.Listener.Close() // the server has closed it, unless it never came to be
	}
	if o.Mask == nil {
		if o.Mask, err = engine.NewMasker(o.Config); err != nil {
			return err
		}
	}
	a := &app{Options: o, started: time.Now()}
	go sandbox.Degraded() // it probes the guards while the database is opened
	if a.store, err = engine.OpenStore(ctx, o.Config, o.Data, o.Log); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.store.Close()) }()
	if a.first, err = seed(ctx, a.store, o.App, o.Out != nil); err != nil {
		return err
	}
	a.joinCluster()
	eo := engine.Options{
		Store: a.store, Config: *o.Config, Log: o.Log, Mask: o.Mask, Environ: o.Environ,
		Processes: a.processes, Instance: a.cluster.ID(), KillElsewhere: a.cluster.KillElsewhere,
	}
	if a.metrics = a.count(); a.metrics != nil {
		eo.Meter = meter{a.metrics}
	}
	spans, err := trace.New(ctx, trace.Options{Environ: o.Environ, Version: o.Version, Mask: o.Mask, Log: o.Log})
	if err != nil {
		return err
	}
	if spans != nil {
		eo.Tracer = spans
		defer a.closeTrace(spans)
	}
	if a.engine, err = engine.New(eo); err != nil {
		return err
	}
	defer func() {
		if !errors.Is(err, ErrStuck) { // what does not stop cannot be waited for
			a.engine.Close(done(ctx)) // nothing is left to do after a proper stop
		}
	}()
	if err := a.engine.Load(ctx, o.App); err != nil {
		return Named(ctx, a.store, o.App, err)
	}
	return a.serve(ctx)
}

// app is a runtime with its parts.
type app struct {
	Options
	started   time.Time
	first     firstStart
	store     store.Store
	processes *process.Repository
	cluster   *cluster.Cluster
	engine    *engine.Runtime
	server    *server.Server
	metrics   *metrics.Metrics  // nil without [monitor]
	redis     *redisconn.Client // where rate limits are counted; nil when they are not

	writes  writes
	address atomic.Value // string: where it listens
	leaving atomic.Bool  // it stops, and wants no new requests
}

// serve serves requests until ctx is done, then stops.
func (a *app) serve(ctx context.Context) (err error) {
	o := a.serverOptions()
	if o.Limits, err = a.limits(); err != nil {
		return err
	}
	if a.redis != nil {
		defer a.redis.Close()
	}
	if a.server, err = server.New(o); err != nil {
		return err
	}
	l, err := a.listener(ctx)
	if err != nil {
		return err
	}
	stopMetrics, err := a.serveMetrics(ctx, l.Addr())
	if err != nil {
		l.Close() //nolint:errcheck // it was never used
		return err
	}
	defer stopMetrics()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a.startProbes(ctx)
	defer a.writes.stop()
	a.address.Store(l.Addr().String())
	if err := a.cluster.Join(ctx); err != nil {
		a.Log.Warn("cannot register this instance yet", "error", err)
	}
	a.Log.Info("serving", "app", a.App, "address", l.Addr().String(), "version", a.Version)
	if a.first.seeded && a.Out == nil { // else the banner says so
		a.Log.Info("created the demo app in the empty database; create a login: nflow-runtime user add NAME")
	}
	a.warn()
	a.banner(l.Addr())   // clients that connect meanwhile wait: the address is taken
	debug.FreeOSMemory() // starting takes twice what serving needs
	var background sync.WaitGroup
	background.Go(func() {
		defer cancel() // without its listener the runtime has nothing left to do
		err = a.server.Serve(l)
	})
	background.Go(func() { a.watch(ctx) })
	background.Go(func() { a.prune(ctx) })
	newGCTuner(a.engine.Stats().MemoryTotal).Run(ctx)
	background.Go(func() { newIdleMemoryReleaser().Run(ctx) })
	member, leave := context.WithCancel(context.WithoutCancel(ctx)) // runs can be ended from elsewhere while they drain
	defer leave()
	background.Go(func() { a.cluster.Run(member) })
	select {
	case <-ctx.Done():
		a.stop()
		leave()
	case <-a.engine.Stuck():
		a.giveUp()
		cancel()
		leave()
		background.Wait()
		return ErrStuck
	}
	background.Wait()
	return err
}

// listener returns the one of the options, or listens where the configuration says.
func (a *app) listener(ctx context.Context) (net.Listener, error) {
	if a.Listener != nil {
		return a.Listener, nil
	}
	return listen(ctx, a.Config.ListenAddress(a.Addr))
}

// ErrStuck ends Run when a run did not stop 5 s after it should have: no goroutine can be ended from outside, so the
// process must end. The command exits with 75 (EX_TEMPFAIL of sysexits), a temporary failure, after which a supervisor restarts it.
var ErrStuck = errors.New("a run does not stop: the process exits with 75; restart it")

// giveUp takes nothing more after [server] leave_seconds, and lets the other runs end and their responses travel, while
// /health says "draining".
func (a *app) giveUp() {
	a.cluster.Drain()
	a.leave(nil)
	a.engine.Drain()
	ctx, cancel := context.WithTimeout(context.Background(), a.Config.Server.DrainSeconds.Duration())
	defer cancel()
	a.Log.Error("draining: a run does not stop", "runs", a.engine.Processes().Live())
	_ = a.engine.Processes().WaitFor(ctx, 1) // the one that does not stop
	ctx, cancel = context.WithTimeout(context.Background(), answerGrace)
	defer cancel()
	a.server.Stop(ctx)
}

// stop reports on /ready that nothing more is wanted, and after [server] leave_seconds takes nothing more, lets runs end,
// kills those that do not, and lets their responses travel. /ready and /health answer until the runs have ended.
func (a *app) stop() {
	a.leaving.Store(true)
	a.cluster.Drain()
	a.leave(a.engine.Stuck())
	drain := a.Config.Server.DrainSeconds.Duration()
	a.Log.Info("stopping", "runs", a.engine.Processes().Live(), "drain", drain.String())
	runs, cancelRuns := context.WithTimeout(context.Background(), drain)
	defer cancelRuns()
	answers, cancelAnswers := context.WithTimeout(context.Background(), drain+answerGrace)
	defer cancelAnswers()

	a.engine.Close(runs)
	a.server.Stop(answers)
	a.Log.Info("stopped")
}

// leave serves on until load balancers have noticed, or until it is cut.
func (a *app) leave(cut <-chan struct{}) {
	wait := a.Config.Server.LeaveSeconds.Duration()
	if wait == 0 {
		return
	}
	a.Log.Info("stopping: /ready answers 503, requests are still served", "for", wait.String())
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-cut:
	}
}

func (a *app) watch(ctx context.Context) {
	if err := a.engine.Watch(ctx, a.App); err != nil {
		a.Log.Error("app changes are no longer watched; restart to pick them up", "error", err)
	}
}

// prune removes what has expired.
func (a *app) prune(ctx context.Context) {
	t, often := time.NewTicker(pruneEvery), time.NewTicker(pruneLogins)
	defer t.Stop()
	defer often.Stop()
	for {
		select {
		case now := <-often.C:
			prune(ctx, "failed logins", func(ctx context.Context, _ time.Time) (int64, error) {
				return a.store.PruneLoginFailures(ctx, a.Config.Security.LoginWindowMinutes.Duration(), store.MaxLoginFailures)
			}, now, a.Log)
		case now := <-t.C:
			prune(ctx, "sessions", a.store.PruneBlobs, now, a.Log)
			prune(ctx, "kept values", a.store.PruneKV, now, a.Log)
			if s, ok := a.engine.Sessions().(*syncsession.ServerStore); ok {
				prune(ctx, "sessions", s.Prune, now, a.Log)
			}
		case <-ctx.Done():
			return
		}
	}
}

func prune(ctx context.Context, what string, remove func(context.Context, time.Time) (int64, error), now time.Time, log *slog.Logger) {
	n, err := remove(ctx, now)
	if err != nil {
		log.Warn("expired "+what+" could not be removed; trying again later", "error", err)
	} else if n > 0 {
		log.Info("expired "+what+" removed", "number", n)
	}
}

func (a *app) serverOptions() server.Options {
	c := a.Config
	o := server.Options{
		Flows:          a.engine.Handler(a.App),
		Errors:         a.engine.HandleError,
		CORS:           a.engine.AllowOrigin,
		Health:         a.health,
		Ready:          a.ready,
		Pages:          a.pages(),
		TrustedProxies: networks(c.Server.TrustedProxies),
		LimitText:      c.RateLimitConfig.ErrorMessage,
		HideRetry:      !c.RateLimitConfig.RetryAfterHeader,
		Admin:          a.admin(),
		AdminPath:      admin.Base,
		Log:            a.Log,
		Timeouts:       server.Timeouts{Whole: c.Server.BodySeconds.Duration()},
		MaxUnread:      a.engine.Stats().MemoryTotal / 4,
		MaxUnsent:      c.Server.MaxUnsentMB.Int64() << 20,
	}
	if a.metrics != nil {
		o.Meter = a.metrics
	}
	if c.MonitorConfig.Enabled {
		o.HealthPath, o.ReadyPath = c.MonitorConfig.HealthCheckPath, c.MonitorConfig.ReadyPath
	}
	if c.HttpsEngineConfig.Enable {
		o.CertFile, o.KeyFile = c.HttpsEngineConfig.Cert, c.HttpsEngineConfig.Key
	}
	return o
}

// warn logs switches that are enabled and have no effect yet.
func (a *app) warn() {
	c := a.Config
	for _, s := range []struct {
		name string
		on   bool
	}{
		{"[https_designer]", c.HttpsDesingnerConfig.Enable},
		{"[https_engine] httpbasic", c.HttpsEngineConfig.HTTPBasic},
	} {
		if s.on {
			a.Log.Warn(s.name + " is enabled in the configuration; this version does not support it yet")
		}
	}
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "cannot listen on %s (%v); choose another address with --addr or [server] address", address, reason(err))
	}
	return l, nil
}

// reason returns the system's own words.
func reason(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}

// networks reads addresses and networks; the configuration has checked them.
func networks(texts []string) (list []netip.Prefix) {
	for _, text := range texts {
		if a, err := netip.ParseAddr(text); err == nil {
			a = a.Unmap()
			list = append(list, netip.PrefixFrom(a, a.BitLen()))
		} else if p, err := netip.ParsePrefix(text); err == nil {
			list = append(list, p)
		}
	}
	return list
}

// done returns a context that is over.
func done(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}
