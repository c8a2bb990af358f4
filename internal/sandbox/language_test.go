package sandbox

import (
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
)

// TestGuardsKeepTheLanguage holds what guards and instrumented code would change to what Node 20 answers.
func TestGuardsKeepTheLanguage(t *testing.T) {
	t.Parallel()
	const log = `const o = []; `
	for _, c := range []nativeCase{
		// names of classes that are assigned to
		{`try { class C { constructor() { C = 1 } } new C() } catch (e) { return e.name }`, `"TypeError"`},
		{`const x = class C { static m() { for (C of [1]); } }; try { x.m() } catch (e) { return e.name }`, `"TypeError"`},
		{`class C { a = 1; m() { try { [C] = [2] } catch (e) { return [e.name, Object.keys(new C())] } } } return new C().m()`, `["TypeError",["a"]]`},
		{`try { (class { static a = eval("this") }) } catch (e) { return e.name }`, `"TypeError"`},
		{`[eval(5), eval()]`, `[5,null]`},
		// lists of properties
		{`JSON.stringify({ true: 1, null: 2, undefined: 3, a: 4, 7: 5, "": 6 }, ["a", true, null, undefined, Symbol(), 7, new String(""), {}, "a"])`, `"{\"a\":4,\"7\":5,\"\":6}"`},
		{`JSON.stringify({ a: 1, b: 2 }, new Proxy(["b"], {}))`, `"{\"b\":2}"`},
		{`try { JSON.stringify({}, [Object.assign(new String("a"), { toString() { throw 3 } })]) } catch (e) { return e }`, `3`},
		{`return JSON.parse("[0,0]", function (k, v) { if (v === 0 && k === "0") this[1] = new Proxy([1, { a: 2 }], {}); return k === "a" ? 3 : v })`, `[0,[1,{"a":3}]]`},
		{`try { JSON.parse("[0,0]", function () { this[1] = new Proxy([1], { deleteProperty() { throw 4 } }) }) } catch (e) { return e }`, `4`},
		// arguments in their order, and undefined
		{`["undefined-".split(undefined), "undefined-".split(undefined, 0), "a,b".split(",", { valueOf: () => 1 })]`, `[["undefined-"],[],["a"]]`},
		{log + `"a,b".split({ toString() { o.push("s"); return "," } }, { valueOf() { o.push("l"); return 2 } }); return o`, `["l","s"]`},
		{`const d = new Date(NaN); return [Number.isNaN(d.setDate({ valueOf() { d.setTime(0); return 1 } })), d.getTime()]`, `[true,0]`},
		// long array-likes
		{`[].every.call({ 0: 1, length: 2 ** 53 + 2 }, () => false)`, `false`},
		{`[].includes.call({ 3: 5, length: Infinity }, 5)`, `true`},
		{`const f = { 9007199254740990: "x", length: 2 ** 53 - 1 }; return [[].lastIndexOf.call(f, "x"), [].findLast.call(f, () => true), [].indexOf.call(f, "x", -1)]`, `[9007199254740990,"x",9007199254740990]`},
		{`try { [].push.call({ length: 2 ** 53 - 1 }, 1) } catch (e) { return e.name }`, `"TypeError"`},
		// typed arrays
		{`const t = new Uint8Array([1, 2]); Object.defineProperty(t, "length", { value: 9 }); return [t.join(), Uint8Array.prototype.toLocaleString.call(t), [...Uint8Array.prototype.toSorted.call(t)]]`, `["1,2","1,2",[1,2]]`},
		{`return [1, {}, [1]].map(v => { try { return Uint8Array.prototype.join.call(v) } catch (e) { return e.name } })`, `["TypeError","TypeError","TypeError"]`},
		{`const t = new Uint8Array(3); try { t.set({ length: 3, 0: 1, get 1() { throw 2 } }) } catch (e) { return [...t, e] }`, `[1,0,0,2]`},
		{`const t = new Uint8Array(3); t.set({ length: 1.5, 0: "7" }, 1.9); t.set("9", 2); return [...t]`, `[0,7,9]`},
		{`return [() => new Uint8Array(2).set({ length: 3 }), () => new Uint8Array(2).set([], -1), () => new Uint8Array(2).set(new Proxy([1, 2], {}), 1)].map(f => { try { f() } catch (e) { return e.name } })`, `["RangeError","RangeError","RangeError"]`},
		{log + `try { Uint8Array.from({ get [Symbol.iterator]() { o.push("read") } }, {}) } catch (e) { o.push(e.name) } return o`, `["TypeError"]`},
		{`return [2 ** 53, 7 * 2 ** 50, 2 ** 45].map(n => { try { new ArrayBuffer(n) } catch (e) { return e.name } })`, `["RangeError","RangeError","RangeError"]`},
		{`new ArrayBuffer({ valueOf: () => 5 }).byteLength`, `5`},
		// iterators
		{`const v = new Set([1, 2]); let a, b; const r = [a, ...b] = v; return [r === v, a, b]`, `[true,1,[2]]`},
		{`let a, b = 1; const f = x => [a, ...b] = x; return [f("xyz"), a, b]`, `["xyz","x",["y","z"]]`},
		{log + `const it = { next: () => ({ done: false }), get return() { o.push("return") }, get throw() { o.push("throw") } }; const g = (function* () { yield* { [Symbol.iterator]: () => it } })(); g.next(); o.push("next"); g.return(); return o`, `["next","return"]`},
		{log + `const it = { return() { o.push("closed"); return {} } }; const g = (function* () { let x; [...{}[yield]] = { [Symbol.iterator]: () => it } })(); g.next(); g.return(); return o`, `["closed"]`},
		{`const a = [1]; Object.defineProperty(a, Symbol.iterator, { get() { throw 6 } }); return [await Promise.allSettled(a).catch(e => e), await Promise.any(a).catch(e => e)]`, `[6,6]`},
	} {
		c.check(t)
	}
}

