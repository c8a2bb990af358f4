package ai

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const (
	maxRounds = 8  // of questions in one call, when the model requests tools
	maxCalls  = 64 // of tools in one response
)

// chatSession is one call of ai.chat. It belongs to the run's goroutine.
type chatSession struct {
	*question
	fn      string
	target  *target
	timeout time.Duration
	runs    map[string]goja.Callable // nil for a tool without run
	onText  func(string)
	events  Events // nil unless the client gets the stream

	input, output int // tokens
}

// chat is ai.chat.
func (p *Plugin) chat(r *hostfn.Run, v goja.Value) goja.Value {
	t := p.parse(r, v)
	last := p.run(r, t)
	text := last.text.String()
	out := map[string]any{
		"text": text, "model": last.model, "finish": last.finish,
		"usage": map[string]any{"input": t.input, "output": t.output, "total": t.input + t.output},
	}
	if len(last.calls) > 0 {
		out["tool_calls"] = callsOf(r, last.calls)
	}
	if t.events != nil {
		t.send(r, "done", out)
	}
	if t.schema != nil && len(last.calls) == 0 {
		parsed, err := r.Decode([]byte(text))
		if err != nil {
			panic(hostfn.NewError(r.VM, &saying{fmt.Sprintf("ai.chat: %s did not return JSON (finish is %q)", t.target.name, last.finish)}))
		}
		problem, err := p.fits(r, t, parsed)
		if err != nil {
			r.Throw(err)
		}
		if problem != "" {
			panic(hostfn.NewError(r.VM, &saying{fmt.Sprintf("ai.chat: the answer of %s does not fit json_schema: %s", t.target.name, problem)}))
		}
		out["json"] = parsed
	}
	return r.ToJS(out)
}

// fits checks a value against the schema of the call.
func (p *Plugin) fits(r *hostfn.Run, t *chatSession, value any) (problem string, err error) {
	if p.opts.Fits == nil {
		return "", nil
	}
	schema, err := hostfn.Encode(t.schema)
	if err != nil {
		return "", err
	}
	return p.opts.Fits(r, schema, value)
}

// run calls the model, runs the tools that it requests, and calls it again until it requests none.
func (p *Plugin) run(r *hostfn.Run, t *chatSession) *reply {
	for range maxRounds {
		a := p.ask(r, t)
		if len(a.calls) == 0 {
			return a
		}
		for i, c := range a.calls {
			if c.id == "" && t.target.name != "gemini" {
				a.calls[i].id = fmt.Sprintf("call_%d", i+1)
			}
			if run, known := t.runs[c.name]; known && run == nil { // the flow wants to answer it itself
				a.finish = "tool_calls"
				return a
			}
		}
		t.messages = append(t.messages, message{role: "assistant", text: a.text.String(), calls: a.calls})
		for _, c := range a.calls {
			t.messages = append(t.messages, message{role: "tool", callID: c.id, name: c.name, text: t.use(r, c)})
		}
	}
	r.Throw(fault.New(fault.Script, "%s: %s requested tools %d times without an answer", t.fn, t.target.name, maxRounds))
	return nil
}

// ask makes one question, and counts its tokens.
func (p *Plugin) ask(r *hostfn.Run, t *chatSession) *reply {
	p.spend(r, t.fn)
	a, err := p.exchange(r, t)
	if err != nil {
		r.Throw(err)
	}
	t.input, t.output = t.input+a.input, t.output+a.output
	p.remember(r).tokens += a.input + a.output
	r.Log().Debug("ai call", "provider", t.target.name, "model", a.model, "input", a.input, "output", a.output, "finish", a.finish)
	return a
}

// use runs a tool for the model. Errors of the model are reported to it; what the tool throws ends the call.
func (t *chatSession) use(r *hostfn.Run, c toolCall) string {
	run := t.runs[c.name]
	if run == nil {
		return fmt.Sprintf("error: unknown tool %q", clip.Text(c.name, 64))
	}
	args, err := r.Decode([]byte(c.args))
	if _, ok := args.(map[string]any); strings.TrimSpace(c.args) == "" {
		args = map[string]any{}
	} else if err != nil || !ok {
		return "error: the arguments are not a JSON object"
	}
	v, err := run(goja.Undefined(), r.ToJS(args))
	if err != nil {
		r.Rethrow(err)
	}
	if v.ExportType() == reflect.TypeFor[*goja.Promise]() {
		r.Throwf("%s: the tool %q returns a promise: it must return its result", t.fn, c.name)
	}
	if text, ok := v.(goja.String); ok {
		return text.String()
	}
	text, err := r.Stringify(v)
	if err != nil {
		r.Rethrow(err)
	}
	return string(text)
}

// send writes an event to the client.
func (t *chatSession) send(r *hostfn.Run, name string, data any) {
	text, err := hostfn.Encode(data)
	if err == nil {
		err = r.Block(func(context.Context) error { return t.events.Send(name, text) })
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		r.Throw(f)
	}
	if err != nil {
		r.Throw(&fault.Error{Kind: fault.Killed, Text: t.fn + ": the client is gone", Cause: err})
	}
}

// callsOf shows calls of tools to a script.
func callsOf(r *hostfn.Run, calls []toolCall) []any {
	list := make([]any, len(calls))
	for i, c := range calls {
		shown := map[string]any{"id": c.id, "name": c.name}
		args, err := r.Decode(arguments(c.args))
		if err != nil {
			args = map[string]any{}
		}
		shown["arguments"] = args
		if c.signature != "" {
			shown["signature"] = c.signature
		}
		list[i] = shown
	}
	return list
}
