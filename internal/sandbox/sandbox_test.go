package sandbox

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dop251/goja"
	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
)

// Before any test, the layout of goja is learned, as New does: that changes goja's templates, which VMs share.
func TestMain(m *testing.M) {
	checked()
	goleak.VerifyTestMain(m)
}

// table serves fixed names, as the engine does for payload and next.
type table struct {
	vm    *VM
	names map[string]any
	owned map[string]bool
}

func (t *table) Get(name string) goja.Value {
	v, ok := t.names[name]
	if !ok {
		return nil
	}
	return t.vm.Runtime().ToValue(v)
}

func (t *table) Has(name string) bool {
	_, ok := t.names[name]
	t.owned[name] = t.owned[name] || ok
	return ok
}

func (t *table) Own(name string) (goja.Value, bool) {
	if _, ok := t.names[name]; !ok || t.owned[name] {
		return nil, false
	}
	t.owned[name] = true
	return t.Get(name), true
}

func testVM(t *testing.T, names map[string]any) *VM {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	g := &table{names: names, owned: map[string]bool{}}
	g.vm = New(Options{Host: &host{Globals: g, ctx: ctx}})
	return g.vm
}

func program(t *testing.T, name, code string) *compile.Program {
	t.Helper()
	p, err := compile.Compiler{}.Compile(compile.Source{Name: name, Code: code})
	if err != nil {
		t.Fatalf("compile %s: %v", name, err)
	}
	return p
}

// TestScope runs programs one after the other in one VM and looks at what the last main() returns.
func TestScope(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		programs []string
		want     string
	}{
		{"main is called", []string{`function main(){ return "a" }`}, "a"},
		{"main as a constant", []string{`const main = () => "b"`}, "b"},
		{"main assigned", []string{`main = function(){ return "b2" }`}, "b2"},
		{"no main, no call of the one before", []string{`function main(){ return "first" }`, `var x = 1`}, "<nil>"},
		{"var is seen by later nodes", []string{`var a = 1; function main(){}`, `function main(){ return a + 1 }`}, "2"},
		{"function is seen by later nodes", []string{`function f(){ return 7 } function main(){}`, `function main(){ return f() }`}, "7"},
		{"undeclared is seen by later nodes", []string{`function main(){ z = 3 }`, `function main(){ return z }`}, "3"},
		{"let stays in its node", []string{`let a = 1; function main(){}`, `function main(){ return typeof a }`}, "undefined"},
		{"a node is visited twice", []string{`let a = 1; const b = 2; class C {} ; function main(){ return a+b }`, `let a = 1; const b = 2; class C {} ; function main(){ return a+b }`}, "3"},
		{"functions see let of their node", []string{`let n = 0; function inc(){ return ++n } function main(){ inc(); return inc() }`}, "2"},
		{"var and function of one name", []string{`var f = 1; function f(){} function main(){ return typeof f }`}, "number"},
		{"var without value keeps the function", []string{`function f(){} var f; function main(){ return typeof f }`}, "function"},
		{"strict directive", []string{`"use strict"; let a = 1; function main(){ try { undeclared = 1 } catch (e) { return e.name } }`}, "ReferenceError"},
		{"var of a served name keeps its value", []string{`var payload = payload || "lost"; function main(){ return payload }`}, "kept"},
		{"served name assigned in strict code", []string{`"use strict"; function main(){ payload = "new"; return payload }`}, "new"},
		{"async main is awaited", []string{`async function main(){ await null; return "later" }`}, "later"},
		{"typescript", []string{`interface A { x: number }; function main(): string { const a: A = {x: 4}; return "ts" + a.x }`}, "ts4"},
		{"module", []string{`export const k = 5; export function main(){ return k }`}, "5"},
		{"module with main not exported", []string{`export const k = 5; function main(){ return k + 1 }`}, "6"},
		{"module with default", []string{`export default function(){ return "d" }`}, "d"},
		{"module without main", []string{`export const k = 5; globalThis.seen = k`, `function main(){ return seen }`}, "5"},
		{"a comment that looks like a module", []string{"/*\nexport this\n*/ async function f(){ for await (const x of [6]) seen = x } f()", `function main(){ return seen }`}, "6"},
		{"module is strict", []string{`export function main(){ try { undeclared2 = 1 } catch (e) { return e.name } }`}, "ReferenceError"},
		{"for await", []string{`async function* g(){ yield 1; yield 2 } async function main(){ let s = 0; for await (const x of g()) s += x; return s }`}, "3"},
		{"nested destructuring var", []string{`var {a: [b], ...rest} = {a: [1], c: 2}; function main(){}`, `function main(){ return b + rest.c }`}, "3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			vm := testVM(t, map[string]any{"payload": "kept", "next": "output_1"})
			got := "<nil>"
			for i, code := range tt.programs {
				v, err := vm.Run(program(t, "flow/node", code))
				if err != nil {
					t.Fatalf("program %d: %v", i, err)
				}
				got = "<nil>"
				if v != nil {
					got = v.String()
				}
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestErrorsKeepTheAuthorsPlace(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, code, want string }{
		{"plain", "function main(){\n  var a = null;\n  a.b;\n}", "flow/node:3:5"},
		{"with let", "let q = 1;\nfunction main(){\n  throw new Error('x') }", "flow/node:3:9"},
		{"async", "async function main(){\n  await null;\n  throw new Error('x') }", "flow/node:3:9"},
		{"typescript", "interface A {}\n\nfunction main(a: A){\n  throw new Error('x') }", "flow/node:4:9"},
		{"module", "import util from 'util'\n\nexport function main(){\n  throw new Error('x') }", "flow/node:4:9"},
	}
	tests = append(tests, struct{ name, code, want string }{"typescript, name with blanks", "interface A {}\nfunction main(){ throw new Error('x') }", "flow/node:2:24"})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			vm := testVM(t, map[string]any{"require": func(string) any { return nil }})
			_, err := vm.Run(program(t, "flow/node", tt.code))
			s, ok := errors.AsType[*ScriptError](err)
			if !ok {
				t.Fatalf("got %v, want a ScriptError", err)
			}
			if !strings.Contains(s.Stack, tt.want) {
				t.Errorf("stack lacks %s:\n%s", tt.want, s.Stack)
			}
		})
	}
}

