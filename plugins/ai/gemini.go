package ai

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// gemini is the format of Gemini's generateContent.
// Source: https://ai.google.dev/api/generate-content
type gemini struct{}

func (gemini) lines() bool { return false }

func (gemini) auth(h http.Header, key string) { h.Set("X-Goog-Api-Key", key) }

func (w gemini) request(q *question) (string, map[string]any) {
	body := map[string]any{}
	var system []string
	var contents []any
	for _, m := range q.messages {
		if m.role == "system" {
			system = append(system, m.text)
			continue
		}
		contents = append(contents, w.content(m))
	}
	body["contents"] = contents
	if len(system) > 0 {
		body["systemInstruction"] = map[string]any{"parts": []any{map[string]any{"text": strings.Join(system, "\n")}}}
	}
	config := map[string]any{}
	if q.temperature != nil {
		config["temperature"] = *q.temperature
	}
	if q.maxTokens > 0 {
		config["maxOutputTokens"] = q.maxTokens
	}
	if q.schema != nil {
		config["responseMimeType"] = "application/json"
		config["responseJsonSchema"] = q.schema
	}
	if len(config) > 0 {
		body["generationConfig"] = config
	}
	if len(q.tools) > 0 {
		list := make([]any, len(q.tools))
		for i, t := range q.tools {
			list[i] = map[string]any{"name": t.name, "description": t.description, "parametersJsonSchema": t.parameters}
		}
		body["tools"] = []any{map[string]any{"functionDeclarations": list}}
	}
	method := ":generateContent"
	if q.stream {
		method = ":streamGenerateContent?alt=sse"
	}
	return "/models/" + url.PathEscape(strings.TrimPrefix(q.model, "models/")) + method, body
}

func (gemini) content(m message) map[string]any {
	if m.role == "tool" {
		var result any = m.text
		if json.Valid([]byte(m.text)) {
			result = json.RawMessage(m.text)
		}
		answer := map[string]any{"name": m.name, "response": map[string]any{"result": result}}
		if m.callID != "" {
			answer["id"] = m.callID
		}
		return map[string]any{"role": "user", "parts": []any{map[string]any{"functionResponse": answer}}}
	}
	role := "user"
	if m.role == "assistant" {
		role = "model"
	}
	var parts []any
	if m.text != "" || len(m.calls) == 0 {
		parts = append(parts, map[string]any{"text": m.text})
	}
	for _, c := range m.calls {
		call := map[string]any{"name": c.name, "args": arguments(c.args)}
		if c.id != "" {
			call["id"] = c.id
		}
		part := map[string]any{"functionCall": call}
		if c.signature != "" {
			part["thoughtSignature"] = c.signature
		}
		parts = append(parts, part)
	}
	return map[string]any{"role": role, "parts": parts}
}

func (gemini) read(data []byte, into *reply) (string, error) {
	var a struct {
		Error      json.RawMessage `json:"error"`
		Model      string          `json:"modelVersion"`
		Candidates []struct {
			Content struct {
				Parts []struct {
					Text      string `json:"text"`
					Thought   bool   `json:"thought"`
					Signature string `json:"thoughtSignature"`
					Call      *struct {
						ID   string          `json:"id"`
						Name string          `json:"name"`
						Args json.RawMessage `json:"args"`
					} `json:"functionCall"`
				} `json:"parts"`
			} `json:"content"`
			Finish string `json:"finishReason"`
		} `json:"candidates"`
		Feedback *struct {
			Reason string `json:"blockReason"`
		} `json:"promptFeedback"`
		Usage *struct {
			Input    int `json:"promptTokenCount"`
			Output   int `json:"candidatesTokenCount"`
			Thoughts int `json:"thoughtsTokenCount"`
		} `json:"usageMetadata"`
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return "", errMalformed
	}
	if isError(a.Error) {
		return "", refused(0, data)
	}
	if a.Candidates == nil && a.Feedback == nil && a.Usage == nil {
		return "", errMalformed
	}
	if a.Model != "" {
		into.model = a.Model
	}
	if a.Usage != nil {
		into.input, into.output = a.Usage.Input, a.Usage.Output+a.Usage.Thoughts
	}
	if a.Feedback != nil && a.Feedback.Reason != "" {
		into.finish = "content_filter"
	}
	if len(a.Candidates) == 0 {
		return "", nil
	}
	var text strings.Builder
	for _, part := range a.Candidates[0].Content.Parts {
		switch {
		case part.Call != nil && len(into.calls) > maxCalls:
			return "", errMalformed
		case part.Call != nil:
			c := part.Call
			into.calls = append(into.calls, toolCall{id: c.ID, name: c.Name, args: string(c.Args), signature: part.Signature})
		case !part.Thought:
			text.WriteString(part.Text)
		}
	}
	if a.Candidates[0].Finish != "" {
		into.finish = finished(a.Candidates[0].Finish)
	}
	into.text.WriteString(text.String())
	return text.String(), nil
}
