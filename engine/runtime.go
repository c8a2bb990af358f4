// Package engine runs flows: it is the public face of the runtime.
//
// A Runtime is the product. It loads apps (internal/apps), each compiled into an immutable graph, matches requests
// (handler.go), and has them answered by walking that graph (internal/runloop). internal/app builds one for the server; Go
// programs build one with New, or use the package-level functions in default.go, which work on one Runtime of the process.
// Here are the options, the configuration, the plugins and globals that come with the runtime, and what programs add: a Step, an
// NflowPlugin, a Meter, a Tracer, a Store, Source or Clock of their own. Programs embed the engine in a server of their own, as
// docs/embedding.md shows: internal/server adds only what surrounds the flows. The engine knows neither.
package engine

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/accounts"
	"github.com/arturoeanton/nflow-runtime/internal/admission"
	"github.com/arturoeanton/nflow-runtime/internal/apps"
	"github.com/arturoeanton/nflow-runtime/internal/cors"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/history"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/jsapi"
	"github.com/arturoeanton/nflow-runtime/internal/runloop"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
	"github.com/arturoeanton/nflow-runtime/internal/source"
	"github.com/arturoeanton/nflow-runtime/internal/sqlitemem"
	"github.com/arturoeanton/nflow-runtime/internal/wire"
	"github.com/arturoeanton/nflow-runtime/logger"
	"github.com/arturoeanton/nflow-runtime/plugins/sqldb"
	"github.com/arturoeanton/nflow-runtime/process"
	"github.com/arturoeanton/nflow-runtime/replay"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

// Options say what a Runtime works with. Only Store is needed.
type Options struct {
	Store     Store
	Config    ConfigWorkspace         // what it leaves out gets its default
	Sessions  syncsession.Store       // Defaults to what Config names, to cookies sealed with a key kept in Store else
	Source    func(app string) Source // where an app comes from. Defaults to the database, or a file where app is a path
	Processes *process.Repository     // Defaults to one of its own
	Log       *slog.Logger            // Defaults to slog.Default()
	Mask      *logger.Masker          // that of Log; it gets the secrets that flows read. Defaults to NewMasker(Config), which Log then goes through
	Meter     Meter                   // Defaults to none
	Tracer    Tracer                  // Defaults to none
	Clock     Clock                   // Defaults to the machine's
	NewID     func() string           // Defaults to random UUIDs
	// Effects returns what records or replays the effects of a run of a flow, nil for none; it is called once for each run.
	// Defaults to none for all.
	Effects func(flow string) replay.Effects
	Environ []string // "NAME=value"; says where template and trigger folders are. Defaults to the usual places

	// Instance names the process in the history, where several write into one database. Defaults to "".
	Instance string
	// KillElsewhere ends a run of another process, for wkill. Defaults to nothing.
	KillElsewhere func(ctx context.Context, wid string) (bool, error)
}

// Runtime serves apps. All its methods may be called from any goroutine. Several may exist in one process; they share
// nothing.
type Runtime struct {
	opts      Options
	config    ConfigWorkspace
	store     Store
	accounts  *accounts.Accounts
	sessions  syncsession.Store // of all apps; sessionsFor divides it
	cookieKey string            // goes into the names of cookies; "" where [session] names a key or a server
	processes *process.Repository
	log       *slog.Logger
	mask      *logger.Masker
	clock     Clock
	newID     func() string

	limits    runloop.Limits
	places    *admission.Places
	slots     *admission.Slots
	globals   *hostfn.Table
	databases *sqldb.Plugin // those of flows
	history   *history.Recorder
	cors      *cors.Policy // of [server.cors]; nil without
	apps      *apps.Apps
	loop      *runloop.Loop

	mu   sync.Mutex // guards used, and starting the tracker
	used []named    // plugins
}

// leastSQLite is what SQLite may always hold: far more than the database of the runtime needs, which is refused as well
// where flows hold all of it.
const leastSQLite = 128 << 20

// limitsOf returns the bounds of a run, from [vm_pool], [server] and [log].
func limitsOf(c *ConfigWorkspace) runloop.Limits {
	vm := &c.VMPoolConfig
	l := runloop.Limits{
		Time: vm.MaxExecutionSeconds.Duration(), Depth: vm.MaxDepth, Forks: vm.MaxForks.Int64(), Log: c.Log.MaxKBPerRun.Int64() << 10,
		VM:       sandbox.Limits{Operations: vm.MaxOperations.Int64(), Memory: vm.MaxMemoryMB.Int64() << 20, BigInt: vm.EnableBigint},
		Backstop: backstop,
	}
	x := &l.Exchange
	x.Body, x.Answer, x.Gone = c.Server.MaxBodyMB.Int64()<<20, c.Server.MaxAnswerMB.Int64()<<20, *vm.CancelOnDisconnect
	x.Wire = wire.Limits{Body: c.Server.BodySeconds.Duration(), Unsent: wire.NewBudget(c.Server.MaxUnsentMB.Int64()<<20, "clients read their responses too slowly: this one was cut off ([server] max_unsent_mb)")}
	if !vm.TotalMemoryMB.Unlimited() {
		budget := sandbox.NewBudget(vm.TotalMemoryMB.Int64() << 20)
		sqlitemem.Count()
		budget.Beside(sqlitemem.InUse)
		sqlitemem.Limit(max(budget.Total()/2, leastSQLite))
		l.VM.Budget = budget
		x.Wire.Unread = wire.NewBudget(budget.Total()/4, "too many slow uploads: try again")
	}
	x.Wire.SetDefaults()
	return l
}

