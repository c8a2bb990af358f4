package jsapi

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.js(`var d = {name: "<Ada>", n: 5, f: 1.5, big: 12345678, ok: true, no: null, list: ["a", null], html: "<b>x</b>", user: {name: "U"}, e: {}}`)
	for source, want := range map[string]string{
		``:                                   ``,
		`<p title="{{.name}}">{{.name}}</p>`: `<p title="&lt;Ada&gt;">&lt;Ada&gt;</p>`,
		`{{.html | unescapeHTML}}{{.html}}`:  `<b>x</b>&lt;b&gt;x&lt;/b&gt;`,
		`{{unescapeHTML .none}}`:             ``,
		`{{.n}} {{.f}} {{.big}} {{.ok}}`:     `5 1.5 12345678 true`,
		`{{printf "%d %03d %T" .n .n .f}}`:   `5 005 float64`,
		`[{{.none}}{{.no}}{{.a.b.c}}{{.no.x}}{{.user.none}}]`:                                                      `[]`,
		`[{{index .profile "username"}}{{index .e "a" "b"}}{{index .list 9}}]`:                                     `[]`,
		`{{index .list 0}}{{index .user "name"}}{{(index .list 0) | printf "%s"}}`:                                 `aUa`,
		`{{range .list}}({{.}}){{end}}{{range .none}}x{{else}}none{{end}}`:                                         `(a)()none`,
		`{{range $k, $v := .user}}{{$k}}={{$v}}{{end}}`:                                                            `name=U`,
		`{{range $i, $x := .list}}{{if $i}}{{break}}{{end}}{{$x}}{{end}}`:                                          `a`,
		`{{range .list}}{{if .}}{{continue}}{{end}}-{{end}}`:                                                       `-`,
		`{{if eq .n 5}}five{{else if eq .n 6}}six{{end}}{{if gt .f 1.0}}big{{end}}`:                                `fivebig`,
		`{{define "row"}}<i>{{.}}</i>{{end}}{{range .list}}{{template "row" .}}{{end}}`:                            `<i>a</i><i></i>`,
		`{{define "tree"}}{{if .}}{{len .}}{{template "tree" (slice . 1)}}{{end}}{{end}}{{template "tree" .list}}`: `21`,
		`<a href="/x?q={{.name}}" onclick="f({{.user}})">`:                                                         `<a href="/x?q=%3cAda%3e" onclick="f({&#34;name&#34;:&#34;U&#34;})">`,
		`{{$nflow := 1}}{{$nflow}}{{len .name}}{{print .n .f}}{{.name | html}}`:                                    `155 1.5&lt;Ada&gt;`,
		`{{with .user}}{{.name}}{{end}}{{block "b" .}}{{.n}}{{end}}`:                                               `U5`,
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
		"<ul>\n  {{>row}}\n</ul>":                                    "<ul>\n<li>&lt;Ada&gt;</li></ul>",
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
		"\n{{#a}}":            "mustache: line 2",
		"{{/a}}":              "mustache: ",
		"{{a":                 "mustache: ",
		"{{}}":                "mustache: ",
		"{{=<% %>=}}<%>row%>": "changes its delimiters",
	} {
		w.throws(fmt.Sprintf("mustache(%q, d)", source), want)
	}
	w.pages["loop"] = "x\n  {{>loop}}"
	w.throws(`mustache("{{>loop}}", {})`, "includes itself")
	w.pages["delims"] = "{{=<% %>=}}  <%>delims%>"
	w.pages["outer"] = "<b>\n{{> page2 }}\n</b>{{>row}}{{>row}}"
	w.pages["page2"] = "{{#list}}\n\t{{>row}}\n{{/list}}"
	w.eq(`mustache("{{>outer}}", d)`, `"<b>\n<li>a</li><li>b</li></b><li>&lt;Ada&gt;</li><li>&lt;Ada&gt;</li>"`)
	w.throws(`mustache("{{>delims}}", {})`, "changes its delimiters")
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
		"mustache loops":     {"mustache", nested(6, `{{#list}}`, ``, `{{/list}}`), "the run is over"},
		"mustache page":      {"mustache", nested(3, `{{#list}}`, `{{text}}`, `{{/list}}`), "larger than 16 MiB"},
		"mustache nesting":   {"mustache", nested(5000, `{{#list}}`, ``, `{{/list}}`), "more than 200 deep"},
		"mustache partials":  {"mustache", `{{#list}}{{>bomb}}{{/list}}`, "includes itself"},
		"mustache includes":  {"mustache", `{{>p0}}{{>p0}}`, "more than 1000 partials"},
		"mustache expansion": {"mustache", strings.Repeat(`{{>large}}`, 40), "longer than 1024 KiB"},
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

func TestRenderingKeepsTheCauseOfALimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(fault.Exceeded("time", "the run took longer than 30 s"))
	w.ctx = ctx
	a := &api{Deps: w.deps, pages: newPool(parsePage), mustache: newPool(parseMustache)}
	_, err := a.render(w.run, `{{range 100000}}{{end}}`, nil)
	if f, ok := errors.AsType[*fault.Error](err); !ok || f.Limit != "time" {
		t.Errorf("%v", err)
	}
}

func TestRunsRenderSideBySide(t *testing.T) {
	t.Parallel()
	deps := newWorld(t, nil).deps
	a := &api{Deps: deps, pages: newPool(parsePage), mustache: newPool(parseMustache)}
	var all sync.WaitGroup
	for i := range 8 {
		w := newWorld(t, nil)
		all.Go(func() {
			for j := range 50 {
				want := fmt.Sprintf("%d-%d", i, j)
				page, err := a.render(w.run, "{{print .a}}-{{.b}}", map[string]any{"a": i, "b": j})
				if err != nil || page != want {
					t.Errorf("%q %v, want %s", page, err, want)
				}
				page, err = a.renderMustache(w.run, "{{a}}-{{b}}", map[string]any{"a": i, "b": j})
				if err != nil || page != want {
					t.Errorf("%q %v, want %s", page, err, want)
				}
			}
		})
	}
	all.Wait()
}

func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{
		"", "<p>{{.name}}</p>", "{{range .list}}{{.}}{{else}}x{{end}}", `{{define "a"}}{{.}}{{end}}{{template "a" .name}}`,
		"{{if .a}}{{else if .b}}{{end}}", `{{printf "%s" .name}}`, "<script>var x = {{.}}</script>", "{{range $i, $x := .list}}{{break}}{{end}}",
		`{{index .name 1}}{{unescapeHTML .list}}{{html .}}{{js .}}{{urlquery .}}`, "<a href={{.name}}", `{{with $x := .list}}{{len $x}}{{end}}`,
	} {
		f.Add(seed)
	}
	fuzzRendering(f, func(w *world, a *api) func(string, any) (string, error) {
		return func(source string, data any) (string, error) { return a.render(w.run, source, data) }
	})
}

func FuzzMustache(f *testing.F) {
	for _, seed := range []string{"", "{{name}}", "{{#list}}{{.}}{{/list}}", "{{>row}}", "{{=<% %>=}}<%name%>", "{{{name}}}", "{{^x}}y{{/x}}", "{{!", "{{=}}", "{{a.b.}}"} {
		f.Add(seed)
	}
	fuzzRendering(f, func(w *world, a *api) func(string, any) (string, error) {
		return func(source string, data any) (string, error) { return a.renderMustache(w.run, source, data) }
	})
}

// fuzzRendering checks that no source panics, runs on, or answers a page together with an error.
func fuzzRendering(f *testing.F, with func(*world, *api) func(string, any) (string, error)) {
	w := newWorld(f, nil)
	render := with(w, &api{Deps: w.deps, pages: newPool(parsePage), mustache: newPool(parseMustache)})
	f.Fuzz(func(t *testing.T, source string) {
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		defer cancel()
		w.ctx = ctx
		start := time.Now()
		page, err := render(source, map[string]any{"name": "<Ada>", "list": []any{"a", int64(1), nil}, "n": 1.5})
		if err != nil && page != "" {
			t.Fatalf("%q answers a page and %v", source, err)
		}
		if err != nil && strings.Contains(err.Error(), "panic") {
			t.Fatalf("%q: %v", source, err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Fatalf("%q took %v", source, took)
		}
	})
}
