// Package runloop runs flows: it walks a request through the graph of its app, node after node, until one has no successor,
// one waits for the visitor, or one fails.
//
// The engine makes one Loop and passes it what a request matched. A run, its VM, its payload and its session belong to one
// goroutine; the list of live runs, the watch and the client's connection see it through views of their own. The package
// knows neither how apps are loaded and routed nor the configuration: the engine passes it tables, limits and observers.
package runloop

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/admission"
	"github.com/arturoeanton/nflow-runtime/internal/exchange"
	"github.com/arturoeanton/nflow-runtime/internal/history"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
	"github.com/arturoeanton/nflow-runtime/internal/visitor"
	"github.com/arturoeanton/nflow-runtime/model"
	"github.com/arturoeanton/nflow-runtime/process"
	"github.com/arturoeanton/nflow-runtime/replay"
)

// Options say what a Loop works with. All are needed but Meter, Tracer and Effects.
type Options struct {
	Limits    *Limits
	Places    *admission.Places
	Slots     *admission.Slots
	Processes *process.Repository
	Globals   *hostfn.Table              // names of flow code
	Allow     func(setting string) error // reports whether [vm_pool] opens a capability
	Log       *slog.Logger
	Mask      func(string) string // hides secrets
	Clock     hostfn.Clock
	NewID     func() string

	Meter   Meter                            // Defaults to none
	Tracer  model.Tracer                     // Defaults to none
	Effects func(flow string) replay.Effects // what records or replays a run, nil for none. Defaults to none for all
}

// Limits are the bounds of a run. They do not change while there are live runs.
type Limits struct {
	Time     time.Duration  // of a run; 0 = none
	Depth    int            // forks and calls in a row
	Forks    int64          // that come of one request
	Log      int64          // bytes of log lines of one request; 0 = none
	VM       sandbox.Limits // of a run's VM
	Exchange exchange.Limits
	Backstop time.Duration // how long a stopped run may continue before the process is given up
}

// Meter counts what runs do, beside what each flow's own meter counts. Its methods are called from many runs concurrently and
// must not wait.
type Meter interface {
	Limit(kind string)               // a run was stopped at a limit
	Call(plugin string, failed bool) // a node or a script called a plugin or a service
}

// Loop runs flows. Its methods may be called from any goroutine.
type Loop struct {
	Options
	history *history.Recorder
	tracker atomic.Pointer[history.Tracker]   // nil while the tracker is off
	natives map[string]native                 // standard modules that are done in Go, by their code
	count   func(service string, failed bool) // Meter.Call; nil without a meter
	watch   watch

	mu      sync.RWMutex
	steps   map[string]step
	plugins map[string]Plugin

	visitors visitor.Counts
	profiles atomic.Int32 // CPU profiles that are being taken

	base       context.Context // of runs without a request; done at Stop
	stop       context.CancelCauseFunc
	background sync.WaitGroup // forks, callbacks, the watch
	draining   chan struct{}
	drainOnce  sync.Once
	returning  sync.Mutex // held while memory is given back to the system
	stuck      chan struct{}
	stuckOnce  sync.Once
}

// New returns a Loop that knows the types of nodes which the designer offers. It runs nothing before Start.
func New(o Options) *Loop {
	l := &Loop{
		Options: o, natives: natives(), steps: builtinSteps(), plugins: map[string]Plugin{},
		draining: make(chan struct{}), stuck: make(chan struct{}),
	}
	if o.Meter != nil {
		l.count = o.Meter.Call
	}
	l.base, l.stop = context.WithCancelCause(context.Background())
	return l
}

// Start begins to look after runs, which are kept in h.
func (l *Loop) Start(h *history.Recorder) {
	l.history = h
	l.watch.start(l)
}

// Track has t write a row of table tracker for each node that is visited from now on.
func (l *Loop) Track(t *history.Tracker) { l.tracker.Store(t) }

// Tracker returns the tracker, nil while it is off.
func (l *Loop) Tracker() *history.Tracker { return l.tracker.Load() }

// Sessions returns how many sessions runs have loaded and saved.
func (l *Loop) Sessions() (loaded, saved int64) {
	return l.visitors.Loaded.Load(), l.visitors.Saved.Load()
}

// Profile says that a CPU profile is being taken, until the function that it returns is called: meanwhile the samples carry
// the labels flow, node and node_id.
func (l *Loop) Profile() (done func()) {
	l.profiles.Add(1)
	return sync.OnceFunc(func() { l.profiles.Add(-1) })
}

// addStep makes nodes of a type run s.
func (l *Loop) addStep(name string, s step) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.steps[name] != nil {
		panic("engine: step " + name + " is registered twice")
	}
	steps := maps.Clone(l.steps)
	steps[name] = s
	l.steps = steps
}

// step returns the step of a data.type, or nil.
func (l *Loop) step(name string) step {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.steps[name]
}

// HasStep reports whether nodes of a data.type can run.
func (l *Loop) HasStep(name string) bool { return l.step(name) != nil }

// called counts a node's call of a plugin.
func (l *Loop) called(plugin string, err error) {
	if l.count != nil {
		l.count(plugin, err != nil)
	}
}

// Base returns the context of background work. It ends at Stop.
func (l *Loop) Base() context.Context { return l.base }

// Go does work beside requests. Stop waits for it.
func (l *Loop) Go(work func()) { l.background.Go(work) }

// Drain refuses new runs from now on. Live runs continue.
func (l *Loop) Drain() { l.drainOnce.Do(func() { close(l.draining) }) }

func (l *Loop) isDraining() bool {
	select {
	case <-l.draining:
		return true
	default:
		return false
	}
}

// Stop ends background work, and waits for its end.
func (l *Loop) Stop(cause error) {
	l.stop(cause)
	l.background.Wait()
}

// giveUpOn ends the process because of a run that does not stop: no goroutine can be ended from outside.
func (l *Loop) giveUpOn(r *run) {
	l.stuckOnce.Do(func() {
		l.Log.Error("a run does not stop: the process must be restarted", "wid", r.wid, "flow", r.flow.Name, "node", r.proc.Info().Node)
		close(l.stuck)
	})
}

// Stuck is closed when a run did not end in time after it was stopped.
func (l *Loop) Stuck() <-chan struct{} { return l.stuck }

// since reports how long ago t was. Of the machine's time only the monotonic half is read, at half the price.
func (l *Loop) since(t time.Time) time.Duration {
	if _, ok := l.Clock.(SystemClock); ok {
		return time.Since(t)
	}
	return l.Clock.Now().Sub(t)
}

// SystemClock is the machine's time.
type SystemClock struct{}

// Now implements [hostfn.Clock].
func (SystemClock) Now() time.Time { return time.Now() }

// Sleep implements [hostfn.Clock].
func (SystemClock) Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

var errDraining = errors.New("draining")
