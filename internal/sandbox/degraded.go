package sandbox

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// Degraded returns what does not hold of the goja that the program is linked with, "" when all does. VMs then refuse what they
// would refuse otherwise, but cost more, and their memory is bounded by that of the process instead of by audits. It is found
// out once for the process: how goja is laid out, and by a VM for each family of guards that must refuse.
func Degraded() string { return checked().why }

// Unusable returns an error when not even the degraded mode refuses what it must: no script may run then.
func Unusable() error { return checked().unusable }

// checked is what was found out of the linked goja.
var checked = sync.OnceValue(check)

type finding struct {
	known    *layout.Layout // how VMs are made
	remove   *goja.Program  // removes natives that are not known; nil for none
	why      string         // what did not hold; "" when all did
	unusable error
}

func check() finding {
	full := finding{known: layout.Learned()}
	unknown, err := unknownNatives()
	if len(unknown) > 0 && err == nil {
		full.remove, err = removing(unknown)
	}
	why := full.known.Missing()
	if why == "" && err == nil {
		if why = failing(full, probes()); why == "" {
			return full
		}
	}
	f := finding{known: layout.Unknown(), remove: full.remove, why: why}
	broken := ""
	if err != nil {
		broken = "its natives cannot be listed: " + err.Error()
	} else {
		broken = failing(f, probes())
	}
	if broken != "" {
		f.unusable = fault.New(fault.Internal, "the sandbox cannot bound scripts in this version of goja (%s; %s): link the version that go.mod of nflow-runtime names", why, broken)
	}
	return f
}

// probe is a script that a VM must refuse, though what it does without guards is harmless.
type probe struct {
	family string
	code   string
	want   string // a part of the error
	memory int64  // the limit, in bytes. Defaults to probeMemory
	kept   int    // bytes that a value of the VM holds by then, and no guard has seen
	full   bool   // holds in the full mode only
	unread bool   // holds only where the depth of calls is not read; where it is, reading it was checked
}

// Limits of the probes' VMs. They are low because probes are a part of each start: what they use takes its time and memory.
const (
	probeMemory     = 1 << 16
	probeOperations = 5_000
)

// failing runs probes and returns what the first that was not refused says; "" when all were.
func failing(f finding, list []probe) string {
	for _, p := range list {
		if !p.holdsIn(f) {
			continue
		}
		if err := p.run(f); err == nil {
			return "not refused: " + p.family + ": " + p.code
		} else if !strings.Contains(err.Error(), p.want) {
			return fmt.Sprintf("not refused as it must be: %s: %s: %v", p.family, p.code, err)
		}
	}
	return ""
}

// holdsIn reports whether a VM must refuse the probe.
func (p probe) holdsIn(f finding) bool {
	return !(p.full && !f.known.Patched() || p.unread && f.known.ReadsDepth())
}

func (p probe) run(f finding) error {
	vm := newVM(Options{Host: probing{}, Limits: Limits{Operations: probeOperations, Memory: cmp.Or(p.memory, probeMemory)}}, f)
	if p.kept > 0 {
		vm.Define("kept", vm.meter.rt.ToValue(strings.Repeat("x", p.kept)))
		vm.meter.wanted.Store(true) // an audit at the next tick
	}
	return vm.runText(p.code)
}

func (vm *VM) runText(code string) error {
	program, err := compile.Compiler{}.Compile(compile.Source{Name: "probe", Code: code})
	if err != nil {
		return err
	}
	_, err = vm.Run(program)
	return err
}

const (
	memory     = "max_memory_mb"
	operations = "max_operations"
)

