package jsapi

import (
	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// templateRows: pages from templates.
func (a *api) templateRows() []hostfn.Row {
	return []hostfn.Row{
		{
			Name: "get_template", Sig: "get_template(name)", Doc: `The source of a stored template; "" when there is none, which the log tells.`,
			Example: `const source = get_template("page") || "<h1>{{.title}}</h1>"`,
			Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				name := hostfn.String(call, 0)
				if a.Template != nil {
					if source, ok := a.Template(r, name); ok {
						return r.VM.ToValue(source)
					}
				}
				r.Log().Warn("template not found", "template", name)
				return r.VM.ToValue("")
			}),
		},
		{
			Name: "template", Sig: "template(source, data)",
			Doc: "Renders a Go html/template over data. Values are escaped for their place in the page; {{.html | unescapeHTML}} prints HTML as it is. " +
				"Missing keys print nothing.",
			Example: `c.HTML(200, template("<h1>Hello {{.name}}</h1>", { name: "Ada" }))`,
			Bind:    rendering(a.render),
		},
		{
			Name: "mustache", Sig: "mustache(source, data)",
			Doc:     "Renders a Mustache template over data, escaped for HTML; {{{html}}} prints HTML as it is, {{>name}} includes a stored template.",
			Example: `c.HTML(200, mustache("<h1>Hello {{name}}</h1>", { name: "Ada" }))`,
			Bind:    rendering(a.renderMustache),
		},
	}
}

// rendering binds a function of (source, data).
func rendering(render func(r *hostfn.Run, source string, data any) (string, error)) func(*hostfn.Run) goja.Value {
	return hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
		text, err := render(r, hostfn.String(call, 0), plain(r, call.Argument(1)))
		if err != nil {
			r.Throw(err)
		}
		return r.VM.ToValue(text)
	})
}
