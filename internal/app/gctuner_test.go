package app

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
)

func TestPercentFor(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for _, c := range []struct {
		name         string
		alive, spare int64
		want         int
	}{
		{"nothing is known yet", 0, 24 * mib, 400},
		{"a tiny app", 2 * mib, 24 * mib, 400},
		{"a small app", 8 * mib, 24 * mib, 300},
		{"as much alive as may lie about", 24 * mib, 24 * mib, 100},
		{"a large app", 300 * mib, 24 * mib, 100},
		{"a small budget for runs", 8 * mib, 4 * mib, 100},
	} {
		if got := percentFor(c.alive, c.spare); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// Who sets GOGC has chosen.
func TestChosenGOGC(t *testing.T) { //nolint:paralleltest // the environment is the process's
	t.Setenv("GOGC", "50")
	if c := newGCTuner(1 << 30); c != nil {
		t.Errorf("the collector is tuned to %+v against GOGC", *c)
	}
}

// After each collection the collector is set by what is alive, until it is no longer tuned.
func TestTend(t *testing.T) { //nolint:paralleltest // the collector is the process's
	before := debug.SetGCPercent(usual)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	ctx, cancel := context.WithCancel(t.Context())
	g := &gcTuner{spare: 64 << 20, percent: usual}
	g.Run(ctx)
	wait := func(what string, until func(percent uint64) bool) {
		t.Helper()
		for range 1000 {
			runtime.GC() // what is cleaned up after it is cleaned up soon
			if until(percentNow()) {
				return
			}
		}
		t.Errorf("%s: the collector is set to %d", what, percentNow())
	}
	large := make([]byte, 128<<20)
	wait("much is alive", func(percent uint64) bool { return percent == usual })
	runtime.KeepAlive(large)
	wait("little is alive", func(percent uint64) bool { return percent > usual })
	cancel()
	for range 3 {
		runtime.GC() // what was started before
	}
	debug.SetGCPercent(50)
	for range 20 {
		runtime.GC()
	}
	if got := percentNow(); got != 50 {
		t.Errorf("nobody tends it, and it is set to %d", got)
	}
}

func percentNow() uint64 {
	s := [1]metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(s[:])
	return s[0].Value.Uint64()
}
