// Package engine runs flows: it is the front door of the runtime and holds its run loop.
//
// A Runtime is the product. It loads apps, compiles each into an immutable graph, and answers requests by walking that
// graph: match, begin, visit node after node until one has no successor, answer (run.go). internal/app builds one for
// the server; Go programs build one with New, or use the package-level functions in default.go, which work on one
// Runtime of the process. Everything that a run needs lives here, because programs embed the engine in a server of
// their own: internal/server adds only what surrounds the flows. The engine knows neither.
package engine

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/accounts"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/history"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/jsapi"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
	"github.com/arturoeanton/nflow-runtime/internal/source"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/logger"
	"github.com/arturoeanton/nflow-runtime/plugins"
	"github.com/arturoeanton/nflow-runtime/plugins/sqldb"
	"github.com/arturoeanton/nflow-runtime/process"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

// Options say what a Runtime works with. Only Store is needed.
type Options struct {
	Store     store.Store
	Config    ConfigWorkspace                // what it leaves out gets its default
	Sessions  syncsession.Store              // Defaults to what Config names, to cookies sealed with a key kept in Store else
	Source    func(app string) source.Source // where an app comes from. Defaults to the database, or a file where app is a path
	Processes *process.Repository            // Defaults to one of its own
	Log       *slog.Logger                   // Defaults to slog.Default()
	Mask      *logger.Masker                 // that of Log; told the secrets that flows read. Defaults to NewMasker(Config), which Log then goes through
	Meter     Meter                          // Defaults to none
	Tracer    Tracer                         // Defaults to none
	Clock     hostfn.Clock                   // Defaults to the machine's
	NewID     func() string                  // Defaults to random UUIDs
	// Effects gives what records or replays the effects of a run of a flow, nil for none; it is asked once for each run.
	// Defaults to none for all.
	Effects func(flow string) hostfn.Effects
	Environ []string // "NAME=value"; says where template and trigger folders are. Defaults to the usual places

	// Instance names the process in the history, where several write into one database. Defaults to "".
	Instance string
	// KillElsewhere ends a run of another process, for wkill. Defaults to nothing.
	KillElsewhere func(ctx context.Context, wid string) (bool, error)
}

// Runtime serves apps. All its methods may be called from any goroutine. Several may live in one process; they share
// nothing.
type Runtime struct {
	opts      Options
	config    ConfigWorkspace
	store     store.Store
	accounts  *accounts.Accounts
	sessions  syncsession.Store
	processes *process.Repository
	log       *slog.Logger
	mask      *logger.Masker
	clock     hostfn.Clock
	newID     func() string

	hits, misses                  atomic.Int64 // of current
	sessionsLoaded, sessionsSaved atomic.Int64
	keeping                       sync.Map     // names of flows that kept a form though Flow.Keeps says no: data made them wait
	profiles                      atomic.Int32 // CPU profiles that are being taken

	limits    limits
	places    *admission
	slots     *slots
	tracker   atomic.Pointer[history.Tracker] // nil while the tracker is off
	history   *history.Recorder
	globals   *hostfn.Table
	natives   map[string]native                 // standard modules that are done in Go, by their code
	count     func(service string, failed bool) // nil without a meter
	databases *sqldb.Plugin                     // those of flows
	watch     watch

	mu      sync.RWMutex
	steps   map[string]step
	plugins map[string]NflowPlugin
	used    []plugins.Plugin
	apps    map[string]*servedApp

	base       context.Context // of runs without a request; done at Close
	stop       context.CancelCauseFunc
	background sync.WaitGroup // forks, callbacks, the watch
	draining   chan struct{}
	drainOnce  sync.Once
	returning  sync.Mutex // held while memory is given back to the system
	stuck      chan struct{}
	stuckOnce  sync.Once
}

// limits are the bounds of a run, from [vm_pool].
type limits struct {
	time       time.Duration // 0 = none
	body       int64         // bytes; 0 = none
	operations int64         // 0 = none
	memory     int64         // bytes; 0 = none
	bigInt     bool
	budget     *sandbox.Budget // of all VMs together; nil = none
	backstop   time.Duration   // how long a stopped run may go on before the process is given up
}

