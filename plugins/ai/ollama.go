package ai

import (
	"encoding/json"
	"io"
	"iter"
)

// ollamaWire calls Ollama by its documented API. Source: https://github.com/ollama/ollama/blob/main/docs/api.md
type ollamaWire struct{}

func (w ollamaWire) events(body io.Reader) iter.Seq2[[]byte, error] { return values(body) }

// request takes a key for servers behind a gate; a local one needs none.
func (w ollamaWire) request(to endpoint, q *question) request {
	list := make([]any, len(q.messages))
	for i, m := range q.messages {
		list[i] = w.message(m)
	}
	body := map[string]any{"model": q.model, "messages": list, "stream": q.stream}
	options := map[string]any{}
	if q.temperature != nil {
		options["temperature"] = *q.temperature
	}
	if q.maxTokens > 0 {
		options["num_predict"] = q.maxTokens
	}
	if len(options) > 0 {
		body["options"] = options
	}
	if len(q.tools) > 0 {
		body["tools"] = functions(q.tools)
	}
	if q.schema != nil {
		body["format"] = q.schema
	}
	return request{url: to.base + "/api/chat", header: bearer(to.key), body: body}
}

func (ollamaWire) message(m message) map[string]any {
	out := map[string]any{"role": m.role, "content": m.text}
	if m.role == "tool" {
		out["tool_name"] = m.name
	}
	if len(m.calls) > 0 {
		calls := make([]any, len(m.calls))
		for i, c := range m.calls {
			calls[i] = map[string]any{"function": map[string]any{"name": c.name, "arguments": arguments(c.args)}}
		}
		out["tool_calls"] = calls
	}
	return out
}

func (ollamaWire) read(data []byte, into *reply) (string, error) {
	var a struct {
		Model   string `json:"model"`
		Message *struct {
			Content   string `json:"content"`
			ToolCalls []struct {
				Function struct {
					Name      string          `json:"name"`
					Arguments json.RawMessage `json:"arguments"`
				} `json:"function"`
			} `json:"tool_calls"`
		} `json:"message"`
		Done   bool   `json:"done"`
		Reason string `json:"done_reason"`
		Input  int    `json:"prompt_eval_count"`
		Output int    `json:"eval_count"`
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return "", errMalformed
	}
	if a.Message == nil && !a.Done {
		return "", errMalformed
	}
	into.model = a.Model
	if a.Done {
		into.finish = finished(a.Reason)
		into.input, into.output = a.Input, a.Output
	}
	if a.Message == nil {
		return "", nil
	}
	for _, c := range a.Message.ToolCalls {
		into.calls = append(into.calls, toolCall{name: c.Function.Name, args: string(c.Function.Arguments)})
	}
	return into.say(a.Message.Content, ""), nil
}
