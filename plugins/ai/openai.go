package ai

import (
	"io"
	"iter"
	"net/http"

	"github.com/tidwall/gjson"
)

// openaiWire calls OpenAI, and the many servers that speak its chat completions, by the documented API.
// Source: https://platform.openai.com/docs/api-reference/chat
type openaiWire struct {
	newer bool // OpenAI itself, which has renamed max_tokens
}

func (openaiWire) events(body io.Reader) iter.Seq2[[]byte, error] { return events(body) }

func (w openaiWire) request(to endpoint, q *question) request {
	messages := make([]map[string]any, len(q.messages))
	for i, m := range q.messages {
		messages[i] = w.message(m)
	}
	body := map[string]any{"model": q.model, "messages": messages}
	if q.temperature != nil {
		body["temperature"] = *q.temperature
	}
	switch {
	case q.maxTokens > 0 && w.newer:
		body["max_completion_tokens"] = q.maxTokens
	case q.maxTokens > 0:
		body["max_tokens"] = q.maxTokens
	}
	if len(q.tools) > 0 {
		body["tools"] = functions(q.tools)
	}
	if q.schema != nil {
		strict := q.schema["additionalProperties"] == false // strict takes closed schemas only
		body["response_format"] = map[string]any{
			"type": "json_schema", "json_schema": map[string]any{"name": "answer", "schema": q.schema, "strict": strict},
		}
	}
	if q.stream {
		body["stream"], body["stream_options"] = true, map[string]any{"include_usage": true}
	}
	return request{url: to.base + "/chat/completions", header: bearer(to.key), body: body}
}

// functions are tools as OpenAI and Ollama take them.
func functions(tools []tool) []any {
	list := make([]any, len(tools))
	for i, t := range tools {
		one := map[string]any{"name": t.name, "parameters": t.parameters}
		if t.description != "" {
			one["description"] = t.description
		}
		list[i] = map[string]any{"type": "function", "function": one}
	}
	return list
}

func bearer(key string) http.Header {
	h := http.Header{}
	if key != "" {
		h.Set("Authorization", "Bearer "+key)
	}
	return h
}

func (openaiWire) message(m message) map[string]any {
	out := map[string]any{"role": m.role, "content": m.text}
	switch {
	case m.role == "tool":
		out["tool_call_id"] = m.callID
	case m.role != "assistant" || len(m.calls) == 0:
		return out
	default:
		if m.text == "" {
			delete(out, "content")
		}
		calls := make([]any, len(m.calls))
		for i, c := range m.calls {
			function := map[string]any{"name": c.name, "arguments": string(arguments(c.args))}
			calls[i] = map[string]any{"id": c.id, "type": "function", "function": function}
		}
		out["tool_calls"] = calls
	}
	return out
}

// read is lenient about types, because servers that are like OpenAI are so in different degrees.
func (w openaiWire) read(data []byte, into *reply) (string, error) {
	a := gjson.ParseBytes(data)
	choices, usage := a.Get("choices"), a.Get("usage")
	if !choices.IsArray() && !usage.IsObject() {
		return "", errMalformed
	}
	if name := a.Get("model").String(); name != "" {
		into.model = name
	}
	if usage.IsObject() {
		into.input, into.output = int(usage.Get("prompt_tokens").Int()), int(usage.Get("completion_tokens").Int())
	}
	choice := choices.Get("0")
	if !choice.Exists() {
		return "", nil
	}
	said := choice.Get("delta")
	if !said.IsObject() {
		said = choice.Get("message")
	}
	if !said.IsObject() {
		return "", errMalformed
	}
	for i, c := range said.Get("tool_calls").Array() {
		if !w.call(i, c, into) {
			return "", errMalformed
		}
	}
	if word := choice.Get("finish_reason").String(); word != "" {
		into.finish = finished(word)
	}
	return into.say(textOf(said.Get("content")), textOf(said.Get("refusal"))), nil
}

// call reads the call of a tool, or a piece of one: in a stream its index says which.
func (openaiWire) call(i int, c gjson.Result, into *reply) bool {
	if index := c.Get("index"); index.Type == gjson.Number {
		i = int(index.Int())
	}
	if i < 0 || i >= maxCalls {
		return false
	}
	for len(into.calls) <= i {
		into.calls = append(into.calls, toolCall{})
	}
	call := &into.calls[i]
	if id := c.Get("id").String(); id != "" {
		call.id = id
	}
	call.name += c.Get("function.name").String()
	call.args += c.Get("function.arguments").String()
	return true
}

// textOf is a content: text, or the texts of its parts.
func textOf(content gjson.Result) string {
	if !content.IsArray() {
		return content.String()
	}
	text := ""
	for _, part := range content.Array() {
		text += part.Get("text").String()
	}
	return text
}
