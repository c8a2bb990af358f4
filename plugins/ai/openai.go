package ai

import (
	"context"
	"errors"
	"iter"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/ssestream"
	"github.com/openai/openai-go/v3/shared"
)

// openaiWire asks OpenAI, and the many servers that speak its chat completions, by its SDK.
type openaiWire struct {
	newer bool // OpenAI itself, which has renamed max_tokens
}

func (w openaiWire) ask(ctx context.Context, to endpoint, q *question, into *reply) iter.Seq2[string, error] {
	// This service reads nothing of the environment, as a whole client would.
	opts := []option.RequestOption{option.WithBaseURL(to.base + "/"), option.WithHTTPClient(to.client), option.WithMaxRetries(0)}
	if to.key != "" {
		opts = append(opts, option.WithAPIKey(to.key))
	}
	service := openai.NewChatCompletionService(opts...)
	return func(yield func(string, error) bool) {
		if !q.stream {
			a, err := service.New(ctx, w.params(q))
			if err != nil {
				yield("", errMalformed)
				return
			}
			yield(w.whole(a, into))
			return
		}
		stream := service.NewStreaming(ctx, w.params(q))
		defer func() { _ = stream.Close() }()
		for stream.Next() {
			chunk := stream.Current()
			if text, err := w.chunk(&chunk, into); !yield(text, err) || err != nil {
				return
			}
		}
		if e, ok := errors.AsType[*ssestream.StreamError](stream.Err()); ok {
			yield("", refused(0, e.Event.Data))
		} else if stream.Err() != nil {
			yield("", errMalformed)
		}
	}
}

func (w openaiWire) params(q *question) openai.ChatCompletionNewParams {
	p := openai.ChatCompletionNewParams{Model: q.model, Messages: make([]openai.ChatCompletionMessageParamUnion, len(q.messages))}
	for i, m := range q.messages {
		p.Messages[i] = w.message(m)
	}
	if q.temperature != nil {
		p.Temperature = openai.Float(*q.temperature)
	}
	switch {
	case q.maxTokens > 0 && w.newer:
		p.MaxCompletionTokens = openai.Int(q.maxTokens)
	case q.maxTokens > 0:
		p.MaxTokens = openai.Int(q.maxTokens)
	}
	for _, t := range q.tools {
		f := shared.FunctionDefinitionParam{Name: t.name, Parameters: t.parameters}
		if t.description != "" {
			f.Description = openai.String(t.description)
		}
		p.Tools = append(p.Tools, openai.ChatCompletionFunctionTool(f))
	}
	if q.schema != nil {
		p.ResponseFormat.OfJSONSchema = &shared.ResponseFormatJSONSchemaParam{JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{
			Name: "answer", Schema: q.schema, Strict: openai.Bool(q.schema["additionalProperties"] == false), // strict takes closed schemas only
		}}
	}
	if q.stream {
		p.StreamOptions.IncludeUsage = openai.Bool(true)
	}
	return p
}

func (openaiWire) message(m message) openai.ChatCompletionMessageParamUnion {
	switch m.role {
	case "system":
		return openai.SystemMessage(m.text)
	case "tool":
		return openai.ToolMessage(m.text, m.callID)
	case "user":
		return openai.UserMessage(m.text)
	}
	out := openai.ChatCompletionAssistantMessageParam{}
	if m.text != "" || len(m.calls) == 0 {
		out.Content.OfString = openai.String(m.text)
	}
	for _, c := range m.calls {
		out.ToolCalls = append(out.ToolCalls, openai.ChatCompletionMessageToolCallUnionParam{OfFunction: &openai.ChatCompletionMessageFunctionToolCallParam{
			ID: c.id, Function: openai.ChatCompletionMessageFunctionToolCallFunctionParam{Name: c.name, Arguments: string(arguments(c.args))},
		}})
	}
	return openai.ChatCompletionMessageParamUnion{OfAssistant: &out}
}

// whole reads an answer that came at once.
func (openaiWire) whole(a *openai.ChatCompletion, into *reply) (string, error) {
	if e := a.JSON.ExtraFields["error"].Raw(); isError(e) {
		return "", refused(0, []byte(a.RawJSON()))
	}
	if a.Model != "" {
		into.model = a.Model
	}
	into.input, into.output = int(a.Usage.PromptTokens), int(a.Usage.CompletionTokens)
	if len(a.Choices) == 0 || !a.Choices[0].JSON.Message.Valid() {
		return "", errMalformed
	}
	choice := a.Choices[0]
	for _, c := range choice.Message.ToolCalls {
		into.calls = append(into.calls, toolCall{id: c.ID, name: c.Function.Name, args: c.Function.Arguments})
	}
	into.finish = finished(choice.FinishReason)
	return into.say(choice.Message.Content, choice.Message.Refusal), nil
}

// chunk reads an event of a stream.
func (openaiWire) chunk(a *openai.ChatCompletionChunk, into *reply) (string, error) {
	if !a.JSON.Choices.Valid() && !a.JSON.Usage.Valid() {
		return "", errMalformed
	}
	if a.Model != "" {
		into.model = a.Model
	}
	if a.JSON.Usage.Valid() {
		into.input, into.output = int(a.Usage.PromptTokens), int(a.Usage.CompletionTokens)
	}
	if len(a.Choices) == 0 {
		return "", nil
	}
	choice := a.Choices[0]
	for i, c := range choice.Delta.ToolCalls {
		if c.JSON.Index.Valid() {
			i = int(c.Index)
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
	if choice.FinishReason != "" {
		into.finish = finished(choice.FinishReason)
	}
	return into.say(choice.Delta.Content, choice.Delta.Refusal), nil
}
