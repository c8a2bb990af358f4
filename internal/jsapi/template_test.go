package jsapi

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.js(`var d = {name: "<Ada>", n: 5, f: 1.5, big: 12345678, ok: true, no: null, list: ["a", null], nan: NaN, inf: Infinity, low: [-Infinity, {z: -0, x: NaN}], html: "<b>x</b>", user: {name: "U"}, e: {}}`)
	for source, want := range map[string]string{
		``:                                   ``,
		`<p title="{{.name}}">{{.name}}</p>`: `<p title="&lt;Ada&gt;">&lt;Ada&gt;</p>`,
		`{{.html | unescapeHTML}}{{.html}}`:  `<b>x</b>&lt;b&gt;x&lt;/b&gt;`,
		`{{unescapeHTML .none}}`:             ``,
		`{{.n}} {{.f}} {{.big}} {{.ok}}`:     `5 1.5 12345678 true`,
		`{{printf "%d %03d %T" .n .n .f}}`:   `5 005 float64`,
		`[{{.none}}{{.no}}{{.a.b.c}}{{.no.x}}{{.user.none}}]`:                                                                  `[]`,
		`[{{index .profile "username"}}{{index .e "a" "b"}}{{index .list 9}}]`:                                                 `[]`,
		`{{index .list 0}}{{index .user "name"}}{{(index .list 0) | printf "%s"}}`:                                             `aUa`,
		`{{range .list}}({{.}}){{end}}{{range .none}}x{{else}}none{{end}}`:                                                     `(a)()none`,
		`{{range $k, $v := .user}}{{$k}}={{$v}}{{end}}`:                                                                        `name=U`,
		`{{range $i, $x := .list}}{{if $i}}{{break}}{{end}}{{$x}}{{end}}`:                                                      `a`,
		`{{range .list}}{{if .}}{{continue}}{{end}}-{{end}}`:                                                                   `-`,
		`{{if eq .n 5}}five{{else if eq .n 6}}six{{end}}{{if gt .f 1.0}}big{{end}}`:                                            `fivebig`,
		`{{define "row"}}<i>{{.}}</i>{{end}}{{range .list}}{{template "row" .}}{{end}}`:                                        `<i>a</i><i></i>`,
		`{{define "tree"}}{{if .}}{{len .}}{{template "tree" (slice . 1)}}{{end}}{{end}}{{template "tree" .list}}`:             `21`,
		`<a href="/x?q={{.name}}" onclick="f({{.user}})">`:                                                                     `<a href="/x?q=%3cAda%3e" onclick="f({&#34;name&#34;:&#34;U&#34;})">`,
		`{{$nflow := 1}}{{$nflow}}{{len .name}}{{print .n .f}}{{.name | html}}`:                                                `155 1.5&lt;Ada&gt;`,
		`{{.nan}} {{.inf}} {{.low}} {{print .inf}} {{printf "%v|%d|%.2f|%12.3e|%-9.1f|%s" .nan .inf .nan .inf .inf .inf}}`:     `NaN Infinity [-Infinity map[x:NaN z:0]] Infinity NaN|Infinity|NaN|    Infinity|Infinity |Infinity`,
		`{{if .nan}}t{{else}}f{{end}}{{if .inf}}t{{end}} {{eq .nan .nan}} {{lt .nan 1}} {{gt .inf 5}} {{lt (index .low 0) 5}}`: `ft false false true true`,
		`<script>a = {{.nan}}; b = {{.low}}</script><a title="{{.inf}}">`:                                                      `<script>a =  null ; b = [null,{"z":0,"x":null}]</script><a title="Infinity">`,
		`{{with .user}}{{.name}}{{end}}{{block "b" .}}{{.n}}{{end}}`:                                                           `U5`,
	} {
		for range 2 { // the second time from the pool
			w.eq(fmt.Sprintf("template(%q, d)", source), fmt.Sprintf("%q", want))
		}
	}
	w.eq("template('{{.}}', undefined) + template('{{.a}}') + template('{{.}}', 'x') + template('{{index . 1}}', [1, 2])", `"x2"`)
	w.eq(`template(get_template("page"), {title: "<T>"})`, `"<h1>&lt;T&gt;</h1>"`)
	w.eq(`get_template("none") + get_template()`, `""`)
	if got := w.log.String(); strings.Count(got, "level=WARN") != 2 || !strings.Contains(got, "template=none") {
		t.Errorf("log %q", got)
	}
}

