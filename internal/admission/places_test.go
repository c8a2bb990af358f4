package admission

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

func never() bool { return false }

func newPlaces(size, share int, wait time.Duration, full func() bool) *Places {
	return New(Options{Size: size, SharePercent: share, Wait: wait, Full: full})
}

func TestPlacesServeFlowsInTurn(t *testing.T) {
	t.Parallel()
	a := newPlaces(2, 100, 10*time.Second, never)
	for range 2 {
		if err := a.Enter(t.Context(), a.Flow("busy")); err != nil {
			t.Fatal(err)
		}
	}
	order := make(chan string, 8)
	queued := 0
	join := func(flow string) {
		go func() {
			if err := a.Enter(context.Background(), a.Flow(flow)); err != nil {
				t.Error(err)
			}
			order <- flow
		}()
		queued++
		for { // until it is queued
			a.mu.Lock()
			waiting := 0
			for _, l := range a.flows {
				waiting += len(l.waiting[urgently])
			}
			a.mu.Unlock()
			if waiting == queued {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}
	for range 3 {
		join("busy")
	}
	join("quiet")
	leaves := "busy"
	for _, want := range []string{"busy", "quiet", "busy", "busy"} {
		a.Leave(a.Flow(leaves))
		leaves = <-order
		if leaves != want {
			t.Errorf("served %s, want %s", leaves, want)
		}
	}
}

// TestPlacesRefuseACrowd: of one flow only so many wait, and the next of another flow does.
func TestPlacesRefuseACrowd(t *testing.T) {
	t.Parallel()
	a := newPlaces(1, 100, time.Hour, never)
	if err := a.Enter(t.Context(), a.Flow("crowd")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ends := make(chan error, leastQueue+1)
	for range leastQueue {
		go func() { ends <- a.Enter(ctx, a.Flow("crowd")) }()
	}
	for a.waiting(a.Flow("crowd")) < leastQueue {
		time.Sleep(time.Millisecond)
	}
	if f, ok := errors.AsType[*fault.Error](a.Enter(ctx, a.Flow("crowd"))); !ok || f.Kind != fault.Unavailable || f.Retry == 0 {
		t.Error(f)
	}
	go func() { ends <- a.Enter(ctx, a.Flow("other")) }()
	for a.waiting(a.Flow("other")) < 1 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	for range leastQueue + 1 {
		if f, ok := errors.AsType[*fault.Error](<-ends); !ok || f.Kind != fault.Killed {
			t.Error(f)
		}
	}
}

func TestPlacesShare(t *testing.T) {
	t.Parallel()
	a := newPlaces(10, 80, 5*time.Millisecond, never)
	for range 8 {
		if err := a.Enter(t.Context(), a.Flow("greedy")); err != nil {
			t.Fatal(err)
		}
	}
	err := a.Enter(t.Context(), a.Flow("greedy"))
	if f, ok := errors.AsType[*fault.Error](err); !ok || f.Kind != fault.Unavailable || f.Retry <= 0 {
		t.Fatalf("the ninth run of one flow: %v", err)
	}
	if err := a.Enter(t.Context(), a.Flow("other")); err != nil {
		t.Fatalf("the others starve: %v", err)
	}
	for range 8 {
		a.Leave(a.Flow("greedy"))
	}
	a.Leave(a.Flow("other"))
	if a.used != 0 || len(a.ready[urgently]) != 0 {
		t.Errorf("left behind: %+v", a)
	}
}

func TestPlacesForgetRunsThatEnd(t *testing.T) {
	t.Parallel()
	a := newPlaces(1, 100, 10*time.Second, never)
	if err := a.Enter(t.Context(), a.Flow("f")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.Enter(ctx, a.Flow("f")); err == nil {
		t.Fatal("a request that went away got a place")
	}
	a.Leave(a.Flow("f"))
	if err := a.Enter(t.Context(), a.Flow("f")); err != nil {
		t.Fatal("the place was lost with the one who went away")
	}
}

func TestPlacesWaitForMemory(t *testing.T) {
	t.Parallel()
	full := make(chan bool, 1)
	full <- true
	a := newPlaces(10, 100, 10*time.Second, func() bool {
		select {
		case <-full:
			return true
		default:
			return false
		}
	})
	if err := a.Enter(t.Context(), a.Flow("f")); err != nil {
		t.Fatal(err)
	}
}

// Several flows that take what they get leave some places free for who comes next.
func TestPlacesAreLeftForOthers(t *testing.T) {
	t.Parallel()
	a := newPlaces(100, 80, time.Millisecond, never)
	for range 100 {
		for _, flow := range []string{"one", "two", "three", "four"} {
			if a.Flow(flow).held < 100 {
				_ = a.Enter(t.Context(), a.Flow(flow)) // until it is refused
			}
		}
	}
	if a.used > 95 {
		t.Fatalf("%d of 100 are taken", a.used)
	}
	for range 3 {
		if err := a.Enter(t.Context(), a.Flow("late")); err != nil {
			t.Fatal(err)
		}
	}
}
