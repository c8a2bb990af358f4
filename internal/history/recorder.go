package history

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

const (
	bufferRuns  = 20_000
	bufferBytes = 64 << 20 // of runs that wait to be written
	batchRuns   = 200
	flushRuns   = 250 * time.Millisecond
	writeTries  = 5 // a database that is away for about 10 s costs nothing
	flushStats  = 10 * time.Second
	pruneEvery  = time.Minute
)

// Options say how a Recorder works.
type Options struct {
	Store     Store
	Policy    Policy                   // of flows that have none of their own
	Mask      func(text string) string // hides secrets. Defaults to leaving texts as they are
	Prune     func(ctx context.Context, r store.Retention) (runs, bytes int64, err error)
	Retention func(now time.Time) store.Retention // what Prune leaves
	Instance  string                              // the process, where several write into one database
	Now       func() time.Time                    // Defaults to time.Now
	Log       *slog.Logger                        // Defaults to saying nothing
}

// Store is what the recorder needs of the store.
type Store interface {
	WriteRuns(ctx context.Context, runs []*store.Run) error
	AddNodeStats(ctx context.Context, stats []store.NodeStat) error
}

// Recorder keeps what runs did, as their policies ask, and counts the visits of nodes. It writes behind the runs and
// never makes one wait. Its methods may be called from any goroutine.
type Recorder struct {
	opts   Options
	writer *writer[*record]
	spare  sync.Pool // of *Run
	counts counts
	live   live
	grown  growth

	quit    chan struct{}
	closing sync.Once
	counter sync.WaitGroup
}

// NewRecorder starts a recorder. Close ends it.
func NewRecorder(o Options) *Recorder {
	if o.Mask == nil {
		o.Mask = func(text string) string { return text }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	r := &Recorder{opts: o, quit: make(chan struct{}), grown: growth{wake: make(chan struct{}, 1)}}
	r.spare.New = func() any { return &Run{rec: r} }
	r.writer = newWriter(writerOptions[*record]{
		what: "runs of the history", write: r.write, weigh: (*record).weight, workers: 1, batch: batchRuns, flush: flushRuns,
		buffer: bufferRuns, weight: bufferBytes, retries: writeTries, log: o.Log,
	})
	r.counter.Go(r.count)
	if o.Prune != nil {
		r.counter.Go(r.prune)
	}
	return r
}

// Begin returns the record of a run of an app that begins; nil when its policy keeps nothing. id chooses the runs of a
// share: runs of the same id are kept together.
func (r *Recorder) Begin(p Policy, app, id string, started time.Time) *Run {
	if r == nil || p.off() {
		return nil
	}
	run := r.spare.Get().(*Run)
	run.policy, run.chosen, run.app, run.started = p, p.chooses(id), app, started
	return run
}

// Policy returns the policy of flows that have none of their own.
func (r *Recorder) Policy() Policy {
	if r == nil {
		return Policy{}
	}
	return r.opts.Policy
}

// Stats counts the runs that were kept, those that were lost, and those that wait to be written.
func (r *Recorder) Stats() (written, dropped int64, waiting int) {
	if r == nil {
		return 0, 0, 0
	}
	return r.writer.Stats()
}

// Failing reports whether the database did not take what was written last.
func (r *Recorder) Failing() bool { return r != nil && r.writer.Failing() }

// Close writes what waits, until ctx is done. It may be called more than once.
func (r *Recorder) Close(ctx context.Context) {
	if r == nil {
		return
	}
	r.closing.Do(func() { close(r.quit) })
	r.counter.Wait()
	r.writer.Close(ctx)
	if visits, err := r.flushCounts(ctx); err != nil {
		r.opts.Log.Warn("visits of nodes were not counted", "visits", visits, "error", err)
	}
	r.live.close()
}

func (r *Recorder) write(ctx context.Context, batch []*record) error {
	rows := make([]*store.Run, len(batch))
	var bytes int64
	for i, k := range batch {
		rows[i] = k.row(r.opts.Mask)
		bytes += k.weight()
	}
	if r.opts.Prune != nil {
		r.grown.room(ctx, r.opts.Retention(r.opts.Now()), r.quit)
	}
	err := r.opts.Store.WriteRuns(ctx, rows)
	if err == nil {
		r.grown.add(int64(len(rows)), bytes)
	}
	return err
}

// prune removes what need not be kept any longer, every minute, and when much has come.
func (r *Recorder) prune() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	r.counter.Go(func() { <-r.quit; cancel() })
	for {
		select {
		case <-tick.C:
		case <-r.grown.wake:
		case <-ctx.Done():
			return
		}
		newRuns, newBytes := r.grown.begin()
		runs, bytes, err := r.opts.Prune(ctx, r.opts.Retention(r.opts.Now()))
		r.grown.end(newRuns, newBytes)
		if err != nil && ctx.Err() == nil {
			r.opts.Log.Warn("old runs could not be removed; trying again later", "error", err)
		}
		if runs > 0 {
			r.opts.Log.Debug("old runs removed", "runs", runs, "bytes", bytes)
		}
	}
}

// counts are the visits since the last flush.
type counts struct {
	mu    sync.Mutex
	nodes map[*graph.Node]*nodeCounts
}

type nodeCounts struct {
	app     string
	classes [classes]struct{ visits, failed uint32 }
}

// add counts visits.
func (c *counts) add(app string, visits []visit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.nodes == nil {
		c.nodes = map[*graph.Node]*nodeCounts{}
	}
	for i := range visits {
		v := &visits[i]
		n := c.nodes[v.node]
		if n == nil {
			n = &nodeCounts{app: app}
			c.nodes[v.node] = n
		}
		class := &n.classes[classOf(v.took)]
		class.visits++
		if v.failed {
			class.failed++
		}
	}
}

// count writes the counts down every few seconds.
func (r *Recorder) count() {
	tick := time.NewTicker(flushStats)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			ctx, cancel := context.WithTimeout(context.Background(), flushStats)
			if _, err := r.flushCounts(ctx); err != nil {
				r.writer.logFailure(err)
			}
			cancel()
		case <-r.quit:
			return
		}
	}
}

// flushCounts writes the counts, and returns how many visits they are. Those that cannot be written are kept for later.
func (r *Recorder) flushCounts(ctx context.Context) (visits int64, err error) {
	r.counts.mu.Lock()
	nodes := r.counts.nodes
	r.counts.nodes = nil
	r.counts.mu.Unlock()
	hour := r.opts.Now().Unix() / 3600
	var stats []store.NodeStat
	for n, c := range nodes {
		for class := range c.classes {
			k := &c.classes[class]
			if k.visits > 0 {
				visits += int64(k.visits)
				stats = append(stats, store.NodeStat{Place: place(c.app, n), Hour: hour, Class: class, Visits: int64(k.visits), Failed: int64(k.failed)})
			}
		}
	}
	if len(stats) == 0 {
		return 0, nil
	}
	if err := r.opts.Store.AddNodeStats(ctx, stats); err != nil {
		r.counts.back(nodes)
		return visits, err
	}
	r.writer.recovered()
	return visits, nil
}

// back takes counts back that could not be written.
func (c *counts) back(nodes map[*graph.Node]*nodeCounts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for node, now := range c.nodes {
		if before := nodes[node]; before != nil {
			for i := range now.classes {
				now.classes[i].visits += before.classes[i].visits
				now.classes[i].failed += before.classes[i].failed
			}
		}
		nodes[node] = now
	}
	c.nodes = nodes
}
