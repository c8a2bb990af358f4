package sandbox

import (
	"testing"
)

// hogs makes a budget with runs that have each done as much as a hog does.
func hogs(t *testing.T, n int) *Budget {
	t.Helper()
	b := NewBudget(4 << 30)
	for range n {
		m := &limitedVM(t.Context(), Limits{Memory: 128 << 20}).meter
		m.work.Store(1 << 30)
		b.runs = append(b.runs, m)
	}
	return b
}

// ended removes the runs that were stopped, and returns how many there were.
func ended(b *Budget) (n int) {
	var alive []*meter
	for _, m := range b.runs {
		if m.stopped() == nil {
			alive = append(alive, m)
		}
	}
	n = len(b.runs) - len(alive)
	b.runs = alive
	return n
}

// What nothing explains stops one run after the other while the memory moves, and does not become what the process holds anyway.
func TestUnexplainedMemoryStopsRunsUntilLittleIsLeft(t *testing.T) {
	t.Parallel()
	b := hogs(t, 6)
	for i, live := range []int64{3600 << 20, 3000 << 20, 3100 << 20, 2400 << 20, 1400 << 20} {
		b.unexplained(live)
		if n := ended(b); n != 1 {
			t.Fatalf("look %d stopped %d runs", i, n)
		}
	}
	if n := b.headroom.baseline.Load(); n != 0 {
		t.Errorf("%d MB became what is alive without runs", n>>20)
	}
	if b.unexplained(100 << 20); ended(b) != 0 {
		t.Error("a run was stopped when all was explained")
	}
}

// Memory that stays as it is when a run was stopped belongs to the program, and so may a little.
func TestMemoryThatIsStillStopsOneRun(t *testing.T) {
	t.Parallel()
	for name, lives := range map[string][]int64{
		"high and still": {3 << 30, 3<<30 + 20<<20, 3<<30 - 5<<20, 3 << 30},
		"little":         {1200 << 20, 1000 << 20, 1100 << 20, 1150 << 20},
	} {
		b, stopped := hogs(t, 6), 0
		for _, live := range lives {
			b.unexplained(live)
			stopped += ended(b)
		}
		if stopped != 1 {
			t.Errorf("%s: %d runs were stopped", name, stopped)
		}
	}
}

// What is found alive while runs allocate may be garbage: a run is asked first, and one that finds nothing goes on.
func TestDoubtedRunsAreAskedFirst(t *testing.T) {
	t.Parallel()
	b := hogs(t, 1)
	m := b.runs[0]
	m.limits.Budget = b
	for range 3 {
		if b.doubt(3 << 30); ended(b) != 0 {
			t.Fatal("a run was stopped before it was asked")
		}
		if m.prove(); ended(b) != 0 || m.watch.doubted {
			t.Fatal("a run was stopped though nothing is held")
		}
	}
	b.doubt(3 << 30)
	if b.doubt(3 << 30); ended(b) != 1 {
		t.Error("a run that did not look was not stopped")
	}
}