func TestProblemsNameThePlace(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, code   string
		line, column int
	}{
		{"unexpected token", "function main(){\n  return 1 +;\n}", 2, 13},
		{"declared twice", "var a;\nlet a;", 2, 5},
		{"a literal that is no pattern", "let a = 1;\n  /(/.test('')", 2, 3},
		{"a literal with flags that are none", "f(/a/uv)", 1, 3},
		{"await outside", "function main(){\n\n for await (const x of y) {} }", 3, 6},
		{"typescript", "function main(): string {\n  const x: = 1\n}", 2, 12},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := compile.Compiler{}.Compile(compile.Source{Name: "flow/node", Code: tt.code})
			p, ok := errors.AsType[*compile.Problem](err)
			if !ok {
				t.Fatalf("got %v, want a Problem", err)
			}
			if p.Line != tt.line || p.Column != tt.column {
				t.Errorf("got %v, want %d:%d", p, tt.line, tt.column)
			}
		})
	}
}

func TestPromisesOfTheHost(t *testing.T) {
	t.Parallel()
	vm := testVM(t, nil)
	names := map[string]any{
		"later": func() goja.Value {
			return vm.Loop().Go(func(context.Context) (func() goja.Value, error) {
				return func() goja.Value { return vm.Runtime().ToValue(41) }, nil
			})
		},
		"fails": func() goja.Value {
			return vm.Loop().Go(func(context.Context) (func() goja.Value, error) { return nil, errors.New("no luck") })
		},
		"tick": func(fn goja.Callable) {
			vm.Loop().After(time.Millisecond, nil, func() error { _, err := fn(goja.Undefined()); return err })
		},
	}
	vm.meter.host.(*host).Globals.(*table).names = names
	tests := []struct{ name, code, want, err string }{
		{"resolves", `async function main(){ return 1 + await later() }`, "42", ""},
		{"rejects", `async function main(){ await fails() }`, "", "no luck"},
		{"rejection is caught", `async function main(){ try { await fails() } catch (e) { return "caught" } }`, "caught", ""},
		{"timer", `function main(){ return new Promise(r => tick(() => r("tock"))) }`, "tock", ""},
		{"never settles", `function main(){ return new Promise(() => {}) }`, "", "nothing will settle"},
	}
	for _, tt := range tests {
		v, err := vm.Run(program(t, "flow/node", tt.code))
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: got %v, want an error with %q", tt.name, err, tt.err)
			}
			continue
		}
		if err != nil || v.String() != tt.want {
			t.Errorf("%s: got %v, %v; want %s", tt.name, v, err, tt.want)
		}
	}
	if n := vm.meter.host.(*host).idled; n != 4 {
		t.Errorf("the host was told of %d waits, want those of the four promises that were settled", n)
	}
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	vm := testVM(t, nil)
	cause := errors.New("stop")
	started := make(chan struct{})
	vm.meter.host.(*host).Globals.(*table).names = map[string]any{"started": func() { close(started) }}
	go func() { <-started; vm.Interrupt(cause) }()
	_, err := vm.Run(program(t, "flow/node", `function main(){ started(); for(;;){ try { for(;;){} } catch (e) {} finally { continue } } }`))
	if !errors.Is(err, cause) {
		t.Fatalf("got %v, want the cause", err)
	}
}

