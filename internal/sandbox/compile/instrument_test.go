package compile_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/scan"
)

// failing are programs whose errors and stacks must point where the author wrote them.
var failing = []string{
	"null.x", "let a = 1;\n\n  a.b.c.d", "function f() {\n  throw new Error('x')\n}\nf()", "const f = () =>\n  undefinedName;\nf()",
	"const f = (a = missing()) => a; f()", "class A {\n  x = nope;\n}\nnew A()", "class A { static { boom() } }", "class A { get x() { return null.y } }\nnew A().x",
	"for (let i = 0; i < 2; i++)\n  if (i) null.x", "for (const x of 5) {}", "for (const k in {a:1}) { k.x.y }", "while (true) { throw 1 }", "do { throw new TypeError('t') } while (0)",
	"let n = null;\n[...n]", "let n = 5;\nf(...n)\nfunction f(){}", "({...x})", "let u;\n f(\n 1, ...u);function f(){}", "let u={};\n[1,\n...u.v]", "let u={};\n[1,\n...u['v']]", "let n = 1; new Date(...n)", "[1, ...f()];function f(){}", "let u; let {a, ...b} = u", "var a, b, n; [a, ...b] = n", "var a, b, n; ({a, ...b} = n)", "let n = 5; let y = [...n, null.x]", "let n;\nconst [a, ...b] = n", "const {a, ...b} = undefined", "let {a} = null", "[1].map(x => x.y.z)",
	"[3,1].sort((a, b) => { throw new Error('cmp') })", "new Array(-1)", "'x'.repeat(-1)", "null.f()", "a.b", "let x = x", "const c = 1; c = 2",
	"(function named() { null.x })()", "const o = { m() { null.x } }; o.m()", "const o = { get g() { throw new Error('g') } };\no.g", "`${null.x}`", "new (class { constructor() { this.a.b } })()",
	"switch (1) { case 1: null.x }", "try { null.x } finally { }", "try { null.x } catch (e) { e.a.b }", "label: for (;;) { null.x }", "/x/.y.z", "a?.b.c", "let o; o?.x.y; o.x",
	"function* g() { yield 1; null.x }\n[...g()]", "async function f() { null.x }\nf(); null.y", "x = y = z", "(() => { 'use strict'; undeclared = 1 })()", "1..toFixed(101)", "new 5", "5()",
	"if (1) { function h() { null.q } h() }", "var v = function() { null.x }; v()", "eval", "typeof x.y", "delete null.x", "throw {}", "throw 'text'", "Reflect.apply(1)", "Symbol() + ''",
	"const c = 'a';\n c += 'b'", "undefinedName\n += 'x'", "let a = a += 1", "let o;\n o.x += 'y'", "let o = {};\n o.x.y += o.z.w", "1 +\n Symbol()", "let s = 'a', y = Symbol();\n s +=\n y", "let o = {toString() { throw new Error('t') }};\n'a' + 'b' + o.x + o", "let n = 1;\n n +=\n m",
	"class A { #x = 'a'; f() {\n this.#x += null.y } }\nnew A().f()", "const c = 'a';\n c +=\n f();function f(){}", "let s = Symbol();\n s += 'b'", "let s = Symbol();\n s +=\n1 + 2", "let s = 'x', o = {};\n s +=\no.x.y", "let s = 'x', o = {};\n s +=\n`${o.x.y}`", "let s = Symbol(), o = {x:1};\n s +=\no.x", "let s = Symbol(), o = {x:{y:1}};\n s +=\no.x.y",
	"const s = 'a', o = {x: 'b'};\n s +=\no.x", "const s = 'a', y = 'b';\n s +=\ny", "let s = Symbol(), a = ['b'];\n s +=\na[0]", "let s = 'x';\n  s + 'y' +\n Symbol() + 'z'", "let s = 'x', o = {f(){ return Symbol() }};\n  o.f() +\n o.f()", "'use strict';\nconst f = Object.freeze({a: 'b'});\n f.a += 'c'",
}

func TestErrorsStayWhereTheyWere(t *testing.T) {
	t.Parallel()
	for _, code := range failing {
		plain := outcome(t, code, false)
		if got := outcome(t, code, true); got != plain {
			t.Errorf("%q:\n got %s\nwant %s", code, got, plain)
		}
	}
}

// outcome runs code in goja with its limits far away, instrumented or not, and returns the error with its stack. Byte
// codes differ, so their numbers are left out.
func outcome(t *testing.T, code string, instrumented bool) string {
	t.Helper()
	tree, err := goja.Parse("test", code, parser.WithDisableSourceMaps)
	if err != nil {
		return err.Error()
	}
	rt := goja.New()
	if instrumented {
		slots, p := compile.Instrument(tree)
		if p != nil {
			t.Fatalf("%q: %v", code, p)
		}
		vm := newVM(t, sandbox.Limits{Operations: 1e6})
		rt = vm.Runtime()
		for name, slot := range slots {
			value := vm.Global(compile.MeterName)
			if slot != 0 {
				value = value.ToObject(rt).Get(strconv.Itoa(slot))
			}
			vm.Define(name, value)
		}
	}
	p, err := goja.CompileAST(tree, false)
	if err != nil {
		return err.Error()
	}
	if _, err = rt.RunProgram(p); err == nil {
		return "no error"
	}
	text := err.Error()
	if e, ok := err.(*goja.Exception); ok {
		text = e.String()
	}
	var out []string
	for line := range strings.Lines(text) {
		if i := strings.LastIndexByte(line, '('); i > 0 && strings.HasPrefix(strings.TrimSpace(line), "at ") {
			line = line[:i]
		}
		out = append(out, strings.TrimRight(line, ")\n"))
	}
	return strings.Join(out, "\n")
}