// probes lists what must be refused, by families of guards.
func probes() []probe {
	return []probe{
		{family: "operations", code: `for (;;);`, want: operations},
		{family: "code from strings", code: `Function("return 1")()`, want: "code from strings"},
		{family: "depth of calls", code: `(function f() { f() })()`, want: "too many nested calls", unread: true},
		{family: "texts", code: `"x".repeat(2**18)`, want: memory},
		{family: "texts", code: `"x".padStart(2**18)`, want: memory},
		{family: "texts", code: `let s = "x".repeat(2**15); s.concat(s, s)`, want: memory},
		{family: "texts", code: `let s = "x".repeat(2**14); for (;;) s += s`, want: memory},
		{family: "texts", code: `"x".repeat(2**15).toUpperCase()`, want: memory},
		{family: "texts", code: `"x".repeat(2**12).split("")`, want: memory},
		{family: "texts", code: `let s = "x".repeat(2**10); s.replaceAll("x", s)`, want: memory},
		{family: "texts", code: `escape("x".repeat(2**14))`, want: memory},
		{family: "texts", code: `String.raw({raw: Array(99).fill("x".repeat(2**11))})`, want: memory},
		{family: "arrays", code: `Array(2**14).fill(0)`, want: memory},
		{family: "arrays", code: `Array(2**14).slice()`, want: memory},
		{family: "arrays", code: `Array(2**8).fill("x".repeat(2**10)).join()`, want: memory},
		{family: "arrays", code: `Array.prototype.join.call({length: 2**20 + 1})`, want: "too large"},
		{family: "arrays", code: `let a = [1]; for (let i = 0; i < 12; i++) a = [a, a]; a.flat(99)`, want: memory},
		{family: "arrays", code: `Array.from({length: 2**14})`, want: memory},
		{family: "typed arrays", code: `new Uint8Array(2**18)`, want: memory},
		{family: "typed arrays", code: `new Float64Array(2**15)`, want: memory},
		{family: "typed arrays", code: `new ArrayBuffer(2**18)`, want: memory},
		{family: "typed arrays", code: `const a = new Uint8Array(2**13), k = []; for (let i = 0; i < 9; i++) k.push(a.slice())`, want: memory, full: true},
		{family: "JSON", code: `JSON.parse("[".repeat(1002) + "]".repeat(1002))`, want: "nested more than"},
		{family: "JSON", code: `JSON.parse("[" + "{},".repeat(2**10) + "1]")`, want: memory},
		{family: "JSON", code: `let a = ["x".repeat(999)]; for (let i = 0; i < 8; i++) a = [a, a]; JSON.stringify(a)`, want: memory},
		{family: "regular expressions", memory: 4 << 16, code: `new RegExp("a".repeat(2**16 + 1))`, want: "too long"},
		{family: "regular expressions", code: `"x".repeat(2**10).match(/x/g)`, want: memory},
		{family: "regular expressions", code: `"x".repeat(2**10).replace(/x/g, "y".repeat(2**8))`, want: memory},
		{family: "regular expressions", code: `"x".repeat(2**10).split(/x/)`, want: memory},
		{family: "regular expressions", code: `new RegExp("(a)".repeat(2**9)).exec("a")`, want: memory},
		{family: "iterables", code: `Math.max(...Array(3000).fill(0))`, want: memory, full: true},
		{family: "iterables", code: `new Set(Array(2**10).fill(0))`, want: memory},
		{family: "iterables", code: `Promise.all(Array(2**10).fill(0))`, want: memory},
		{family: "iterables", code: `Math.max.apply(null, {length: 2**17 + 1})`, want: "too many arguments"},
		{family: "objects", code: `Object.keys("x".repeat(2**11))`, want: memory},
		{family: "objects", code: `Reflect.ownKeys("x".repeat(2**11))`, want: memory},
		{family: "objects", code: `let f = () => 1; for (let i = 0; i < 300; i++) f = f.bind()`, want: "again and again"},
		{family: "objects", code: `let p = {}; for (let i = 0; i < 300; i++) p = new Proxy(p, {})`, want: "again and again"},
		{family: "BigInt", code: `BigInt(1)`, want: "enable_bigint"},
		{family: "audits", kept: 2 * probeMemory, code: `for (let i = 0; i < 2; i++);`, want: memory, full: true},
	}
}

// probing is the run of a probe: it serves no names and waits for nothing.
type probing struct{}

func (probing) Get(string) goja.Value         { return nil }
func (probing) Has(string) bool               { return false }
func (probing) Own(string) (goja.Value, bool) { return nil, false }
func (probing) Context() context.Context      { return context.Background() }
func (probing) Idle(wait func() error) error  { return wait() }
func (probing) HostMemory() int64             { return 0 }
func (probing) Roots() []goja.Value           { return nil }
func (probing) Turn()                         {}
func (probing) Rejected(err error) error      { return err }