func TestCodeFromStrings(t *testing.T) {
	t.Parallel()
	for _, code := range []string{`eval("1")`, `new Function("return 1")`, `(function(){}).constructor("return 1")`, `(async()=>{}).constructor("return 1")`, `Reflect.construct(Function, ["return 1"])`} {
		vm := testVM(t, nil)
		_, err := vm.Run(program(t, "flow/node", "function main(){ "+code+" }"))
		if err == nil || !strings.Contains(err.Error(), "code from strings") {
			t.Errorf("%s: got %v", code, err)
		}
	}
	vm := testVM(t, nil)
	if v, err := vm.Run(program(t, "flow/node", `function main(){ return main instanceof Function }`)); err != nil || !v.ToBoolean() {
		t.Errorf("instanceof Function: %v %v", v, err)
	}
}

func TestPanicBelowAScript(t *testing.T) {
	t.Parallel()
	vm := testVM(t, map[string]any{"boom": func() { panic("boom") }})
	_, err := vm.Run(program(t, "flow/node", `function main(){ boom() }`))
	if _, ok := errors.AsType[*Panic](err); !ok {
		t.Fatalf("got %v, want a Panic", err)
	}
}

// TestStringify writes data for the host with the limits of the script.
func TestStringify(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, code, want, err string }{
		{"plain", `function main(){ return {b: [1, "x", null, undefined, 1.5], a: {c: true}} }`, `{"b":[1,"x",null,null,1.5],"a":{"c":true}}`, ""},
		{"date", `function main(){ return {d: new Date(0)} }`, `{"d":"1970-01-01T00:00:00.000Z"}`, ""},
		{"toJSON", `function main(){ return {toJSON(){ return [1] }} }`, `[1]`, ""},
		{"cycle", `function main(){ const o = {}; o.o = o; return o }`, "", "TypeError"},
		{"shared", `function main(){ let a=[1]; for(let i=0;i<60;i++) a=[a,a]; return {a} }`, "", "MB"},
		{"deep", `function main(){ let a=[]; for(let i=0;i<100000;i++) a=[a]; return {a} }`, "", "RangeError"},
		{"replaced", `function main(){ JSON.stringify = () => "mine"; let a=[]; for(let i=0;i<20000;i++) a.push({}); return a }`, "mine", ""},
		{"removed", `function main(){ JSON = null; let a=[]; for(let i=0;i<20000;i++) a.push({}); return a }`, "", "removed JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := &table{owned: map[string]bool{}}
			g.vm = New(Options{Host: &host{Globals: g, ctx: t.Context()}, Limits: Limits{Memory: 16 << 20, Operations: 10_000_000}})
			v, err := g.vm.Run(program(t, "flow/node", tt.code))
			if err != nil {
				t.Fatal(err)
			}
			var text []byte
			err = g.vm.Guard(func() (err error) { text, err = g.vm.Stringify(v.(*goja.Object)); return err })
			if tt.err == "" && (err != nil || string(text) != tt.want) || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("got %.200s, %v", text, err)
			}
		})
	}
}

func TestLibrariesShareConstants(t *testing.T) {
	t.Parallel()
	vm := testVM(t, nil)
	lib, err := compile.Compiler{}.Compile(compile.Source{Name: "default_js", Code: `const isAdmin = () => true; let n = 2; class A { x(){ return n } }; const {a: [b]} = {a: [3]}; function auth(){ n++ }`, Library: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vm.Run(lib); err != nil {
		t.Fatal(err)
	}
	v, err := vm.Run(program(t, "flow/node", `function main(){ return [isAdmin(), n, new A().x(), b, typeof auth].join() }`))
	if err != nil || v.String() != "true,2,2,3,function" {
		t.Errorf("got %v, %v", v, err)
	}
}

func TestModules(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, code, want string }{
		{"commonjs", `var a = 1; module.exports = {f: () => a + 1}`, "2"},
		{"exports", `let n = 1; function f(){ return n + 2 } exports.f = f`, "3"},
		{"es module", `import u from "util"; export const f = () => 4`, "4"},
		{"typescript", `const f = (): number => 5; module.exports = {f}`, "5"},
		{"strict", `"use strict"; exports.f = () => { try { undeclared9 = 1 } catch (e) { return e.name } }`, "ReferenceError"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			vm := testVM(t, nil)
			p, err := compile.Compiler{}.CompileModule("my module", tt.code)
			if err != nil {
				t.Fatal(err)
			}
			v, err := vm.RunCode(p)
			if err != nil {
				t.Fatal(err)
			}
			rt := vm.Runtime()
			_ = rt.Set("load", v)
			got, err := vm.Run(program(t, "flow/node", `function main(){ const m = {exports: {}}; load(m.exports, () => ({}), m); return String(m.exports.f()) }`))
			if err != nil || got.String() != tt.want {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}
