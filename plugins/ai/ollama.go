package ai

import (
	"encoding/json"
	"net/http"
)

// ollama is the format of Ollama's /api/chat.
// Source: https://github.com/ollama/ollama/blob/main/docs/api.md
type ollama struct{}

func (ollama) lines() bool { return true }

// auth is for servers behind a gate; Ollama itself takes no key.
func (ollama) auth(h http.Header, key string) { openai{}.auth(h, key) }

func (ollama) request(q *question) (string, map[string]any) {
	list := make([]any, len(q.messages))
	for i, m := range q.messages {
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
		list[i] = out
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
	return "/api/chat", body
}

func (ollama) read(data []byte, into *reply) (string, error) {
	var a struct {
		Error   json.RawMessage `json:"error"`
		Model   string          `json:"model"`
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
	if isError(a.Error) {
		return "", refused(0, data)
	}
	if a.Message == nil && !a.Done {
		return "", errMalformed
	}
	into.model = a.Model
	if a.Done {
		into.done, into.finish = true, finished(a.Reason)
		into.input, into.output = a.Input, a.Output
	}
	if a.Message == nil {
		return "", nil
	}
	for _, c := range a.Message.ToolCalls {
		if len(into.calls) > maxCalls {
			return "", errMalformed
		}
		into.calls = append(into.calls, toolCall{name: c.Function.Name, args: string(c.Function.Arguments)})
	}
	into.text.WriteString(a.Message.Content)
	return a.Message.Content, nil
}
