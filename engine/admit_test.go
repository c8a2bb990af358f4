package engine

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

func never() bool { return false }

func TestAdmissionServesFlowsInTurn(t *testing.T) {
	t.Parallel()
	a := newAdmission(2, 100, 10*time.Second, never)
	for range 2 {
		if err := a.enter(t.Context(), a.lane("busy")); err != nil {
			t.Fatal(err)
		}
	}
	order := make(chan string, 8)
	inLine := 0
	join := func(flow string) {
		go func() {
			if err := a.enter(context.Background(), a.lane(flow)); err != nil {
				t.Error(err)
			}
			order <- flow
		}()
		inLine++
		for { // until it stands in line
			a.mu.Lock()
			waiting := 0
			for _, l := range a.lanes {
				waiting += len(l.waiting)
			}
			a.mu.Unlock()
			if waiting == inLine {
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
		a.leave(a.lane(leaves))
		leaves = wait(t, order)
		if leaves != want {
			t.Errorf("served %s, want %s", leaves, want)
		}
	}
}

func TestAdmissionShare(t *testing.T) {
	t.Parallel()
	a := newAdmission(10, 80, 5*time.Millisecond, never)
	for range 8 {
		if err := a.enter(t.Context(), a.lane("greedy")); err != nil {
			t.Fatal(err)
		}
	}
	err := a.enter(t.Context(), a.lane("greedy"))
	if f, ok := errors.AsType[*fault.Error](err); !ok || f.Kind != fault.Unavailable || f.Retry <= 0 {
		t.Fatalf("the ninth run of one flow: %v", err)
	}
	if err := a.enter(t.Context(), a.lane("other")); err != nil {
		t.Fatalf("the others starve: %v", err)
	}
	for range 8 {
		a.leave(a.lane("greedy"))
	}
	a.leave(a.lane("other"))
	if a.used != 0 || len(a.turn) != 0 {
		t.Errorf("left behind: %+v", a)
	}
}

func TestAdmissionGivesUp(t *testing.T) {
	t.Parallel()
	a := newAdmission(1, 100, 10*time.Second, never)
	if err := a.enter(t.Context(), a.lane("f")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.enter(ctx, a.lane("f")); err == nil {
		t.Fatal("a request that went away got a place")
	}
	a.leave(a.lane("f"))
	if err := a.enter(t.Context(), a.lane("f")); err != nil {
		t.Fatal("the place was lost with the one who went away")
	}
}

func TestAdmissionWaitsForMemory(t *testing.T) {
	t.Parallel()
	full := make(chan bool, 1)
	full <- true
	a := newAdmission(10, 100, 10*time.Second, func() bool {
		select {
		case <-full:
			return true
		default:
			return false
		}
	})
	if err := a.enter(t.Context(), a.lane("f")); err != nil {
		t.Fatal(err)
	}
}
