package engine

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/history"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
	"github.com/arturoeanton/nflow-runtime/process"
)

// run is one walk through a flow. It belongs to one goroutine; only stop and check are called from others.
type run struct {
	rt        *Runtime
	version   *version
	flow      *flow
	wid       string
	proc      process.Process
	widHeader [1]string    // wid, as a header holds it
	log       *slog.Logger // made when something is first said: see logger
	started   time.Time

	web     exchange // the request and its answer
	session session
	forks   int
	depth   int  // flows that have called one another to get here
	placed  bool // holds a place of the admission
	slot    slot

	history *history.Run // nil when nothing of the run is kept
	story   string       // wid of the first run of the form that this one goes on with, or begins
	outcome error        // how it ended, once over
	over    bool

	used     usage
	verbose  bool // tell of each node
	span     Span // of the run; nil without tracing
	nodeSpan Span // of the node being visited

	node    *graph.Node // the one being visited
	before  *graph.Node // the one visited before it
	payload payload
	waiting bool // a node asked to wait for the visitor

	machine atomic.Pointer[sandbox.VM] // made at the first node that needs one
	scope   scope
	effects hostfn.Effects // nil unless the run is recorded or replayed
	logFunc goja.Callable  // log() of the default script; nil without one

	deadline     time.Time
	nodeDeadline atomic.Int64          // unix nanoseconds; 0 = the node has none of its own
	cause        atomic.Pointer[error] // why the run was stopped
	overtime     atomic.Int64          // nanoseconds that the watch has seen the run go on after it was stopped
	mu           sync.Mutex            // guards ctx and cancel
	ctx          context.Context
	cancel       context.CancelCauseFunc
}

// The kinds of runs, as the list of processes tells them.
const (
	kindRequest  = "http"
	kindFork     = "fork"
	kindCallback = "callback" // listens for a plugin's messages, for as long as the plugin lives
	kindMessage  = "message"  // one message of a callback
	kindCall     = "call"     // called by another flow
)

// newRun makes a run and lists it among the live ones; close takes it off. parent is nil for a request's own run.
func (rt *Runtime) newRun(v *version, f *flow, x exchange, kind string, parent *run) *run {
	r := &run{rt: rt, version: v, flow: f, started: rt.clock.Now(), web: x}
	r.observe(kind, parent)
	r.wid, _ = hostfn.Do(r.effects, "uuid", "wid", func() (string, error) { return rt.newID(), nil })
	r.widHeader[0] = r.wid
	r.web.run, r.session.run, r.scope.run = r, r, r
	r.verbose = rt.log.Enabled(context.Background(), slog.LevelDebug)
	if rt.limits.time > 0 && kind != kindCallback {
		r.deadline = r.started.Add(rt.limits.time)
	}
	p := &r.proc
	p.UUID, p.State, p.Type, p.Killeable = r.wid, process.Running, kind, true
	p.App, p.Flow, p.Started = v.graph.AppName, f.Name, r.started
	if parent != nil {
		p.ParentUUID, r.depth = parent.wid, parent.depth
	}
	r.record(parent)
	p.Connect((*liveRun)(r))
	r.instrument(parent)
	rt.watch.added(rt.processes.Add(p))
	return r
}

// close ends the run for good: what it started and still waits for ends too.
func (r *run) close() {
	r.leaveSlot()
	r.proc.State = process.Ended
	r.keep()
	r.rt.processes.Remove(&r.proc)
	if r.placed {
		r.rt.places.leave(r.flow.places)
	}
	r.mu.Lock()
	cancel := r.cancel
	r.mu.Unlock()
	if cancel != nil {
		cancel(context.Canceled)
	}
}

// walk visits nodes until one has no successor, one waits for the visitor, or one fails.
func (r *run) walk(n *graph.Node) error {
	r.noteInput()
	for n != nil && !r.waiting {
		next, err := r.visit(n)
		if err != nil {
			return failure(n, err)
		}
		n = next
	}
	return nil
}

// visit runs one node and answers its successor, nil at the end.
func (r *run) visit(n *graph.Node) (next *graph.Node, err error) {
	if err := r.stopped(); err != nil {
		return nil, err
	}
	r.enter(n)
	if err := r.note("node", n.ID); err != nil {
		return nil, err
	}
	r.entered(n)
	used := usage{inVM: r.used.inVM, sandbox: r.sandboxUsage()}
	started, took := r.rt.clock.Now(), time.Duration(0)
	defer func() { r.left(n, next, err, started, took, used) }()
	defer recovered(&err)
	next, err = r.step(n)
	if err != nil {
		return nil, err
	}
	// A script that ended while the run was being stopped must not lead on to another node.
	if err := r.stopped(); err != nil {
		return nil, err
	}
	if r.waiting, err = r.takeBreak(); err != nil {
		return nil, err
	}
	took = r.rt.since(started)
	r.logTrigger(n, next, took)
	r.track(n, next, took)
	return next, nil
}

