package engine

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
)

// usage is what a run has used.
type usage struct {
	nodes  int
	inVM   time.Duration // time in scripts, without what they waited for
	waited time.Duration // time in host calls that wait

	sandbox sandbox.Usage // of a VM that was dropped
}

// runProgram runs a program in the run's VM and takes the time.
func (r *run) runProgram(vm *sandbox.VM, p *sandbox.Program) (goja.Value, error) {
	started, waited := r.rt.clock.Now(), r.used.waited+vm.Waited()
	v, err := vm.Run(p) // does not panic
	r.used.inVM += r.rt.since(started) - (r.used.waited + vm.Waited() - waited)
	return v, err
}

// sandboxUsage gives what the VM has counted; nothing for a run that needed none.
func (r *run) sandboxUsage() sandbox.Usage {
	if vm := r.machine.Load(); vm != nil {
		return vm.Usage()
	}
	return r.used.sandbox
}

// drop lets go of the VM and its values: a run that failed has no use for them.
func (r *run) drop() {
	r.used.sandbox = r.sandboxUsage()
	r.machine.Store(nil)
	r.scope, r.payload = scope{run: r}, payload{}
}

// muchMemory is from where on what a run leaves behind is worth a collection, in bytes.
const muchMemory = 8 << 20

// returnMemory gives back to the system what a run of so many bytes leaves behind that was stopped at a limit, before the
// next one comes: left to itself, Go keeps it for minutes. One run at a time does it.
func (rt *Runtime) returnMemory(err error, bytes int64) {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind != fault.Limit || bytes < muchMemory || !rt.returning.TryLock() {
		return
	}
	defer rt.returning.Unlock()
	debug.FreeOSMemory()
}

// logEnter tells at debug level, which -v shows, that a node begins.
func (r *run) logEnter(n *graph.Node) {
	if r.verbose {
		r.logger().Debug("node enter", "node", n.ID, "name", n.Label, "type", n.Type)
	}
}

// logVisit tells at debug level that a node has ended.
func (r *run) logVisit(n, next *graph.Node, took time.Duration, before usage) {
	if !r.verbose {
		return
	}
	to := ""
	if next != nil {
		to = next.ID
	}
	u := r.sandboxUsage()
	operations := u.Operations - before.sandbox.Operations
	r.logger().Debug("node leave", "node", n.ID, "name", n.Label, "type", n.Type, "us", took.Microseconds(), "operations", operations,
		"operations_per_second", int64(float64(operations)/max(took.Seconds(), 1e-6)), "peak_memory", u.PeakMemory, "vm_us", (r.used.inVM - before.inVM).Microseconds(), "next", to)
}

// logs tells whether the log takes a line of each run.
func (r *run) logs() bool { return r.rt.log.Enabled(context.Background(), slog.LevelInfo) }

// logRun tells of the whole run, in one line.
func (r *run) logRun(args ...any) {
	if !r.logs() {
		return
	}
	u := r.sandboxUsage()
	args = append(args, "ms", milliseconds(r.rt.since(r.started)), "nodes", r.used.nodes,
		"operations", u.Operations, "peak_memory", u.PeakMemory, "vm_ms", milliseconds(r.used.inVM))
	r.logger().Info("run", args...)
}

// shown cuts a path that a client made long, for the log.
func shown(path string) string {
	const most = 512
	if len(path) > most {
		return path[:most] + "…"
	}
	return path
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
