package ai

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"iter"
	"net/http"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// ollamaWire asks Ollama by its documented API: its Go package would leave out parts of the tools' schemas, see
// ARCHITECTURE.md. Source: https://github.com/ollama/ollama/blob/main/docs/api.md
type ollamaWire struct{}

func (w ollamaWire) ask(ctx context.Context, to endpoint, q *question, into *reply) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		body, err := hostfn.Encode(w.request(q))
		if err != nil {
			yield("", err)
			return
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.base+"/api/chat", bytes.NewReader(body))
		if err != nil {
			yield("", err)
			return
		}
		req.Header.Set("Content-Type", "application/json")
		if to.key != "" { // for servers behind a gate; a local one takes none
			req.Header.Set("Authorization", "Bearer "+to.key)
		}
		resp, err := to.client.Do(req)
		if err != nil {
			yield("", err)
			return
		}
		defer func() { _ = resp.Body.Close() }()
		if !q.stream {
			data, _ := io.ReadAll(resp.Body) // the door knows why it ended early
			yield(w.read(data, into))
			return
		}
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 2*maxAnswer)
		for lines.Scan() {
			if line := bytes.TrimSpace(lines.Bytes()); len(line) > 0 {
				if text, err := w.read(line, into); !yield(text, err) || err != nil || into.finish != "" {
					return
				}
			}
		}
	}
}

func (ollamaWire) request(q *question) map[string]any {
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
	var tools []any
	for _, t := range q.tools {
		function := map[string]any{"name": t.name, "description": t.description, "parameters": t.parameters}
		tools = append(tools, map[string]any{"type": "function", "function": function})
	}
	if tools != nil {
		body["tools"] = tools
	}
	if q.schema != nil {
		body["format"] = q.schema
	}
	return body
}

func (ollamaWire) read(data []byte, into *reply) (string, error) {
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
	if isError(string(a.Error)) {
		return "", refused(0, data)
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
