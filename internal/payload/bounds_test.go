package payload

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
)

// What a node leaves as payload may have the keys of a typed array, or one large value under many keys: the run pays for what
// becomes of it, before it is made.
func TestPayloadsAreCharged(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]string{
		"typed array": `return new Uint8Array(1e6)`, "text": `return Object("x".repeat(1e6))`, "proxy": `return new Proxy(new Proxy(new Uint8Array(1e6), {}), {})`,
		"length that lies": `const u = new Uint8Array(1e6); Object.defineProperty(u, "length", { value: 0 }); return u`,
	} {
		vm, host := newLimited(t, 4<<20)
		p := Of(ordered.From(map[string]any{"kept": "x"}))
		v := made(t, vm, code)
		overMemory(t, name, vm.Guard(func() error { p.Replace(host, v); return nil }))
	}
}

// A payload that log() is to see is written for each key.
func TestLentPayloadsAreCharged(t *testing.T) {
	t.Parallel()
	vm, host := newLimited(t, 4<<20)
	var p Payload
	v := made(t, vm, `const big = Array(1e4).fill(1), o = {}; for (let i = 0; i < 1000; i++) o["k" + i] = big; return o`)
	if err := vm.Guard(func() error { p.Replace(host, v); return nil }); err != nil {
		t.Fatal(err)
	}
	lent, err := p.Lend(vm, host, func(*goja.Object) {})
	overMemory(t, "lent", err)
	p.Forget(host, lent)
	if p.Value().Get("k7") == nil {
		t.Error("the payload is not in its place")
	}
}

// A payload of Go data grows in the VM: a text of three bytes becomes an object.
func TestDataIsChargedWhereItBecomesAnObject(t *testing.T) {
	t.Parallel()
	vm, host := newLimited(t, 4<<20)
	data := ordered.New(1)
	data.Set("a", json.RawMessage("["+strings.Repeat("{},", 100_000)+"1]"))
	p := Of(data)
	if o := p.Object(host); o.Get("a") != nil {
		t.Error("all of it was made")
	}
	overMemory(t, "data", vm.Stopped())
}

// made runs code as a function and returns its value.
func made(t *testing.T, vm *sandbox.VM, code string) goja.Value {
	t.Helper()
	p, err := compile.Compiler{}.Compile(compile.Source{Name: "made", Code: "function main() { " + code + " }"})
	if err != nil {
		t.Fatal(err)
	}
	v, err := vm.Run(p)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func overMemory(t *testing.T, name string, err error) {
	t.Helper()
	if f, ok := errors.AsType[*fault.Error](err); !ok || f.Limit != "memory" {
		t.Errorf("%s: %v", name, err)
	}
}

// alone is a host without names, whose run is alone.
type alone struct{ bare }

func (alone) Turn()               {}
func (alone) HostMemory() int64   { return 0 }
func (alone) Roots() []goja.Value { return nil }

func newLimited(t *testing.T, memory int64) (*sandbox.VM, *hostfn.Run) {
	t.Helper()
	vm := sandbox.New(sandbox.Options{Host: alone{}, Error: hostfn.NewError, Limits: sandbox.Limits{Memory: memory}})
	return vm, &hostfn.Run{VM: vm.Runtime(), Meter: vm, Host: stringifier{vm: vm}}
}