// TestScriptsOfTemplatesGetExactJSON: an object in a script is what JSON.stringify writes, wherever the script stands.
func TestScriptsOfTemplatesGetExactJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.js(`var d = {z: 1, a: null, list: [null, {y: null, b: 1e21}, undefined], 10: 2, 2: 3, __proto__x: {k: null}, u: undefined, s: "</script>", at: new Date(0), nan: NaN, no: null}`)
	const text = `{"2":3,"10":2,"z":1,"a":null,"list":[null,{"y":null,"b":1e+21},null],"__proto__x":{"k":null},"s":"\u003c/script\u003e","at":"1970-01-01T00:00:00.000Z","nan":null,"no":null}`
	for source, want := range map[string]string{
		`<script>d={{.}}</script>`:                                     `<script>d=` + text + `</script>`,
		`<script>d={{.list}};e={{.no}};f={{.none}}</script>`:           `<script>d=[null,{"y":null,"b":1e+21},null];e= null ;f= null </script>`,
		`{{range .list}}<script>d={{.}}</script>{{end}}`:               `<script>d= null </script><script>d={"y":null,"b":1e+21}</script><script>d= null </script>`,
		`<a onclick="f({{index .list 1}})" title="{{index .list 1}}">`: `<a onclick="f({&#34;y&#34;:null,&#34;b&#34;:1e&#43;21})" title="map[b:1e&#43;21 y:]">`,
		`{{with $x := .list}}<script>d={{$x}}</script>{{end}}`:         `<script>d=[null,{"y":null,"b":1e+21},null]</script>`,
		`{{range $k, $v := index .list 1}}{{$k}}={{$v}};{{end}}`:       `b=1e&#43;21;y=;`,
		`{{len (index .list 1)}} {{len .no}} {{.no.x.y}}{{eq .no nil}} {{eq .no .none}} {{gt .no 1}} {{if .no}}y{{else}}n{{end}} {{printf "%v|%s" .no .no}}|{{print .no}}`: `2 0 true true false n ||`,
		"\ufeff<p>{{.z}}": `<p>1`,
	} {
		for range 2 {
			w.eq(fmt.Sprintf("template(%q, d)", source), fmt.Sprintf("%q", want))
		}
	}
	w.eq(`template("<script>{{.}}</script>", null) + template("<script>{{.}}</script>", [])`, `"<script> null </script><script>[]</script>"`)
}

func TestTemplateErrorsNameTheirPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for source, want := range map[string]string{
		"a\n{{if}}":                          "template: line 2: missing value for if",
		"{{.a.":                              "template: line 1: ",
		"\n\n{{.n.x}}":                       "template: line 3: ",
		"{{nothing}}":                        `function "nothing" not defined`,
		"{{nflowLeave}}":                     `function "nflowLeave" not defined`,
		`<script>{{if .n}}"{{end}}</script>`: "template: line 1: {{if}} branches end in different contexts",
		`{{template "none"}}`:                `"none"`,
		`{{len .n}}`:                         "template: line 1: ",
		`{{call .n}}`:                        "template: line 1: ",
	} {
		w.throws(fmt.Sprintf("template(%q, {n: 1})", source), want)
		w.throws(fmt.Sprintf("template(%q, {n: 1})", source), want) // again, from the pool
	}
	w.throws(`template("{{.}}", (() => { const o = {}; o.o = o; return o })())`, "TypeError")
	w.throws(`template("x".repeat(2e6), {})`, "longer than 1024 KiB")
}

