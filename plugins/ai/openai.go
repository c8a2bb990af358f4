package ai

import (
	"encoding/json"
	"net/http"
)

// openai is the format of OpenAI's chat completions, which many servers speak.
// Source: https://platform.openai.com/docs/api-reference/chat
type openai struct {
	newer bool // OpenAI itself, which has renamed max_tokens
}

func (openai) lines() bool { return false }

func (openai) auth(h http.Header, key string) {
	if key != "" {
		h.Set("Authorization", "Bearer "+key)
	}
}

func (w openai) request(q *question) (string, map[string]any) {
	list := make([]any, len(q.messages))
	for i, m := range q.messages {
		list[i] = w.message(m)
	}
	body := map[string]any{"model": q.model, "messages": list}
	if q.temperature != nil {
		body["temperature"] = *q.temperature
	}
	if q.maxTokens > 0 {
		name := "max_tokens"
		if w.newer {
			name = "max_completion_tokens"
		}
		body[name] = q.maxTokens
	}
	if len(q.tools) > 0 {
		body["tools"] = functions(q.tools)
	}
	if q.schema != nil {
		m, _ := q.schema.(map[string]any)
		body["response_format"] = map[string]any{"type": "json_schema", "json_schema": map[string]any{
			"name": "answer", "schema": q.schema, "strict": m["additionalProperties"] == false, // strict takes closed schemas only
		}}
	}
	if q.stream {
		body["stream"] = true
		body["stream_options"] = map[string]any{"include_usage": true}
	}
	return "/chat/completions", body
}

func (openai) message(m message) map[string]any {
	out := map[string]any{"role": m.role, "content": m.text}
	if m.role == "tool" {
		out["tool_call_id"] = m.callID
	}
	if len(m.calls) > 0 {
		calls := make([]any, len(m.calls))
		for i, c := range m.calls {
			function := map[string]any{"name": c.name, "arguments": string(arguments(c.args))}
			calls[i] = map[string]any{"id": c.id, "type": "function", "function": function}
		}
		out["tool_calls"] = calls
		if m.text == "" {
			out["content"] = nil
		}
	}
	return out
}

// functions describes tools as OpenAI and Ollama take them.
func functions(tools []tool) []any {
	list := make([]any, len(tools))
	for i, t := range tools {
		function := map[string]any{"name": t.name, "description": t.description, "parameters": t.parameters}
		list[i] = map[string]any{"type": "function", "function": function}
	}
	return list
}

// openaiText is what a message or a piece of one holds.
type openaiText struct {
	Content   string `json:"content"`
	Refusal   string `json:"refusal"`
	ToolCalls []struct {
		Index    *int   `json:"index"`
		ID       string `json:"id"`
		Function struct {
			Name      string `json:"name"`
			Arguments string `json:"arguments"`
		} `json:"function"`
	} `json:"tool_calls"`
}

func (openai) read(data []byte, into *reply) (string, error) {
	if string(data) == "[DONE]" {
		into.done = true
		return "", nil
	}
	var a struct {
		Error   json.RawMessage `json:"error"`
		Model   string          `json:"model"`
		Choices []struct {
			Message *openaiText `json:"message"`
			Delta   *openaiText `json:"delta"`
			Finish  string      `json:"finish_reason"`
		} `json:"choices"`
		Usage *struct {
			Input  int `json:"prompt_tokens"`
			Output int `json:"completion_tokens"`
		} `json:"usage"`
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return "", errMalformed
	}
	if isError(a.Error) {
		return "", refused(0, data)
	}
	if a.Choices == nil && a.Usage == nil {
		return "", errMalformed
	}
	if a.Model != "" {
		into.model = a.Model
	}
	if a.Usage != nil {
		into.input, into.output = a.Usage.Input, a.Usage.Output
	}
	if len(a.Choices) == 0 {
		return "", nil
	}
	choice := a.Choices[0]
	part := choice.Message
	if part == nil {
		part = choice.Delta
	}
	if part == nil {
		return "", errMalformed
	}
	for i, c := range part.ToolCalls {
		if c.Index != nil {
			i = *c.Index
		}
		if i < 0 || i > maxCalls {
			return "", errMalformed
		}
		for len(into.calls) <= i {
			into.calls = append(into.calls, toolCall{})
		}
		call := &into.calls[i]
		if c.ID != "" {
			call.id = c.ID
		}
		call.name += c.Function.Name
		call.args += c.Function.Arguments
	}
	if choice.Finish != "" {
		into.finish = finished(choice.Finish)
	}
	text := part.Content
	if part.Refusal != "" {
		text, into.finish = text+part.Refusal, "content_filter"
	}
	into.text.WriteString(text)
	return text, nil
}
