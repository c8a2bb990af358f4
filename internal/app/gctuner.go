package app

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// spare is the headroom of the heap however little is alive. Go's own rule, as much as is alive, has the collector
	// of a small app at work for a tenth of all processor time. Measured: BENCHMARKS.md, "Garbage collector".
	spare = 17 << 20
	// usual is Go's default for GOGC: from spare on, as much garbage as is alive.
	usual = 100
	// most is the GOGC from which on more brings nothing.
	most = 400
)

// gcTuner sets how often Go collects garbage, by what is alive. What runs that grow may hold is the sandbox's to say: its
// soft memory limit counts first.
type gcTuner struct {
	spare   int64
	percent int // that was set last
}

// newGCTuner returns nil where GOGC is set: the operator has chosen. budget is what all runs together may hold,
// in bytes; 0 for no bound.
func newGCTuner(budget int64) *gcTuner {
	if os.Getenv("GOGC") != "" {
		return nil
	}
	g := &gcTuner{spare: spare, percent: usual}
	if budget > 0 {
		g.spare = min(spare, budget/8)
	}
	return g
}

// Run sets the collector by what is alive, now and after each collection until ctx is done. Between collections nothing is
// known of what is alive, and once a second was too seldom: at some thirty collections a second the most resident memory was
// 2 MiB larger for the same spare. One collection's cleanup runs after the other's, so tune has no lock.
func (g *gcTuner) Run(ctx context.Context) {
	if g == nil || ctx.Err() != nil {
		return
	}
	g.tune()
	runtime.AddCleanup(new(*gcTuner), func(g *gcTuner) { g.Run(ctx) }, g) // what nothing holds goes with the next collection
}

// tune follows what is alive. A change stops the world for a moment: small ones are left.
func (g *gcTuner) tune() {
	p := percentFor(alive(), g.spare)
	if p*20 < g.percent*19 || p*19 > g.percent*20 {
		g.percent = p
		debug.SetGCPercent(p)
	}
}

// percentFor returns the GOGC that leaves so much garbage beside what is alive, both in bytes.
func percentFor(alive, spare int64) int {
	return int(min(max(usual, spare*100/max(alive, 1)), most))
}

// alive returns the bytes that the last collection left.
func alive() int64 {
	s := [1]metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s[:])
	return int64(s[0].Value.Uint64())
}
