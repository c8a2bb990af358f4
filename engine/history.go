package engine

import (
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/history"
	"github.com/arturoeanton/nflow-runtime/store"
)

// openHistory starts the recorder that [history] sets. It is there also when that is off: a starter may want more.
func (rt *Runtime) openHistory() *history.Recorder {
	c := &rt.config.History
	p, _ := history.ParsePolicy(c.Record) // the configuration was checked
	p.Payloads = c.Payloads
	o := history.Options{Store: rt.store, Policy: p, Mask: rt.mask.Mask, Instance: rt.opts.Instance, Now: rt.clock.Now, Log: rt.log, Prune: rt.store.PruneRuns}
	o.Retention = func(now time.Time) (r store.Retention) {
		if days := c.RetentionDays.Int64(); days > 0 {
			r.Before = now.Add(-time.Duration(days) * 24 * time.Hour)
		}
		r.MaxRuns, r.MaxBytes = c.MaxRuns.Int64(), c.MaxMB.Int64()<<20
		return r
	}
	return history.NewRecorder(o)
}

// History returns what is kept of runs.
func (rt *Runtime) History() History { return runHistory{rt.history, rt.store} }

// StartTracker writes a row of table tracker for each node that is visited from now on, with so many writers (0 means
// [tracker] workers). A second call changes nothing.
func (rt *Runtime) StartTracker(workers int) {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	if rt.loop.Tracker() != nil {
		return
	}
	c := &rt.config.TrackerConfig
	if workers <= 0 {
		workers = c.Workers
	}
	rt.loop.Track(history.NewTracker(history.TrackerOptions{
		Write: rt.store.Track, Mask: rt.mask.Mask, Workers: workers, Batch: c.BatchSize, Flush: c.FlushInterval.Duration(),
		Buffer: c.ChannelBuffer, Stats: c.StatsInterval.Duration(), Verbose: c.VerboseLogging, Log: rt.log,
	}))
}
