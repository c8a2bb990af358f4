package compile_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
)

// TestAbsent: each name of the table is found where code uses it, and nowhere else.
func TestAbsent(t *testing.T) {
	t.Parallel()
	for _, a := range compile.AbsentNames() {
		for _, name := range a.Names {
			code := "\nfunction main(x) { x = new " + name + "() }"
			if strings.HasPrefix(name, ".") {
				code = "\nfunction main(x) { x" + name + "(1) }"
			}
			switch name { // members of what the code makes itself
			case "ArrayBuffer.resize":
				code = "\nfunction main(x) { x = 1; const b = new ArrayBuffer(8); b.resize(16) }"
			case "ArrayBuffer.maxByteLength":
				code = "\nfunction main(x) { return new ArrayBuffer(8, { maxByteLength: 16 }) }"
			case "function.caller", "function.arguments":
				code = "\nfunction main(x) { return main" + name[len("function"):] + " }"
			case "arguments.callee":
				code = "'use strict'\nfunction main(x) { return arguments.callee(x) }"
			}
			list := absent(t, compile.Compiler{}, code)
			if len(list) != 1 || list[0].Name != strings.TrimPrefix(name, ".") || list[0].Absent.What != a.What || list[0].Line != 2 {
				t.Errorf("%s: %+v", code, list)
			}
		}
	}
	for code, want := range map[string]string{
		`f(2n)`: "BigInt", `(0, eval)("1")`: "eval", `Function("1")`: "Function", `x instanceof Function`: "", `rules.eval("1")`: "", `f({ eval: 1 })`: "", `"WeakRef"`: "",
		`RegExp.$1`: "RegExp.$1", `Math.f16round`: "", `let y: number = f(WeakRef)`: "WeakRef", `globalThis.WeakRef`: "",
		`if (typeof WeakRef != "undefined") new WeakRef({})`: "", `class WeakRef {}; new WeakRef()`: "", `const { Temporal } = f(); Temporal.Now`: "", `try {} catch (Temporal) { Temporal.x() }`: "",
		`WeakRef = f; WeakRef()`: "", `Map.prototype.getOrInsert ??= f; m.getOrInsert()`: "", `class A { getOrInsert() {} }; a.getOrInsert()`: "", `f({ getOrInsert() {} }).getOrInsert()`: "",
		`new ArrayBuffer(8).resize(1)`: "ArrayBuffer.resize", `image.resize(1)`: "", `let b = new ArrayBuffer(8); b = image; b.resize(1)`: "", `const b = f(new ArrayBuffer(8)); b.resize(1)`: "",
		`f({ maxByteLength: 1 })`: "", `new ArrayBuffer(8, { ...o, "maxByteLength": 1 })`: "ArrayBuffer.maxByteLength", `function f(b) { b.resize(2) } const b = new ArrayBuffer(8); f(b)`: "",
		`function f() { return arguments.callee }`: "", `function f() { "use strict"; return () => arguments.callee }`: "arguments.callee", `class A { f() { return arguments.callee } }`: "arguments.callee",
		`"use strict"; o.callee()`: "", `"use strict"; function f() { arguments.callee = 1; return arguments.callee }`: "", `if (1) { function f() { return f.caller } }`: "function.caller",
		`o.caller`: "", `const f = (x) => f.caller, g = f`: "", `function f(f) { return f.caller }`: "", `function f() {} f.caller = 1; f.caller()`: "", `var f = function () {}; f = o; f.arguments`: "",
		`"x".bold(); o.__defineGetter__("a", f); new ArrayBuffer(8).transfer(4)`: "",
		`Math.f16round ? Math.f16round(1) : 0`:                                   "", `new Intl.Segmenter("en")`: "Intl.Segmenter", `my.Segmenter("en")`: "",
	} {
		names := ""
		for _, u := range absent(t, compile.Compiler{}, code) {
			names += u.Name
		}
		if names != want {
			t.Errorf("%s: %q, want %q", code, names, want)
		}
	}
	if list := absent(t, compile.Compiler{BigInt: true}, "f(2n, BigInt(1))"); list != nil {
		t.Errorf("%+v", list)
	}
}

func absent(t *testing.T, c compile.Compiler, code string) []compile.Use {
	t.Helper()
	p, err := c.Compile(compile.Source{Name: "flow/node", Code: code})
	if err != nil {
		t.Fatalf("%s: %v", code, err)
	}
	return p.Absent()
}

// TestAbsentSyntax: what cannot be read says what to write.
func TestAbsentSyntax(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"const x = await f()":                              "write async function main()",
		"for await (const x of []) {}":                     "write async function main()",
		"import x from 'y'; await x()":                     "write async function main()",
		"function main() {\n  await f()\n}":                "write async function main()",
		"[1].map(x => await x)":                            "write async function main()",
		"with (Math) { x = PI }":                           `"with" is not allowed here: name the object's properties in full`,
		"f(import.meta.url)":                               "there is no import.meta",
		"import defer * as x from 'y'":                     `write import x from "name"`,
		"import source x from 'y'":                         `write import x from "name"`,
		"let await = 1; let await = 2":                     "already been declared",
		"const importer = 1, source = 2; const source = 3": "already been declared",
	} {
		_, err := compile.Compiler{}.Compile(compile.Source{Name: "flow/node", Code: code})
		p, ok := errors.AsType[*compile.Problem](err)
		if !ok || !strings.Contains(p.Text, want) {
			t.Errorf("%s: %v, want %q", code, err, want)
		}
	}
}