// TestNumbersInTemplates: a template prints and compares each number as JavaScript does, wherever it stands in the page.
func TestNumbersInTemplates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.js(`var d = {n: 1234567.5, i: 3, f: 3.0, h: 3.5, small: 0.00001, big: 1e20, huge: 1e21, list: [1, 1234567.5], o: {a: 1e20}, s: "añ😀", t: "<b>", yes: true, no: false, empty: [], url: "a b"}`)
	for source, want := range map[string]string{
		`{{.n}} {{.i}} {{.f}} {{.small}} {{.big}} {{.huge}}`: `1234567.5 3 3 0.00001 100000000000000000000 1e&#43;21`,
		`<input value="{{.n}}" {{.i}}>`:                      `<input value="1234567.5" 3>`,
		`<input value={{.n}}>`:                               `<input value=1234567.5>`,
		`<script>var a = {{.n}}, b = {{.big}}, c = {{.list}}, d = {{.o}}, e = "{{.n}}"</script>`: `<script>var a =  1234567.5 , b =  100000000000000000000 , c = [1,1234567.5], d = {"a":100000000000000000000}, e = "1234567.5"</script>`,
		`<a href="/?n={{.n}}&u={{.url}}">`:                  `<a href="/?n=1234567.5&u=a%20b">`,
		`<p style="width: {{.h}}px">`:                       `<p style="width: 3.5px">`,
		`{{.list}} {{.o}} {{print .n .big}} {{println .n}}`: `[1 1234567.5] map[a:100000000000000000000] 1234567.5 100000000000000000000 1234567.5` + "\n",
		`{{.n | html}} {{html .n .big}} {{urlquery .n}} {{.big | urlquery}} {{js .n}} {{unescapeHTML .n}} {{.n | print | html}}`:           `1234567.5 1234567.5 100000000000000000000 1234567.5 100000000000000000000 1234567.5 1234567.5 1234567.5`,
		`{{$x := .n}}{{$x}} {{with .h}}{{.}}{{end}} {{range .list}}{{.}},{{end}} {{index .list 1}} {{(index .list 1.0)}} {{index .o "a"}}`: `1234567.5 3.5 1,1234567.5, 1234567.5 1234567.5 100000000000000000000`,

		`{{printf "%.2f|%.2f|%d|%d|%5d|%05d|%x|%e" .i .h .i .f .i .f .i .h}}`:       `3.00|3.50|3|3|    3|00003|3|3.500000e&#43;00`,
		`{{printf "%s|%v|%6s|%-6v|%d" .n .big .h .i .h}}`:                           `1234567.5|100000000000000000000|   3.5|3     |3.5`,
		`{{printf "%s %q %v %t|%s|%d|%[2]s %%" .t .url .list .yes .missing .none}}`: `&lt;b&gt; &#34;a b&#34; [1 1234567.5] true|||a b %`,

		`{{if gt .h 3}}a{{end}}{{if gt .f 2.5}}b{{end}}{{if lt .i .h}}c{{end}}{{if le .i 3.0}}d{{end}}{{if ge .big .i}}e{{end}}{{if eq .f 3}}f{{end}}{{if eq .i 3.0}}g{{end}}{{if ne .i .h}}h{{end}}{{if eq .h 1 2 3.5}}i{{end}}`:                                                                    `abcdefghi`,
		`{{if gt .none 5}}y{{else}}n{{end}}{{if lt .none 5}}y{{else}}n{{end}}{{if lt 5 .none}}y{{else}}n{{end}}{{if ge .none .none}}y{{else}}n{{end}}{{if eq .none 0}}y{{else}}n{{end}}{{if eq .none "x"}}y{{else}}n{{end}}{{if ne .none 1}}y{{else}}n{{end}}{{if eq .none false}}y{{else}}n{{end}}`: `nnnnnnyn`,
		`{{if eq .t "<b>"}}a{{end}}{{if lt "a" "b"}}b{{end}}{{if eq .yes true}}c{{end}}{{if ne .yes .no}}d{{end}}`:                                                                                                                                                                                   `abcd`,
		`{{len .s}} {{len .list}} {{len .o}} {{len .none}} {{len .empty}} {{if gt (len .list) 1.5}}more{{end}}`:                                                                                                                                                                                      `4 2 1 0 0 more`,
	} {
		w.eq(fmt.Sprintf("template(%q, d)", source), fmt.Sprintf("%q", want))
	}
	for source, want := range map[string]string{
		`{{printf "%d" .s}}`:       "printf: %d does not print",
		`{{printf "%t" .i}}`:       `printf: %t does not print "3"`,
		`{{printf "%x" .h}}`:       `printf: %x does not print "3.5"`,
		`{{printf "%d %d" .i}}`:    "has 1 values, more or fewer than it prints",
		`{{printf "%d" .i .i}}`:    "has 2 values, more or fewer",
		`{{printf "%p" .i}}`:       "printf prints no places in memory",
		`{{if eq .i "3"}}{{end}}`:  "cannot be compared",
		`{{if lt .list 3}}{{end}}`: "cannot be compared",
		`{{len .i}}`:               "len takes a text, a list or an object",
		`{{nflowShow .i}}`:         `function "nflowShow" not defined`,
	} {
		w.throws(fmt.Sprintf("template(%q, d)", source), want)
	}
}

