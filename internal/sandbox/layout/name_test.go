package layout

import (
	"testing"

	"github.com/dop251/goja"
)

// A function of Go's has the name that it was given, as a function of the language has its own; also where goja is laid out
// in a way that is not known.
func TestNameFunction(t *testing.T) {
	t.Parallel()
	fail := func(goja.FunctionCall) goja.Value { panic("the script asks for no call") }
	for _, way := range []string{"by layout", "by definition"} {
		rt := goja.New()
		o := rt.ToValue(fail).(*goja.Object)
		if way == "by layout" {
			NameFunction(o, rt.ToValue("JSON"))
		} else if err := (&Layout{}).name(o, rt.ToValue("JSON")); err != nil {
			t.Fatal(err)
		}
		_ = rt.Set("f", o)
		v, err := rt.RunString(`const d = Object.getOwnPropertyDescriptor(f, "name"); f.other = 1
			JSON.stringify([f.name, d, f.length, Object.keys(f)])`)
		const want = `["JSON",{"value":"JSON","writable":false,"enumerable":false,"configurable":true},0,["other"]]`
		if err != nil || v.String() != want {
			t.Errorf("%s: %v, %v\nwant %s", way, v, err, want)
		}
	}
	// Two functions of one piece of code keep a name each.
	rt := goja.New()
	a, b := rt.ToValue(fail).(*goja.Object), rt.ToValue(fail).(*goja.Object)
	NameFunction(a, rt.ToValue("a"))
	NameFunction(b, rt.ToValue("b"))
	if x, y := a.Get("name").String(), b.Get("name").String(); x != "a" || y != "b" {
		t.Errorf("%s and %s", x, y)
	}
}
