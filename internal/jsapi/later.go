package jsapi

import (
	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const network = "enable_network"

// later is a name of the contract whose service this runtime does not have yet.
type later struct{ name, args, doc, needs, plugin, example string }

// laterRows: names that exist, so that a flow which only mentions them runs, and that throw when they are called.
func laterRows() []hostfn.Row {
	var rows []hostfn.Row
	for _, l := range laterNames() {
		rows = append(rows, hostfn.Row{Name: l.name, Sig: l.name + "(" + l.args + ")", Doc: l.doc, Example: l.example, Needs: l.needs,
			Bind: hostfn.Func(func(r *hostfn.Run, _ goja.FunctionCall) goja.Value {
				if l.needs != "" {
					off(r, l.name, l.needs)
				}
				r.Throw(fault.New(fault.Unavailable, "%s comes with the %s plugin, which this version does not have yet", l.name, l.plugin))
				return nil
			})})
	}
	return rows
}

func laterNames() []later {
	return []later{
		{"mail_config", "smtp, port, from, password", "Names the mail server for this run.", network, "mail",
			`mail_config("localhost", 25, "shop@example.com", "")`},
		{"send_mail", "to, subject, body, attachment, format", `Sends a mail; format is "html" or "text".`, "", "mail",
			`send_mail("ada@example.com", "Hello", "<p>Hello</p>", "", "html")`},
		{"send_mail_async", "to, subject, body, attachment, format", "Sends a mail in the background.", "", "mail",
			`send_mail_async("ada@example.com", "Hello", "Hello", "", "text")`},
		{"openai", "key, system, prompt, model, data", "Asks an OpenAI model; the prompt is a Mustache template over data.", "", "ai",
			`const answer = openai(env.openai_key, "Be brief.", "Greet {{name}}", "gpt-4o-mini", { name: "Ada" })`},
		{"gemini", "key, prompt, model, data", "Asks a Gemini model; the prompt is a Mustache template over data.", "", "ai",
			`const answer = gemini(env.gemini_key, "Greet {{name}}", "gemini-2.0-flash", { name: "Ada" })`},
		{"ollama", "baseURL, system, prompt, model, data", "Asks a model served by Ollama; the prompt is a Mustache template over data.", network, "ai",
			`const answer = ollama("http://localhost:11434", "Be brief.", "Greet {{name}}", "llama3", { name: "Ada" })`},
	}
}
