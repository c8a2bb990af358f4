package history

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// counting is a store that takes counts of nodes, once it works.
type counting struct {
	nowhere
	works  atomic.Bool
	visits atomic.Int64
}

func (c *counting) AddNodeStats(_ context.Context, stats []store.NodeStat) error {
	if !c.works.Load() {
		return errors.New("away")
	}
	for _, s := range stats {
		c.visits.Add(s.Visits)
	}
	return nil
}

// TestCountsOutliveAnOutage: visits are counted even when the database is away for a while.
func TestCountsOutliveAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := &counting{}
		rec := NewRecorder(Options{Store: st})
		p, _ := ParsePolicy("errors")
		nodes := []*graph.Node{{ID: "a", Flow: &graph.Flow{Name: "f"}}, {ID: "b", Flow: &graph.Flow{Name: "f"}}}
		visit := func(n *graph.Node) {
			r := rec.Begin(p, "app", "wid", time.Now())
			r.Visited(n, nil, time.Now(), time.Millisecond, false)
			r.Drop()
		}
		wait := func(flushes time.Duration) { time.Sleep(flushes * flushStats); synctest.Wait() }
		visit(nodes[0])
		wait(2)
		if !rec.Failing() {
			t.Error("it does not say that it fails")
		}
		visit(nodes[0])
		visit(nodes[1])
		wait(1)
		st.works.Store(true)
		wait(1)
		if n := st.visits.Load(); n != 3 || rec.Failing() {
			t.Errorf("%d visits of 3, failing %v", n, rec.Failing())
		}
		visit(nodes[1])
		rec.Close(t.Context())
		if n := st.visits.Load(); n != 4 {
			t.Errorf("%d visits of 4", n)
		}
	})
}

// TestRecorderPrunes has old runs removed every minute, also after that failed once.
func TestRecorderPrunes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began, pruned := time.Now(), 0
		rec := NewRecorder(Options{
			Store: nowhere{}, Retention: func(now time.Time) store.Retention { return store.Retention{Before: now.Add(-time.Hour)} },
			Prune: func(_ context.Context, r store.Retention) (runs, bytes int64, err error) {
				pruned++
				if want := began.Add(time.Duration(pruned)*pruneEvery - time.Hour); !r.Before.Equal(want) {
					t.Errorf("removes what is before %s, want %s", r.Before, want)
				}
				return 0, 0, errors.New("locked")
			},
		})
		time.Sleep(3*pruneEvery + time.Second)
		rec.Close(t.Context())
		if pruned != 3 {
			t.Errorf("pruned %d times", pruned)
		}
	})
}
