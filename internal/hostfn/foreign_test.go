package hostfn_test

import (
	"strings"
	"testing"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
)

// What a Go function gets of a script's values is what goja makes of them.
func TestForeignFunctionsGetWhatGojaMakes(t *testing.T) {
	t.Parallel()
	type item struct{ Name string }
	functions := map[string]any{
		"any": func(v any) any { return v }, "words": func(v []string) string { return strings.Join(v, "+") },
		"more": func(first int, more ...float64) int { return first + len(more) },
		"item": func(v item) string { return v.Name }, "items": func(v []item) int { return len(v) },
		"at": func(v time.Time) int64 { return v.UnixMilli() }, "bytes": func(v []byte) int { return len(v) },
		"names": func(m map[string]int) int { return m["a"] + m["b"] }, "call": func(f func(string) string) string { return f("x") },
		"value": func(v goja.Value) bool { return goja.IsUndefined(v) }, "raw": func(c goja.FunctionCall) goja.Value { return c.Argument(1) },
		"fails": func() (string, error) { return "", errOfTest{} },
	}
	for _, script := range []string{
		`const o = any({a: [1, "ñ", {b: null}], c: true}); JSON.stringify([o.a, o.c, Object.keys(o).sort()])`, `JSON.stringify(any([1, [2]]))`, `words(["a", "b"])`, `more(1, 2, 3)`, `item({Name: "n"})`, `items([{Name: "n"}, {}])`,
		`at(new Date(7))`, `bytes(new Uint8Array(3))`, `names({a: 1, b: 2})`, `call(s => s + "y")`, `value(undefined)`, `value({})`, `raw(1, 2)`,
		`words()`, `try { fails() } catch (e) { String(e) }`, `any(7)`, `any("ñ")`, `any(null)`, `JSON.stringify(any(new Set([1, 2])))`, `any(x => 1)(2)`,
		`const circle = {}; circle.self = circle; any(circle).self.self.self !== undefined`,
	} {
		theirs, ours := goja.New(), goja.New()
		run := &hostfn.Run{VM: ours, Host: &hosttest.Host{VM: ours}}
		for name, f := range functions {
			_ = theirs.Set(name, f)
			_ = ours.Set(name, run.Foreign(f))
		}
		want, err := theirs.RunString(script)
		if err != nil {
			t.Fatal(script, err)
		}
		if got, err := ours.RunString(script); err != nil || got.String() != want.String() {
			t.Errorf("%s: %v, %v; want %v", script, got, err, want)
		}
	}
}

type errOfTest struct{}

func (errOfTest) Error() string { return "told" }

// What an object claims to hold is charged before there is room for it.
func TestForeignFunctionsAreCharged(t *testing.T) {
	t.Parallel()
	for _, script := range []string{
		`any(new Array(4294967295))`, `any({a: [new Array(4294967295)]})`, `any(new Map([["k", new Array(4294967295)]]))`, `any(new Set([{a: new Array(4294967295)}]))`,
		`words(new Array(4294967295))`, `any(new Uint8Array(1e6))`, `lib.deep.any(new Array(4294967295))`, `any({get a(){ return new Array(4294967295) }})`,
		`words(new Proxy([], {get: (t, k) => k === "length" ? 4294967295 : t[k]}))`, `words({length: 1e9})`, `words({length: "1e9"})`, `holds({Words: {length: 1e9}})`, `holds({Words: [{length: 1e9}]})`,
	} {
		vm, m := goja.New(), &bounded{most: 16 << 20}
		run := &hostfn.Run{VM: vm, Host: &hosttest.Host{VM: vm}, Meter: m}
		takes := func(v any) bool { return v != nil }
		for name, f := range map[string]any{
			"any": takes, "words": func(v []string) int { return len(v) }, "holds": func(v struct{ Words []string }) int { return len(v.Words) }, "lib": map[string]any{"deep": map[string]any{"any": takes}},
		} {
			_ = vm.Set(name, run.Foreign(f))
		}
		if v, err := vm.RunString(script); err == nil && v.ToInteger() > 1 {
			t.Errorf("%s: %v", script, v)
		}
		if m.held != 0 {
			t.Errorf("%s: %d bytes are held after all", script, m.held)
		}
	}
}

// bounded is a meter of so many bytes.
type bounded struct{ most, held int64 }

func (m *bounded) Stopped() error     { return nil }
func (m *bounded) Release(n int64)    { m.held -= n }
func (m *bounded) Beside(int64) error { return nil }
func (m *bounded) Hold(n int64) error {
	if m.held += n; m.held > m.most {
		return errOfTest{}
	}
	return nil
}
