package sandbox

import "testing"

func TestBlockFunctions(t *testing.T) {
	t.Parallel()
	for _, c := range []nativeCase{
		{`if (true) { function help() { return 7 } } return [help(), typeof nothing]`, `[7,"undefined"]`},
		{`const before = typeof f; { function f() { return 1 } } return [before, f()]`, `["undefined",1]`},
		{`if (false) { function f() {} } return typeof f`, `"undefined"`},
		{`if (true) function f() { return 2 } else function g() {} return [f(), typeof g]`, `[2,"undefined"]`},
		{`switch (2) { case 1: function f() {} case 2: function g() { return f } } return [typeof f, typeof g(), g.name]`, `["undefined","function","g"]`},
		{`for (let i = 0; i < 3; i++) { function f() { return i } } return f()`, `2`},
		{`for (const i of [1, 2]) { function f() { return i } } return f()`, `2`},
		{`try { throw 1 } catch (f) { { function f() { return 3 } } } return f()`, `3`},
		{`let f = 1; { function f() {} } return f`, `1`},
		{`{ let f = 1; { function f() {} } } return typeof f`, `"undefined"`},
		{`for (let f = 0; f < 1; f++) { { function f() {} } } return typeof f`, `"undefined"`},
		{`try { throw {f: 1} } catch ({f}) { { function f() {} } } return typeof f`, `"undefined"`},
		{`return (function (f) { { function f() {} } return f })(4)`, `4`},
		{`return (function () { "use strict"; { function f() {} } return typeof f })()`, `"undefined"`},
		{`class A { static m() { { function f() {} } return typeof f } } return A.m()`, `"undefined"`},
		{`{ async function f() {} } { function* g() {} } return [typeof f, typeof g]`, `["undefined","undefined"]`},
		{`{ function f() { return 1 } { function f() { return 2 } } } return f()`, `1`},
		{`{ function f() { return 1 } f = 5 } return typeof f`, `"function"`},
		{`{ f = 5; function f() { return 1 } } return f`, `5`},
		{`return (() => { { function f() { return this === undefined ? 1 : f.name } } return f() })()`, `"f"`},
		{`var f = 1; { function f() { return 2 } } return f()`, `2`},
		{`function f() { return 1 } { function f() { return 2 } } return f()`, `2`},
		{`return (function () { const o = []; { function arguments() {} } return typeof arguments })()`, `"object"`},
	} {
		if got := evaluated(t, "async function main() { return JSON.stringify(await (async () => {"+c.code+"})()) }"); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.code, got, c.want)
		}
	}
	// At the top level they are variables of the run.
	vm := testVM(t, nil)
	for _, code := range []string{`if (true) { function shared() { return 9 } }`, `function main() { return shared() }`} {
		v, err := vm.Run(program(t, "top", code))
		if err != nil || v != nil && v.ToInteger() != 9 {
			t.Errorf("%s: %v, %v", code, v, err)
		}
	}
}