func TestMustache(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.js(`var d = {name: "<Ada>", list: [{name: "a"}, {name: "b"}], n: 5, f: 1.5, no: null, user: {name: "U"}, nulls: [null], fn: 1}`)
	for source, want := range map[string]string{
		``:                              ``,
		`{{name}} {{{name}}} {{&name}}`: `&lt;Ada&gt; <Ada> <Ada>`,
		`[{{none}}{{no}}{{a.b.c}}{{no.x}}{{#nulls}}{{.}}{{/nulls}}]`: `[]`,
		`{{n}} {{f}} {{user.name}}`:                                  `5 1.5 U`,
		`{{#list}}{{name}},{{/list}}{{^none}}none{{/none}}`:          `a,b,none`,
		"<ul>\n  {{>row}}\n</ul>":                                    "<ul>\n  <li>&lt;Ada&gt;</li></ul>",
		`{{#list}}{{>row}}{{/list}}{{>absent}}`:                      `<li>a</li><li>b</li>`,
		`{{=<% %>=}}<% n %>`:                                         `5`,
		`{{! nothing }}x`:                                            `x`,
	} {
		for range 2 {
			w.eq(fmt.Sprintf("mustache(%q, d)", source), fmt.Sprintf("%q", want))
		}
	}
	w.eq(`mustache("{{.}}", "x") + mustache("{{a}}") + mustache("{{#.}}{{.}}{{/.}}", [1, 2])`, `"x12"`)
	for source, want := range map[string]string{
		"\n{{#a}}": "mustache: line 2",
		"{{/a}}":   "mustache: ",
		"{{a":      "mustache: ",
		"{{}}":     "mustache: ",
	} {
		w.throws(fmt.Sprintf("mustache(%q, d)", source), want)
	}
	w.pages["loop"] = "x\n  {{>loop}}"
	w.throws(`mustache("{{>loop}}", {})`, "partials include one another more than 100 deep")
	w.pages["delims"] = "{{=<% %>=}}<%name%>"
	w.eq(`mustache("{{>delims}}{{name}}", d)`, `"&lt;Ada&gt;&lt;Ada&gt;"`)
	w.eq(`mustache("{{=<% %>=}}<%>row%>", d)`, `"<li>&lt;Ada&gt;</li>"`)
	w.pages["outer"] = "<b>\n{{> page2 }}\n</b>{{>row}}{{>row}}"
	w.pages["page2"] = "{{#list}}\n\t{{>row}}\n{{/list}}\n"
	w.eq(`mustache("{{>outer}}", d)`, `"<b>\n\t<li>a</li>\t<li>b</li></b><li>&lt;Ada&gt;</li><li>&lt;Ada&gt;</li>"`)
	w.pages["tree"] = "{{n}}{{#kids}}\n  {{>tree}}{{/kids}}\n"
	w.eq(`mustache("{{>tree}}", {n: 1, kids: [{n: 2, kids: [{n: 3, kids: []}]}, {n: 4, kids: []}]})`, `"1\n  2\n  3\n\n\n  4\n\n"`)
}

