package admission

import (
	"context"
	"errors"
	"testing"
	"time"
)

// alive is a run that ends with its context.
type alive struct{ ctx context.Context }

func (a alive) Context() context.Context { return a.ctx }

// A run has one slot at most, none while it waits, and loses it to the watch when it computes for long.
func TestSlot(t *testing.T) {
	t.Parallel()
	slots := NewSlots(1)
	var s Slot
	s.Open(slots, slots.Flow("a"), alive{t.Context()})
	used := func(want int) {
		t.Helper()
		if _, used, _ := slots.State(); used != want || s.Held() != (want == 1) {
			t.Errorf("%d slots are used, want %d; held %v", used, want, s.Held())
		}
	}
	used(0)
	for range 2 {
		if err := s.Take(); err != nil {
			t.Fatal(err)
		}
		used(1)
	}
	failed := errors.New("failed")
	if err := s.Idle(func() error { used(0); return failed }); !errors.Is(err, failed) {
		t.Error(err)
	}
	used(1)
	s.Check(false)
	used(1)
	s.Check(false)
	used(0)
	s.Turn() // back in turn
	used(1)
	s.Leave()
	s.Leave()
	used(0)
	if err := s.Idle(func() error { return nil }); err != nil {
		t.Error(err)
	}
	used(0) // it had none
}

// A slot that cannot be had before the run ends is an error, also where the wait itself went well.
func TestSlotOfARunThatEnds(t *testing.T) {
	t.Parallel()
	slots := NewSlots(1)
	ctx, cancel := context.WithCancelCause(t.Context())
	var first, second Slot
	first.Open(slots, slots.Flow("a"), alive{t.Context()})
	second.Open(slots, slots.Flow("a"), alive{ctx})
	if err := first.Take(); err != nil {
		t.Fatal(err)
	}
	cancel(errors.New("killed"))
	if err := second.Take(); err == nil || second.Held() {
		t.Error("a run that has ended got a slot")
	}
	first.Leave()
	if _, used, waiting := slots.State(); used != 0 || waiting != 0 {
		t.Errorf("%d used, %d waiting", used, waiting)
	}
}

// A run that waits for its client leaves its place to others, and takes it back.
func TestPlace(t *testing.T) {
	t.Parallel()
	places := New(Options{Size: 1, SharePercent: 100, Wait: time.Second, Full: func() bool { return false }})
	f := places.Flow("a")
	var p Place
	p.Open(places, f)
	used := func(want int) {
		t.Helper()
		if _, used, _ := places.State(); used != want {
			t.Errorf("%d places are used, want %d", used, want)
		}
	}
	if !p.Is(f) || p.Is(places.Flow("b")) {
		t.Error("it queues elsewhere")
	}
	if err := p.Take(t.Context()); err != nil {
		t.Fatal(err)
	}
	used(1)
	for _, waits := range []bool{true, false, true} { // not twice in a row
		p.Check(waits)
	}
	used(1)
	p.Check(true)
	used(0)
	var other Place
	other.Open(places, f)
	if err := other.Take(t.Context()); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Retake(alive{ended}); err == nil {
		t.Error("it got the place of another")
	}
	other.Leave()
	for range 2 {
		if err := p.Retake(alive{t.Context()}); err != nil {
			t.Error(err)
		}
		used(1)
	}
	p.Leave()
	p.Leave()
	used(0)
}

// While a run is overdue, no run of its flow begins beside the slots, and none that has computed for long; others do.
func TestOverdue(t *testing.T) {
	t.Parallel()
	slots := NewSlots(1)
	var s Slot
	s.Open(slots, slots.Flow("a"), alive{t.Context()})
	lapse := func() {
		t.Helper()
		if err := s.Take(); err != nil {
			t.Fatal(err)
		}
		for range maxSlotTicks {
			s.Check(false)
		}
	}
	lapse()
	order := make(chan string, 2)
	queue(t, slots, "a", false, order)
	queue(t, slots, "long", true, order)
	if err := slots.Enter(t.Context, slots.Flow("b"), false); err != nil {
		t.Fatal(err)
	}
	slots.Leave(slots.Flow("b"), 0)
	select {
	case flow := <-order:
		t.Fatalf("%s got a slot beside the one that is overdue", flow)
	default:
	}
	s.Leave()
	for range 2 {
		slots.Leave(slots.Flow(<-order), 0)
	}
	lapse()
	for range maxOverdueTicks { // it waits for something, and did not say so
		s.Check(false)
	}
	if err := slots.Enter(t.Context, slots.Flow("a"), true); err != nil {
		t.Fatal(err)
	}
	slots.Leave(slots.Flow("a"), 0)
	lapse()
	s.Check(true) // its client
	if slots.overdue != 0 {
		t.Errorf("%d are overdue", slots.overdue)
	}
}
