package hostfn

import (
	"encoding/json"
	"sync"
	"testing"

	"github.com/dop251/goja"
)

// What Prepare makes is what ToJS makes, whatever a script did to Object.prototype, and each VM has its own.
func TestPrepare(t *testing.T) {
	t.Parallel()
	var data any
	text := `{"b":1,"a":"text","long":"a text of more than sixteen characters","ñ":"un texto que no es ASCII","n":1.5,"t":true,"z":null,
		"list":[1,"a",{"deep":[]}],"__proto__":{"x":1},"toString":"own","constructor":"own","taken":"own","":0,"7":"seven"}`
	if err := json.Unmarshal([]byte(text), &data); err != nil {
		t.Fatal(err)
	}
	maker := Prepare(data)
	describe := func(vm *goja.Runtime, v goja.Value) string {
		if err := vm.Set("it", v); err != nil {
			t.Fatal(err)
		}
		out, err := vm.RunString(`JSON.stringify([it, Object.keys(it), Object.getOwnPropertyDescriptors(it), Object.getPrototypeOf(it) === Object.prototype, typeof seen])`)
		if err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	for _, before := range []string{
		"", `Object.freeze(Object.prototype)`,
		`Object.defineProperty(Object.prototype, "taken", {set(v) { seen = v }, get() { return undefined }, configurable: true})`,
		`Object.defineProperty(Object.prototype, "taken", {value: "theirs", writable: false})`,
	} {
		vm := goja.New()
		if _, err := vm.RunString(before); err != nil {
			t.Fatal(err)
		}
		if got, want := describe(vm, maker(vm)), describe(vm, ToJS(vm, data)); got != want {
			t.Errorf("after %q: %s\nwant %s", before, got, want)
		}
	}
	var many sync.WaitGroup
	for range 8 {
		many.Go(func() {
			vm := goja.New()
			first, second := maker(vm).(*goja.Object), maker(vm).(*goja.Object)
			if err := first.Set("a", "changed"); err != nil || second.Get("a").String() != "text" || second.Get("ñ").String() != "un texto que no es ASCII" {
				t.Errorf("copies are not apart: %v %v", second.Get("a"), err)
			}
		})
	}
	many.Wait()
}

// What a script has left in prototypes is not asked when data comes in.
func TestToJSAsksNoPrototype(t *testing.T) {
	t.Parallel()
	vm := goja.New()
	if _, err := vm.RunString(`Object.defineProperty(Object.prototype, "name", { get() { throw new Error("asked") }, set(v) { throw new Error("set") } })`); err != nil {
		t.Fatal(err)
	}
	data := map[string]any{"name": "Ada", "__proto__": map[string]any{"name": "x"}}
	for way, v := range map[string]goja.Value{"ToJS": ToJS(vm, data), "Prepare": Prepare(data)(vm)} {
		if err := vm.Set("v", v); err != nil {
			t.Fatal(err)
		}
		got, err := vm.RunString(`JSON.stringify(v) + " " + (Object.getPrototypeOf(v) === Object.prototype)`)
		if want := `{"__proto__":{"name":"x"},"name":"Ada"} true`; err != nil || got.String() != want {
			t.Errorf("%s: %v, %v; want %s", way, got, err, want)
		}
	}
}
