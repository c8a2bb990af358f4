package sandbox

import (
	"context"
	"testing"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
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

// withoutLimits returns a function that runs the code in a bare goja, as a program without a sandbox would.
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

// withLimits returns a function that runs the code in a VM with all limits, guards included.
func withLimits(t testing.TB, code string) func() {
	p, err := compile.Compiler{}.Compile(compile.Source{Name: "bench", Code: code})
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