func limitsOf(c *ConfigWorkspace) limits {
	vm := &c.VMPoolConfig
	l := limits{
		time: vm.MaxExecutionSeconds.Duration(), body: c.Server.MaxBodyMB.Int64() << 20,
		operations: vm.MaxOperations.Int64(), memory: vm.MaxMemoryMB.Int64() << 20, bigInt: vm.EnableBigint, backstop: backstop,
	}
	if !vm.TotalMemoryMB.Unlimited() {
		l.budget = sandbox.NewBudget(vm.TotalMemoryMB.Int64() << 20)
	}
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
		apps: map[string]*servedApp{}, plugins: map[string]NflowPlugin{}, draining: make(chan struct{}), stuck: make(chan struct{}),
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
	if why := sandbox.Degraded(); why != "" {
		rt.log.Warn("the sandbox does not know this goja: its guards are slower and its audits coarser", "reason", why)
	}
	for _, w := range o.Config.Warnings() {
		rt.log.Warn(string(w))
	}
	vm := &rt.config.VMPoolConfig
	rt.places = newAdmission(int(vm.MaxSize.Int64()), vm.MaxShare, vm.QueueSeconds.Duration(), rt.memoryShort)
	rt.places.meter = o.Meter
	rt.slots = newSlots()
	if o.Meter != nil {
		rt.count = o.Meter.Call
	}
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
	rt.steps, rt.natives = builtinSteps(), natives()
	if err := rt.useBuiltins(context.Background(), deps); err != nil {
		return nil, err
	}
	if rt.sessions = o.Sessions; rt.sessions == nil {
		if rt.sessions, err = rt.openSessions(context.Background()); err != nil {
			return nil, err
		}
	}
	rt.base, rt.stop = context.WithCancelCause(context.Background())
	rt.history = rt.openHistory()
	rt.watch.start(rt)
	if o.Config.TrackerConfig.Enabled {
		rt.StartTracker(0)
	}
	return rt, nil
}

func (rt *Runtime) setDefaults() {
	if rt.processes == nil {
		rt.processes = process.NewRepository()
	}
	if rt.log == nil {
		rt.log = slog.Default()
	}
	if rt.clock == nil {
		rt.clock = systemClock{}
	}
	if rt.newID == nil {
		rt.newID = new(ids).next
	}
	if rt.opts.Source == nil {
		rt.opts.Source = func(app string) source.Source {
			o := SourceOptions(rt.opts.Environ, rt.log)
			o.Packages = packagesOf(rt.config.VMPoolConfig.AllowedModules)
			return source.Of(app, rt.store, o)
		}
	}
}

// Processes gives the live runs.
func (rt *Runtime) Processes() *process.Repository { return rt.processes }

// Accounts gives the rules of users and tokens.
func (rt *Runtime) Accounts() *accounts.Accounts { return rt.accounts }

// RegisterStep makes nodes whose data.type is name run step. A name that is taken panics: that is a mistake of the
// program. Apps that are loaded already are compiled again.
func (rt *Runtime) RegisterStep(name string, s Step) {
	rt.addStep(name, customStep{s})
	rt.recompile()
}

func (rt *Runtime) addStep(name string, s step) {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	if rt.steps[name] != nil {
		panic("engine: step " + name + " is registered twice")
	}
	steps := maps.Clone(rt.steps)
	steps[name] = s
	rt.steps = steps
}

// step gives the step of a data.type, or nil.
func (rt *Runtime) step(name string) step {
	rt.mu.RLock()
	defer rt.mu.RUnlock()
	return rt.steps[name]
}

// Drain refuses new runs from now on: they get 503. Runs that live go on.
func (rt *Runtime) Drain() { rt.drainOnce.Do(func() { close(rt.draining) }) }

// backstop is how long a run that was stopped may go on. goja yields at each instruction and the guards bound what
// natives may do, so only a fault in the runtime or a Go step that ignores its context gets there.
const backstop = 5 * time.Second

// giveUpOn gives up the process for a run that does not stop: no goroutine can be ended from outside. New runs are
// refused, the others may end, and whoever runs the process should restart it: see Stuck.
func (rt *Runtime) giveUpOn(r *run) {
	rt.stuckOnce.Do(func() {
		rt.log.Error("a run does not stop: the process must be restarted", "wid", r.wid, "flow", r.flow.Name, "node", r.proc.Info().Node)
		rt.Drain()
		close(rt.stuck)
	})
}

// Stuck is closed when a run did not end 5 s after it was stopped. The process should then let the others end and be
// restarted.
func (rt *Runtime) Stuck() <-chan struct{} { return rt.stuck }

func (rt *Runtime) isDraining() bool {
	select {
	case <-rt.draining:
		return true
	default:
		return false
	}
}

// Close refuses new runs, waits for those that live until ctx is done, kills the rest with a cause, and waits for them
// to end. It may be called more than once. Options.Store and Options.Sessions stay open: they are the caller's.
func (rt *Runtime) Close(ctx context.Context) {
	rt.Drain()
	cause := fault.New(fault.Killed, "the server is stopping")
	if rt.processes.Wait(ctx) != nil {
		rt.log.Warn("ending the runs that did not end in time", "runs", rt.processes.Live())
		rt.processes.KillAll(cause)
	}
	rt.stop(cause)
	rt.background.Wait()
	rt.stopPlugins(ctx)
	if t := rt.tracker.Load(); t != nil {
		t.Close(ctx)
	}
	rt.history.Close(ctx)
	if s, ok := rt.sessions.(*syncsession.ServerStore); ok && rt.opts.Sessions == nil {
		if err := s.Close(); err != nil {
			rt.log.Warn("the connections of the sessions could not be closed", "error", err)
		}
	}
}

// systemClock is the machine's time.
type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// since tells how long ago t was. Of the machine's time only the monotonic half is asked for, at half the price.
func (rt *Runtime) since(t time.Time) time.Duration {
	if _, ok := rt.clock.(systemClock); ok {
		return time.Since(t)
	}
	return rt.clock.Now().Sub(t)
}
