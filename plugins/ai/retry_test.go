package ai

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

func TestErrors(t *testing.T) {
	t.Parallel()
	message := func(text string) string {
		return fmt.Sprintf(`{"error":{"message":%q,"type":"invalid_request_error","param":null,"code":null}}`, text)
	}
	for name, c := range map[string]struct {
		answer func() *model
		want   string
	}{
		"key":      {func() *model { return serve(t, say(401, message("Incorrect API key provided: "+secret))) }, "does not accept [ai.openai] api_key"},
		"model":    {func() *model { return serve(t, say(404, message("no model for "+secret))) }, "refused the request (status 404): no model for ***"},
		"text":     {func() *model { return serve(t, say(400, `{"error":"model is required"}`)) }, "(status 400): model is required"},
		"list":     {func() *model { return serve(t, say(400, `[{"error":{"code":400,"message":"bad"}}]`)) }, "(status 400): bad"},
		"html":     {func() *model { return serve(t, say(400, `<html>`)) }, "refused the request (status 400)"},
		"quota":    {func() *model { return serve(t, say(429, message("quota"))) }, "rejects requests now"},
		"trouble":  {func() *model { return serve(t, say(503, "x")) }, "failed with status 503"},
		"redirect": {func() *model { return serve(t, say(302, "", "Location: http://192.0.2.1/")) }, "redirects elsewhere"},
		"not JSON": {func() *model { return serve(t, say(200, "<html>")) }, "does not document"},
		"other":    {func() *model { return serve(t, say(200, `{"a":1}`)) }, "does not document"},
		"empty":    {func() *model { return serve(t, say(200, ``)) }, "does not document"},
		"nothing":  {func() *model { return serve(t, say(200, `{"choices":[{}]}`)) }, "does not document"},
		"types":    {func() *model { return serve(t, say(200, `{"choices":{"a":1}}`)) }, "does not document"},
		"index": {func() *model {
			return serve(t, say(200, `{"choices":[{"message":{"tool_calls":[{"index":1000000000}]}}]}`))
		}, "does not document"},
		"large":     {func() *model { return serve(t, say(200, strings.Repeat(" ", maxAnswer+1))) }, "more than 8 MiB"},
		"cut":       {func() *model { return serve(t, say(200, `{"choices"`, "Content-Length: 100")) }, "was cut off"},
		"closed":    {func() *model { m := serve(t); m.Close(); return m }, "refuses connections"},
		"in answer": {func() *model { return serve(t, say(200, message("overloaded"))) }, "refused the request: overloaded"},
	} {
		for provider, classic := range map[string]string{"openai": `openai("", "", "x", "m")`, "gemini": `gemini("", "x", "m")`, "ollama": `ollama("", "", "x", "m")`} {
			w := with(t, provider, c.answer())
			want := strings.ReplaceAll(c.want, "openai", provider)
			w.throws(`ai.chat({ prompt: "x" })`, want)
			w.throws(classic, want)
		}
		w := with(t, "openai", c.answer())
		if name == "model" {
			if _, err := w.vm.RunString(`ai.chat({ prompt: "x" })`); err == nil {
				t.Error("nothing thrown")
			} else if _, isFault := errors.AsType[*fault.Error](err); isFault {
				t.Error("what the provider says would be answered to the visitor")
			}
		}
	}
	for _, odd := range []string{`{"candidates":{"a":1}}`, `{"candidates":[1]}`, `{"candidates":[{"content":[]}]}`, `{"candidates":[{"content":{"parts":{}}}]}`, `{"usageMetadata":1}`} {
		with(t, "gemini", serve(t, say(200, odd))).throws(`ai.chat({ prompt: "x" })`, "does not document")
		with(t, "gemini", serve(t, stream("data: %s\n\n", odd))).throws(`ai.chat({ prompt: "x", onToken: () => {} })`, "does not document")
	}
	far := `{"choices":[{"delta":{"tool_calls":[{"index":1000000000,"function":{"name":"x"}}]}}]}`
	with(t, "openai", serve(t, stream("data: %s\n\n", far))).throws(`ai.chat({ prompt: "x", onToken: () => {} })`, "does not document")
	blocked := with(t, "gemini", serve(t, say(200, `{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":4}}`)))
	blocked.throws(`gemini("", "x", "")`, "refused to answer")
	blocked.eq(`ai.chat({ prompt: "x" }).finish`, `"content_filter"`)
}

func TestRetries(t *testing.T) {
	t.Parallel()
	w := with(t, "openai", serve(t, say(429, "", "Retry-After: 7"), say(500, "", "Retry-After: Wed, 04 Mar 2026 05:06:09 GMT"), say(200, openaiAnswer)))
	w.eq(`ai.chat({ prompt: "x" }).text`, `"Hello Ada"`)
	if fmt.Sprint(w.slept) != "[7s 2s]" {
		t.Errorf("slept %v", w.slept)
	}
	m := serve(t, say(503, "", "Retry-After: 9999999"))
	w = with(t, "openai", m)
	w.throws(`ai.chat({ prompt: "x" })`, "failed with status 503")
	if fmt.Sprint(w.slept) != "[30s 30s]" || len(m.questions()) != 3 {
		t.Errorf("slept %v, asked %d times", w.slept, len(m.questions()))
	}
	w = with(t, "openai", serve(t, say(503, "")))
	w.throws(`ai.chat({ prompt: "x" })`, "failed with status 503")
	for n, most := range []time.Duration{500 * time.Millisecond, time.Second} {
		if d := w.slept[n]; d > most || d < most/2 {
			t.Errorf("pause %d is %s", n, d)
		}
	}
	m = serve(t, say(400, ""))
	w = with(t, "openai", m)
	w.throws(`ai.chat({ prompt: "x" })`, "status 400")
	if len(m.questions()) != 1 {
		t.Error("a refusal was tried again")
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	m := serve(t, say(200, openaiAnswer))
	p := newPlugin(t, Options{Providers: map[string]Provider{"openai": {BaseURL: m.URL, Model: "m"}}, MaxTokensPerRun: 58})
	w := another(t, p)
	w.eq(`ai.chat({ prompt: "x" }).text + openai("k", "", "x")`, `"Hello AdaHello Ada"`)
	w.throws(`ai.chat({ prompt: "x" })`, "used 58 tokens of 58: [ai] max_tokens_per_run")
	w.throws(`openai("k", "", "x")`, "[ai] max_tokens_per_run")
	if n := len(m.questions()); n != 2 {
		t.Errorf("asked %d times", n)
	}
	another(t, p).eq(`ai.chat({ prompt: "x" }).text`, `"Hello Ada"`) // another run has its own
	odd := serve(t, say(200, `{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9223372036854775807,"completion_tokens":-5}}`))
	w = newWorld(t, Options{Providers: map[string]Provider{"openai": {BaseURL: odd.URL, Model: "m"}}, MaxTokensPerRun: 2 << 30})
	w.eq(`ai.chat({ prompt: "x" }).usage`, `{"input":1073741824,"output":0,"total":1073741824}`)
	uncounted := serve(t, say(200, `{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}`))
	w = newWorld(t, Options{Providers: map[string]Provider{"openai": {BaseURL: uncounted.URL, Model: "m"}}, MaxTokensPerRun: 1})
	w.eq(`ai.chat({ prompt: "x" }).usage.total > 0`, `true`)
	w.throws(`ai.chat({ prompt: "x" })`, "max_tokens_per_run")
}
