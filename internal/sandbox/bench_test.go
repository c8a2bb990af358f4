package sandbox

import (
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
)

// BenchmarkNew makes the VM of a run, with limits.
func BenchmarkNew(b *testing.B) {
	l := Limits{Operations: 10e6, Memory: 128 << 20, Budget: NewBudget(0)}
	b.ReportAllocs()
	for b.Loop() {
		limitedVM(b.Context(), l)
	}
}

// BenchmarkNode runs the program of one node in a VM that is there: main() as a block, as a function, and one that waits for a
// promise.
func BenchmarkNode(b *testing.B) {
	for _, s := range []struct{ name, code string }{
		{"block", `function main() { const x = 1 }`},
		{"function", `function main() { var x = 1; return x }`},
		{"async", `async function main() { await null }`},
	} {
		b.Run(s.name, func(b *testing.B) {
			p, err := compile.Compiler{}.Compile(compile.Source{Name: "bench", Code: s.code})
			if err != nil {
				b.Fatal(err)
			}
			vm := limitedVM(b.Context(), Limits{Memory: 128 << 20}) // as many operations as b.Loop takes
			b.ReportAllocs()
			for b.Loop() {
				if _, err := vm.Run(p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
