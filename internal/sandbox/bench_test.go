package sandbox

import (
	"testing"

	"github.com/dop251/goja"

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

// BenchmarkNatives calls natives that keep what callbacks give them.
func BenchmarkNatives(b *testing.B) {
	for _, s := range []struct{ name, code string }{
		{"map of 1000 numbers", `const list = Array.from({ length: 1000 }, (_, i) => i); main = () => { list.map(x => x + 1) }`},
		{"map of 3 texts", `const list = ["a", "b", "c"]; main = () => { list.map(x => x + 1) }`},
		{"filter of 1000 texts", `const list = Array.from({ length: 1000 }, (_, i) => "text " + i); main = () => { list.filter(x => x) }`},
		{"map of 1000 objects", `const list = Array.from({ length: 1000 }, (_, i) => i); main = () => { list.map(x => ({ x })) }`},
		{"all of 3 promises", `main = () => { Promise.all([1, Promise.resolve(2), 3]) }`},
		{"from an iterator of 1000", `const list = new Set(Array.from({ length: 1000 }, (_, i) => i)); main = () => { Array.from(list) }`},
	} {
		b.Run(s.name, func(b *testing.B) {
			p, err := compile.Compiler{}.Compile(compile.Source{Name: "bench", Code: s.code})
			if err != nil {
				b.Fatal(err)
			}
			vm := limitedVM(b.Context(), Limits{Memory: 128 << 20, Budget: NewBudget(0)})
			if _, err := vm.Run(p); err != nil {
				b.Fatal(err)
			}
			main, _ := goja.AssertFunction(vm.Global("main"))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := vm.Call(main); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
