package payload

import (
	"reflect"
	"slices"
	"testing"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

// FuzzPayloadMerge compares what a node leaves in payload with a plain model of contract 2.5: what the new object has
// wins, what the run had and the node did not delete comes along, and what is no object counts as {}.
func FuzzPayloadMerge(f *testing.F) {
	f.Add(`{"a": 1, "b": [1, {"c": null}]}`, `{"b": 2, "c": 3}`, "a")
	f.Add(`{"a": 1}`, `null`, "")
	f.Add(`{"a": 1, "": 2}`, `7`, "")
	f.Add(`{"__proto__": {"x": 1}, "constructor": 1}`, `{"__proto__": 2, "toString": 3}`, "__proto__")
	f.Add(`{"1": 1, "0": 2, "x": 3}`, `{"2": 1, "x": {"y": 1}}`, "1")
	f.Add(`{"break": true, "é": "\ud83d\ude00"}`, `{"break": "true"}`, "x")
	f.Add(`{"a": 1}`, `[1, 2]`, "a")
	f.Fuzz(func(t *testing.T, had, left, deleted string) {
		before, ok := decode(had).(map[string]any)
		if !ok {
			return
		}
		vm := goja.New()
		host := &hostfn.Run{VM: vm, Host: &hosttest.Host{VM: vm}}
		p := Of(ordered.From(before))
		want := map[string]any{}
		for k, v := range decode(had).(map[string]any) {
			want[k] = v
		}
		if slices.Contains(p.Object(host).Keys(), deleted) {
			_ = p.Object(host).Delete(deleted)
			delete(want, deleted)
		}
		value := decode(left)
		p.Replace(host, hostfn.ToJS(vm, value))
		got, err := host.FromJS(p.js)
		if err != nil {
			t.Fatal(err)
		}
		switch value := value.(type) {
		case []any: // a list stays one; numbered keys that it lacks come along
			if list, ok := got.([]any); !ok || len(list) < len(value) || !reflect.DeepEqual(list[:len(value)], value) {
				t.Fatalf("%s after %s is %v", left, had, got)
			}
			return
		case map[string]any:
			for k, v := range value {
				want[k] = v
			}
		}
		if !reflect.DeepEqual(got, any(want)) {
			t.Fatalf("%s after %s, without %q, is\n%#v\nwant\n%#v", left, had, deleted, got, want)
		}
		if polluted, _ := vm.RunString(`Object.keys(Object.prototype).length + Object.getOwnPropertyNames({}).length`); polluted.ToInteger() != 0 {
			t.Fatal("a prototype was changed")
		}
	})
}

// decode reads JSON as it would come out of a run again, nil for what is none.
func decode(text string) any {
	v, err := new(hostfn.Run).Decode([]byte(text))
	if err != nil {
		return nil
	}
	clean, err := hostfn.Encode(v) // no broken UTF-8
	if err != nil {
		return nil
	}
	v, _ = new(hostfn.Run).Decode(clean)
	return v
}
