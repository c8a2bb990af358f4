package engine

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// admission bounds the runs that live at once, each with a VM of its own. Who finds no place waits in line; the lines
// of the flows are served in turn, and no flow gets more than its share of the places, so that one cannot starve the
// others.
type admission struct {
	size  int           // places; 0 = unbounded
	share int           // places that one flow may hold
	wait  time.Duration // how long a request waits for a place
	full  func() bool   // whether memory is too short for another run
	meter Meter         // told of those who wait; nil for none

	mu    sync.Mutex
	used  int
	lanes map[string]*lane // by flow
	turn  []*lane          // lanes with somebody waiting, the next to be served first
}

// lane is what one flow holds and who waits for it.
type lane struct {
	held    int
	waiting []*ticket
}

type ticket struct {
	granted bool
	ready   chan struct{}
}

func newAdmission(size, sharePercent int, wait time.Duration, full func() bool) *admission {
	return &admission{size: size, share: max(1, size*sharePercent/100), wait: wait, full: full, lanes: map[string]*lane{}}
}

// enter takes a place for a run of the flow, waiting for one when there is none. Every enter without error is followed
// by a leave.
func (a *admission) enter(ctx context.Context, flow string) error {
	if a.size == 0 && !a.full() {
		return nil
	}
	t := a.take(flow)
	if t == nil {
		return nil
	}
	began := time.Now()
	timeout := time.NewTimer(a.wait)
	defer timeout.Stop()
	retry := time.NewTicker(watchEvery) // for memory, which nobody announces when it is free again
	defer retry.Stop()
	for {
		select {
		case <-t.ready:
			if a.meter != nil {
				a.meter.Waited(time.Since(began))
			}
			return nil
		case <-retry.C:
			a.mu.Lock()
			a.serve()
			a.mu.Unlock()
		case <-timeout.C:
			if a.meter != nil {
				a.meter.Limit("queue")
			}
			return a.giveUp(flow, t, &fault.Error{Kind: fault.Unavailable, Retry: time.Second, Text: "the server is full: try again"})
		case <-ctx.Done():
			return a.giveUp(flow, t, fault.Wrap(fault.Killed, context.Cause(ctx), "the run was ended while it waited for a place"))
		}
	}
}

// take takes a place at once, or gets in line and answers a ticket.
func (a *admission) take(flow string) *ticket {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.lanes[flow]
	if l == nil {
		l = &lane{}
		a.lanes[flow] = l
	}
	if len(a.turn) == 0 && (a.size == 0 || a.used < a.size && l.held < a.share) && !a.full() {
		a.used++
		l.held++
		return nil
	}
	t := &ticket{ready: make(chan struct{})}
	if len(l.waiting) == 0 {
		a.turn = append(a.turn, l)
	}
	l.waiting = append(l.waiting, t)
	a.serve()
	if t.granted {
		return nil
	}
	return t
}

// serve gives free places to those in line, one flow after the other.
func (a *admission) serve() {
	for skipped := 0; skipped < len(a.turn) && (a.size == 0 || a.used < a.size) && !a.full(); {
		l := a.turn[0]
		a.turn = append(a.turn[1:], l)
		if a.size > 0 && l.held >= a.share {
			skipped++
			continue
		}
		skipped = 0
		t := l.waiting[0]
		l.waiting = l.waiting[1:]
		if len(l.waiting) == 0 {
			a.turn = a.turn[:len(a.turn)-1]
		}
		a.used++
		l.held++
		t.granted = true
		close(t.ready)
	}
}

// giveUp leaves the line. A place that was granted meanwhile is taken after all.
func (a *admission) giveUp(flow string, t *ticket, err error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t.granted {
		return nil
	}
	l := a.lanes[flow]
	l.waiting = slices.DeleteFunc(l.waiting, func(other *ticket) bool { return other == t })
	if len(l.waiting) == 0 {
		a.turn = slices.DeleteFunc(a.turn, func(other *lane) bool { return other == l })
	}
	return err
}

// state tells how many places there are, how many are taken, and how many runs wait for one.
func (a *admission) state() (size, used, waiting int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, l := range a.turn {
		waiting += len(l.waiting)
	}
	return a.size, a.used, waiting
}

// leave gives a place back.
func (a *admission) leave(flow string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.lanes[flow]
	if l == nil || l.held == 0 { // it entered while places were not counted
		return
	}
	a.used--
	l.held--
	a.serve()
}
