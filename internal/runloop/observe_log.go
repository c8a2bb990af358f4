package runloop

import (
	"context"
	"log/slog"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
)

// logsNodes reports whether the log takes a line of each node: at debug level, which -v shows.
func (l *Loop) logsNodes() bool { return l.Log.Enabled(context.Background(), slog.LevelDebug) }

// logsRuns reports whether the log takes a line of each run.
func (l *Loop) logsRuns() bool { return l.Log.Enabled(context.Background(), slog.LevelInfo) }

func (o *observer) logNodeStarted(n *graph.Node) {
	if o.verbose {
		o.run.log.lines().Debug("node enter", "node", n.ID, "name", n.Label, "type", n.Type)
	}
}

func (o *observer) logNodeFinished(v *visit, next *graph.Node) {
	if !o.verbose {
		return
	}
	to := ""
	if next != nil {
		to = next.ID
	}
	n, u := v.node, o.run.scope.usage()
	operations := u.Operations - v.used.Operations
	o.run.log.lines().Debug("node leave", "node", n.ID, "name", n.Label, "type", n.Type, "us", v.took.Microseconds(), "operations", operations,
		"operations_per_second", int64(float64(operations)/max(v.took.Seconds(), 1e-6)), "peak_memory", u.PeakMemory,
		"vm_us", (o.run.scope.inVM - v.inVM).Microseconds(), "next", to)
}

// logRun writes the line of the whole run.
func (o *observer) logRun(args ...any) {
	r := o.run
	if !r.loop.logsRuns() {
		return
	}
	u := r.scope.usage()
	args = append(args, "ms", milliseconds(r.loop.since(r.life.started)), "nodes", o.nodes,
		"operations", u.Operations, "peak_memory", u.PeakMemory, "vm_ms", milliseconds(r.scope.inVM))
	r.log.own().Info("run", args...)
}

// shown cuts a path that a client made long, for the log. Secrets are hidden before: a part of one would not be known.
func (l *Loop) shown(path string) string {
	const most, beyond = 512, 1024
	if len(path) <= most {
		return path
	}
	return clip.Text(l.Mask(clip.Text(path, most+beyond)), most)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
