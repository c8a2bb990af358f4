package admission

import (
	"cmp"
	"context"
	"sync/atomic"
)

// Life is what a Slot needs of its run.
type Life interface {
	// Context returns the context that ends with the run.
	Context() context.Context
}

// Slot is one run's share of Slots: permission for its script to compute. Take, Turn and Idle belong to the run's goroutine.
type Slot struct {
	slots *Slots
	flow  *Flow
	life  Life
	state atomic.Int32 // without, held or overdue
	ticks atomic.Int32 // of the watch, in this state
	long  atomic.Bool  // the run has had one for maxSlotTicks since it last waited for something

	resting bool // the run waits for something; of its goroutine
}

// The states of a Slot.
const (
	without = iota
	held
	overdue // the watch took it, and the run may continue computing: nothing can hold up a function in Go
)

// maxSlotTicks is how many ticks of the watch a run may keep its slot for. A script that computes longer continues in turn
// with others; inside a function in Go it is overdue, so that no more of its kind begin. After maxOverdueTicks it is held
// to wait for something unannounced.
const (
	maxSlotTicks    = 2
	maxOverdueTicks = 100
)

// Open makes s the share of a run of a flow.
func (s *Slot) Open(slots *Slots, f *Flow, life Life) { s.slots, s.flow, s.life = slots, f, life }

// Held reports whether the run has a slot. It may be called from any goroutine.
func (s *Slot) Held() bool { return s.state.Load() == held }

// Take takes a slot, unless the run has one.
func (s *Slot) Take() error {
	if s.Held() {
		return nil
	}
	s.Leave()
	if err := s.slots.Enter(s.life.Context, s.flow, s.long.Load()); err != nil {
		return err
	}
	s.ticks.Store(0)
	s.state.Store(held)
	return nil
}

// Leave returns the slot, if the run has one. It may be called from any goroutine.
func (s *Slot) Leave() {
	if s.state.CompareAndSwap(held, without) {
		s.slots.Leave(s.flow, int(s.ticks.Load()))
	} else if s.state.CompareAndSwap(overdue, without) {
		s.slots.settle(s.flow, int(s.ticks.Load()))
	}
}

// Turn lets others compute first when the run has computed for long, by taking the slot anew. Where the run is stopped
// while it waits, its VM is interrupted: no error is needed. It belongs to the run's goroutine.
func (s *Slot) Turn() {
	if !s.long.Load() || s.resting {
		return
	}
	if s.Held() {
		if !s.slots.Wanted() {
			return
		}
		s.Leave()
	}
	_ = s.Take()
}

// Idle runs what needs no processor, without the slot.
func (s *Slot) Idle(wait func() error) error {
	had, resting := s.Held(), s.resting
	s.Leave()
	s.resting = true
	err := wait()
	s.resting = resting
	s.long.Store(false)
	if !had {
		return err
	}
	return cmp.Or(s.Take(), err)
}

// Check takes the slot from a run that has had it for long. The watch calls it, and says whether the run waits for its
// client.
func (s *Slot) Check(waitsForClient bool) {
	switch s.state.Load() {
	case held:
		if s.ticks.Add(1) < maxSlotTicks {
			return
		}
		s.long.Store(true)
		if waitsForClient {
			s.Leave()
		} else if s.state.CompareAndSwap(held, overdue) {
			s.slots.lapse(s.flow, int(s.ticks.Swap(0)))
		}
	case overdue:
		if s.ticks.Add(1) >= maxOverdueTicks || waitsForClient {
			s.Leave()
		}
	}
}

// Place is the permission of one run to be live. Take and Retake belong to the run's goroutine.
type Place struct {
	places *Places
	flow   *Flow
	held   atomic.Bool
	away   atomic.Bool // was left while the run waits for its client
	ticks  int         // of the watch in a row, while the run waited for its client
}

// maxClientTicks is how many ticks of the watch a run may wait for its client before its place is given to another.
const maxClientTicks = 2

// Open makes p the share of a run of a flow.
func (p *Place) Open(places *Places, f *Flow) { p.places, p.flow = places, f }

// Is reports whether the run queues as one of the flow.
func (p *Place) Is(f *Flow) bool { return p.flow == f }

// Hold notes that the run has a place, which Places.Enter took for it.
func (p *Place) Hold() { p.held.Store(true) }

// Take waits for a place.
func (p *Place) Take(ctx context.Context) error {
	if err := p.places.Enter(ctx, p.flow); err != nil {
		return err
	}
	p.held.Store(true)
	return nil
}

// Retake waits for the place that Check took away, if it did.
func (p *Place) Retake(life Life) error {
	if !p.away.Load() {
		return nil
	}
	if err := p.places.Return(life.Context(), p.flow); err != nil {
		return err
	}
	p.held.Store(true)
	p.away.Store(false)
	return nil
}

// Leave returns the place, if the run holds one. It may be called from any goroutine.
func (p *Place) Leave() {
	if p.held.CompareAndSwap(true, false) {
		p.places.Leave(p.flow)
	}
}

// Check takes the place from a run that waits for its client: others can use it meanwhile. The watch calls it.
func (p *Place) Check(waitsForClient bool) {
	if !waitsForClient {
		p.ticks = 0
		return
	}
	if p.ticks++; p.ticks >= maxClientTicks && p.held.Load() {
		p.away.Store(true)
		p.Leave()
	}
}
