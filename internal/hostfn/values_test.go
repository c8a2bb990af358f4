package hostfn

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/ordered"
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

// Data that came in an order, as a node's parameters do, goes out in it; and what Parse reads is what JSON.parse reads.
func TestOrderIsKept(t *testing.T) {
	t.Parallel()
	const text = `{"z":1,"a":{"y":[{"q":1,"p":[]}],"b":2},"10":0,"z":{"k":null},"s":"\ud83d|\ude00\ud83d\ude00","\ud800é\ud83d\ude00":{"\udfff":"x"},"n":[-0,1.0,1e3,9007199254740993,1e400,-1e400],"__proto__":{"x":1}}`
	data, err := ordered.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	run := &Run{VM: goja.New()}
	parsed, err := run.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for way, v := range map[string]goja.Value{"ToJS": ToJS(run.VM, data), "Prepare": Prepare(data)(run.VM), "Parse": parsed, "raw": ToJS(run.VM, json.RawMessage(text))} {
		want := `{"10":0,"z":{"k":null},"a":{"y":[{"q":1,"p":[]}],"b":2},"s":"\ud83d|\ude00😀","\ud800é😀":{"\udfff":"x"},"n":[0,1,1000,9007199254740992,null,null],"__proto__":{"x":1}} true`
		if way == "ToJS" || way == "Prepare" { // Go's text cannot say half a pair
			want = strings.NewReplacer(`\ud83d`, "\ufffd", `\ude00`, "\ufffd").Replace(want)
		}
		_ = run.VM.Set("v", v)
		if got, err := run.VM.RunString(`JSON.stringify(v) + " " + Object.is(v.n[0], -0)`); err != nil || got.String() != want {
			t.Errorf("%s: %v %v\nwant %s", way, got, err, want)
		}
	}
	for _, wrong := range []string{"", " ", "{} x", "[1]]", "01", "nullx", "{,}", strings.Repeat("[", 20_000), "[1] " + strings.Repeat(" ", 40<<10) + "2"} {
		if v, err := run.Parse([]byte(wrong)); err == nil {
			t.Errorf("%.20q is %v", wrong, v)
		}
		if v, err := run.Decode([]byte(wrong)); err == nil {
			t.Errorf("%.20q is decoded as %v", wrong, v)
		}
	}
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

// TestQuotedIsEncode: a text with half of a surrogate pair is written as one without, and the half is escaped.
func TestQuotedIsEncode(t *testing.T) {
	t.Parallel()
	r := &Run{VM: goja.New()}
	var all strings.Builder
	for c := range rune(0x3000) {
		all.WriteRune(c)
	}
	text := all.String() + "😀\uFFFD\U0010FFFF"
	want, err := Encode(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.VM.Set("text", text); err != nil {
		t.Fatal(err)
	}
	for before, after := range map[string]string{`""`: `"\udC01"`, `"\ud800"`: `""`, `"\udfff"`: `"\udbff"`} {
		v, err := r.VM.RunString(before + " + text + " + after)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Stringify(v)
		if want := before[:len(before)-1] + string(want[1:len(want)-1]) + strings.ToLower(after[1:]); err != nil || string(got) != want {
			t.Errorf("%v %q\nwant %q", err, got, want)
		}
	}
}
