//go:build long

package sandbox

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// getters is an array whose elements are made when they are read.
const getters = "const a = Array(200).fill(0); for (let i = 0; i < 200; i++) Object.defineProperty(a, i, { get: () => t + i }); "

// growing are calls of natives that hold what scripts give them: a text of a megabyte each time.
var growing = []string{
	`many.map((x, i) => x + i)`, `Array(200).fill(t).map((x, i) => [{ x: x + i }])`, `many.map((x, i) => () => x + i).map(f => f())`, `many.map(Function.prototype.call.bind((x => t + x), null))`,
	`many.map((x, i) => new Uint8Array(1e6))`, `many.map(() => [1, 2].map(i => many.map((x, i) => x + i)))`, `many.filter((x, i) => { many[i + 1] = t + i; many[i] = 0; return true })`,
	`many.flatMap((x, i) => x + i)`, `many.flatMap((x, i) => [x + i])`, `many.map((x, i) => x + i).sort((a, b) => a.localeCompare(b))`,
	`Array.from(many, (x, i) => x + i)`, `Array.from({ length: 20000 }, (x, i) => t + i)`, `Array.from(each(i => t + i))`, `Array.from(each(i => i), i => t + i)`, `[...each(i => t + i)]`, `Math.max(...each(i => t + i))`,
	`let n = 0; Array.from({ [Symbol.iterator]: () => ({ next: () => ({ get value() { return t + n++ } }) }) })`,
	`new Set(each(i => t + i))`, `new Map(each(i => [i, t + i]))`, `new Map(each(i => [t + i, i]))`, `new Uint8Array(each(i => t + i))`, `Object.fromEntries(each(i => [i, t + i]))`,
	`Object.groupBy(many, (x, i) => t + i)`, `Map.groupBy(many, (x, i) => t + i)`, `await Array.fromAsync(many, (x, i) => t + i)`, `each(i => t + i).toArray()`,
	`"a".repeat(20000).replaceAll("a", (m, i) => t + i)`, `"a".repeat(20000).replace(/a/g, (m, i) => t + i)`,
	`JSON.parse(JSON.stringify(Array(20000).fill(1)), (k, v) => typeof v === "object" ? v : t + k)`, `JSON.stringify(Array(200).fill({ toJSON: k => t + k }))`, `JSON.stringify(Array(200).fill(1), (k, v) => typeof v === "object" ? v : t + k)`,
	`class A { #x = t + A.n++; static n = 0; toJSON() { return [new A()] } }; JSON.stringify(new A())`,
	`Promise.all(each(i => t + i))`, `Promise.allSettled(each(i => t + i))`, `Promise.any(each(i => Promise.reject(t + i)))`,
	`let n = 0; const late = () => new Promise(r => late.all.push(r)); late.all = []; Promise.all(Array.from({ length: 200 }, late)); for (const r of late.all) { r(t + n++); await 1 }`,
	getters + `a.slice()`, getters + `[].concat(a)`, getters + `a.toSorted()`, getters + `a.filter(x => x)`, getters + `a.with(0, 1)`,
	`const f = d => d ? f(d - 1) : new Error("x"); Array(1e5).fill(0).map(() => f(300))`,
}

// TestNativesHoldInSight: what natives hold of scripts counts while they hold it. A process of its own is measured.
func TestNativesHoldInSight(t *testing.T) {
	t.Parallel()
	runChild(t, "TestNativesHoldInSightChild", "hold")
}

func TestNativesHoldInSightChild(t *testing.T) {
	if os.Getenv("SANDBOX_BOMBS") != "hold" {
		t.Skip("run by TestNativesHoldInSight")
	}
	limitAddressSpace(t)
	const limit, margin = 64 << 20, 64 << 20
	for _, code := range growing {
		debug.FreeOSMemory()
		base := resident()
		vm := limitedVM(t.Context(), Limits{Memory: limit, Budget: NewBudget(1 << 30)})
		peak, stop := watchResident()
		start := time.Now()
		_, err := vm.Run(program(t, "hold", `async function main() {
			const t = "x".repeat(1e6), many = Array(20000).fill(t);
			function* each(f) { for (let i = 0; ; i++) yield f(i) }
			`+code+` }`))
		stop()
		over := *peak - base
		fmt.Printf("%s: %v, +%d MB\n", code, time.Since(start).Round(time.Millisecond), over>>20)
		if err == nil || !strings.Contains(err.Error(), "max_memory_mb") {
			t.Errorf("%s: %v", code, err)
		}
		if over > limit+margin && !raceDetector { // which holds memory of its own
			t.Errorf("%s: held %d MB", code, over>>20)
		}
	}
}
