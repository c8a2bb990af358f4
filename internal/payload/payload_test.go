package payload

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
)

// bare is a host without names.
type bare struct{ sandbox.Host }

func newVM(t *testing.T) (*sandbox.VM, *hostfn.Run) {
	t.Helper()
	vm := sandbox.New(sandbox.Options{Host: bare{}, Error: hostfn.NewError, Limits: sandbox.Limits{Operations: 1e6, Memory: 64 << 20}})
	return vm, &hostfn.Run{VM: vm.Runtime(), Meter: vm, Host: stringifier{vm: vm}}
}

type stringifier struct {
	hostfn.Host
	vm *sandbox.VM
}

func (s stringifier) Stringify(o *goja.Object) ([]byte, error) { return s.vm.Stringify(o) }

// break asks the run to wait when it is true or "true", and is gone from the payload then; anything else stays.
func TestTakeBreak(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		value any
		waits bool
	}{{true, true}, {"true", true}, {false, false}, {"yes", false}, {int64(1), false}, {nil, false}} {
		data := func() *ordered.Object { return ordered.From(map[string]any{"break": tt.value, "a": int64(1)}) }
		p := Of(data())
		if waits, err := p.TakeBreak(nil, nil); waits != tt.waits || err != nil {
			t.Errorf("data %v: %v, %v", tt.value, waits, err)
		}
		vm, host := newVM(t)
		o := Of(data())
		o.Object(host)
		if waits, err := o.TakeBreak(vm, host); waits != tt.waits || err != nil {
			t.Errorf("object %v: %v, %v", tt.value, waits, err)
		}
		left, err := o.Export(vm, host)
		if err != nil || left.Has("break") == tt.waits || left.Get("a") != int64(1) {
			t.Errorf("object %v leaves %v, %v", tt.value, left, err)
		}
	}
}

// What is exported is a copy, of data as of an object.
func TestExportCopies(t *testing.T) {
	t.Parallel()
	inner := map[string]any{"n": int64(1)}
	var p Payload
	if err := p.Put(nil, ordered.New(0), map[string]any{"inner": inner, "list": []any{"a"}}); err != nil {
		t.Fatal(err)
	}
	out, err := p.Export(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	inner["n"] = int64(2)
	if !reflect.DeepEqual(out.Map(), map[string]any{"inner": map[string]any{"n": int64(1)}, "list": []any{"a"}}) {
		t.Errorf("%v", out)
	}
	var none Payload
	if out, err := none.Export(nil, nil); err != nil || out == nil || out.Len() != 0 {
		t.Errorf("no payload: %v, %v", out, err)
	}
	vm, host := newVM(t)
	none.Replace(host, vm.Runtime().NewArray(1, 2))
	if _, err := none.Export(vm, host); err == nil || !strings.Contains(err.Error(), "the payload is a list") {
		t.Errorf("a list: %v", err)
	}
}

// Put is what Replace is for a step in Go, before the payload is an object and after it.
func TestPut(t *testing.T) {
	t.Parallel()
	const want = `{"z":1,"both":{"y":"new","b":2,"a":[{"q":1,"p":2}],"c":0},"a":2,"new":true}`
	given := func() *ordered.Object {
		o, err := ordered.Parse([]byte(`{"z":1,"both":{"y":1,"b":2,"a":[{"q":1,"p":2}]},"a":2}`))
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	put := func() map[string]any {
		m := given().Map()
		delete(m, "z")
		m["both"].(map[string]any)["y"], m["both"].(map[string]any)["c"], m["new"] = "new", 0, true
		return m
	}
	p := Of(given())
	if err := p.Put(nil, given(), put()); err != nil {
		t.Fatal(err)
	}
	if text, err := p.Data().MarshalJSON(); err != nil || string(text) != want {
		t.Errorf("%s, %v", text, err)
	}
	vm, host := newVM(t)
	o := Of(given())
	o.Object(host)
	if err := o.Put(host, given(), put()); err != nil {
		t.Fatal(err)
	}
	got, err := o.Export(vm, host)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := got.MarshalJSON(); err != nil || string(text) != want {
		t.Errorf("%s, %v", text, err)
	}
}

// What code does to a lent payload, and to the real one behind a variable, is undone.
func TestLend(t *testing.T) {
	t.Parallel()
	vm, host := newVM(t)
	rt := vm.Runtime()
	p := Of(ordered.From(map[string]any{"n": int64(1), "deep": map[string]any{"list": []any{int64(1)}}, "gone": "x"}))
	real := p.Object(host)
	var seen *goja.Object
	lent, err := p.Lend(vm, host, func(o *goja.Object) { seen = o })
	if err != nil || seen == nil || seen != p.Value() || seen == real {
		t.Fatalf("%v, %v", seen, err)
	}
	for _, o := range []*goja.Object{seen, real} {
		_ = o.Set("n", 2)
		_ = o.Set("added", true)
		_ = o.Get("deep").ToObject(rt).Set("list", "changed")
		_ = o.Delete("gone")
	}
	if err := p.Restore(vm, host, lent); err != nil {
		t.Fatal(err)
	}
	got, err := p.Export(vm, host)
	if want := map[string]any{"n": int64(1), "deep": map[string]any{"list": []any{int64(1)}}, "gone": "x"}; err != nil || !reflect.DeepEqual(got.Map(), want) {
		t.Errorf("%v, %v", got, err)
	}
	if p.Value() != real {
		t.Error("the payload is another object than before")
	}
}

func TestWeigh(t *testing.T) {
	t.Parallel()
	small, large := Weigh(ordered.From(map[string]any{"a": "x"})), Weigh(ordered.From(map[string]any{"a": json.RawMessage(`["` + strings.Repeat("x", 1<<20) + `"]`)}))
	if small > 1000 || large < 1<<20 || large > 1<<20+1000 {
		t.Errorf("%d and %d bytes", small, large)
	}
}
