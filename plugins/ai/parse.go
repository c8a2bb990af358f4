package ai

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const (
	maxMessages = 1000
	maxTools    = 64
	maxQuestion = 4 << 20 // bytes of all messages
	maxTimeout  = 10 * time.Minute
)

// tool is a function that a flow lends to the model.
type tool struct {
	name, description string
	parameters        map[string]any
}

var toolName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,63}$`)

// What ai.chat takes, and each of its tools.
const (
	chatOptions = "provider model system prompt messages data temperature max_tokens tools json_schema stream onToken timeout"
	toolOptions = "name description parameters run"
)

// chatSignature writes ai.chat for the manual.
func chatSignature() string {
	return "ai.chat({" + strings.Join(strings.Fields(chatOptions), ", ") + "})"
}

// parse reads the argument of ai.chat.
func (p *Plugin) parse(r *hostfn.Run, v goja.Value) *chatSession {
	o, ok := v.(*goja.Object)
	if !ok {
		panic(r.VM.NewTypeError(`ai.chat takes an object, as in {prompt: "Hello"}`))
	}
	t := &chatSession{question: &question{}, fn: "ai.chat", timeout: p.opts.Timeout, runs: map[string]goja.Callable{}}
	in := map[string]goja.Value{}
	r.Only(t.fn, o, strings.Fields(chatOptions)...)
	for _, key := range r.Keys(o) {
		if v := o.Get(key); v != nil && !goja.IsUndefined(v) && !goja.IsNull(v) {
			in[key] = v
		}
	}
	text := func(key string) string {
		if v := in[key]; v != nil {
			return r.UTF8Text(t.fn, key, v)
		}
		return ""
	}
	t.target = p.provider(r, t.fn, text("provider"))
	t.model = p.model(r, t.fn, t.target, text("model"))
	p.parseMessages(r, t, in, text)
	p.parseNumbers(r, t, in)
	if v := in["tools"]; v != nil {
		t.parseTools(r, v)
	}
	if v := in["json_schema"]; v != nil {
		if t.schema, ok = r.UTF8Data(t.fn, "json_schema", v).(map[string]any); !ok {
			panic(r.VM.NewTypeError("ai.chat: json_schema must be a JSON Schema, an object"))
		}
		if _, err := p.fits(r, t, nil); err != nil { // a wrong schema makes no call
			r.Throw(err)
		}
	}
	p.parseStream(r, t, in)
	return t
}

// model is the one that the call names, or that of the configuration.
func (p *Plugin) model(r *hostfn.Run, fn string, t *target, name string) string {
	if name == "" {
		name = t.model
	}
	if name == "" {
		r.Throw(fault.New(fault.Unavailable, "%s: no model given: name one, or set [ai.%s] model", fn, t.name))
	}
	if len(name) > maxModel || !modelName.MatchString(name) || strings.Contains(name, "..") {
		r.Throwf("%s: %q is not the name of a model", fn, clip.Text(name, 40))
	}
	return name
}

// parseMessages makes the conversation of system, and of prompt or messages.
func (p *Plugin) parseMessages(r *hostfn.Run, t *chatSession, in map[string]goja.Value, text func(string) string) {
	render := func(source string) string { return source }
	if v := in["data"]; v != nil {
		data := r.UTF8Data(t.fn, "data", v)
		render = func(source string) string { return p.prompt(r, t.fn, source, data) }
	}
	if in["system"] != nil {
		t.messages = append(t.messages, message{role: "system", text: render(text("system"))})
	}
	switch {
	case in["prompt"] != nil && in["messages"] != nil:
		panic(r.VM.NewTypeError("ai.chat takes prompt or messages, not both"))
	case in["prompt"] != nil:
		t.messages = append(t.messages, message{role: "user", text: render(text("prompt"))})
	case in["messages"] != nil:
		list, ok := r.UTF8Data(t.fn, "messages", in["messages"]).([]any)
		if !ok || len(list) == 0 || len(list) > maxMessages {
			panic(r.VM.NewTypeError("ai.chat: messages must be an array of 1 to %d", maxMessages))
		}
		for i, item := range list {
			t.messages = append(t.messages, messageOf(r, i, item))
		}
	default:
		panic(r.VM.NewTypeError("ai.chat takes a prompt or messages"))
	}
	size := 0
	for _, m := range t.messages {
		size += len(m.text)
	}
	if size > maxQuestion {
		r.Throwf("ai.chat: the messages are longer than %d MiB", maxQuestion>>20)
	}
}

// messageOf reads one message: {role, content}, also those that carry calls of tools and their results.
func messageOf(r *hostfn.Run, i int, item any) message {
	m, _ := item.(map[string]any)
	bad := func(what string) { panic(r.VM.NewTypeError("ai.chat: message %d %s", i+1, what)) }
	text := func(key string) string { s, _ := m[key].(string); return s }
	out := message{role: text("role"), text: text("content"), name: text("name"), callID: text("tool_call_id")}
	switch out.role {
	case "system", "user", "assistant", "tool":
	default:
		bad(`needs a role: "user", "assistant", "system" or "tool"`)
	}
	calls, _ := m["tool_calls"].([]any)
	if _, ok := m["content"].(string); !ok && len(calls) == 0 {
		bad("needs its content as text")
	}
	if len(calls) > maxCalls {
		bad("has too many tool_calls")
	}
	for _, c := range calls {
		call, _ := c.(map[string]any)
		name, _ := call["name"].(string)
		if !toolName.MatchString(name) {
			bad("has tool_calls without a name")
		}
		args, err := hostfn.Encode(call["arguments"])
		if err != nil {
			bad("has tool_calls without arguments")
		}
		id, _ := call["id"].(string)
		signature, _ := call["signature"].(string)
		out.calls = append(out.calls, toolCall{id: id, name: name, args: string(args), signature: signature})
	}
	return out
}

func (p *Plugin) parseNumbers(r *hostfn.Run, t *chatSession, in map[string]goja.Value) {
	if v := in["temperature"]; v != nil {
		f := v.ToFloat()
		if !(f >= 0 && f <= 2) {
			panic(r.VM.NewTypeError("ai.chat: temperature must be a number from 0 to 2"))
		}
		t.temperature = &f
	}
	if v := in["max_tokens"]; v != nil {
		if t.maxTokens = v.ToInteger(); t.maxTokens < 1 || t.maxTokens > 1<<24 {
			panic(r.VM.NewTypeError("ai.chat: max_tokens must be a number from 1 on"))
		}
	}
	if v := in["timeout"]; v != nil {
		t.timeout = time.Duration(min(v.ToInteger(), maxTimeout.Milliseconds())) * time.Millisecond
		if t.timeout <= 0 {
			panic(r.VM.NewTypeError("ai.chat: timeout must be a number of milliseconds"))
		}
	}
}

func (t *chatSession) parseTools(r *hostfn.Run, v goja.Value) {
	o, ok := v.(*goja.Object)
	if !ok || o.ClassName() != "Array" || hostfn.Property(o, "length").ToInteger() > maxTools {
		panic(r.VM.NewTypeError("ai.chat: tools must be an array of up to %d", maxTools))
	}
	for i := range hostfn.Property(o, "length").ToInteger() {
		item, ok := hostfn.Property(o, fmt.Sprint(i)).(*goja.Object)
		if !ok {
			panic(r.VM.NewTypeError("ai.chat: tool %d must be {name, description, parameters, run}", i+1))
		}
		r.Only(fmt.Sprintf("ai.chat: tool %d", i+1), item, strings.Fields(toolOptions)...)
		one := tool{name: hostfn.Property(item, "name").String(), parameters: map[string]any{"type": "object", "properties": map[string]any{}}}
		if !toolName.MatchString(one.name) {
			panic(r.VM.NewTypeError("ai.chat: tool %d needs a name of letters, digits, _ and -", i+1))
		}
		if _, twice := t.runs[one.name]; twice {
			panic(r.VM.NewTypeError("ai.chat: two tools are named %q", one.name))
		}
		if d := hostfn.Property(item, "description"); !goja.IsUndefined(d) && !goja.IsNull(d) {
			one.description = r.UTF8Text(t.fn, "the description of a tool", d)
		}
		if schema := hostfn.Property(item, "parameters"); !goja.IsUndefined(schema) && !goja.IsNull(schema) {
			if one.parameters, ok = r.UTF8Data(t.fn, "parameters of a tool", schema).(map[string]any); !ok {
				panic(r.VM.NewTypeError("ai.chat: parameters of tool %q must be a JSON Schema, an object", one.name))
			}
		}
		run, isFunction := goja.AssertFunction(hostfn.Property(item, "run"))
		if v := hostfn.Property(item, "run"); !isFunction && !goja.IsUndefined(v) && !goja.IsNull(v) {
			panic(r.VM.NewTypeError("ai.chat: run of tool %q must be a function", one.name))
		}
		t.runs[one.name] = run
		t.question.tools = append(t.question.tools, one)
	}
}

// parseStream decides where a stream goes.
func (p *Plugin) parseStream(r *hostfn.Run, t *chatSession, in map[string]goja.Value) {
	if v := in["onToken"]; v != nil {
		f, ok := goja.AssertFunction(v)
		if !ok {
			panic(r.VM.NewTypeError("ai.chat: onToken must be a function"))
		}
		t.stream = true
		t.onText = func(text string) {
			if _, err := f(goja.Undefined(), r.VM.ToValue(text)); err != nil {
				r.Rethrow(err)
			}
		}
		return
	}
	if v := in["stream"]; v == nil || !v.ToBoolean() {
		return
	}
	if p.opts.Events == nil {
		panic(r.VM.NewTypeError("ai.chat: stream needs onToken, a function that takes the text piece by piece"))
	}
	events, err := p.opts.Events(r)
	if err != nil {
		r.Throw(err)
	}
	t.stream, t.events = true, events
	t.onText = func(text string) { t.send(r, "", map[string]any{"text": text}) }
}

// prompt renders a template.
func (p *Plugin) prompt(r *hostfn.Run, fn, source string, data any) string {
	if p.opts.Prompt == nil {
		r.Throw(fault.New(fault.Unavailable, "%s: this runtime has no templates", fn))
	}
	text, err := p.opts.Prompt(r, source, data)
	if err != nil {
		r.Rethrow(err)
	}
	return text
}
