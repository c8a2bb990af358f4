package ai

import (
	"encoding/json"
	"io"
	"iter"
	"net/http"
	"strings"
)

// geminiWire calls Gemini by its documented API, generateContent.
// Source: https://ai.google.dev/api/generate-content
type geminiWire struct{}

type geminiContent struct {
	Role  string       `json:"role,omitempty"`
	Parts []geminiPart `json:"parts"`
}

// geminiPart holds one of its fields, and Thought or a signature beside it.
type geminiPart struct {
	Text      *string               `json:"text,omitempty"`
	Thought   bool                  `json:"thought,omitempty"`
	Call      *geminiCall           `json:"functionCall,omitempty"`
	Result    *geminiFunctionResult `json:"functionResponse,omitempty"`
	Signature string                `json:"thoughtSignature,omitempty"` // goes back as it came
}

type geminiCall struct {
	ID   string          `json:"id,omitempty"`
	Name string          `json:"name"`
	Args json.RawMessage `json:"args,omitempty"`
}

type geminiFunctionResult struct {
	ID       string         `json:"id,omitempty"`
	Name     string         `json:"name"`
	Response map[string]any `json:"response"`
}

func (geminiWire) events(body io.Reader) iter.Seq2[[]byte, error] { return events(body) }

func (w geminiWire) request(to endpoint, q *question) request {
	model := q.model
	if !strings.HasPrefix(model, "models/") && !strings.HasPrefix(model, "tunedModels/") {
		model = "models/" + model
	}
	out := request{url: to.base + "/" + model + ":generateContent", header: http.Header{}, body: w.body(q)}
	if q.stream {
		out.url = to.base + "/" + model + ":streamGenerateContent?alt=sse"
	}
	if to.key != "" {
		out.header.Set("X-Goog-Api-Key", to.key)
	}
	return out
}

func (w geminiWire) body(q *question) map[string]any {
	var system []string
	contents := []geminiContent{}
	for _, m := range q.messages {
		if m.role == "system" {
			system = append(system, m.text)
			continue
		}
		contents = append(contents, w.content(m))
	}
	config := map[string]any{}
	if q.maxTokens > 0 {
		config["maxOutputTokens"] = q.maxTokens
	}
	if q.temperature != nil {
		config["temperature"] = *q.temperature
	}
	if q.schema != nil {
		config["responseMimeType"], config["responseJsonSchema"] = "application/json", q.schema
	}
	body := map[string]any{"contents": contents, "generationConfig": config}
	if len(system) > 0 {
		text := strings.Join(system, "\n")
		body["systemInstruction"] = geminiContent{Role: "user", Parts: []geminiPart{{Text: &text}}}
	}
	if len(q.tools) > 0 {
		list := make([]map[string]any, len(q.tools))
		for i, t := range q.tools {
			list[i] = map[string]any{"name": t.name, "description": t.description}
			if t.parameters != nil {
				list[i]["parametersJsonSchema"] = t.parameters
			}
		}
		body["tools"] = []any{map[string]any{"functionDeclarations": list}}
	}
	return body
}

func (geminiWire) content(m message) geminiContent {
	if m.role == "tool" {
		var result any = m.text
		if json.Valid([]byte(m.text)) {
			result = json.RawMessage(m.text)
		}
		answer := &geminiFunctionResult{ID: m.callID, Name: m.name, Response: map[string]any{"result": result}}
		return geminiContent{Role: "user", Parts: []geminiPart{{Result: answer}}}
	}
	out := geminiContent{Role: "user"}
	if m.role == "assistant" {
		out.Role = "model"
	}
	if m.text != "" || len(m.calls) == 0 {
		out.Parts = append(out.Parts, geminiPart{Text: &m.text})
	}
	for _, c := range m.calls {
		call := &geminiCall{ID: c.id, Name: c.name, Args: arguments(c.args)}
		out.Parts = append(out.Parts, geminiPart{Call: call, Signature: c.signature})
	}
	return out
}

func (geminiWire) read(data []byte, into *reply) (string, error) {
	var a struct {
		Candidates []struct {
			Content      geminiContent `json:"content"`
			FinishReason string        `json:"finishReason"`
		} `json:"candidates"`
		Feedback *struct {
			BlockReason string `json:"blockReason"`
		} `json:"promptFeedback"`
		Usage *struct {
			Prompt     int `json:"promptTokenCount"`
			Candidates int `json:"candidatesTokenCount"`
			Thoughts   int `json:"thoughtsTokenCount"`
		} `json:"usageMetadata"`
		Model string `json:"modelVersion"`
	}
	if json.Unmarshal(data, &a) != nil || a.Candidates == nil && a.Feedback == nil && a.Usage == nil {
		return "", errMalformed
	}
	if a.Model != "" {
		into.model = a.Model
	}
	if a.Usage != nil {
		into.input, into.output = a.Usage.Prompt, a.Usage.Candidates+a.Usage.Thoughts
	}
	if a.Feedback != nil && a.Feedback.BlockReason != "" {
		into.finish = "content_filter"
	}
	if len(a.Candidates) == 0 {
		return "", nil
	}
	one := a.Candidates[0]
	var text strings.Builder
	for _, part := range one.Content.Parts {
		switch {
		case part.Call != nil:
			args := string(part.Call.Args)
			if args == "null" {
				args = ""
			}
			into.calls = append(into.calls, toolCall{id: part.Call.ID, name: part.Call.Name, args: args, signature: part.Signature})
		case part.Text != nil && !part.Thought:
			text.WriteString(*part.Text)
		}
	}
	if one.FinishReason != "" {
		into.finish = finished(one.FinishReason)
	}
	return into.say(text.String(), ""), nil
}
