package compile_test

import (
	"slices"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
)

// What code calls and imports is read from its syntax tree: words in comments, texts and patterns are none.
func TestCallsAndImports(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		code, lang     string
		calls, imports []string
	}{
		"nothing":              {code: `function main() { payload.x = 1 }`},
		"comments and texts":   {code: "// require('a')\n/* import b from \"b\" */\nconst s = `require('c') from \"d\"`, r = /require\\('e'\\)/; http_get // ('x')"},
		"calls":                {code: `function main() { http_get("x"); c.File("a"); c . Attachment("b"); o.http_post("y"); new File("z") }`, calls: []string{"Attachment", "File", "http_get"}},
		"optional calls":       {code: `http_get?.("x"); c?.File("y")`, calls: []string{"File", "http_get"}},
		"deep inside":          {code: "class A { x = f1(); m(a = f2()) { return [...f3(), `${f4()}`] } }\nfor (const x of f5()) switch (f6()) { case f7(): }", calls: []string{"f1", "f2", "f3", "f4", "f5", "f6", "f7"}},
		"require":              {code: "require('b'); require(\"a\"); require(`c`); require('d' + x); require(`${x}`); o.require('e'); require()", calls: []string{"require"}, imports: []string{"a", "b", "c"}},
		"require over lines":   {code: "require(\n  // here\n  'a'\n)", calls: []string{"require"}, imports: []string{"a"}},
		"an escaped name":      {code: `require("\x61b")`, calls: []string{"require"}, imports: []string{"ab"}},
		"import":               {code: "import a from 'a'\nimport * as b from \"b\"\nimport { c } from 'c'\nexport { d } from 'd'\nimport 'e'\nexport function main() { a(); b.x(); c() }", imports: []string{"a", "b", "c", "d", "e"}},
		"types":                {code: "import type { A } from 'types'\nimport { f } from 'a'\nexport function main(x: A) { f(x as string) }", lang: "ts", imports: []string{"a"}},
		"a call in TypeScript": {code: "const x: string = http_get('x') as string", lang: "ts", calls: []string{"http_get"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := compile.Compiler{}.Compile(compile.Source{Name: "a", Code: tt.code, Lang: tt.lang, Library: true, Module: true})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(p.Imports(), tt.imports) {
				t.Errorf("imports %q, want %q", p.Imports(), tt.imports)
			}
			for _, call := range tt.calls {
				if !slices.Contains(p.Calls(), call) {
					t.Errorf("calls %q lack %q", p.Calls(), call)
				}
			}
			for _, not := range []string{"http_post"} {
				if slices.Contains(p.Calls(), not) {
					t.Errorf("%q is called as a member of another object", not)
				}
			}
			if len(tt.calls) == 0 && len(tt.imports) == 0 && len(p.Calls()) > 0 {
				t.Errorf("calls %q", p.Calls())
			}
		})
	}
}

// The flows that code calls by a name or path that stands in it.
func TestFlowCalls(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		code, lang string
		want       []string
	}{
		"a path and a name":     {code: "function main() { flow.call('/b', {a: 1}); return flow . call( `other` , {}) }", want: []string{"/b", "other"}},
		"once":                  {code: `flow.call("/a"); if (x) flow.call("/a")`, want: []string{"/a"}},
		"optional":              {code: `flow?.call("/a"); flow.call?.("/b")`, want: []string{"/a", "/b"}},
		"awaited and deep":      {code: "async function main() { c.JSON(200, `${await flow.call('/a')}`) }", want: []string{"/a"}},
		"in a template's hole":  {code: "function main() { return `flow.call('/no') ${flow.call('/a')}` }", want: []string{"/a"}},
		"behind a pattern":      {code: `function main() { return /["'\x60]/.test(x) ? flow.call('/a') : 0 }`, want: []string{"/a"}},
		"an escaped path":       {code: `flow.call("\x2fa")`, want: []string{"/a"}},
		"TypeScript":            {code: "const x: string = flow.call('/a') as string", lang: "ts", want: []string{"/a"}},
		"what is put together":  {code: "flow.call(name); flow.call('/a' + id); flow.call(`/${id}`); flow.call(''); flow.call()"},
		"comments and texts":    {code: "// flow.call('/a')\nlog('flow.call(\"/a\")', /flow.call('a')/); /* flow.call('/a') */"},
		"members of other ones": {code: `my.flow.call('/a'); flow.other('/b'); call('/c'); flow['call']; flowcall('/d')`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := compile.Compiler{}.Compile(compile.Source{Name: "a", Code: tt.code, Lang: tt.lang, Library: true})
			if err != nil {
				t.Fatal(err)
			}
			if got := p.FlowCalls(); !slices.Equal(got, tt.want) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
