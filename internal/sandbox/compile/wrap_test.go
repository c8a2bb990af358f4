package compile_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
)

// A main() that needs no function of its own becomes a block, and does the same: each program runs in both forms. seen is
// what it leaves in payload.
func TestSimpleMain(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		code   string
		simple bool
	}{
		"assignment":         {`function main() { payload.x = 1 }`, true},
		"constants":          {`function main() { const a = 1; let b = 2; { let a = 5; b += a } payload.x = a + b }`, true},
		"a shadowed name":    {`function main() { const p = payload; { const payload = {}; payload.x = 1 } p.x = 2 }`, true},
		"arrows":             {`function main() { const a = []; for (let i = 0; i < 3; i++) { a.push(() => i) } payload.x = a.map((f) => f()).join() }`, true},
		"this":               {`function main() { payload.x = this === globalThis; payload.y = (() => this === globalThis)() }`, true},
		"a class":            {`function main() { class A { m() { payload.x = 1 } } new A().m() }`, true},
		"exceptions":         {`function main() { try { null.x } catch (e) { payload.x = e.name } finally { payload.y = 1 } }`, true},
		"labels":             {`function main() { a: for (;;) { for (;;) { break a } } payload.x = 1 }`, true},
		"nothing":            {`function main() {}`, true},
		"a comment":          {"// first\nfunction main() {\n  // second\n  payload.x = 1\n}", true},
		"return":             {`function main() { payload.x = 1; return; payload.x = 2 }`, false},
		"an answer":          {`function main() { return {x: 1} }`, false},
		"arguments":          {`function main() { payload.x = arguments.length }`, false},
		"var":                {`function main() { var x = 1; payload.x = x }`, false},
		"itself":             {`function main() { if (!payload.x) { payload.x = 1; main() } }`, false},
		"functions":          {`function main() { payload.x = f(); function f() { payload.y = 1 } }`, false},
		"async":              {`async function main() { payload.x = await 1 }`, false},
		"a generator":        {`function* main() { payload.x = 1 }`, false},
		"parameters":         {`function main(a) { payload.x = typeof a }`, false},
		"strict":             {`function main() { "use strict"; payload.x = this === undefined }`, false},
		"new.target":         {`function main() { payload.x = new.target === undefined }`, false},
		"an escaped name":    {`function main() { payload.x = \u0061rguments.length }`, false},
		"more than main":     {"const a = 1\nfunction main() { payload.x = a }", false},
		"defined twice":      {"function main() { payload.x = 1 }\nfunction main() { payload.x = 2 }", false},
		"a comment in front": {`function /* main() { */ main() { payload.x = 1 }`, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree, err := parser.ParseFile(nil, "flow/node", tt.code, 0)
			if err != nil {
				t.Fatal(err)
			}
			if got := compile.IsSimpleMain(tree); got != tt.simple {
				t.Fatalf("simple: %t, want %t", got, tt.simple)
			}
			got := leftBy(t, tt.code)
			if want := leftBy(t, tt.code+"\n;"); got != want { // a second statement keeps it a function
				t.Errorf("as a block it leaves %s, as a function %s", got, want)
			}
		})
	}
}

// leftBy runs a program twice in one VM, as two visits do, and returns what it leaves in payload and among the globals.
func leftBy(t *testing.T, code string) string {
	t.Helper()
	vm := newVM(t, sandbox.Limits{})
	payload := vm.Runtime().NewObject()
	vm.Define("payload", payload)
	for range 2 {
		v, err := vm.Run(program(t, "flow/node", code))
		if err != nil {
			t.Fatal(err)
		}
		if o, ok := v.(*goja.Object); ok {
			payload = o
		}
	}
	globals := ""
	for _, name := range vm.Runtime().GlobalObject().Keys() {
		globals += " " + name
	}
	text, err := vm.Stringify(payload)
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + globals
}

// Errors keep their place in both forms.
func TestSimpleMainKeepsPlaces(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"function main() {\n  const a = 1\n  null.x\n}", "function main() {\n  const a = 1\n  null.x\n}\n;"} {
		_, err := newVM(t, sandbox.Limits{}).Run(program(t, "flow/node", code))
		if s, ok := errors.AsType[*sandbox.ScriptError](err); !ok || !strings.Contains(s.Stack, "flow/node:3:8") {
			t.Errorf("%q: %v", code, err)
		}
	}
}
