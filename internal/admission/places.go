// Package admission decides which runs may start and which may compute: Places bounds the live runs, Slots
// those whose scripts are at work at the same moment. Both serve the flows in turn.
//
// The engine calls it for each run. It knows nothing of runs, requests or virtual machines: only names of flows.
package admission

import (
	"context"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

const (
	// retryEvery is how often waiting runs re-check memory, which has no wake-up.
	retryEvery = 10 * time.Millisecond

	// A flow may have 25 times as many requests waiting as there are places, and leastQueue at least. More are refused at once:
	// each holds a connection, also of a client that has gone unnoticed.
	queuePerPlace = 25
	leastQueue    = 5000
)

// Observer is notified of waiting runs. Its methods may be called from any goroutine.
type Observer interface {
	Waited(time.Duration) // a run got a place after this time in the queue
	Limit(name string)    // a run was refused: "queue"
}

// Places bounds the live runs, each with a VM of its own. A run that finds none waits for a while. Its
// methods may be called from any goroutine.
type Places struct {
	fairQueue
	wait     time.Duration
	observer Observer
	looking  bool // look will be called; guarded by mu
}

// Options say how many Places there are.
type Options struct {
	Size         int           // maximum number of live runs; 0 = unbounded
	SharePercent int           // of Size that one flow may hold while others hold none, with others less; 100 = all
	Wait         time.Duration // how long a run waits for a place
	Full         func() bool   // reports whether something else than places is short, such as memory
	Observer     Observer      // Defaults to none
}

// New returns Places, all of them free.
func New(o Options) *Places {
	return &Places{fairQueue: newFairQueue(o.Size, o.SharePercent, o.Full), wait: o.Wait, observer: o.Observer}
}

// Enter takes a place for a run of the flow and waits for one when there is none. Every Enter without error is followed
// by a Leave. It returns a fault of kind Unavailable when none was free in time, Killed when ctx ended first.
func (p *Places) Enter(ctx context.Context, f *Flow) error {
	if p.size == 0 && !p.full() {
		return nil
	}
	if most := max(leastQueue, queuePerPlace*p.size); int(p.urgent.Load()) >= most && p.waiting(f) >= most {
		return p.refuse()
	}
	w := p.take(f, urgently)
	if w == nil {
		return nil
	}
	timeout := time.NewTimer(p.wait)
	defer timeout.Stop()
	return p.await(ctx, f, w, timeout.C)
}

// Busy reports whether requests wait.
func (p *Places) Busy() bool { return p.urgent.Load() > 0 }

// Return is Enter for a run that had left its place while it waited for its client: it waits until ctx ends.
func (p *Places) Return(ctx context.Context, f *Flow) error {
	if p.size == 0 && !p.full() {
		return nil
	}
	w := p.take(f, urgently)
	if w == nil {
		return nil
	}
	return p.await(ctx, f, w, nil)
}

// Leave returns a place that Enter took.
func (p *Places) Leave(f *Flow) { p.leave(f, 0) }

// await waits until w has its place, timeout comes or ctx ends.
func (p *Places) await(ctx context.Context, f *Flow, w *waiter, timeout <-chan time.Time) error {
	began := time.Now()
	p.lookAgain()
	select {
	case <-w.ready:
		if p.observer != nil {
			p.observer.Waited(time.Since(began))
		}
	case <-timeout:
		if p.quit(f, w) {
			return p.refuse()
		}
	case <-ctx.Done():
		if p.quit(f, w) {
			return fault.Wrap(fault.Killed, context.Cause(ctx), "the run was stopped while it waited for a place")
		}
	}
	return nil
}

// refuse returns the error of a run that gets no place.
func (p *Places) refuse() error {
	if p.observer != nil {
		p.observer.Limit("queue")
	}
	return &fault.Error{Kind: fault.Unavailable, Retry: time.Second, Text: "the server is full: try again"}
}

// waiting returns how many requests of the flow wait.
func (p *Places) waiting(f *Flow) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(f.waiting[urgently])
}

// lookAgain starts one re-check of memory for all waiting runs.
func (p *Places) lookAgain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.looking {
		p.looking = true
		time.AfterFunc(retryEvery, p.look)
	}
}

func (p *Places) look() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.serve()
	if p.looking = len(p.ready[urgently]) > 0; p.looking {
		time.AfterFunc(retryEvery, p.look)
	}
}
