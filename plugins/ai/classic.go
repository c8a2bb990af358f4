package ai

import (
	"regexp"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// Lengths are checked beside the patterns: a pattern that counts to a thousand is large.
var keyText = regexp.MustCompile(`^[\x21-\x7e]+$`) // what can stand in a header

const maxKey = 1000 // bytes

// classicRows: the older functions. Each returns the text of the model, and throws when there is none.
func (p *Plugin) classicRows() []hostfn.Row {
	return []hostfn.Row{
		{
			Name: "openai", Sig: "openai(key, system, prompt, model, data)",
			Doc: "Asks an OpenAI model and returns its text; system and prompt are Mustache templates over data. " +
				`An empty key or model means that of [ai.openai]; its base_url is used.`,
			Example: `payload.answer = openai("", "Be brief.", "Greet {{name}}", "gpt-4o-mini", { name: "Ada" })`,
			Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				t := p.keyed(r, "openai", hostfn.String(call, 0))
				return p.classic(r, t, r.UTF8String(t.name, "system", call, 1), r.UTF8String(t.name, "prompt", call, 2), hostfn.String(call, 3), call.Argument(4))
			}),
		},
		{
			Name: "gemini", Sig: "gemini(key, prompt, model, data)",
			Doc: "Asks a Gemini model and returns its text; prompt is a Mustache template over data. " +
				"An empty key or model means that of [ai.gemini]; its base_url is used.",
			Example: `payload.answer = gemini("", "Greet {{name}}", "gemini-2.5-flash", { name: "Ada" })`,
			Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				t := p.keyed(r, "gemini", hostfn.String(call, 0))
				return p.classic(r, t, "", r.UTF8String(t.name, "prompt", call, 1), hostfn.String(call, 2), call.Argument(3))
			}),
		},
		{
			Name: "ollama", Sig: "ollama(baseURL, system, prompt, model, data)",
			Doc: "Asks a model that Ollama serves and returns its text; system and prompt are Mustache templates over data. " +
				"An empty baseURL or model means that of [ai.ollama]; another baseURL needs enable_network.",
			Example: `payload.answer = ollama("", "Be brief.", "Greet {{name}}", "llama3.2", { name: "Ada" })`,
			Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				t := p.served(r, hostfn.String(call, 0))
				return p.classic(r, t, r.UTF8String(t.name, "system", call, 1), r.UTF8String(t.name, "prompt", call, 2), hostfn.String(call, 3), call.Argument(4))
			}),
		},
	}
}

// keyed is a provider with a key of the flow, or with the configured one.
func (p *Plugin) keyed(r *hostfn.Run, name, key string) *target {
	if key == "" {
		return p.provider(r, name, name)
	}
	if len(key) > maxKey || !keyText.MatchString(key) {
		panic(r.VM.NewTypeError("%s: the key holds characters that no key has", name))
	}
	t := p.target(name, p.opts.Providers[name])
	t.key, t.keyOf = key, "the key"
	return t
}

// served is the server of Ollama that the flow names, or the configured one.
func (p *Plugin) served(r *hostfn.Run, base string) *target {
	c, configured := p.opts.Providers["ollama"]
	t := p.target("ollama", c)
	if base == "" || configured && t.base == p.target("ollama", Provider{BaseURL: base}).base {
		return p.provider(r, "ollama", "ollama")
	}
	if err := r.Caps.Allow(network); err != nil {
		r.Throw(&fault.Error{Kind: fault.Denied, Text: "ollama with a baseURL of its own is off: set [vm_pool] " + network + " = true, or [ai.ollama] base_url", Cause: err})
	}
	if !validURL(base) {
		panic(r.VM.NewTypeError(`ollama takes the URL of a server first, as in "http://localhost:11434"`))
	}
	model := t.model
	t = p.target("ollama", Provider{BaseURL: base, Model: model}) // the configured key stays at home
	t.transport, t.keyOf = p.guarded, "a call without a key"
	return t
}

// classic calls the model once and returns the text.
func (p *Plugin) classic(r *hostfn.Run, t *target, system, prompt, model string, v goja.Value) goja.Value {
	q := &question{model: p.model(r, t.name, t, model)}
	data := r.UTF8Data(t.name, "data", v)
	if data == nil {
		data = map[string]any{}
	}
	if system != "" {
		q.messages = append(q.messages, message{role: "system", text: p.prompt(r, t.name, system, data)})
	}
	q.messages = append(q.messages, message{role: "user", text: p.prompt(r, t.name, prompt, data)})
	a := p.ask(r, &chatSession{question: q, fn: t.name, target: t, timeout: p.opts.Timeout})
	if a.text.Len() == 0 && a.finish == "content_filter" {
		panic(hostfn.NewError(r.VM, &saying{t.name + ": the model refused to answer"}))
	}
	return r.VM.ToValue(a.text.String())
}
