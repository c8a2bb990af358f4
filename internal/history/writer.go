package history

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// writerOptions say how a writer works.
type writerOptions[T any] struct {
	what    string                                    // is written, for the log
	write   func(ctx context.Context, rows []T) error // writes a batch: all or none
	weigh   func(T) int64                             // bytes of a row; nil when only their number is bounded
	workers int                                       // concurrent writers. Defaults to 4
	batch   int                                       // rows in one write. Defaults to 100
	flush   time.Duration                             // longest wait of a row. Defaults to 250 ms
	buffer  int                                       // rows waiting; more are dropped. Defaults to 100000
	weight  int64                                     // bytes waiting or being written, with weigh
	retries int                                       // of a batch that could not be written, with growing pauses
	stats   time.Duration                             // between log lines of totals. Defaults to none
	verbose bool                                      // a log line for each batch
	log     *slog.Logger
}

// writer writes rows in batches from goroutines of its own. What it has no room for, or cannot write, is dropped and
// counted. Its methods may be called from any goroutine.
type writer[T any] struct {
	opts        writerOptions[T]
	rows        chan T
	workers     sync.WaitGroup
	statsLogger sync.WaitGroup
	stopStats   context.CancelFunc // ends the statsLogger
	stop        context.CancelFunc // ends writes that hang

	written atomic.Int64
	dropped atomic.Int64
	weight  atomic.Int64
	failing atomic.Bool // the last write failed: the log knows

	mu     sync.RWMutex // a row is never sent on a closed channel
	closed bool
	ending chan struct{} // closed with it: pauses end
}

const (
	firstPause = 100 * time.Millisecond // before a batch is tried again; the next ones are three times as long
	maxPause   = 3 * time.Second
)

func newWriter[T any](o writerOptions[T]) *writer[T] {
	o.workers = orDefault(o.workers, 4)
	o.batch = orDefault(o.batch, 100)
	o.buffer = orDefault(o.buffer, 100000)
	o.flush = orDefault(o.flush, 250*time.Millisecond)
	ctx, stop := context.WithCancel(context.Background())
	logging, stopStats := context.WithCancel(ctx)
	w := &writer[T]{opts: o, rows: make(chan T, o.buffer), stop: stop, stopStats: stopStats, ending: make(chan struct{})}
	for range o.workers {
		w.workers.Go(func() { w.work(ctx) })
	}
	if o.stats > 0 {
		w.statsLogger.Go(func() { w.logStats(logging) })
	}
	return w
}

func orDefault[T int | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}

// add queues a row. It never waits: a row that does not fit is counted as dropped.
func (w *writer[T]) add(row T) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	var weight int64
	if w.opts.weigh != nil {
		weight = w.opts.weigh(row)
	}
	if w.closed || w.weight.Add(weight) > w.opts.weight && weight > 0 {
		w.weight.Add(-weight)
		w.dropped.Add(1)
		return
	}
	select {
	case w.rows <- row:
	default:
		w.weight.Add(-weight)
		w.dropped.Add(1)
	}
}

// Stats counts the rows that were written, those that were dropped, and those that wait.
func (w *writer[T]) Stats() (written, dropped int64, waiting int) {
	return w.written.Load(), w.dropped.Load(), len(w.rows)
}

// Close writes what waits, until ctx is done, and ends the writers. It may be called more than once.
func (w *writer[T]) Close(ctx context.Context) {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.rows)
		close(w.ending)
	}
	w.mu.Unlock()
	w.stopStats()
	hanging := context.AfterFunc(ctx, w.stop)
	w.workers.Wait()
	w.statsLogger.Wait()
	hanging()
	w.stop()
}

func (w *writer[T]) work(ctx context.Context) {
	batch := make([]T, 0, w.opts.batch)
	due := time.NewTimer(w.opts.flush)
	defer due.Stop()
	for {
		select {
		case row, ok := <-w.rows:
			if !ok {
				w.write(ctx, batch)
				return
			}
			if batch = append(batch, row); len(batch) == 1 {
				due.Reset(w.opts.flush)
			}
			if len(batch) < w.opts.batch {
				continue
			}
		case <-due.C:
		}
		w.write(ctx, batch)
		clear(batch)
		batch = batch[:0]
	}
}

func (w *writer[T]) write(ctx context.Context, batch []T) {
	if len(batch) == 0 {
		return
	}
	err := w.opts.write(ctx, batch)
	for pause, try := firstPause, 0; err != nil && try < w.opts.retries && w.wait(pause); try++ {
		w.logFailure(err)
		pause = min(pause*3, maxPause)
		err = w.opts.write(ctx, batch)
	}
	if w.opts.weigh != nil {
		var weight int64
		for _, row := range batch {
			weight += w.opts.weigh(row)
		}
		w.weight.Add(-weight)
	}
	if err != nil {
		w.dropped.Add(int64(len(batch)))
		w.logFailure(err)
		w.opts.log.Warn(w.opts.what+" were lost", "rows", len(batch), "dropped", w.dropped.Load())
		return
	}
	w.written.Add(int64(len(batch)))
	w.recovered()
	if w.opts.verbose {
		w.opts.log.Info(w.opts.what+" written", "rows", len(batch))
	}
}

// Failing reports whether the last write failed.
func (w *writer[T]) Failing() bool { return w.failing.Load() }

// recovered notes and logs that writing works again.
func (w *writer[T]) recovered() {
	if w.failing.CompareAndSwap(true, false) {
		w.opts.log.Info(w.opts.what+" are written again", "dropped", w.dropped.Load())
	}
}

// logFailure logs that writing fails, once until it works again.
func (w *writer[T]) logFailure(err error) {
	if w.failing.CompareAndSwap(false, true) {
		w.opts.log.Warn(w.opts.what+" cannot be written", "error", err)
	}
}

// wait pauses, and reports whether it is worth trying again: not when the writer is being closed.
func (w *writer[T]) wait(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-w.ending:
		return false
	}
}

func (w *writer[T]) logStats(ctx context.Context) {
	tick := time.NewTicker(w.opts.stats)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			written, dropped, waiting := w.Stats()
			w.opts.log.Info(w.opts.what, "written", written, "dropped", dropped, "waiting", waiting)
		case <-ctx.Done():
			return
		}
	}
}