// TestMustacheOfJavaScript: values print and count as in JavaScript, and functions are called as mustache.js calls them.
func TestMustacheOfJavaScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.pages["lines"] = "* {{x}}\n* {{y}}"
	for script, want := range map[string]string{
		`mustache("{{a}} {{b}} {{c}} {{d}}", {a: 1234567.5, b: 1e20, c: 1e21, d: 0.00001})`:                                               `"1234567.5 100000000000000000000 1e+21 0.00001"`,
		`mustache("{{a}} {{b}} {{c}}", {a: NaN, b: -Infinity, c: -0})`:                                                                    `"NaN -Infinity 0"`,
		`mustache("{{a}}|{{b}}|{{c}}", {a: [1, "x", [2, null, 1e20]], b: {c: 1}, c: true})`:                                               `"1,x,2,,100000000000000000000|[object Object]|true"`,
		`mustache("{{a.0}}{{a.1.b}}{{a.9}}{{a.-1}}{{a.00}}", {a: [1, {b: 2}]})`:                                                           `"12"`,
		`mustache("{{#items.length}}<ul>{{#items}}{{.}}{{/items}}</ul>{{/items.length}}", {items: [1, 2]})`:                               `"<ul>12</ul>"`,
		`mustache("{{#items.length}}<ul>{{/items.length}}{{^items.length}}none{{/items.length}}", {items: []})`:                           `"none"`,
		`mustache("{{s.length}}{{#s.length}}!{{/s.length}}", {s: "añ😀"})`:                                                                 `"4!"`,
		`mustache("{{#n}}{{.}}{{/n}}{{^z}}zero{{/z}}{{^e}}empty{{/e}}", {n: 5, z: 0, e: ""})`:                                             `"5zeroempty"`,
		`mustache("{{f}} {{o.f}} {{{f}}}", {n: "<1>", f() { return this.n }, o: {f: () => "x"}})`:                                         `"&lt;1&gt; x <1>"`,
		`mustache("{{#l}}{{f}}{{/l}}", {l: [{n: 1}, {n: 2}], f() { return this.n * 2 }})`:                                                 `"24"`,
		`mustache("{{#f}}yes {{n}}{{/f}}{{^g}}no{{/g}}", {n: 1, f: () => true, g: () => []})`:                                             `"yes 1no"`,
		`mustache("{{#b}}Hi {{n}}.{{/b}}", {n: "Ada", b: () => (text, render) => "<b>" + render(text) + "</b>"})`:                         `"<b>Hi Ada.</b>"`,
		`mustache("{{=| |=}}|#b|Hi |n|.|/b|", {n: "Ada", b: () => (text, render) => render(text)})`:                                       `"Hi Ada."`,
		`mustache("{{f.x}}", {f: () => ({x: 1})})`:                                                                                        `"1"`,
		`mustache("{{d}} {{j}} {{big}} {{s}}", {d: new Date(0), j: {toJSON: () => "j"}, big: 12345678901234567890n, s: new String("t")})`: `"1970-01-01T00:00:00.000Z j 12345678901234567890 t"`,
		`mustache("[{{toString}}{{constructor}}{{__proto__}}{{hasOwnProperty.name}}]", {})`:                                               `"[]"`,
		`mustache("{{toString}}", {toString: "own"})`:                                                                                     `"own"`,
		`mustache("{{total}}", new class { get total() { return 3 } })`:                                                                   `"3"`,
		`mustache("{{unread}}{{a}}", {a: 1, get b() { throw new Error("read") }})`:                                                        `"1"`,
		`mustache("List:\n  {{>lines}}\nend", {x: 1, y: "a\nb"})`:                                                                         `"List:\n  * 1\n  * a\nbend"`,
		`mustache("  {{>lines}}!\r\n{{>lines}}\r\nend", {x: 1, y: 2})`:                                                                    `"  * 1\n* 2!\r\n* 1\n* 2end"`,
	} {
		w.eq(script, want)
	}
	for script, text := range map[string]string{
		`mustache("{{a}}", {get a() { throw new RangeError("mine") }})`:                                         "RangeError: mine",
		`mustache("{{a}}", {a() { throw new RangeError("mine") }})`:                                             "RangeError: mine",
		`mustache("{{a}}", {a: async () => 1})`:                                                                 "TypeError: mustache: the data holds a promise",
		`mustache("{{a}}", {a: Symbol("x")})`:                                                                   "a symbol has no text",
		`mustache("{{a}}", (() => { const a = []; a.push(a); return {a} })())`:                                  "nested more than 200 deep",
		`mustache("{{#f}}x{{/f}}", {f: () => function again(text, render) { return render("{{#f}}x{{/f}}") }})`: "include one another more than 100 deep",
		`mustache("{{#b}}{{/a}}{{/b}}", {})`:                                                                    "line 1: {{/a}} closes no open section",
	} {
		w.throws(script, text)
	}
}

