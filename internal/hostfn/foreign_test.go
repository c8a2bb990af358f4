package hostfn_test

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
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
		"box":   func(name string) *boxOfTest { return &boxOfTest{Name: name, hidden: 1} }, "named": func(b *boxOfTest) string { return b.Name },
		"strange": struct {
			Map  map[int]any
			List [2]uint8
		}{map[int]any{1: []string{"x"}}, [2]uint8{1, 2}},
		"kind": kindOfTest(2), "pair": func() (int, map[string][]int) { return 1, map[string][]int{"a": {1}} },
		"each":   func(list []string, f func(string, *boxOfTest) any) any { return f(list[0], &boxOfTest{Name: "b"}) },
		"later":  func(o struct{ Then func(int) int }) int { return o.Then(1) },
		"listed": []float64{1, 2}, "nothing": (*boxOfTest)(nil), "failed": func() error { return errOfTest{} },
		"lists": func(v [][]string) string { return fmt.Sprintf("%q", v) }, "whole": func(v []int8) string { return fmt.Sprint(v) },
		"texts": func(m map[string]string) string { return fmt.Sprint(m) }, "kinds": func(m map[kindName][]kindOfTest) string { return fmt.Sprint(len(m), m["a"][1]*2) },
		"numbered": func(m map[int]string) string { return fmt.Sprint(m) },
		"big":      float32(1.5), "safe": int8(3), "loop": loopOfTest(),
	}
	for _, script := range []string{
		`const o = any({a: [1, "ñ", {b: null}], c: true}); JSON.stringify([o.a, o.c, Object.keys(o).sort()])`, `JSON.stringify(any([1, [2]]))`, `words(["a", "b"])`, `more(1, 2, 3)`, `item({Name: "n"})`, `items([{Name: "n"}, {}])`,
		`at(new Date(7))`, `bytes(new Uint8Array(3))`, `names({a: 1, b: 2})`, `call(s => s + "y")`, `value(undefined)`, `value({})`, `raw(1, 2)`,
		`words()`, `try { fails() } catch (e) { String(e) }`, `any(7)`, `any("ñ")`, `any(null)`, `JSON.stringify(any(new Set([1, 2])))`, `any(x => 1)(2)`,
		`const circle = {}; circle.self = circle; any(circle).self.self.self !== undefined`,
		`const b = box("n"); [b.Name, b.Label(), b.Inner.N, Object.keys(b).sort(), JSON.stringify(b), "Label" in b, b.none, String(b)]`, `const b = box("n"); b.Name = "m"; [b.Label(), named(b), named({Name: "o"})]`,
		`const b = box("n"); b.Inner.N = 8; b.Grow(); b.Inner.N`, `const b = box("n"); b.Name = "m"; any(b).Name + any([b])[0].Name`, `JSON.stringify([strange, Object.keys(strange.Map)])`, `kind + 1`, `String(kind)`, `JSON.stringify(pair())`,
		`each(["a"], (s, b) => b.Name + s)`, `JSON.stringify(each(["a"], () => ["x", {b: [1]}]))`, `try { each(["a"], () => { throw new Error("mine") }) } catch (e) { e.message }`, `later({Then: x => x + 1})`, `listed.length + listed[1]`, `Array.isArray(listed)`,
		`words(new Uint8Array([1, 2]))`, `words(new Float64Array([1.5, NaN]))`, `words([1, null, undefined, {a: 1}, [1, 2], true, -0])`, `words(new Set(["ñ", 2]))`, `lists([["a", 1], [], null])`,
		`lists(new Map([["a", 1]]))`, `lists([new Uint8Array(2)])`, `whole([300, -1.5, "7", "x"])`, `whole(new Uint16Array([300]))`, `texts({a: 1, b: null, c: ["x"]})`, `kinds({a: [1, "2"], b: []})`, `words({length: 2, 0: "a"})`,
		`words({length: "2", 1: "b"})`, `words({length: -1})`, `texts({length: "x"})`, `texts({length: 2, 0: "a"})`, `texts(["a", 1])`, `texts(new Uint8Array([7, 8]))`, `texts(new Set(["a"]))`, `texts(new Map([["a", "b"], [1, 2]]))`, `numbered(new Map([[3, "b"]]))`, `words(new Set([1, "ñ"]))`, `lists(new Map([["a", 1]]))`, `JSON.stringify(any(new Map([["a", 1]])))`, `numbered({1: "a", 7: "b"})`, `numbered(["a", "b"])`,
		`try { words({a: 1}) } catch (e) { "refused" }`, `lists({length: 1, 0: {length: 1, 0: "x"}})`,
		`nothing === null`, `try { failed() } catch (e) { [String(e), e.message] }`, `[big, safe]`, `String(loop.self.self.name)`,
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

// boxOfTest is what a program may hand out: it has fields, methods and what is its own.
type boxOfTest struct {
	Name   string
	Inner  struct{ N int }
	hidden int
}

func (b *boxOfTest) Label() string  { return "<" + b.Name + ">" }
func (b *boxOfTest) Grow()          { b.Inner.N++ }
func (b *boxOfTest) String() string { return "box " + b.Name }

type kindOfTest int

type kindName string

type treeOfTest []treeOfTest

// A list that holds itself ends, whatever type a function wants of it, and a long one notices that the run was stopped.
func TestForeignListsEnd(t *testing.T) {
	t.Parallel()
	vm := goja.New()
	meter := &stoppingMeter{after: 30}
	run := &hostfn.Run{VM: vm, Host: &hosttest.Host{VM: vm}, Meter: meter}
	_ = vm.Set("tree", run.Foreign(func(v treeOfTest) int { return len(v) }))
	_ = vm.Set("words", run.Foreign(func(v []string) int { return len(v) }))
	_ = vm.Set("names", run.Foreign(func(v map[string]any) int { return len(v) }))
	if v, err := vm.RunString(`words(new Uint8Array(3000))`); err != nil || v.ToInteger() != 3000 {
		t.Errorf("%v, %v", v, err)
	}
	for _, script := range []string{`const a = []; a.push(a); tree(a)`, `words(new Uint8Array(1000000))`, `names(new Uint8Array(1000000))`, `names(Array(1000000).fill(1))`, `words({length: 1000000})`} {
		meter.looks = 0
		if v, err := vm.RunString(script); err == nil {
			t.Errorf("%s: %v", script, v)
		}
	}
	if meter.looks > 32 {
		t.Errorf("the run continued for %d looks after it was stopped", meter.looks-30)
	}
}

// stoppingMeter stops the run after some looks.
type stoppingMeter struct{ looks, after int }

func (m *stoppingMeter) Stopped() error {
	if m.looks++; m.looks > m.after {
		return errOfTest{}
	}
	return nil
}
func (m *stoppingMeter) Hold(int64) error   { return m.Stopped() }
func (m *stoppingMeter) Release(int64)      {}
func (m *stoppingMeter) Beside(int64) error { return nil }

func (k kindOfTest) String() string { return "kind" }

func loopOfTest() map[string]any {
	m := map[string]any{"name": "loop"}
	m["self"] = m
	return m
}

type errOfTest struct{}

func (errOfTest) Error() string { return "told" }

// What an object claims to hold is charged before there is room for it.
func TestForeignFunctionsAreCharged(t *testing.T) {
	t.Parallel()
	for _, script := range []string{
		`any(new Array(4294967295))`, `any({a: [new Array(4294967295)]})`, `any(new Map([["k", new Array(4294967295)]]))`, `any(new Set([{a: new Array(4294967295)}]))`,
		`words(new Array(4294967295))`, `any(new Uint8Array(1e6))`, `any(Array(1000).fill("ñ".repeat(1e4)))`, `any({a: "ñ".repeat(1e6), b: ["ñ".repeat(5e6)]})`, `lib.deep.any(new Array(4294967295))`, `any({get a(){ return new Array(4294967295) }})`,
		`words(new Proxy([], {get: (t, k) => k === "length" ? 4294967295 : t[k]}))`, `words({length: 1e9})`, `words({length: "1e9"})`, `holds({Words: {length: 1e9}})`, `holds({Words: [{length: 1e9}]})`,
	} {
		vm, m := goja.New(), &bounded{most: 16 << 20}
		run := &hostfn.Run{VM: vm, Host: &hosttest.Host{VM: vm}, Meter: m}
		takes := func(any) int { return 2 }
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

// What a Go function returns is charged, and so is what a script's function returns to one.
func TestForeignResultsAreCharged(t *testing.T) {
	t.Parallel()
	for _, script := range []string{
		`list()`, `words()`, `names()`, `bytes()`, `deep()`, `held()`, `call(() => new Array(4294967295))`, `call(() => "ñ".repeat(3e6))`, `nested({F: () => new Array(4294967295)})`, `nested({F: () => ({length: 1e9})})`,
		`const kept = []; for (;;) kept.push(each())`, `const kept = []; for (;;) { const b = small(); b.Name = "x".repeat(1e5); kept.push(b) }`,
	} {
		vm, m := goja.New(), &bounded{most: 16 << 20}
		run := &hostfn.Run{VM: vm, Host: &hosttest.Host{VM: vm}, Meter: m}
		for name, f := range map[string]any{
			"list": func() []int { return make([]int, 1<<20) }, "words": func() []string { return make([]string, 1<<20) }, "bytes": func() []byte { return make([]byte, 1<<20) },
			"names": func() map[int]int {
				many := map[int]int{}
				for i := range 1 << 18 {
					many[i] = i
				}
				return many
			},
			"deep":   func() []any { return []any{map[string]any{"a": make([]bool, 1<<20)}} },
			"held":   func() *boxOfTest { return &boxOfTest{Name: strings.Repeat("x", 17<<20)} },
			"each":   func() *boxOfTest { return &boxOfTest{Name: strings.Repeat("x", 1<<20)} },
			"small":  func() *boxOfTest { return &boxOfTest{} },
			"call":   func(f func() any) bool { return f() != nil },
			"nested": func(o struct{ F func() []any }) int { return len(o.F()) },
		} {
			_ = vm.Set(name, run.Foreign(f))
		}
		if v, err := vm.RunString(script); err == nil {
			t.Errorf("%s: %v", script, v)
		}
	}
}

// What all runs share is read-only for them, and no script finds the value of Go itself.
func TestForeignValuesAreShared(t *testing.T) {
	t.Parallel()
	shared := &boxOfTest{Name: "n"}
	list, names := []string{"a"}, map[string]int{"a": 1}
	vm := goja.New()
	run := &hostfn.Run{VM: vm, Host: &hosttest.Host{VM: vm}}
	for name, v := range map[string]any{"box": shared, "list": list, "names": names, "fails": func() error { return &os.PathError{Op: "open", Path: "/x", Err: errOfTest{}} }} {
		_ = vm.Set(name, run.Foreign(v))
	}
	const script = `box.Name = "m"; box.Inner.N = 7; box.Name2 = 1; delete box.Name; list[0] = "b"; list.push("c"); names.a = 2; names.b = 3;
		const strict = (() => { "use strict"; try { box.Name = "m" } catch (e) { return e instanceof TypeError } })()
		let e; try { fails() } catch (x) { e = x }
		JSON.stringify([box.Name, list, names, strict, Object.getOwnPropertyNames(e.value), typeof e.value.Path, typeof box.hidden, box.hidden === undefined])`
	v, err := vm.RunString(script)
	if want := `["n",["b","c"],{"a":2,"b":3},true,[],"undefined","undefined",true]`; err != nil || v.String() != want {
		t.Errorf("%v, %v; want %s", v, err, want)
	}
	if shared.Name != "n" || shared.Inner.N != 0 || list[0] != "a" || len(names) != 1 {
		t.Error("a script changed what runs share", shared, list, names)
	}
}

// bounded is a meter of so many bytes.
type bounded struct {
	most, held int64
	beside     atomic.Int64
}

func (m *bounded) Stopped() error  { return nil }
func (m *bounded) Release(n int64) { m.held -= n }
func (m *bounded) Beside(n int64) error {
	if m.beside.Add(n) > m.most {
		return errOfTest{}
	}
	return nil
}

func (m *bounded) Hold(n int64) error {
	if m.held += n; m.held > m.most {
		return errOfTest{}
	}
	return nil
}

// Half a surrogate pair, in a text or a name, comes back from a Go function.
func TestForeignFunctionsKeepHalves(t *testing.T) {
	t.Parallel()
	vm := goja.New()
	run := &hostfn.Run{VM: vm, Host: &hosttest.Host{VM: vm}}
	for name, f := range map[string]any{
		"any": func(v any) any { return v }, "text": func(s string) string { return s }, "texts": func(list []string) []string { return list },
		"names": func(m map[string]string) map[string]string { return m }, "call": func(f func(string) string, s string) string { return f(s) },
		"item": func(v struct{ Name string }) string { return v.Name }, "more": func(list ...any) any { return list[1] },
	} {
		_ = vm.Set(name, run.Foreign(f))
	}
	for _, script := range []string{
		`any(h)`, `text(h)`, `texts([h])[0]`, `any([h])[0]`, `any({a: [h]}).a[0]`, `Object.keys(any({[h]: 1}))[0]`, `Object.keys(names({a: "", [h]: h}))[1]`, `names({[h]: h})[h]`,
		`call(s => s, h)`, `item({Name: h})`, `more(1, h)`, `any(new Set([h]))[0]`,
	} {
		for _, half := range []string{`"\ud83d"`, `"a\ude00ñ"`, `"\ud83d\ud83d\ude00"`, `"\ufffd\ud83d"`} {
			got, err := vm.RunString("(() => { const h = " + half + "; return " + script + " === h })()")
			if err != nil || !got.ToBoolean() {
				t.Errorf("%s of %s: %v, %v", script, half, got, err)
			}
		}
	}
}