// TestEarlyErrors: what is no program must not become one, by what the sandbox or esbuild make of it.
func TestEarlyErrors(t *testing.T) {
	t.Parallel()
	for _, code := range []string{
		"while (0) function f() {}", "do function f() {} while (0)", "for (;0;) function f() {}", "for (const x of []) function f() {}", "for (const x in {}) async function f() {}",
		"if (0) function* f() {}", "if (0); else async function f() {}", `"use strict"; if (0) function f() {}`, "while (0) a: b: function f() {}", "if (0) a: function f() {}",
		"function g() { 'use strict'; if (0) function f() {} }", "class A { m() { if (0) function f() {} } }", "import.meta", "import.meta.url; async function f() { for await (const x of y); }",
	} {
		if p, err := (compile.Compiler{}).Compile(compile.Source{Name: "n", Code: code}); err == nil {
			t.Errorf("%s: compiled as %s", code, p.Name())
		}
	}
	for _, code := range []string{
		"if (0) function f() {} else function g() {}", "a: function f() {}", "while (0) { function f() {} }", "export const u = import.meta.url", `"use strict"; function f() {} function f() {}`, "function f() {} var f = 1, g",
		"{ var f = 1 } function f() {}", "for (var f of []); async function f() {}",
	} {
		if _, err := (compile.Compiler{}).Compile(compile.Source{Name: "n", Code: code}); err != nil {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// TestOneNameTwice: a script may declare functions and variables of one name, which a block may not.
func TestOneNameTwice(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		`"use strict"; function f() { return 1 } function f() { return 2 } function main() { return f() }`:                                 "2",
		`function main() { return typeof f + f.name + f() } { var f; } function f() { return 1 }`:                                          "functionf1",
		`var was = typeof f, f = 1, g = f + 1; function f() {} function main() { return [was, f, g].join() }`:                              "function,1,2",
		`function f() { return this === undefined } for (var f of [7]); function main() { return f }`:                                      "7",
		`function f(n) { return n ? n * f(n - 1) : 1 } var f; function main() { const g = f; f = () => 0; return g(3) }`:                   "0",
		`var main = 1; function main() { return 2 } main = () => 3`:                                                                        "3",
		`function* f() { yield 4 } var f; async function g() { return 5 } var g; async function main() { return await g() + [...f()][0] }`: "9",
	} {
		if got := evaluated(t, code); got != want {
			t.Errorf("%s: %s, want %s", code, strings.TrimSpace(got), want)
		}
	}
}
