package jsapi

import (
	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// templateRows: pages from templates.
func (a *api) templateRows() []hostfn.Row {
	return []hostfn.Row{
		{
			Name: "get_template", Sig: "get_template(name)", Doc: `Returns the source of a stored template; "" and a log line when there is none.`,
			Example: `const source = get_template("page") || "<h1>{{.title}}</h1>"`,
			Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				name := hostfn.String(call, 0)
				if source, ok := a.pages.Source(r, name); ok {
					return r.VM.ToValue(source)
				}
				r.Log().Warn("template not found", "template", name)
				return r.VM.ToValue("")
			}),
		},
		{
			Name: "template", Sig: "template(source, data)",
			Doc: "Renders a Go html/template over data. Values are escaped for their place in the page; {{.html | unescapeHTML}} prints HTML unescaped. " +
				"Missing keys and null print nothing, and compare as nothing: gt, lt and eq with one are false. In a script an object prints as JSON, in its order; range goes over an object by its sorted keys: give Object.entries(object), a list, where order matters. Numbers print as in JavaScript; printf and comparisons take any number; len counts what length does.",
			Example: `c.HTML(200, template("<h1>Hello {{.name}}</h1>", { name: "Ada" }))`,
			Bind:    rendering(a.pages.PageOf),
		},
		{
			Name: "mustache", Sig: "mustache(source, data)",
			Doc: "Renders a Mustache template over data, escaped for HTML; {{{html}}} prints HTML unescaped, {{>name}} includes a stored template, indented as its tag, up to 100 deep. " +
				"Numbers, lists and objects print as in JavaScript, {{list.0}} and {{#list.length}} look into lists; a function is called, and one that a section's function returns gets (text, render), as in mustache.js.",
			Example: `c.HTML(200, mustache("<h1>Hello {{name}}</h1>", { name: "Ada" }))`,
			Bind:    rendering(a.pages.Mustache),
		},
	}
}

// rendering binds a function of (source, data).
func rendering(render func(r *hostfn.Run, source string, data goja.Value) (string, error)) func(*hostfn.Run) goja.Value {
	return hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
		text, err := render(r, hostfn.WideString(r, call, 0), call.Argument(1))
		if err != nil {
			r.Throw(err)
		}
		return hostfn.ToJS(r.VM, text)
	})
}