// Bombs must end by a limit of their own, or with the run.
func TestTemplateBombs(t *testing.T) {
	t.Parallel()
	nested := func(n int, open, inner, shut string) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(shut, n)
	}
	for name, tt := range map[string]struct{ call, source, want string }{
		"endless loop":       {"template", `{{range 9223372036854775807}}{{end}}`, "the run is over"},
		"endless, in if":     {"template", `{{if true}}{{with 1}}{{range $i := 9223372036854775807}}{{$x := $i}}{{end}}{{end}}{{end}}`, "the run is over"},
		"endless continue":   {"template", `{{range 9223372036854775807}}{{continue}}{{end}}`, "the run is over"},
		"nested loops":       {"template", nested(6, `{{range $.list}}`, ``, `{{end}}`), "the run is over"},
		"nested recursion":   {"template", `{{define "a"}}{{range $.list}}{{template "a" $}}{{end}}{{end}}{{template "a" .}}`, "more than 100 deep"},
		"large page":         {"template", `{{range 9223372036854775807}}{{$.text}}{{end}}`, "larger than 16 MiB"},
		"recursion":          {"template", `{{define "a"}}{{if .}}{{template "a" .}}{{end}}{{end}}{{template "a" .}}`, "more than 100 deep"},
		"deep nesting":       {"template", nested(2000, `{{if 1}}`, ``, `{{end}}`), "more than 200 deep"},
		"doubling escapes":   {"template", nested(40, `{{range .list}}`, `{{.}}`, `{{end}}`), "nested too deep"},
		"doubling includes":  {"template", doubling(40), "nested too deep"},
		"doubling print":     {"template", `{{$s := .text}}{{range 40}}{{$s = print $s $s}}{{end}}`, "on the way"},
		"doubling js":        {"template", `{{$s := "\\"}}{{range 60}}{{$s = js $s}}{{end}}`, "on the way"},
		"growing html":       {"template", `{{$s := .text}}{{range 1000000}}{{$s = html $s $s}}{{end}}`, "on the way"},
		"wide printf":        {"template", `{{printf "%1000000000d" 1}}`, "999 wide"},
		"star printf":        {"template", `{{printf "%*d" 1000000000 1}}`, "999 wide"},
		"precise printf":     {"template", `{{printf "%.[1]*f" 100000000 1.0}}`, "999 wide"},
		"many printf":        {"template", `{{printf "` + strings.Repeat("%[1]s", 200) + `" .text}}`, "100 verbs"},
		"repeated printf":    {"template", `{{printf "` + strings.Repeat("%[1]s", 99) + `" .text}}`, "on the way"},
		"mustache loops":     {"mustache", nested(6, `{{#list}}`, ``, `{{/list}}`), "steps"},
		"mustache page":      {"mustache", nested(3, `{{#list}}`, `{{text}}`, `{{/list}}`), "larger than 16 MiB"},
		"mustache nesting":   {"mustache", nested(5000, `{{#list}}`, ``, `{{/list}}`), "more than 200 deep"},
		"mustache partials":  {"mustache", `{{#list}}{{>bomb}}{{/list}}`, "more than 100 deep"},
		"mustache includes":  {"mustache", `{{>p0}}{{>p0}}`, "steps"},
		"mustache expansion": {"mustache", strings.Repeat(`{{>large}}`, 400), "larger than 16 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			for i := range 40 {
				w.pages[fmt.Sprintf("p%d", i)] = fmt.Sprintf("{{>p%d}}{{>p%d}}", i+1, i+1)
			}
			w.pages["large"] = strings.Repeat("x", 100_000)
			w.pages["bomb"] = `{{#list}}{{>bomb}}{{/list}}`
			limit := time.Minute
			if tt.want == "the run is over" {
				limit = 100 * time.Millisecond
			}
			ctx, cancel := context.WithTimeoutCause(context.Background(), limit, errors.New("the run is over"))
			defer cancel()
			w.ctx = ctx
			w.js(`var d = {list: Array.from({length: 200}, () => "x"), text: "&".repeat(1 << 18)}; var source`)
			if err := w.vm.Set("source", tt.source); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			w.throws(tt.call+`(source, d)`, tt.want)
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func doubling(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{{define "t%d"}}{{range .}}{{template "t%d" .}}{{end}}{{end}}`, i, i+1)
	}
	fmt.Fprintf(&b, `{{define "t%d"}}x{{end}}{{template "t0" .}}`, n)
	return b.String()
}