// New makes a Runtime. It opens nothing and loads no app: see Load.
func New(o Options) (*Runtime, error) {
	if o.Store == nil {
		return nil, errors.New("engine: Options.Store is missing")
	}
	o.Config.Normalize()
	if err := errors.Join(o.Config.Validate()...); err != nil {
		return nil, err
	}
	rt := &Runtime{
		opts: o, config: o.Config, store: o.Store, processes: o.Processes, log: o.Log, mask: o.Mask, clock: o.Clock, newID: o.NewID,
	}
	rt.setDefaults()
	if rt.mask == nil {
		var err error
		if rt.mask, err = NewMasker(&rt.config); err != nil {
			return nil, err
		}
		rt.log = slog.New(maskedHandler{rt.log.Handler(), rt.mask})
	}
	rt.limits = limitsOf(&o.Config)
	rt.cors = corsOf(&o.Config.Server.CORS)
	if err := checkSandbox(sandbox.Degraded(), sandbox.Unusable(), rt.config.VMPoolConfig.RequireFullLimits, rt.log); err != nil {
		return nil, err
	}
	for _, w := range o.Config.Warnings() {
		rt.log.Warn(w)
	}
	vm := &rt.config.VMPoolConfig
	places := admission.Options{Size: int(vm.MaxSize.Int64()), SharePercent: vm.MaxShare, Wait: vm.QueueSeconds.Duration(), Full: rt.memoryShort}
	if o.Meter != nil {
		places.Observer = o.Meter
	}
	rt.places, rt.slots = admission.New(places), admission.NewSlots(runtime.GOMAXPROCS(0))
	rt.accounts = accounts.New(accounts.Options{
		Store: o.Store, Now: rt.clock.Now, Log: rt.log,
		Failures: int(rt.config.Security.LoginFailures), Window: rt.config.Security.LoginWindowMinutes.Duration(),
	})
	files, err := rt.fileRoot()
	if err != nil {
		return nil, err
	}
	deps := rt.globalsDeps(files)
	rt.globals = hostfn.NewTable(jsapi.Rows(deps))
	rt.loop = runloop.New(rt.loopOptions())
	if err := rt.useBuiltins(context.Background(), deps); err != nil {
		return nil, err
	}
	if rt.sessions = o.Sessions; rt.sessions == nil {
		if rt.sessions, err = rt.openSessions(context.Background()); err != nil {
			return nil, err
		}
	}
	rt.history = rt.openHistory()
	rt.apps = apps.New(rt.appsOptions())
	rt.loop.Start(rt.history)
	if o.Config.TrackerConfig.Enabled {
		rt.StartTracker(0)
	}
	return rt, nil
}

// loopOptions returns the options of the run loop.
func (rt *Runtime) loopOptions() runloop.Options {
	o := runloop.Options{
		Limits: &rt.limits, Places: rt.places, Slots: rt.slots, Processes: rt.processes, Globals: rt.globals, Allow: rt.Allow,
		Log: rt.log, Mask: rt.mask.Mask, Clock: rt.clock, NewID: rt.newID, Effects: rt.opts.Effects, Tracer: rt.opts.Tracer,
	}
	if rt.opts.Meter != nil {
		o.Meter = rt.opts.Meter
	}
	return o
}

func (rt *Runtime) setDefaults() {
	if rt.processes == nil {
		rt.processes = process.NewRepository()
	}
	if rt.log == nil {
		rt.log = slog.Default()
	}
	if rt.clock == nil {
		rt.clock = runloop.SystemClock{}
	}
	if rt.newID == nil {
		rt.newID = new(ids).next
	}
	if rt.opts.Source == nil {
		rt.opts.Source = func(app string) Source {
			o := source.FromEnviron(rt.opts.Environ, rt.log)
			o.Packages = apps.PackagesOf(rt.config.VMPoolConfig.AllowedModules)
			return source.Of(app, rt.store, o)
		}
	}
}

// Processes returns the live runs.
func (rt *Runtime) Processes() *process.Repository { return rt.processes }

// Accounts returns the rules of users and tokens.
func (rt *Runtime) Accounts() Accounts { return rt.accounts }

// Drain refuses new runs from now on: they get 503. Live runs continue.
func (rt *Runtime) Drain() { rt.loop.Drain() }

// backstop is how long a run that was stopped may continue. goja yields at each instruction and the guards bound what
// natives may do, so only a fault in the runtime or a Go step that ignores its context gets there.
const backstop = 5 * time.Second

// Stuck is closed when a run did not end 5 s after it was stopped. The process should then refuse new ones, when load
// balancers have noticed (Drain), let the others end and be restarted.
func (rt *Runtime) Stuck() <-chan struct{} { return rt.loop.Stuck() }

// Close refuses new runs, waits for live ones until ctx is done, kills the rest with a cause, and waits for them
// to end. It may be called more than once. Options.Store and Options.Sessions stay open: they are the caller's.
func (rt *Runtime) Close(ctx context.Context) {
	rt.Drain()
	cause := fault.New(fault.Killed, "the server is stopping")
	if rt.processes.Wait(ctx) != nil {
		rt.log.Warn("stopping the runs that did not end in time", "runs", rt.processes.Live())
		rt.processes.KillAll(cause)
	}
	rt.loop.Stop(cause)
	rt.stopPlugins(ctx)
	if t := rt.loop.Tracker(); t != nil {
		t.Close(ctx)
	}
	rt.history.Close(ctx)
	if s, ok := rt.sessions.(*syncsession.ServerStore); ok && rt.opts.Sessions == nil {
		if err := s.Close(); err != nil {
			rt.log.Warn("the connections of the sessions could not be closed", "error", err)
		}
	}
}
