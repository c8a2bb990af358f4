package runloop

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/pprof"

	"github.com/arturoeanton/nflow-runtime/internal/admission"
	"github.com/arturoeanton/nflow-runtime/internal/apps"
	"github.com/arturoeanton/nflow-runtime/internal/exchange"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
	"github.com/arturoeanton/nflow-runtime/internal/payload"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
	"github.com/arturoeanton/nflow-runtime/internal/visitor"
	"github.com/arturoeanton/nflow-runtime/process"
	"github.com/labstack/echo/v4"
)

// run is one walk through a flow. It belongs to one goroutine; other goroutines see it as a liveRun or a clientWait.
type run struct {
	loop      *Loop
	version   *apps.Version
	flow      *apps.Flow
	wid       string
	widHeader [1]string // wid, as a header holds it
	proc      process.Process

	web     exchange.Exchange
	session visitor.Session

	life     lifetime
	place    admission.Place
	slot     admission.Slot
	lineage  lineage
	forkHold admission.Fork // what a fork takes of its app's quota while it waits for a place
	observer observer
	log      runLog

	node    *graph.Node // the one being visited
	before  *graph.Node // the one visited before it
	payload payload.Payload
	scope   scope
	effects effects
	waiting bool // a node wants to wait for the visitor
}

// The kinds of runs, as the list of processes shows them.
const (
	kindRequest  = "http"
	kindFork     = "fork"
	kindCallback = "callback" // listens for a plugin's messages, for as long as the plugin runs
	kindMessage  = "message"  // one message of a callback
	kindCall     = "call"     // called by another flow
)

// newRun makes a run and lists it among the live ones; close takes it off. parent is nil for a request's own run;
// the others get its request.
func (l *Loop) newRun(v *apps.Version, f *apps.Flow, kind string, parent *run, c echo.Context, m graph.Match) *run {
	r := &run{loop: l, version: v, flow: f, effects: l.startEffects(f, kind, parent)}
	r.wid, _ = hostfn.Do(r.effects.Effects, "uuid", "wid", func() (string, error) { return l.NewID(), nil })
	r.widHeader[0] = r.wid
	r.scope.run, r.observer.run, r.log.run = r, r, r
	r.session.Begin((*sessionHost)(r))
	r.life.base, r.life.started = l.base, l.Clock.Now()
	queues := r.queues(kind, parent)
	r.place.Open(l.Places, queues.Places)
	r.slot.Open(l.Slots, queues.Slots, &r.life)
	if kind != kindCallback {
		r.life.most = l.Limits.Time
	}
	if host := (*exchangeHost)(r); parent == nil {
		r.web.Open(host, &l.Limits.Exchange, c, m)
		r.web.Connect((*clientWait)(r))
	} else if kind == kindCall {
		r.web.OpenCalled(l.base, host, &parent.web, m)
	} else {
		r.web.OpenDetached(l.base, host, &parent.web, m)
	}
	p := &r.proc
	p.UUID, p.State, p.Type, p.Killeable = r.wid, process.Running, kind, true
	p.App, p.Flow, p.Started = v.Graph.AppName, f.Name, r.life.started
	if parent != nil {
		p.ParentUUID = parent.wid
		r.lineage = parent.lineage.child(kind)
	}
	p.Connect((*liveRun)(r))
	r.observer.runStarted(parent)
	l.watch.added(l.Processes.Add(p))
	return r
}

// queues returns where the run waits: one that was called, where its caller does.
func (r *run) queues(kind string, parent *run) *apps.Queues {
	switch {
	case kind == kindRequest, kind == kindCall && parent.place.Is(parent.flow.Asked.Places):
		return &r.flow.Asked
	}
	return &r.flow.Detached
}

// release ends the run for good: what it started and still waits for ends too.
func (r *run) release() {
	defer r.unlist()
	r.slot.Leave()
	r.proc.State = process.Ended
	r.observer.runClosed()
	r.log.logDropped()
}

// unlist takes the run off the live ones, whatever closing its record came to.
func (r *run) unlist() {
	r.loop.Processes.Remove(&r.proc)
	r.forkHold.Leave()
	r.web.Close()
	r.place.Leave()
	r.life.release()
}