func TestInstrumentRefuses(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"with (x) {}": "1:1", "\n  1n": "2:3", "function f({a, ...b}) {}": "1:12", "for (const {...a} of x);": "1:12", "try {} catch ({...e}) {}": "1:15",
	} {
		tree, err := goja.Parse("", code)
		if err != nil {
			t.Fatal(err)
		}
		if _, p := compile.Instrument(tree); p == nil || !strings.HasPrefix(p.Error(), want+":") {
			t.Errorf("%q: %v, want a problem at %s", code, p, want)
		}
	}
}

// TestCodeThatTheParserDiesOf is a problem like any other: a broken node must not end the process that loads it.
func TestCodeThatTheParserDiesOf(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"\nconst[...A(", "let [...a.b(", "for (const[...A("} {
		for _, lang := range []string{"", "ts"} {
			if p, ok := errors.AsType[*compile.Problem](compileError(compile.Source{Name: "cut", Code: code, Lang: lang})); !ok || p.Line < 1 {
				t.Errorf("%q: %v", code, p)
			}
		}
	}
}

func compileError(src compile.Source) error { _, err := compile.Compiler{}.Compile(src); return err }

// TestEveryLoopTicks: loops hide in the unlikeliest places.
func TestEveryLoopTicks(t *testing.T) {
	t.Parallel()
	const loop = "(()=>{for(;;);})()"
	for _, code := range []string{
		loop, "[" + loop + "]", "({a:" + loop + "})", "({[" + loop + "]:1})", "`${" + loop + "}`", "(x=>x)`${" + loop + "}`", "x=" + loop, "let {[" + loop + "]:y}={}", "let {a=" + loop + "}={}",
		"let [a=" + loop + "]=[]", "(({a=" + loop + "})=>1)({})", "((a=" + loop + ")=>1)()", "[(" + loop + ").x]=[1]", "({a:(" + loop + ").x}={a:1})", "for((" + loop + ").x of [1]);", "for((" + loop + ").x in {a:1});",
		"for(let [a=" + loop + "] of [[]]);", "try{throw {}}catch({a=" + loop + "}){}", "class A extends (" + loop + "){}", "class A{[" + loop + "]=1}", "class A{static x=" + loop + "}", "class A{static{for(;;);}}",
		"class A{x=()=>{for(;;);}} new A().x()", "class A{#m(){for(;;);} n(){this.#m()}} new A().n()", "new class{constructor(){for(;;);}}", "({get a(){for(;;);}}).a", "({set a(v){for(;;);}}).a=1", "({*g(){for(;;);}}).g().next()",
		"function f(){for(;;);} f()", "var f=function(){for(;;);}; f()", "if(1)for(;;);", "a:for(;;);", "switch(1){case 1:for(;;);}", "switch(" + loop + "){}", "try{for(;;);}finally{}", "try{}finally{for(;;);}", "do;while(1)",
		"for(;;)continue", "while(1){}", "for(let x of (function*(){for(;;)yield 1})());", "for(let x in new Proxy({},{ownKeys(){for(;;);}}));", "a?.b ?? " + loop, "x?.[" + loop + "]; let y; (y ?? {})?.[" + loop + "]",
		"delete (" + loop + ").x", "typeof " + loop, "void " + loop, "!" + loop, "1+" + loop, "1," + loop, "1?" + loop + ":2", "new (" + loop + ")", "new Object(" + loop + ")", "f2(..." + loop + ");function f2(){}", "[..." + loop + "]",
		"({..." + loop + "})", "async function f(){for(;;);} f()", "async function f(){await 1;for(;;);} f()", "(async()=>{for(;;);})()", "return_=" + loop, "throw " + loop, "let f=function g(n){ g(n); }; for(;;) try{f()}catch{}",
		"[1,2].sort(()=>{for(;;);})", "'a'.replace(/a/,()=>{for(;;);})", "JSON.stringify({toJSON(){for(;;);}})", "({valueOf(){for(;;);}})+1", "super_=class{static m=(()=>{for(;;);})()}",
	} {
		p, err := compile.Compiler{}.Compile(compile.Source{Name: "loop", Code: "let x,return_,super_,a;" + code})
		if err != nil {
			p, err = compile.Compiler{}.Compile(compile.Source{Name: "loop", Code: code})
		}
		if err != nil {
			t.Errorf("%s: %v", code, err)
			continue
		}
		vm := newVM(t, sandbox.Limits{Operations: 20000})
		if _, err := vm.Run(p); err == nil || !strings.Contains(err.Error(), "operations") && !strings.Contains(err.Error(), "nested calls") && !strings.Contains(err.Error(), "at g (") {
			t.Errorf("%s: ended with %v", code, err)
		}
	}
}

func FuzzInstrument(f *testing.F) {
	for _, s := range failing {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, code string) {
		if scan.Check(code) != nil {
			return
		}
		tree, err := compile.Parse("", code, parser.WithDisableSourceMaps)
		if err != nil {
			return
		}
		if _, problem := compile.Instrument(tree); problem != nil {
			return
		}
		if _, err := compile.CompileTree(tree); err != nil {
			again, _ := compile.Parse("", code, parser.WithDisableSourceMaps)
			if _, plain := compile.CompileTree(again); plain == nil {
				t.Errorf("only the instrumented program fails: %v", err)
			}
		}
	})
}
