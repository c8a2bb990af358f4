package sandbox

import (
	"runtime"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
)

// golden are programs with the operations that they use on every machine. A change of the counting shows here; it is a
// change for users too, whose max_operations means something else from then on.
var golden = []struct {
	name, code string
	operations int64
}{
	{"mixed", `
		class P { #n = 0; inc() { return ++this.#n } }
		async function main() {
			const m = new Map(), p = new P(); let s = 0
			for (const x of [3, 1, 2].sort()) m.set(x, [...m.keys(), x].join())
			for (let i = 0; i < 50; i++) s += [..."abc"].map(c => c + i).filter(Boolean).length + p.inc()
			await null
			'x'.repeat(100).replace(/x/g, () => { s++; return '' }); JSON.stringify({a: [1, {toJSON() { return s }}]})
			return s
		}`, 1826},
	{"empty", ``, 0},
	{"loops", `let n = 0; for (let i = 0; i < 100; i++) n += i; while (n > 0) n -= 7; do n++; while (n < 5); for (const k in {a: 1, b: 2}) n += k; for (const v of new Set([1, 2])) n += v`, 2583},
	{"floats", `let x = 0; for (let i = 0; i < 1000; i++) x += Math.sqrt(i) * Math.sin(i); while (x > 1.5) x = x / 1.1; for (let y = 1e-300; y < 1e300; y *= 10.5);`, 10772},
	{"integers", `let h = 0; for (let i = 0; i < 3000; i++) { h = (h * 31 + i) | 0; if (h % 3 === 0) h ^= i << 7; h >>>= 1 } for (let n = 2 ** 53 - 3; n < 2 ** 53; n++); for (let i = h & 255; i > 0; i--);`, 48237},
	{"sort", `const a = []; let s = 7; for (let i = 0; i < 500; i++) { s = s * 16807 % 2147483647; a.push(s) } a.sort((x, y) => x - y); a.sort(); a.toSorted((x, y) => y - x)`, 26163},
	{"long sort", `const a = []; let s = 7; for (let i = 0; i < 6000; i++) { s = s * 16807 % 2147483647; a.push(s) } a.sort((x, y) => x - y); a.sort()`, 248841},
	{"natives as callbacks", `Array.from({length: 200}, (_, i) => i).map(String).forEach(isNaN); new Uint8Array(200).map(Math.abs); [...new Map(Array.from({length: 100}, (_, i) => [i, i])).entries()]`, 1128},
	{"texts", `let s = ''; for (let i = 0; i < 50; i++) s += 'ä' + i; s.split('').map(c => c.codePointAt(0)); s.replace(/\d/g, d => d + d); [...s.matchAll(/ä/g)].forEach(m => m.index)`, 1166},
	{"json", `const o = JSON.parse('{"a":[1,2,{"b":null}],"c":1e21}', (k, v) => v); JSON.stringify(o, (k, v) => v, 1); JSON.stringify(Array(300).fill(o))`, 30},
	{"generators", `function* g(n) { if (n) { yield n; yield* g(n - 1) } } [...g(20)]; const [a, ...r] = g(9); Math.max(...g(30)); Array.from(g(15)); new Set(g(15)); Object.fromEntries([['a', 1]])`, 1926},
	{"promises", `async function f(n) { return n ? await f(n - 1) + 1 : 0 } async function main() { await Promise.all([f(5), f(9), Promise.race([f(2), f(3)])]); await Promise.allSettled([Promise.reject(1)]) }`, 184},
	{"errors", `let n = 0; for (let i = 0; i < 30; i++) try { if (i % 2) throw new Error(i); null.x } catch (e) { n += e.message.length } finally { n++ }`, 545},
	{"classes", `class A { x = [1, 2].map(v => v * 2); static s = new A(); get g() { return this.x } set g(v) { this.x = v } static { A.t = 1 } } class B extends A { y = super.g } for (let i = 0; i < 20; i++) new B().g = i`, 1393},
	{"proxies", `const p = new Proxy([], {get: (t, k) => t[k], has: () => true, set: (t, k, v) => (t[k] = v, true)}); for (let i = 0; i < 20; i++) p.push(i); 'a' in p; for (let i = 0; i < p.length; i++) p[i]; Object.keys(p)`, 688},
	{"lowered", `async function* g() { yield 1; yield 2 } async function main() { let s = 0; for await (const x of g()) s += x; return s }`, 354},
	{"typescript", `enum E { A, B } function main(): number { let n: number = 0; for (const e of [E.A, E.B]) n += e; return n satisfies number }`, 32},
}

// TestOperationsAreTheSameEverywhere runs on each platform of the gate: programs, audits in between, and the machine
// must not show in the count.
func TestOperationsAreTheSameEverywhere(t *testing.T) {
	t.Parallel()
	t.Logf("on %s/%s", runtime.GOOS, runtime.GOARCH)
	runs := 20
	if testing.Short() { // emulated processors are slow
		runs = 4
	}
	for _, g := range golden {
		p, err := compile.Compiler{}.Compile(compile.Source{Name: "count", Code: g.code})
		if err != nil {
			t.Errorf("%s: %v", g.name, err)
			continue
		}
		for i := range runs {
			vm := limitedVM(t.Context(), Limits{Operations: 1e7, Memory: 64 << 20})
			if i%2 == 1 {
				vm.meter.wanted.Store(true)
			}
			if _, err := vm.Run(p); err != nil {
				t.Errorf("%s: %v", g.name, err)
				break
			}
			if n := vm.Usage().Operations; n != g.operations {
				t.Errorf("%s: run %d used %d operations, want %d", g.name, i, n, g.operations)
				break
			}
		}
	}
}