// walk visits nodes until one has no successor, one waits for the visitor, or one fails.
func (r *run) walk(n *graph.Node) error {
	r.observer.walkStarted()
	for n != nil && !r.waiting {
		next, err := r.visit(n)
		if err != nil {
			return failure(n, err)
		}
		n = next
	}
	return nil
}

// visit runs one node and returns its successor, nil at the end. All that happens at a node is here, in the node's step
// (step_*.go), and in the observer, which is notified of it.
func (r *run) visit(n *graph.Node) (next *graph.Node, err error) {
	if err := r.life.stopped(); err != nil {
		return nil, err
	}
	if n.Broken != nil { // its starter serves: it was come to by a link, or by a name that code chose
		return nil, fault.New(fault.Unavailable, "the node cannot run: %s", n.Broken.Sentence())
	}
	r.enter(n)
	if err := r.effects.note("node", n.ID); err != nil {
		return nil, err
	}
	v := r.observer.nodeStarted(n)
	next, err = r.perform(n, &v)
	r.observer.nodeFinished(&v, next, err)
	return next, err
}

// perform does a node's work and lets the app's log() see it. A panic is the node's error.
func (r *run) perform(n *graph.Node, v *visit) (next *graph.Node, err error) {
	defer recovered(&err)
	if next, err = r.runStep(n); err != nil {
		return nil, err
	}
	// A script that ended while the run was being stopped must not lead on to another node.
	if err := r.life.stopped(); err != nil {
		return nil, err
	}
	if r.waiting, err = r.payload.TakeBreak(r.scope.vm, &r.scope.host); err != nil {
		return nil, err
	}
	v.took = r.loop.since(v.started)
	r.callLog(n, next, v.took)
	return next, nil
}

// enter makes a node the one that is visited.
func (r *run) enter(n *graph.Node) {
	r.before, r.node = r.node, n
	r.observer.nodes++
	r.proc.At(&n.ID)
	r.life.enterNode(n.Timeout, r.loop.Clock)
}

// recovered makes an error of a panic: it ends this run only.
func recovered(err *error) {
	if x := recover(); x != nil {
		*err = sandbox.Recovered(x)
	}
}

// runStep runs the node's step.
func (r *run) runStep(n *graph.Node) (next *graph.Node, err error) {
	s := r.loop.step(n.Type)
	if s == nil {
		return nil, fault.New(fault.Internal, "no step of type %q is registered", n.Type)
	}
	if r.loop.profiles.Load() > 0 {
		labels := pprof.Labels("flow", r.flow.Name, "node", n.Label, "node_id", n.ID)
		pprof.Do(context.Background(), labels, func(context.Context) { next, err = s.run(r, n) })
		return next, err
	}
	return s.run(r, n)
}

// wait runs a call that waits for something outside, with the run's context.
func (r *run) wait(call func(context.Context) error) error {
	ctx := r.life.Context()
	defer r.scope.blocked()()
	started := r.loop.Clock.Now()
	err := r.slot.Idle(func() error { return call(ctx) })
	r.scope.waited += r.loop.since(started)
	if ctx.Err() != nil {
		return killed(context.Cause(ctx))
	}
	return err
}

// exportPayload returns the payload as Go data: a copy that may leave the run.
func (r *run) exportPayload() (*ordered.Object, error) {
	return r.payload.Export(r.scope.vm, &r.scope.host)
}

// warn reports a warning about the visited node to the flow's author, in the log and in the history. line is that of its
// code, 0 where none is known.
func (r *run) warn(text string, line int) {
	log := r.nodeLog()
	if line > 0 {
		log = log.With("line", line)
	}
	log.Warn(text)
	if r.observer.history != nil {
		r.observer.history.Log(slog.LevelWarn, text, line)
	}
}

// nodeLog returns the log of the node that is visited.
func (r *run) nodeLog() *slog.Logger {
	if r.node == nil {
		return r.log.lines()
	}
	return r.log.lines().With("node", r.node.ID, "name", r.node.Label)
}

func (r *run) String() string { return fmt.Sprintf("run %s of flow %s", r.wid, r.flow.Name) }
