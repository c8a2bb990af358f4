// Package ai is the plugin with which flows ask language models: the object ai, and the older openai, gemini and ollama.
// The engine registers it; it knows nothing of the engine, of configuration files or of other plugins.
//
// A provider is a server that speaks one of three documented wire formats: OpenAI's chat completions, which many servers
// speak, Gemini's generateContent and Ollama's /api/chat. Each is one file and one value of wire; what they ask goes through
// the retryTransport. chat.go leads the conversation, with the tools that flows lend to the model. What models answer is hostile, as
// flow code is: sizes, rounds, times and tokens are bounded. Keys travel in headers, to the host they belong to, and are in no error and no
// log line.
package ai

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/netpolicy"
	"github.com/arturoeanton/nflow-runtime/plugins"
)

const network = "enable_network"

// Options are the sections [ai] and [ai.NAME] of the configuration, and what the plugin needs of its surroundings.
type Options struct {
	// Providers by name. "gemini" and "ollama" speak their own formats, all others that of OpenAI.
	Providers map[string]Provider
	// MaxTokensPerRun is how many tokens, asked and answered, one run may use. Defaults to 0: no budget.
	MaxTokensPerRun int
	Timeout         time.Duration // of one response. Defaults to 2 minutes
	// Allow is [vm_pool] network_allow, for the servers that flows name: see netpolicy.New.
	Allow []string
	// Transport makes the calls to configured providers; the plugin closes its idle connections when it stops. Defaults
	// to one of its own.
	Transport http.RoundTripper

	// Prompt renders a Mustache template as plain text, without HTML's escapes. Nil when there are no templates.
	Prompt func(r *hostfn.Run, source string, data any) (string, error)
	// Fits reports what is wrong with a value by a JSON Schema, "" when nothing is. Its error says that the schema itself
	// cannot be used. Defaults to none: then answers are not checked.
	Fits func(r *hostfn.Run, schema []byte, value any) (problem string, err error)
	// Events returns the stream of server-sent events to the client of a run. Nil when there is none; ai.chat then
	// streams to a function only.
	Events func(r *hostfn.Run) (Events, error)
}

// Events is a response that is written event by event. It belongs to the run's goroutine.
type Events interface {
	// Send writes one event at once; name is "" for a plain message. Data holds no line break.
	Send(name string, data []byte) error
}

// Provider is one server.
type Provider struct {
	BaseURL string // Defaults to the provider's own address where it has one
	APIKey  string // Defaults to none
	Model   string // of calls that name none. Defaults to none
}

// Plugin calls the models for all runs.
type Plugin struct {
	opts    Options
	guarded http.RoundTripper // for servers that flows name; Options.Transport is for the others
}

var (
	_ hostfn.Plugin   = (*Plugin)(nil)
	_ plugins.Stopper = (*Plugin)(nil)
)

// New makes the plugin. It connects to nothing. Its errors name the key that is wrong.
func New(o Options) (*Plugin, error) {
	dialer, err := netpolicy.New(o.Allow)
	if err != nil {
		return nil, err
	}
	for name, provider := range o.Providers {
		if provider.BaseURL != "" && !validURL(provider.BaseURL) {
			return nil, fault.New(fault.Invalid, "[ai.%s] base_url must be an http or https URL, as in %q", name, "https://api.example.com/v1")
		}
	}
	if o.Timeout <= 0 {
		o.Timeout = 2 * time.Minute
	}
	if o.Transport == nil {
		o.Transport = transport((&net.Dialer{Timeout: 10 * time.Second}).DialContext, true)
	}
	return &Plugin{opts: o, guarded: transport(dialer.DialContext, false)}, nil
}

func transport(dial func(context.Context, string, string) (net.Conn, error), proxy bool) *http.Transport {
	t := &http.Transport{
		DialContext: dial, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConnsPerHost: 16, IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: 1 << 20,
	}
	if proxy { // one that flows name must not be reached around the dialer
		t.Proxy = http.ProxyFromEnvironment
	}
	return t
}

// Name is "ai".
func (p *Plugin) Name() string { return "ai" }

// Stop closes the connections that are kept open.
func (p *Plugin) Stop(context.Context) error {
	for _, t := range []http.RoundTripper{p.opts.Transport, p.guarded} {
		(&http.Client{Transport: t}).CloseIdleConnections()
	}
	return nil
}

