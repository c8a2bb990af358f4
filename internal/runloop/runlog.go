package runloop

import (
	"log/slog"

	"github.com/arturoeanton/nflow-runtime/internal/logquota"
)

// The log of a run is bounded: all lines of a request's run and of the runs that come of it count together, and what is
// too much is dropped. The lines about how a run ended are always written.

// runLog is the log of one run.
type runLog struct {
	run     *run
	log     *slog.Logger // made when something is first said
	bounded *slog.Logger // the same
	dropped logquota.Dropped
}

// lines returns the run's log, which is bounded.
func (l *runLog) lines() *slog.Logger {
	if l.bounded == nil {
		l.bounded = l.own()
		if l.run.loop.Limits.Log > 0 {
			l.bounded = slog.New(&logquota.Handler{
				Handler: l.bounded.Handler(), Spent: &l.run.lineage.shared().logged, Limit: l.run.loop.Limits.Log, Dropped: &l.dropped,
			})
		}
	}
	return l.bounded
}

// own returns the log for what the runtime says of a run once. Its lines carry the run's wid and flow.
func (l *runLog) own() *slog.Logger {
	if l.log == nil {
		l.log = l.run.loop.Log.With("wid", l.run.wid, "flow", l.run.flow.Name)
		if parent := l.run.proc.ParentUUID; parent != "" {
			l.log = l.log.With("parent", parent)
		}
	}
	return l.log
}

// logDropped logs in one line how much of the run's log was dropped.
func (l *runLog) logDropped() {
	if n := l.dropped.Lines.Load(); n > 0 {
		l.own().Warn("log lines of this run were dropped: they exceed [log] max_kb_per_run",
			"lines", n, "kb", (l.dropped.Bytes.Load()+1023)>>10, "max_kb_per_run", l.run.loop.Limits.Log>>10)
	}
}
