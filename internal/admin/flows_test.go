package admin_test

import (
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/history"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// TestNodeCounts: percentiles and error rate of a node, over hours and instances, from what was counted.
func TestNodeCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(*engine.ConfigWorkspace) {})
	counted := func(d time.Duration, back time.Duration, visits, failed int64) store.NodeStat {
		class := 0
		for history.ClassDuration(class+1) <= d {
			class++
		}
		place := store.Place{App: "app", Flow: "home", Node: "a", Name: "first", Type: "js"}
		return store.NodeStat{Place: place, Hour: time.Now().Add(-back).Unix() / 3600, Class: class, Visits: visits, Failed: failed}
	}
	for _, s := range []store.NodeStat{
		counted(time.Millisecond, 0, 40, 0), counted(time.Millisecond, 2*time.Hour, 50, 0), counted(100*time.Millisecond, 0, 8, 1), counted(time.Second, 0, 2, 1),
		counted(time.Hour, 48*time.Hour, 1000, 1000), // longer ago than is asked for
	} {
		if err := w.store.AddNodeStats(t.Context(), []store.NodeStat{s}); err != nil {
			t.Fatal(err)
		}
	}
	got := w.ask("GET", "/flows/home?since=24h", 200).Get(`graph.#(id=="a")`)
	near := func(field string, want time.Duration) {
		t.Helper()
		if us := got.Get(field).Float(); us < float64(want.Microseconds())*0.87 || us > float64(want.Microseconds())*1.13 {
			t.Errorf("%s: %v, want about %v", field, us, want)
		}
	}
	near("p50_us", time.Millisecond)
	near("p95_us", 100*time.Millisecond)
	near("p99_us", time.Second)
	if got.Get("visits").Int() != 100 || got.Get("failed").Int() != 2 || got.Get("error_rate").Float() != 0.02 {
		t.Errorf("%s", got)
	}
}