// Functions returns ai, openai, gemini and ollama.
func (p *Plugin) Functions() []hostfn.Row {
	return slices.Concat([]hostfn.Row{{
		Name: "ai", Sig: chatSignature(),
		Calls: []string{
			chatSignature(),
		},
		Doc: `Asks a language model and waits. provider is a NAME of [ai.NAME]; with one provider it can be left out. ` +
			`Give prompt, or messages: an array of {role: "user" | "assistant" | "system", content}. With data, system and prompt are Mustache templates over it. ` +
			`tools are {name, description, parameters, run}: parameters is a JSON Schema, run(args) is called when the model asks for it, in up to 8 rounds; ` +
			`a tool without run ends the call, and tool_calls of the result lists what the model asked for. json_schema makes the model return JSON: it is checked against the schema and parsed in json. ` +
			`stream: true sends the text to the client as server-sent events, or piece by piece to onToken(text). timeout is in milliseconds. ` +
			`Returns {text, json, usage: {input, output, total}, tool_calls, model, finish}; finish is "stop", "length", "tool_calls" or "content_filter". Throws when the model does not answer.`,
		Example: `const answer = ai.chat({
  system: "You answer in one sentence.",
  prompt: "What is the weather like in {{city}}?",
  data: { city: "Córdoba" },
  tools: [{
    name: "weather", description: "The weather of a city",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    run: (args) => ({ city: args.city, celsius: 21 }),
  }],
})
payload.answer = answer.text
payload.tokens = answer.usage.total`,
		Bind: func(r *hostfn.Run) goja.Value {
			o := r.VM.NewObject()
			hostfn.Define(r, o, "chat", func(call goja.FunctionCall) goja.Value { return p.chat(r, call.Argument(0)) })
			return o
		},
	}}, p.classicRows())
}

// perRun is what a run remembers of its calls.
type perRun struct{ tokens int }

// spend takes one call of the run's allowance, or returns an error when none is left.
func (p *Plugin) spend(r *hostfn.Run, fn string) {
	used, most := p.remember(r).tokens, p.opts.MaxTokensPerRun
	if most > 0 && used >= most {
		r.Throw(fault.New(fault.Denied, "%s: this run has used %d tokens of %d: [ai] max_tokens_per_run", fn, used, most))
	}
}

func (p *Plugin) remember(r *hostfn.Run) *perRun {
	return hostfn.Kept(r, p, func() *perRun { return &perRun{} })
}

// target is the server that a call goes to.
type target struct {
	name      string // for messages
	wire      wire
	base      string
	key       string
	model     string // of the configuration
	keyOf     string // where the key comes from, for messages
	transport http.RoundTripper
}

// provider finds a configured provider; "" is the only one there is, or openai.
func (p *Plugin) provider(r *hostfn.Run, fn, name string) *target {
	if name == "" {
		name = "openai"
		if len(p.opts.Providers) == 1 {
			for only := range p.opts.Providers {
				name = only
			}
		}
	}
	c, configured := p.opts.Providers[name]
	if !configured {
		r.Throw(fault.New(fault.Unavailable, "%s: the provider %.64q is not configured: set [ai.%.64s]", fn, name, name))
	}
	t := p.target(name, c)
	if t.base == "" {
		r.Throw(fault.New(fault.Unavailable, "%s: set [ai.%s] base_url", fn, name))
	}
	if t.key == "" && c.BaseURL == "" && name != "ollama" {
		r.Throw(fault.New(fault.Unavailable, "%s: set [ai.%s] api_key", fn, name))
	}
	return t
}

// target makes the target of a provider; its base is empty when it is not configured.
func (p *Plugin) target(name string, c Provider) *target {
	t := &target{name: name, base: c.BaseURL, key: c.APIKey, model: c.Model, keyOf: "[ai." + name + "] api_key", transport: p.opts.Transport}
	own := ""
	switch name {
	case "gemini":
		t.wire, own = geminiWire{}, "https://generativelanguage.googleapis.com/v1beta"
	case "ollama":
		t.wire, own = ollamaWire{}, "http://localhost:11434"
	case "openai":
		t.wire, own = openaiWire{newer: c.BaseURL == ""}, "https://api.openai.com/v1"
	default:
		t.wire = openaiWire{}
	}
	if t.base == "" {
		t.base = own
	}
	t.base = strings.TrimSuffix(t.base, "/")
	return t
}
