package ai

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"iter"
	"net/url"
	"path"
	"strings"

	"google.golang.org/genai"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// noKey stands where Google's SDK insists on a key; the door takes it out again.
const noKey = "none"

// geminiWire asks Gemini by Google's SDK.
type geminiWire struct{}

func (w geminiWire) ask(ctx context.Context, to endpoint, q *question, into *reply) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		// The SDK takes documented types for granted, and panics where an answer has others.
		defer func() {
			if recover() != nil {
				yield("", errMalformed)
			}
		}()
		models, err := w.models(ctx, to)
		if err != nil {
			yield("", err)
			return
		}
		contents, config := w.request(q)
		if !q.stream {
			a, err := models.GenerateContent(ctx, q.model, contents, config)
			if err != nil {
				yield("", errMalformed)
				return
			}
			yield(w.read(a, into))
			return
		}
		for a, err := range models.GenerateContentStream(ctx, q.model, contents, config) {
			var text string
			if e, ok := errors.AsType[genai.APIError](err); ok {
				err = &refusal{message: e.Message}
			} else if err != nil {
				err = errMalformed
			} else {
				text, err = w.read(a, into)
			}
			if !yield(text, err) || err != nil {
				return
			}
		}
	}
}

// models makes a client that takes nothing from the environment: address, key and backend are given. The SDK wants the
// version of the API, the last part of the base URL, apart.
func (geminiWire) models(ctx context.Context, to endpoint) (*genai.Models, error) {
	base, err := url.Parse(to.base)
	if err != nil {
		return nil, err
	}
	version := "." // no version
	if last := path.Base(base.Path); last != "/" && last != "." {
		version, base.Path, base.RawPath = last, path.Dir(base.Path), ""
	}
	key := to.key
	if key == "" {
		key = noKey
	}
	c, err := genai.NewClient(ctx, &genai.ClientConfig{
		APIKey: key, Backend: genai.BackendGeminiAPI, HTTPClient: to.client,
		HTTPOptions: genai.HTTPOptions{BaseURL: base.String(), APIVersion: version},
	})
	if err != nil {
		return nil, err
	}
	return c.Models, nil
}

func (w geminiWire) request(q *question) ([]*genai.Content, *genai.GenerateContentConfig) {
	config := &genai.GenerateContentConfig{MaxOutputTokens: int32(q.maxTokens)} //nolint:gosec // at most 1<<24
	var system []string
	var contents []*genai.Content
	for _, m := range q.messages {
		if m.role == "system" {
			system = append(system, m.text)
			continue
		}
		contents = append(contents, w.content(m))
	}
	if len(system) > 0 {
		config.SystemInstruction = &genai.Content{Parts: []*genai.Part{{Text: strings.Join(system, "\n")}}}
	}
	if q.temperature != nil {
		config.Temperature = genai.Ptr(float32(*q.temperature))
	}
	if q.schema != nil {
		config.ResponseMIMEType, config.ResponseJsonSchema = "application/json", q.schema
	}
	if len(q.tools) > 0 {
		list := make([]*genai.FunctionDeclaration, len(q.tools))
		for i, t := range q.tools {
			list[i] = &genai.FunctionDeclaration{Name: t.name, Description: t.description, ParametersJsonSchema: t.parameters}
		}
		config.Tools = []*genai.Tool{{FunctionDeclarations: list}}
	}
	return contents, config
}

func (geminiWire) content(m message) *genai.Content {
	if m.role == "tool" {
		var result any = m.text
		if json.Valid([]byte(m.text)) {
			result = json.RawMessage(m.text)
		}
		answer := &genai.FunctionResponse{ID: m.callID, Name: m.name, Response: map[string]any{"result": result}}
		return &genai.Content{Role: genai.RoleUser, Parts: []*genai.Part{{FunctionResponse: answer}}}
	}
	out := &genai.Content{Role: genai.RoleUser}
	if m.role == "assistant" {
		out.Role = genai.RoleModel
	}
	if m.text != "" || len(m.calls) == 0 {
		out.Parts = append(out.Parts, &genai.Part{Text: m.text})
	}
	for _, c := range m.calls {
		args := map[string]any{}
		_ = json.Unmarshal(arguments(c.args), &args) // it is an object
		signature, _ := base64.StdEncoding.DecodeString(c.signature)
		out.Parts = append(out.Parts, &genai.Part{FunctionCall: &genai.FunctionCall{ID: c.id, Name: c.name, Args: args}, ThoughtSignature: signature})
	}
	return out
}

// read reads an answer, or one event of a stream.
func (geminiWire) read(a *genai.GenerateContentResponse, into *reply) (string, error) {
	if a.Candidates == nil && a.PromptFeedback == nil && a.UsageMetadata == nil {
		return "", errMalformed
	}
	if a.ModelVersion != "" {
		into.model = a.ModelVersion
	}
	if u := a.UsageMetadata; u != nil {
		into.input, into.output = int(u.PromptTokenCount), int(u.CandidatesTokenCount)+int(u.ThoughtsTokenCount)
	}
	if a.PromptFeedback != nil && a.PromptFeedback.BlockReason != "" {
		into.finish = "content_filter"
	}
	if len(a.Candidates) == 0 || a.Candidates[0] == nil {
		return "", nil
	}
	one := a.Candidates[0]
	if one.Content == nil {
		one.Content = &genai.Content{}
	}
	var text strings.Builder
	for _, part := range one.Content.Parts {
		switch {
		case part == nil:
		case part.FunctionCall != nil:
			args, err := hostfn.Encode(part.FunctionCall.Args)
			if err != nil {
				return "", errMalformed
			}
			into.calls = append(into.calls, toolCall{
				id: part.FunctionCall.ID, name: part.FunctionCall.Name, args: string(args),
				signature: base64.StdEncoding.EncodeToString(part.ThoughtSignature),
			})
		case !part.Thought:
			text.WriteString(part.Text)
		}
	}
	if one.FinishReason != "" {
		into.finish = finished(string(one.FinishReason))
	}
	return into.say(text.String(), ""), nil
}
