// Package history writes down what runs did. It never blocks a run: what its writers cannot take is dropped and counted.
//
// Today it holds the Tracker, which fills nFlow's table tracker, one row per node visited. The engine hands it rows; it
// knows the store only as a function that writes a batch.
package history

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// TrackerOptions say how a Tracker works.
type TrackerOptions struct {
	Write   func(ctx context.Context, rows []store.TrackRow) error // writes a batch: all or none
	Workers int                                                    // writers at once. Defaults to 4
	Batch   int                                                    // rows in one write. Defaults to 100
	Flush   time.Duration                                          // longest wait of a row. Defaults to 250 ms
	Buffer  int                                                    // rows waiting; more are dropped. Defaults to 100000
	Stats   time.Duration                                          // between log lines of totals. Defaults to none
	Verbose bool                                                   // a log line for each batch
	Log     *slog.Logger
}

// Tracker writes rows in batches from goroutines of its own. Its methods may be called from any goroutine.
type Tracker struct {
	opts    TrackerOptions
	rows    chan store.TrackRow
	writers sync.WaitGroup
	teller  sync.WaitGroup
	quiet   context.CancelFunc // ends the teller
	stop    context.CancelFunc // ends writes that hang

	written atomic.Int64
	dropped atomic.Int64

	mu     sync.RWMutex // a row is never sent on a closed channel
	closed bool
}

// NewTracker starts a tracker. Close ends it.
func NewTracker(o TrackerOptions) *Tracker {
	o.Workers = orDefault(o.Workers, 4)
	o.Batch = orDefault(o.Batch, 100)
	o.Buffer = orDefault(o.Buffer, 100000)
	o.Flush = orDefault(o.Flush, 250*time.Millisecond)
	ctx, stop := context.WithCancel(context.Background())
	telling, quiet := context.WithCancel(ctx)
	t := &Tracker{opts: o, rows: make(chan store.TrackRow, o.Buffer), stop: stop, quiet: quiet}
	for range o.Workers {
		t.writers.Go(func() { t.work(ctx) })
	}
	if o.Stats > 0 {
		t.teller.Go(func() { t.tell(telling) })
	}
	return t
}

func orDefault[T int | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}

// Add hands a row over. It never waits: a row for which there is no room is counted as dropped.
func (t *Tracker) Add(row store.TrackRow) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.closed {
		t.dropped.Add(1)
		return
	}
	select {
	case t.rows <- row:
	default:
		t.dropped.Add(1)
	}
}

// Stats counts the rows that were written, those that were dropped, and those that wait.
func (t *Tracker) Stats() (written, dropped int64, waiting int) {
	return t.written.Load(), t.dropped.Load(), len(t.rows)
}

// Close writes what waits, until ctx is done, and ends the writers. It may be called more than once.
func (t *Tracker) Close(ctx context.Context) {
	t.mu.Lock()
	if !t.closed {
		t.closed = true
		close(t.rows)
	}
	t.mu.Unlock()
	t.quiet()
	hanging := context.AfterFunc(ctx, t.stop)
	t.writers.Wait()
	t.teller.Wait()
	hanging()
	t.stop()
}

func (t *Tracker) work(ctx context.Context) {
	batch := make([]store.TrackRow, 0, t.opts.Batch)
	flush := time.NewTicker(t.opts.Flush)
	defer flush.Stop()
	for {
		select {
		case row, ok := <-t.rows:
			if !ok {
				t.write(ctx, batch)
				return
			}
			if batch = append(batch, row); len(batch) < t.opts.Batch {
				continue
			}
		case <-flush.C:
		}
		t.write(ctx, batch)
		batch = batch[:0]
	}
}

func (t *Tracker) write(ctx context.Context, batch []store.TrackRow) {
	if len(batch) == 0 {
		return
	}
	if err := t.opts.Write(ctx, batch); err != nil {
		t.dropped.Add(int64(len(batch)))
		t.opts.Log.Warn("tracker rows were lost", "rows", len(batch), "error", err)
		return
	}
	t.written.Add(int64(len(batch)))
	if t.opts.Verbose {
		t.opts.Log.Info("tracker rows written", "rows", len(batch))
	}
}

func (t *Tracker) tell(ctx context.Context) {
	tick := time.NewTicker(t.opts.Stats)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			written, dropped, waiting := t.Stats()
			t.opts.Log.Info("tracker", "written", written, "dropped", dropped, "waiting", waiting)
		case <-ctx.Done():
			return
		}
	}
}