func (r *run) enter(n *graph.Node) {
	r.before, r.node = r.node, n
	r.used.nodes++
	r.proc.At(&n.ID)
	if n.Timeout > 0 {
		r.nodeDeadline.Store(r.rt.clock.Now().Add(n.Timeout).UnixNano())
	} else if r.nodeDeadline.Load() != 0 {
		r.nodeDeadline.Store(0)
	}
}

// recovered makes an error of a panic: it ends this run only.
func recovered(err *error) {
	if x := recover(); x != nil {
		*err = &sandbox.Panic{Value: x, Stack: debug.Stack()}
	}
}

// step runs the node's step.
func (r *run) step(n *graph.Node) (next *graph.Node, err error) {
	s := r.rt.step(n.Type)
	if s == nil {
		return nil, fault.New(fault.Internal, "no step of type %q is registered", n.Type)
	}
	if r.rt.profiles.Load() > 0 {
		labels := pprof.Labels("flow", r.flow.Name, "node", n.Label, "node_id", n.ID)
		pprof.Do(context.Background(), labels, func(context.Context) { next, err = s.run(r, n) })
		return next, err
	}
	return s.run(r, n)
}

// logger gives the run's log, which carries its wid and flow.
func (r *run) logger() *slog.Logger {
	if r.log == nil {
		r.log = r.rt.log.With("wid", r.wid, "flow", r.flow.Name)
		if parent := r.proc.ParentUUID; parent != "" {
			r.log = r.log.With("parent", parent)
		}
	}
	return r.log
}

// nodeLog gives the log of the node that is visited.
func (r *run) nodeLog() *slog.Logger {
	if r.node == nil {
		return r.logger()
	}
	return r.logger().With("node", r.node.ID, "name", r.node.Label)
}

// liveRun is a run as the list of live runs holds it: its methods may be called from any goroutine.
type liveRun run

var _ process.Runner = (*liveRun)(nil)

func (l *liveRun) Kill(cause error)    { (*run)(l).stop(cause) }
func (l *liveRun) Check(now time.Time) { (*run)(l).check(now) }

// stop ends the run at its next safe point: between nodes, inside a script, or in a call that waits. The first cause
// counts. It may be called from any goroutine.
func (r *run) stop(cause error) {
	r.cause.CompareAndSwap(nil, &cause)
	first := r.stopped()
	if vm := r.machine.Load(); vm != nil {
		vm.Interrupt(first)
	}
	r.mu.Lock()
	cancel := r.cancel
	r.mu.Unlock()
	if cancel != nil {
		cancel(first)
	}
}

// stopped answers why the run was stopped, nil while it may go on.
func (r *run) stopped() error {
	if c := r.cause.Load(); c != nil {
		return killed(*c)
	}
	return nil
}

// killed gives a cause the kind that it lacks.
func killed(cause error) error {
	return fault.Wrap(fault.Killed, cause, "the run was killed")
}

// check stops the run when it is over its time or its client has gone. The watch calls it from its own goroutine.
func (r *run) check(now time.Time) {
	r.checkSlot()
	if r.cause.Load() != nil {
		// Looks are counted, not the time between them: on a machine that is too busy to let the watch look, a run may be
		// as late without being stuck.
		if r.overtime.Add(int64(watchEvery)) > int64(r.rt.limits.backstop) {
			r.rt.giveUpOn(r)
		}
		return
	}
	if !r.deadline.IsZero() && now.After(r.deadline) {
		r.stop(fault.Exceeded("time", "the run took longer than %s ([vm_pool] max_execution_seconds)", r.rt.limits.time))
		return
	}
	if node := r.nodeDeadline.Load(); node != 0 && now.UnixNano() > node {
		r.stop(fault.Exceeded("time", "the node took longer than its timeout_ms"))
		return
	}
	if r.web.gone() {
		r.stop(fault.New(fault.Killed, "the client went away"))
	}
}

// context answers the context that ends with the run. It is made when something first waits: most runs never do.
func (r *run) context() context.Context {
	r.mu.Lock()
	if r.ctx == nil {
		r.ctx, r.cancel = context.WithCancelCause(r.rt.base)
	}
	ctx, cancel := r.ctx, r.cancel
	r.mu.Unlock()
	if err := r.stopped(); err != nil { // stop may have come before there was anything to cancel
		cancel(err)
	}
	return ctx
}

// wait runs a call that waits for something outside, with the run's context.
func (r *run) wait(call func(context.Context) error) error {
	ctx := r.context()
	if vm := r.machine.Load(); vm != nil {
		defer vm.Blocked()()
	}
	started := r.rt.clock.Now()
	err := r.idle(func() error { return call(ctx) })
	r.used.waited += r.rt.since(started)
	if ctx.Err() != nil {
		return killed(context.Cause(ctx))
	}
	return err
}

// idle runs what needs no processor, without the run's slot.
func (r *run) idle(wait func() error) error {
	if !r.slot.held.Load() {
		return wait()
	}
	r.leaveSlot()
	err := wait()
	return cmp.Or(r.takeSlot(), err)
}

func (r *run) String() string { return fmt.Sprintf("run %s of flow %s", r.wid, r.flow.Name) }
