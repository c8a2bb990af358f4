package sandbox

import (
	"os"
	"testing"
)

// What natives have let go of does not count, nor what they hold twice.
func TestNativesLetGo(t *testing.T) {
	if raceDetector {
		t.Skip("measures memory, without the race detector")
	}
	t.Parallel()
	runChild(t, "TestNativesLetGoChild", "let go") // what other tests hold would count
}

func TestNativesLetGoChild(t *testing.T) {
	if os.Getenv("SANDBOX_BOMBS") != "let go" {
		t.Skip("run by TestNativesLetGo")
	}
	for _, code := range []string{
		`for (let i = 0; i < 500; i++) [1, 2].map(x => t + x)`, `many.map(x => x)`, `many.map((x, i) => (x + i).length)`, `many.filter((x, i) => (x + i).length)`, `Array.from(each(i => t + i), s => s.length)`,
		`const s = t.slice(9); many.map(() => s)`, `many.map((x, i) => x + i === "x" ? [] : 1)`, `for (let i = 0; i < 300; i++) await Promise.all([t + i, Promise.resolve(i)])`,
		`for (let i = 0; i < 300; i++) (async () => { const s = t + i; await Promise.all([new Promise(() => {}), s]); return s })(), await 1`, `for (let i = 0; i < 300; i++) JSON.parse("[1,2]", (k, v) => v + t).length`,
		`for (let i = 0; i < 300; i++) try { [1, 2].map(x => { if (x > 1) throw t + x; return t + x }) } catch {}`,
	} {
		vm := limitedVM(t.Context(), Limits{Memory: 32 << 20, Budget: NewBudget(4 << 30)})
		_, err := vm.Run(program(t, "free", `async function main() {
			const t = "x".repeat(1e6), many = Array(300).fill(t);
			function* each(f) { for (let i = 0; i < 300; i++) yield f(i) }
			`+code+` }`))
		if err != nil {
			t.Errorf("%s: %v", code, err)
		}
		if n := len(vm.meter.inNatives) + vm.meter.guards.keepers; n > 0 {
			t.Errorf("%s: %d values or functions are kept", code, n)
		}
	}
}
