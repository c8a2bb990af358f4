package admission

import (
	"context"
	"runtime"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// Slots bounds the runs whose scripts are at work at the same moment to what the processors can do: more would only make
// all of them late. A run that waits for something outside holds none. Measured: BENCHMARKS.md, "Slots". Its methods may
// be called from any goroutine.
type Slots struct{ fairQueue }

// NewSlots returns n slots, all of them free.
func NewSlots(n int) *Slots {
	return &Slots{newFairQueue(n, 100, func() bool { return false })}
}

// Enter takes a slot for a run of the flow and waits for one until the context ends; ctx is called only when the run has
// to wait. A run that has computed for long waits patiently: most of the slots go to others first. Every Enter without
// error is followed by a Leave. It returns a fault of kind Killed when the context ended first.
func (s *Slots) Enter(ctx func() context.Context, f *Flow, long bool) error {
	urgency := urgently
	if long {
		urgency = patiently
	}
	w := s.take(f, urgency)
	if w == nil {
		return nil
	}
	end := ctx()
	select {
	case <-w.ready:
		if w.yields {
			runtime.Gosched()
		}
	case <-end.Done():
		if s.quit(f, w) {
			return fault.Wrap(fault.Killed, context.Cause(end), "the run was stopped while it waited for a processor")
		}
	}
	return nil
}

// Leave returns a slot that Enter took, and that the run has had for about so many ticks of the engine's watch.
func (s *Slots) Leave(f *Flow, ticks int) { s.leave(f, ticks) }

// Wanted reports whether a run waits that has not computed for long.
func (s *Slots) Wanted() bool { return s.urgent.Load() > 0 }
