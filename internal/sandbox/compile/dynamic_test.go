package compile_test

import (
	"testing"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
)

// TestDynamicImport: import() is a promise of what require returns.
func TestDynamicImport(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		`async function main() { const p = await import("path"); return p.base + p.default.base }`:                                 "pathpath",
		`async function main() { const name = "pa" + "th"; return (await import(name)).base }`:                                     "path",
		`async function main() { const { base } = await import("path"); for await (const x of [1]) return base + x }`:              "path1",
		`async function main() { try { await import("none") } catch (e) { return e.message } }`:                                    "no module none",
		`const later = import("path").then(m => m.base); async function main() { return later }`:                                   "path",
		`import p from "path"; export async function main() { return p.base + (await import("path")).base }`:                       "pathpath",
		`const f = async (n: string): Promise<string> => (await import(n)).base; async function main() { return await f("path") }`: "path",
	} {
		vm := newVM(t, sandbox.Limits{})
		_ = vm.Runtime().Set("require", func(name string) goja.Value {
			if name != "path" {
				panic(vm.Runtime().NewGoError(errNo(name)))
			}
			return vm.Runtime().ToValue(map[string]any{"base": name})
		})
		v, err := vm.Run(program(t, "dynamic", code))
		if err != nil || v.String() != want {
			t.Errorf("%s: %v, %v", code, v, err)
		}
	}
}

type errNo string

func (e errNo) Error() string { return "no module " + string(e) }
