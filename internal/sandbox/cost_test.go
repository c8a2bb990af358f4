package sandbox

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"
)

// costs are the programs whose run is measured with limits and without, and how much more they may cost with them: as
// a factor, or in time where that says more.
var costs = []struct {
	name, code  string
	factor      float64
	extra       time.Duration
	allocations float64
}{
	{"empty", ";", 0, 3 * time.Microsecond, 20},
	{"math", "let x = 0; for (let i = 0; i < 1000; i++) x += Math.sqrt(i) * Math.sin(i)", 1.12, 0, 0},
	{"tight", "for (let i = 0; i < 10000; i++);", 1.6, 0, 0},
	{"objects", "let a = []; for (let i = 0; i < 200; i++) a.push({ id: i, name: 'n' + i, tags: [i] })", 1.1, 0, 0},
	{"json", "let o = JSON.parse('{\"a\":[1,2,{\"b\":\"c\"}]}'); JSON.stringify(o)", 0, 0, 0},
	{"strings", "let s = ''; for (let i = 0; i < 100; i++) s += 'ab'.padStart(5).toUpperCase().replace('B', 'c')", 0, 0, 0},
	{"pattern", "let n = 0; for (let i = 0; i < 100; i++) if (/^a(\\d+)$/.test('a' + i)) n++", 0, 0, 0},
}

// withoutLimits answers a function that runs the code in a bare goja, as a program without a sandbox would.
func withoutLimits(t testing.TB, code string) func() {
	tree, err := goja.Parse("", "{"+code+"}", parser.WithDisableSourceMaps)
	if err != nil {
		t.Fatal(err)
	}
	p, err := goja.CompileAST(tree, false)
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := goja.New().RunProgram(p); err != nil {
			t.Fatal(err)
		}
	}
}

// withLimits answers a function that runs the code in a VM with all limits, guards included.
func withLimits(t testing.TB, code string) func() {
	p, err := Compiler{}.Compile(Source{Name: "bench", Code: code})
	if err != nil {
		t.Fatal(err)
	}
	l := Limits{Operations: 10e6, Memory: 128 << 20, Budget: NewBudget(0)}
	return func() {
		if _, err := limitedVM(context.Background(), l).Run(p); err != nil {
			t.Fatal(err)
		}
	}
}

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

func BenchmarkLimits(b *testing.B) {
	for _, c := range costs {
		for name, run := range map[string]func(){"off": withoutLimits(b, c.code), "on": withLimits(b, c.code)} {
			b.Run(c.name+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					run()
				}
			})
		}
	}
}
