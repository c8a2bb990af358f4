package history_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/history"
	"github.com/arturoeanton/nflow-runtime/internal/servertest"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/postgres"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
)

// TestHistoryStaysWithinItsBoundsInAFlood: however many runs come, the table never has more than an eighth over what is kept;
// what cannot be written meanwhile is counted as dropped, and no run waits.
func TestHistoryStaysWithinItsBoundsInAFlood(t *testing.T) {
	t.Parallel()
	runs := 6000
	if testing.Short() {
		runs = 2600 // still more than may stay
	}
	for name, open := range map[string]func(*testing.T) store.Store{
		"sqlite": func(t *testing.T) store.Store {
			return opened(t, sqlite.Options{DSN: filepath.Join(t.TempDir(), "nflow.db")}, sqlite.Open)
		},
		"postgres": func(t *testing.T) store.Store {
			return opened(t, postgres.Options{DSN: servertest.Schema(t)}, postgres.Open)
		},
	} {
		for _, keep := range []store.Retention{{MaxRuns: 1600}, {MaxBytes: 2 << 20}} {
			t.Run(fmt.Sprint(name, keep.MaxRuns, keep.MaxBytes), func(t *testing.T) {
				t.Parallel()
				flood(t, open(t), keep, runs)
			})
		}
	}
}

// flood records so many runs at once, and checks that no more than keep stays.
func flood(t *testing.T, st store.Store, keep store.Retention, runs int) {
	t.Helper()
	const batch = 200
	w := &world{t: t, log: &servertest.Record{}}
	w.rec = history.NewRecorder(history.Options{Store: st, Prune: st.PruneRuns, Retention: func(time.Time) store.Retention { return keep }})
	t.Cleanup(func() { w.rec.Close(context.Background()) })
	var most store.Retention
	done, sampled := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { <-sampled })
	stop := sync.OnceFunc(func() { close(done) })
	t.Cleanup(stop)
	go func() {
		defer close(sampled)
		for {
			n, bytes := kept(t, st)
			most.MaxRuns, most.MaxBytes = max(most.MaxRuns, n), max(most.MaxBytes, bytes)
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	for i := range runs {
		w.keep(strings.Repeat("x", 1000))
		if i%50 == 0 {
			time.Sleep(time.Millisecond) // tens of thousands a second
		}
	}
	w.await("everything is written or dropped", func() bool {
		written, dropped, waiting := w.rec.Stats()
		return written+dropped == w.n && waiting == 0
	})
	stop()
	<-sampled
	written, dropped, _ := w.rec.Stats()
	t.Logf("%d written, %d dropped, at most %d runs and %d bytes", written, dropped, most.MaxRuns, most.MaxBytes)
	if keep.MaxRuns > 0 && (most.MaxRuns > keep.MaxRuns*9/8+2*batch || most.MaxRuns < keep.MaxRuns/2) {
		t.Errorf("%d runs in the table, %d are to be kept", most.MaxRuns, keep.MaxRuns)
	}
	if keep.MaxBytes > 0 && (most.MaxBytes > keep.MaxBytes*9/8+2*batch*2000 || most.MaxBytes < keep.MaxBytes/2) {
		t.Errorf("%d bytes in the table, %d are to be kept", most.MaxBytes, keep.MaxBytes)
	}
	if written < keep.MaxRuns {
		t.Errorf("only %d runs were written", written)
	}
}

// kept counts what the table holds.
func kept(t *testing.T, st store.Store) (runs, bytes int64) {
	t.Helper()
	if err := st.DB().QueryRow(`SELECT count(*), coalesce(sum(bytes), 0) FROM nflow_runs`).Scan(&runs, &bytes); err != nil {
		t.Error(err)
	}
	return runs, bytes
}

func opened[O any, S store.Store](t *testing.T, o O, open func(context.Context, O) (S, error)) store.Store {
	t.Helper()
	st, err := open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}
