//go:build long

package sandbox

import (
	"slices"
	"testing"
	"time"
)

// TestWhatLimitsCost runs each program with limits and without, in turn, in batches of half a millisecond, and compares
// the CPU time that the process took for them. The best tenth of the batches counts: they were not disturbed by what else
// the machine does.
func TestWhatLimitsCost(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("takes seconds, and the race detector would be measured")
	}
	if cpuTime() == 0 {
		t.Skip("the CPU time of a process is read on Linux only")
	}
	const rounds, batch = 500, 500 * time.Microsecond
	const noise = 1.15 // the bounds are what BENCHMARKS.md states; a machine that is shared may add this much
	for _, c := range costs {
		off, on := withoutLimits(t, c.code), withLimits(t, c.code)
		off()
		began := cpuTime()
		for range 20 {
			off()
		}
		n := max(1, int(20*batch/max(cpuTime()-began, time.Microsecond)))
		measure := func(f func()) float64 {
			began := cpuTime()
			for range n {
				f()
			}
			return float64(cpuTime()-began) / float64(n)
		}
		var with, without [rounds]float64
		for i := range rounds {
			if i%2 == 0 {
				with[i], without[i] = measure(on), measure(off)
			} else {
				without[i], with[i] = measure(off), measure(on)
			}
		}
		slices.Sort(with[:])
		slices.Sort(without[:])
		ratio, extra := with[rounds/10]/without[rounds/10], time.Duration(with[rounds/10]-without[rounds/10])
		allocations := testing.AllocsPerRun(50, on) - testing.AllocsPerRun(50, off)
		t.Logf("%-8s × %.3f of %v (medians × %.3f), %v CPU and %.0f allocations more", c.name, ratio, time.Duration(without[rounds/10]), with[rounds/2]/without[rounds/2], extra, allocations)
		if c.factor > 0 && ratio > c.factor*noise {
			t.Errorf("%s takes %.3f of its time with limits, more than %v", c.name, ratio, c.factor)
		}
		if c.extra > 0 && (float64(extra) > float64(c.extra)*noise || allocations > c.allocations) {
			t.Errorf("%s takes %v and %.0f allocations more with limits, more than %v and %.0f", c.name, extra, allocations, c.extra, c.allocations)
		}
	}
}
