package engine

import (
	"context"
	"runtime"
	"sync/atomic"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// slots bound the runs whose VM is at work at the same moment to what the processors can do: more would only make all of
// them late. Runs that wait for something outside hold none. Measured: BENCHMARKS.md, "Slots".
type slots struct{ line }

func newSlots() *slots {
	n := runtime.GOMAXPROCS(0)
	return &slots{newLine(n, n, func() bool { return false })}
}

// enter takes a slot for a run of the lane's flow, waiting for one until ctx, asked for then, is done.
func (s *slots) enter(ctx func() context.Context, l *lane) error {
	t := s.take(l)
	if t == nil {
		return nil
	}
	end := ctx()
	select {
	case <-t.ready:
		runtime.Gosched() // as one of all: else who hands slots on to one another keeps Go's scheduler from whatever is new
	case <-end.Done():
		if s.quit(l, t) {
			return fault.Wrap(fault.Killed, context.Cause(end), "the run was ended while it waited for a processor")
		}
	}
	return nil
}

// slot is what a run holds of the slots.
type slot struct {
	held  atomic.Bool
	looks atomic.Int32 // of the watch, while it was held
}

// patientLooks is how many looks of the watch a run may keep its slot for: who computes longer shares the processors as
// the system shares them, and who waits where nobody was told of it (a step in Go) keeps no others waiting.
const patientLooks = 2

// takeSlot takes a slot, unless the run has one. It belongs to the run's goroutine.
func (r *run) takeSlot() error {
	if r.slot.held.Load() {
		return nil
	}
	if err := r.rt.slots.enter(r.context, r.flow.slots); err != nil {
		return err
	}
	r.slot.looks.Store(0)
	r.slot.held.Store(true)
	return nil
}

// leaveSlot gives the slot back, if the run has one. It may be called from any goroutine.
func (r *run) leaveSlot() {
	if r.slot.held.CompareAndSwap(true, false) {
		r.rt.slots.leave(r.flow.slots)
	}
}

// checkSlot takes the slot from a run that has had it for long. The watch calls it.
func (r *run) checkSlot() {
	if r.slot.held.Load() && r.slot.looks.Add(1) >= patientLooks {
		r.leaveSlot()
	}
}
