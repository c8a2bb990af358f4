package admission

import (
	"context"
	"errors"
	"runtime"
	"testing"
)

// A run that ends while it waits leaves the queue, and takes nothing along.
func TestSlotsForgetRunsThatEnd(t *testing.T) {
	t.Parallel()
	s := NewSlots(1)
	background := func() context.Context { return context.Background() }
	if err := s.Enter(background, s.Flow("busy"), false); err != nil {
		t.Fatal(err)
	}
	cause := errors.New("it was ended")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if err := s.Enter(func() context.Context { return ctx }, s.Flow("other"), false); !errors.Is(err, cause) {
		t.Errorf("%v, want the cause", err)
	}
	if _, used, waiting := s.State(); used != 1 || waiting != 0 {
		t.Errorf("%d used, %d waiting; want 1 and 0", used, waiting)
	}
	s.Leave(s.Flow("busy"), 0)
	if err := s.Enter(background, s.Flow("other"), false); err != nil {
		t.Error(err)
	}
}

// queue has a run wait for a slot, and says on order when it got it. It returns once the run waits.
func queue(t *testing.T, s *Slots, flow string, long bool, order chan<- string) {
	t.Helper()
	_, _, before := s.State()
	go func() {
		if err := s.Enter(t.Context, s.Flow(flow), long); err != nil {
			t.Error(err)
		}
		order <- flow
	}()
	for _, _, waiting := s.State(); waiting == before; _, _, waiting = s.State() {
		runtime.Gosched()
	}
}

// Who has used least of late comes first, however many others wait.
func TestLightFlowsGoFirst(t *testing.T) {
	t.Parallel()
	s := NewSlots(1)
	order := make(chan string, 8)
	if err := s.Enter(t.Context, s.Flow("heavy"), false); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		queue(t, s, "heavy", false, order)
	}
	queue(t, s, "light", false, order)
	leaves, used := "heavy", 2
	for _, want := range []string{"light", "heavy", "heavy", "heavy"} {
		s.Leave(s.Flow(leaves), used)
		if leaves = <-order; leaves != want {
			t.Errorf("served %s, want %s", leaves, want)
		}
		used = map[string]int{"heavy": 2}[leaves]
	}
}

// Runs that have computed for long let three others go first, and are not forgotten.
func TestLongRunsWaitPatiently(t *testing.T) {
	t.Parallel()
	s := NewSlots(1)
	order := make(chan string, 8)
	if err := s.Enter(t.Context, s.Flow("a"), false); err != nil {
		t.Fatal(err)
	}
	queue(t, s, "long", true, order)
	if s.Wanted() {
		t.Error("a slot is wanted, though only a long run waits")
	}
	for range 4 {
		queue(t, s, "a", false, order)
	}
	if !s.Wanted() {
		t.Error("no slot is wanted")
	}
	leaves := "a"
	for i, want := range []string{"a", "a", "a", "long", "a"} {
		s.Leave(s.Flow(leaves), 0)
		if leaves = <-order; leaves != want {
			t.Errorf("%d: served %s, want %s", i, leaves, want)
		}
	}
	s.Leave(s.Flow("a"), 0)
	if _, used, waiting := s.State(); used != 0 || waiting != 0 || s.Wanted() {
		t.Errorf("%d used, %d waiting", used, waiting)
	}
}
