package runloop

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/process"
)

// lifetime is until when a run may continue, and why it was stopped. Its methods may be called from any goroutine, but
// enterNode: that is the run's own.
type lifetime struct {
	base         context.Context // of the runtime
	started      time.Time
	most         time.Duration // that the run may take; 0 for no bound
	nodeDeadline atomic.Int64  // nanoseconds after started, for the machine's clock may be set; 0 = the node has none of its own
	paused       atomic.Int64  // nanoseconds that the run has waited for its request's body
	answering    atomic.Bool   // all that is left to do is to send what was held
	overtime     atomic.Int64  // nanoseconds that the watch has seen the run continue after it was stopped

	cause  atomic.Pointer[error] // why the run was stopped
	mu     sync.Mutex            // guards ctx and cancel
	ctx    context.Context       // made when something first waits: most runs never do
	cancel context.CancelCauseFunc
}

// enterNode sets the node's own deadline.
func (l *lifetime) enterNode(timeout time.Duration, clock hostfn.Clock) {
	if timeout > 0 {
		l.nodeDeadline.Store(max(1, int64(clock.Now().Add(timeout).Sub(l.started))))
	} else if l.nodeDeadline.Load() != 0 {
		l.nodeDeadline.Store(0)
	}
}

// stopped returns why the run was stopped, nil while it may continue.
func (l *lifetime) stopped() error {
	if c := l.cause.Load(); c != nil {
		return killed(*c)
	}
	return nil
}

// killed adds to a cause the kind that it lacks.
func killed(cause error) error {
	return fault.Wrap(fault.Killed, cause, "the run was killed")
}

// exceeded returns an error where the run or its node is over its time.
func (l *lifetime) exceeded(now time.Time) error {
	took := now.Sub(l.started)
	if l.most > 0 && took > l.most+time.Duration(l.paused.Load()) {
		return fault.Exceeded("time", "the run took longer than %s ([vm_pool] max_execution_seconds)", l.most)
	}
	if node := l.nodeDeadline.Load(); node != 0 && int64(took) > node {
		return fault.Exceeded("time", "the node took longer than its timeout_ms")
	}
	return nil
}

// pause takes the wait for the body out of the run's time.
func (l *lifetime) pause(took time.Duration) {
	l.paused.Add(int64(took))
	if l.nodeDeadline.Load() != 0 {
		l.nodeDeadline.Add(int64(took))
	}
}

// Context returns the context that ends with the run.
func (l *lifetime) Context() context.Context {
	l.mu.Lock()
	if l.ctx == nil {
		l.ctx, l.cancel = context.WithCancelCause(l.base)
	}
	ctx, cancel := l.ctx, l.cancel
	l.mu.Unlock()
	if err := l.stopped(); err != nil { // stop may have come before there was anything to cancel
		cancel(err)
	}
	return ctx
}

// end cancels the context, if there is one.
func (l *lifetime) end(cause error) {
	l.mu.Lock()
	cancel := l.cancel
	l.mu.Unlock()
	if cancel != nil {
		cancel(cause)
	}
}

// release ends what still waits for a run that has ended.
func (l *lifetime) release() { l.end(context.Canceled) }

// liveRun is a run as the list of live runs holds it: its methods may be called from any goroutine.
type liveRun run

var _ process.Runner = (*liveRun)(nil)

// Kill ends the run at its next safe point: between nodes, inside a script, or in a call that waits. The first cause
// counts.
func (l *liveRun) Kill(cause error) {
	l.life.cause.CompareAndSwap(nil, &cause)
	first := l.life.stopped()
	if vm := l.scope.machine.Load(); vm != nil {
		vm.Interrupt(first)
	}
	l.life.end(first)
	if conn := l.web.Conn(); conn != nil {
		conn.Cut(first)
	}
}

// Check stops the run when it is over its time or its client has gone. The watch calls it from its own goroutine.
func (l *liveRun) Check(now time.Time) {
	conn := l.web.Conn()
	busy := conn != nil && conn.Busy()
	l.slot.Check(busy)
	l.place.Check(busy)
	if l.life.cause.Load() != nil {
		if busy { // cut, it ends; and no client may keep a run from it
			return
		}
		// Looks are counted, not the time between them: on a machine that is too busy to let the watch look, a run may be
		// as late without being stuck.
		if l.life.overtime.Add(int64(watchEvery)) > int64(l.loop.Limits.Backstop) {
			l.loop.giveUpOn((*run)(l))
		}
		return
	}
	if l.life.answering.Load() || busy && conn.Reading() {
		return // the client has its own times for the response and the body: see internal/wire
	}
	if err := l.life.exceeded(now); err != nil {
		l.Kill(err)
	} else if l.web.Gone() {
		l.Kill(fault.New(fault.Killed, "the client went away"))
	}
}
