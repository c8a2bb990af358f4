package ai

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/validate"
)

// Answers as the providers document them.
const (
	openaiAnswer = `{"id":"chatcmpl-1","object":"chat.completion","created":1741569952,"model":"m-1-2026","choices":[{"index":0,"message":{"role":"assistant","content":"Hello Ada","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29},"service_tier":"default"}`
	openaiTool   = `{"id":"chatcmpl-2","object":"chat.completion","model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"call_abc","type":"function","function":{"name":"weather","arguments":"{\n\"city\": \"Lima\"\n}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":82,"completion_tokens":17,"total_tokens":99}}`
	geminiAnswer = `{"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"Hello "},{"text":"Ada"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":2,"thoughtsTokenCount":3,"totalTokenCount":13},"modelVersion":"gemini-2.5-flash","responseId":"x"}`
	geminiTool   = `{"candidates":[{"content":{"parts":[{"functionCall":{"name":"weather","args":{"city":"Lima"}},"thoughtSignature":"c2ln"}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":2,"totalTokenCount":10},"modelVersion":"gemini-2.5-flash"}`
	ollamaAnswer = `{"model":"llama3.2","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"Hello Ada"},"done_reason":"stop","done":true,"total_duration":1,"prompt_eval_count":26,"eval_count":298}`
	ollamaTool   = `{"model":"llama3.2","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"weather","arguments":{"city":"Lima"}}}]},"done_reason":"stop","done":true,"prompt_eval_count":10,"eval_count":5}`
)

const tools = `tools: [{ name: "weather", description: "The weather", parameters: { type: "object", properties: { city: { type: "string" } } }, run: (a) => ({ city: a.city, celsius: 21 }) }]`

func TestClassic(t *testing.T) {
	t.Parallel()
	m := serve(t, say(200, openaiAnswer))
	w := with(t, "openai", m)
	w.eq(`openai("sk-of-the-flow", "Be {{how}}.", "Greet {{name}} {{#all}}<{{.}}>{{/all}}", "gpt-x", { how: "brief", name: "A & B", all: [1, 2] })`, `"Hello Ada"`)
	q := m.questions()[0]
	if q.path != "/chat/completions" || q.header.Get("Authorization") != "Bearer sk-of-the-flow" || q.header.Get("Traceparent") != traceOfTest || q.header.Get("Tracestate") != "vendor=1" {
		t.Errorf("%+v", q)
	}
	if got, want := m.question(0), `{"messages":[{"content":"Be brief.","role":"system"},{"content":"Greet A & B <1><2>","role":"user"}],"model":"gpt-x"}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	w.eq(`openai("", "", "Hi")`, `"Hello Ada"`)
	if q := m.questions()[1]; q.header.Get("Authorization") != "Bearer "+secret || q.body["model"] != "m-1" {
		t.Errorf("%+v", q)
	}
	w.throws(`openai("a\nb", "", "Hi")`, "characters that no key has")
	w.throws(`openai("", "", "{{#a}}")`, "is not a Mustache template")

	m = serve(t, say(200, geminiAnswer))
	w = with(t, "gemini", m)
	w.eq(`gemini("k", "Greet {{name}}", "gemini-2.5-flash", { name: "Ada" })`, `"Hello Ada"`)
	if q := m.questions()[0]; q.path != "/models/gemini-2.5-flash:generateContent" || q.header.Get("X-Goog-Api-Key") != "k" || q.query != "" {
		t.Errorf("%+v", q)
	}
	if got, want := m.question(0), `{"contents":[{"parts":[{"text":"Greet Ada"}],"role":"user"}],"generationConfig":{}}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	w.throws(`gemini("k", "x", "../../secret?x=")`, "not the name of a model")
	w.throws(`gemini("k", "x", "models/../../secret")`, "not the name of a model")
	w.eq(`gemini("k", "x", "models/gemini-2.5-flash")`, `"Hello Ada"`)
	if q := m.questions()[1]; q.path != "/models/gemini-2.5-flash:generateContent" {
		t.Errorf("%+v", q)
	}

	m = serve(t, say(200, ollamaAnswer))
	w = with(t, "ollama", m)
	w.eq(`ollama("", "Be brief.", "Greet {{name}}", "llama3.2", { name: "Ada" })`, `"Hello Ada"`)
	if got, want := m.question(0), `{"messages":[{"content":"Be brief.","role":"system"},{"content":"Greet Ada","role":"user"}],"model":"llama3.2","stream":false}`; got != want || m.questions()[0].path != "/api/chat" {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestNamedHost: a server that a flow names needs the switch and gets no configured key.
func TestNamedHost(t *testing.T) {
	t.Parallel()
	m, own := serve(t, say(200, ollamaAnswer)), serve(t, say(200, ollamaAnswer))
	p := newPlugin(t, Options{Providers: map[string]Provider{"ollama": {BaseURL: own.URL, APIKey: secret, Model: "m-1"}}, Allow: []string{"127.0.0.1"}})
	w := another(t, p)
	w.eq(fmt.Sprintf(`ollama(%q, "", "Hi")`, m.URL+"/"), `"Hello Ada"`)
	if q := m.questions()[0]; q.header.Get("Authorization") != "" || q.body["model"] != "m-1" {
		t.Errorf("%+v", q)
	}
	w.off = true
	w.throws(fmt.Sprintf(`ollama(%q, "", "Hi")`, m.URL), "set [vm_pool] enable_network = true")
	w.eq(fmt.Sprintf(`ollama(%q, "", "Hi")`, own.URL), `"Hello Ada"`)
	if q := own.questions()[0]; q.header.Get("Authorization") != "Bearer "+secret {
		t.Errorf("%+v", q)
	}
	w.off = false
	w.throws(`ollama("file:///etc/passwd", "", "Hi")`, "takes the URL of a server")
	guarded := newWorld(t, Options{})
	guarded.throws(fmt.Sprintf(`ollama(%q, "", "Hi", "m")`, m.URL), "[vm_pool] network_allow")
	if n := len(m.questions()); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestChat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, answer, want, question string }{
		{
			"openai", openaiAnswer, `{"finish":"stop","model":"m-1-2026","text":"Hello Ada","usage":{"input":19,"output":10,"total":29}}`,
			`{"max_tokens":50,"messages":[{"content":"Be brief","role":"system"},{"content":"Hi","role":"user"},{"content":"Yes?","role":"assistant"},{"content":"{{x}}","role":"user"}],"model":"m-1","temperature":0.5}`,
		},
		{
			"mine", openaiAnswer, `{"finish":"stop","model":"m-1-2026","text":"Hello Ada","usage":{"input":19,"output":10,"total":29}}`,
			`{"max_tokens":50,"messages":[{"content":"Be brief","role":"system"},{"content":"Hi","role":"user"},{"content":"Yes?","role":"assistant"},{"content":"{{x}}","role":"user"}],"model":"m-1","temperature":0.5}`,
		},
		{
			"gemini", geminiAnswer, `{"finish":"stop","model":"gemini-2.5-flash","text":"Hello Ada","usage":{"input":8,"output":5,"total":13}}`,
			`{"contents":[{"parts":[{"text":"Hi"}],"role":"user"},{"parts":[{"text":"Yes?"}],"role":"model"},{"parts":[{"text":"{{x}}"}],"role":"user"}],"generationConfig":{"maxOutputTokens":50,"temperature":0.5},"systemInstruction":{"parts":[{"text":"Be brief"}],"role":"user"}}`,
		},
		{
			"ollama", ollamaAnswer, `{"finish":"stop","model":"llama3.2","text":"Hello Ada","usage":{"input":26,"output":298,"total":324}}`,
			`{"messages":[{"content":"Be brief","role":"system"},{"content":"Hi","role":"user"},{"content":"Yes?","role":"assistant"},{"content":"{{x}}","role":"user"}],"model":"m-1","options":{"num_predict":50,"temperature":0.5},"stream":false}`,
		},
	} {
		m := serve(t, say(200, c.answer))
		w := with(t, c.name, m)
		w.eq(`ai.chat({ system: "Be brief", messages: [{ role: "user", content: "Hi" }, { role: "assistant", content: "Yes?" }, { role: "user", content: "{{x}}" }], temperature: 0.5, max_tokens: 50 })`, c.want)
		if got := m.question(0); got != c.question {
			t.Errorf("%s asked\n got %s\nwant %s", c.name, got, c.question)
		}
		w.eq(`ai.chat({ provider: "`+c.name+`", model: "other", prompt: "Hi {{n}}", data: { n: "Ada" } }).text`, `"Hello Ada"`)
		if !strings.Contains(m.question(1), "Hi Ada") {
			t.Error(m.question(1))
		}
	}
}

// TestWhole: what a flow says arrives as it says it: a temperature of 0, and every keyword of a tool's schema.
func TestWhole(t *testing.T) {
	t.Parallel()
	schema := `{"additionalProperties":false,"properties":{"n":{"items":{"properties":{"k":{"format":"date","type":"string"}},"required":["k"],"type":"object"},"minItems":1,"type":"array"},"o":{"properties":{"z":{"format":"date","type":"string"}},"required":["z"],"type":"object"}},"required":["n"],"type":"object"}`
	for name, answer := range map[string]string{"openai": openaiAnswer, "gemini": geminiAnswer, "ollama": ollamaAnswer} {
		m := serve(t, say(200, answer))
		with(t, name, m).eq(`ai.chat({ prompt: "x", temperature: 0, tools: [{ name: "weather", parameters: `+schema+` }] }).text`, `"Hello Ada"`)
		if q := m.question(0); !strings.Contains(q, schema) || !strings.Contains(q, `"temperature":0`) {
			t.Errorf("%s was asked %s", name, q)
		}
	}
}

// TestEnvironment: no key and no address comes from the environment, as it does with the providers' own SDKs.
func TestEnvironment(t *testing.T) {
	for _, name := range []string{"OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_CLOUD_PROJECT"} {
		t.Setenv(name, "of-the-environment")
	}
	for _, name := range []string{"OPENAI_BASE_URL", "GOOGLE_GEMINI_BASE_URL", "OLLAMA_HOST"} {
		t.Setenv(name, "http://127.0.0.1:1")
	}
	t.Setenv("OPENAI_CUSTOM_HEADERS", "X-Mine: of-the-environment")
	t.Setenv("GOOGLE_GENAI_USE_VERTEXAI", "1")
	t.Setenv("OLLAMA_AUTH", "1")
	for name, answer := range map[string]string{"openai": openaiAnswer, "gemini": geminiAnswer, "ollama": ollamaAnswer} {
		m := serve(t, say(200, answer))
		w := newWorld(t, Options{Providers: map[string]Provider{name: {BaseURL: m.URL + "/some/v1/", Model: "m-1"}}})
		w.eq(`ai.chat({ prompt: "x" }).text`, `"Hello Ada"`)
		q := m.questions()[0]
		for header, values := range q.header {
			if strings.Contains(fmt.Sprint(values), "of-the-environment") || header == "Authorization" || header == "X-Goog-Api-Key" {
				t.Errorf("%s was sent %s: %s", name, header, values)
			}
		}
		if !strings.HasPrefix(q.path, "/some/v1/") {
			t.Errorf("%s was asked at %s", name, q.path)
		}
	}
}

func TestTools(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, call, answer, want string }{
		{"openai", openaiTool, openaiAnswer, `{"role":"assistant","tool_calls":[{"function":{"arguments":"{\n\"city\": \"Lima\"\n}","name":"weather"},"id":"call_abc","type":"function"}]},{"content":"{\"city\":\"Lima\",\"celsius\":21}","role":"tool","tool_call_id":"call_abc"}`},
		{"gemini", geminiTool, geminiAnswer, `{"parts":[{"functionCall":{"args":{"city":"Lima"},"name":"weather"},"thoughtSignature":"c2ln"}],"role":"model"},{"parts":[{"functionResponse":{"name":"weather","response":{"result":{"celsius":21,"city":"Lima"}}}}],"role":"user"}`},
		{"ollama", ollamaTool, ollamaAnswer, `{"content":"","role":"assistant","tool_calls":[{"function":{"arguments":{"city":"Lima"},"name":"weather"}}]},{"content":"{\"city\":\"Lima\",\"celsius\":21}","role":"tool","tool_name":"weather"}`},
	} {
		m := serve(t, say(200, c.call), say(200, c.answer))
		w := with(t, c.name, m)
		w.eq(`const a = ai.chat({ prompt: "Weather?", `+tools+` }); a.text + " " + a.tool_calls + " " + (a.usage.total > 20)`, `"Hello Ada undefined true"`)
		if !strings.Contains(m.question(1), c.want) {
			t.Errorf("%s went on with\n     %s\nwant %s", c.name, m.question(1), c.want)
		}
		// A tool without run: the flow answers it itself, in a call of its own.
		m = serve(t, say(200, c.call), say(200, c.answer))
		w = with(t, c.name, m)
		w.eq(`const t = [{ name: "weather" }]
const one = ai.chat({ prompt: "Weather?", tools: t })
const call = one.tool_calls[0]
if (one.finish !== "tool_calls" || one.tool_calls.length !== 1 || call.name !== "weather" || call.arguments.city !== "Lima") throw new Error(JSON.stringify(one))
ai.chat({ tools: t, messages: [{ role: "user", content: "Weather?" }, { role: "assistant", content: one.text, tool_calls: one.tool_calls },
  { role: "tool", tool_call_id: call.id, name: call.name, content: "21" }] }).text`, `"Hello Ada"`)
		if c.name == "gemini" && !strings.Contains(m.question(1), `"thoughtSignature":"c2ln"`) {
			t.Error(m.question(1))
		}
	}
	w := with(t, "openai", serve(t, say(200, openaiTool)))
	w.throws(`ai.chat({ prompt: "x", `+tools+` })`, "requested tools 8 times")
	w.throws(`ai.chat({ prompt: "x", tools: [{ name: "weather", run: () => { throw new RangeError("mine") } }] })`, "RangeError: mine")
	w.throws(`ai.chat({ prompt: "x", tools: [{ name: "weather", run: async () => 1 }] })`, "returns a promise")
	m := serve(t, say(200, openaiTool), say(200, openaiAnswer))
	with(t, "openai", m).eq(`ai.chat({ prompt: "x", tools: [{ name: "other", run: () => 1 }] }).text`, `"Hello Ada"`)
	if !strings.Contains(m.question(1), `error: unknown tool`) {
		t.Error(m.question(1))
	}
	m = serve(t, say(200, strings.Replace(openaiTool, `{\n`, `[\n`, 1)), say(200, openaiAnswer))
	with(t, "openai", m).eq(`ai.chat({ prompt: "x", `+tools+` }).text`, `"Hello Ada"`)
	if !strings.Contains(m.question(1), "not a JSON object") {
		t.Error(m.question(1))
	}
}

func TestSchema(t *testing.T) {
	t.Parallel()
	script := `ai.chat({ prompt: "x", json_schema: { type: "object", properties: { a: { type: "integer" } } } }).json`
	for name, answer := range map[string]string{"openai": openaiAnswer, "gemini": geminiAnswer, "ollama": ollamaAnswer} {
		written := strings.NewReplacer(`"Hello Ada"`, `"{\"a\":1,\"__proto__\":{\"b\":2}}"`, `"Hello "`, `"{\"a\":1,\"__proto__\""`, `"Ada"`, `":{\"b\":2}}"`).Replace(answer)
		m := serve(t, say(200, written))
		with(t, name, m).eq(`const j = `+script+`; [j.a, ({}).b, Object.getPrototypeOf(j) === Object.prototype]`, `[1,null,true]`)
		if !strings.Contains(m.question(0), `"properties":{"a":{"type":"integer"}}`) {
			t.Error(m.question(0))
		}
		with(t, name, serve(t, say(200, answer))).throws(script, "did not return JSON")
	}
}

// TestSchemaIsChecked: what the model answers is checked, and a wrong schema makes no call.
func TestSchemaIsChecked(t *testing.T) {
	t.Parallel()
	m := serve(t, say(200, strings.ReplaceAll(openaiAnswer, `"Hello Ada"`, `"{\"a\":\"one\"}"`)))
	w := newWorld(t, Options{Providers: map[string]Provider{"openai": {BaseURL: m.URL, APIKey: secret, Model: "m-1"}}, Fits: validate.New().Fits})
	ask := func(schema string) string { return `ai.chat({ prompt: "x", json_schema: ` + schema + ` }).json.a` }
	w.eq(ask(`{ type: "object", properties: { a: { type: "string" } }, required: ["a"] }`), `"one"`)
	w.throws(ask(`{ type: "object", properties: { a: { type: "integer" } } }`), "does not fit json_schema: /a: got string, want integer")
	w.throws(ask(`{ type: "object", required: ["b"] }`), "does not fit json_schema: /: missing property 'b'")
	asked := len(m.questions())
	w.throws(ask(`{ type: "no such" }`), "the schema is wrong")
	w.throws(ask(`{ $ref: "file:///etc/passwd" }`), "only what is in the schema itself")
	if n := len(m.questions()); n != asked {
		t.Errorf("a wrong schema asked the model")
	}
}

func TestStream(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, form, path string
		lines            []string
	}{
		{"openai", "data: %s\n\n", "/chat/completions", []string{
			`{"id":"1","object":"chat.completion.chunk","model":"m-1","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}`,
			`{"id":"1","object":"chat.completion.chunk","model":"m-1","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}],"usage":null}`,
			`{"id":"1","object":"chat.completion.chunk","model":"m-1","choices":[{"index":0,"delta":{"content":" Ada"},"finish_reason":null}]}`,
			`{"id":"1","object":"chat.completion.chunk","model":"m-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`,
			`{"id":"1","object":"chat.completion.chunk","model":"m-1","choices":[],"usage":{"prompt_tokens":4,"completion_tokens":2,"total_tokens":6}}`,
			`[DONE]`,
		}},
		{"gemini", "data: %s\r\n\r\n", "/models/m-1:streamGenerateContent", []string{
			`{"candidates":[{"content":{"parts":[{"text":"Hello"}],"role":"model"}}],"usageMetadata":{"promptTokenCount":4},"modelVersion":"m-1"}`,
			`{"candidates":[{"content":{"parts":[{"text":" Ada"}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":2},"modelVersion":"m-1"}`,
		}},
		{"ollama", "%s\n", "/api/chat", []string{
			`{"model":"m-1","created_at":"x","message":{"role":"assistant","content":"Hello"},"done":false}`,
			`{"model":"m-1","created_at":"x","message":{"role":"assistant","content":" Ada"},"done":false}`,
			`{"model":"m-1","created_at":"x","message":{"role":"assistant","content":""},"done_reason":"stop","done":true,"prompt_eval_count":4,"eval_count":2}`,
		}},
	} {
		m := serve(t, stream(c.form, c.lines...))
		w := with(t, c.name, m)
		w.eq(`const got = []; const a = ai.chat({ prompt: "x", onToken: (s) => got.push(s) }); [got, a]`,
			`[["Hello"," Ada"],{"finish":"stop","model":"m-1","text":"Hello Ada","usage":{"input":4,"output":2,"total":6}}]`)
		if q := m.questions()[0]; q.path != c.path {
			t.Errorf("%+v", q)
		}
		w.throws(`ai.chat({ prompt: "x", onToken: () => { throw new RangeError("mine") } })`, "RangeError: mine")
		w.throws(`ai.chat({ prompt: "x", stream: true })`, "stream needs onToken")
		broken := with(t, c.name, serve(t, stream(c.form, c.lines[0])))
		broken.throws(`ai.chat({ prompt: "x", onToken: () => {} })`, "was cut off")
		bad := with(t, c.name, serve(t, stream(c.form, c.lines[0], `{"error":{"message":"overloaded `+secret+`"}}`)))
		bad.throws(`ai.chat({ prompt: "x", onToken: () => {} })`, "refused the request: overloaded ***")
		malformed := with(t, c.name, serve(t, stream(c.form, c.lines[0], `{"a":`)))
		malformed.throws(`ai.chat({ prompt: "x", onToken: () => {} })`, "does not document")
		long := with(t, c.name, serve(t, stream(c.form, strings.Repeat("x", maxAnswer+1))))
		long.throws(`ai.chat({ prompt: "x", onToken: () => {} })`, "more than 8 MiB")
	}
}

// TestLikes: servers that are like OpenAI or Gemini, but not quite, are understood.
func TestLikes(t *testing.T) {
	t.Parallel()
	asked := `ai.chat({ prompt: "x", onToken: () => {} })`
	delta := `data: {"model":"m","choices":[{"delta":{"content":"Hello Ada"},"finish_reason":"stop"}]}`
	for name, c := range map[string]struct{ provider, answer string }{
		"no stream":                 {"openai", openaiAnswer},
		"no stream, indented":       {"openai", strings.ReplaceAll(openaiAnswer, `,"`, ",\n\n  \"")},
		"no stream of Gemini":       {"gemini", geminiAnswer},
		"the last line left out":    {"openai", delta},
		"comments, names, ids":      {"openai", ": hi\n\nevent: x\nid: 1\n" + delta + "\n\ndata: [DONE]\n\n"},
		"data in several lines":     {"openai", strings.ReplaceAll(delta, `,"`, ",\ndata:\"") + "\n\n"},
		"no blank behind the colon": {"openai", strings.ReplaceAll(delta, "data: ", "data:") + "\r\n\r\ndata:[DONE]\r\n\r\n"},
		"nothing counts after DONE": {"openai", delta + "\n\ndata: [DONE]\n\ndata: {\"error\":1}\n\n"},
		"parts of text":             {"openai", `{"choices":[{"message":{"content":[{"type":"thinking","thinking":[]},{"type":"text","text":"Hello "},{"type":"text","text":"Ada"}]},"finish_reason":"stop"}]}`},
		"numbers as text":           {"openai", `{"error":null,"choices":[{"message":{"content":"Hello Ada"},"finish_reason":"stop"}],"usage":{"prompt_tokens":"3","completion_tokens":2.0}}`},
	} {
		if w := with(t, c.provider, serve(t, say(200, c.answer))); hosttest.JS(t, w.run, asked+".text") != `"Hello Ada"` {
			t.Errorf("%s was not understood", name)
		}
	}
	for answer, want := range map[string]string{
		`[{"error":{"code":503,"message":"overloaded"}}]`: "refused the request: overloaded",
		`{"error":"overloaded"}`:                          "refused the request: overloaded",
		"[1]":                                             "does not document",
		"<html>\n\n</html>":                               "does not document",
		"data: " + `{"candidates":[`:                      "was cut off",
	} {
		with(t, "gemini", serve(t, say(200, answer))).throws(asked, want)
		with(t, "openai", serve(t, say(200, answer))).throws(asked, want)
	}
}

// TestGeminiCalls: what a model wants of a tool goes back as it came: id, signature, order of keys, large numbers.
func TestGeminiCalls(t *testing.T) {
	t.Parallel()
	call := `{"functionCall":{"id":"c7","name":"weather","args":{"z":9007199254740993,"a":1}},"thoughtSignature":"_-8="}`
	m := serve(t, say(200, `{"candidates":[{"content":{"parts":[`+call+`,{"functionCall":{"name":"weather","args":null}},{"functionCall":{"name":"weather"}}],"role":"model"}}]}`), say(200, geminiAnswer))
	with(t, "gemini", m).eq(`let n = 0; ai.chat({ prompt: "x", tools: [{ name: "weather", run: () => ++n }] }).text + n`, `"Hello Ada3"`)
	if q := m.questions()[1].text; !strings.Contains(q, `{"id":"c7","name":"weather","args":{"z":9007199254740993,"a":1}},"thoughtSignature":"_-8="`) {
		t.Error(q)
	}
}

// TestStreamOfTools: the arguments of a call come in pieces.
func TestStreamOfTools(t *testing.T) {
	t.Parallel()
	m := serve(t, stream("data: %s\n\n",
		`{"model":"m-1","choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"weather","arguments":""}}]},"finish_reason":null}]}`,
		`{"model":"m-1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"city\":"}}]},"finish_reason":null}]}`,
		`{"model":"m-1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"Lima\"}"}}]},"finish_reason":null}]}`,
		`{"model":"m-1","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}`, `[DONE]`),
		stream("data: %s\n\n", `{"model":"m-1","choices":[{"index":0,"delta":{"content":"21"},"finish_reason":"stop"}]}`, `[DONE]`))
	with(t, "openai", m).eq(`let city; ai.chat({ prompt: "x", onToken: () => {}, tools: [{ name: "weather", run: (a) => { city = a.city; return "21" } }] }).text + city`, `"21Lima"`)
}

// client collects the events that a run sends.
type client struct {
	sent []string
	gone error
}

func (c *client) Send(name string, data []byte) error {
	c.sent = append(c.sent, name+" "+string(data))
	return c.gone
}

func TestEvents(t *testing.T) {
	t.Parallel()
	m := serve(t, stream("%s\n", `{"model":"m","message":{"content":"a\nb"},"done":false}`, `{"model":"m","message":{"content":"c"},"done":true,"prompt_eval_count":1,"eval_count":1,"done_reason":"stop"}`))
	to := &client{}
	w := newWorld(t, Options{
		Providers: map[string]Provider{"ollama": {BaseURL: m.URL, Model: "m"}},
		Events:    func(*hostfn.Run) (Events, error) { return to, nil },
	})
	w.eq(`ai.chat({ prompt: "x", stream: true }).text`, `"a\nbc"`)
	want := ` {"text":"a\nb"}| {"text":"c"}|done {"finish":"stop","model":"m","text":"a\nbc","usage":{"input":1,"output":1,"total":2}}`
	if got := strings.Join(to.sent, "|"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	to.gone = errors.New("broken pipe")
	w.throws(`ai.chat({ prompt: "x", stream: true })`, "the client is gone")
}

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

func TestConfiguration(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{Providers: map[string]Provider{"openai": {}, "gemini": {APIKey: secret}, "mine": {}, "ollama": {}}})
	for script, want := range map[string]string{
		`ai.chat({ prompt: "x" })`:                     "set [ai.openai] api_key",
		`ai.chat({ provider: "gemini", prompt: "x" })`: "set [ai.gemini] model",
		`ai.chat({ provider: "mine", prompt: "x" })`:   "set [ai.mine] base_url",
		`ai.chat({ provider: "other", prompt: "x" })`:  "set [ai.other]",
		`ollama("", "", "x")`:                          "set [ai.ollama] model",
		`openai("", "", "x", "m")`:                     "set [ai.openai] api_key",
		`ai.chat()`:                                    "takes an object",
	} {
		w.throws(script, want)
	}
	if _, err := New(Options{Providers: map[string]Provider{"x": {BaseURL: "localhost:1"}}}); err == nil || !strings.Contains(err.Error(), "[ai.x] base_url") {
		t.Error(err)
	}
	if p := newPlugin(t, Options{}); p.Name() != "ai" {
		t.Error(p.Name())
	}
	none := newWorld(t, Options{})
	none.throws(`ai.chat({ prompt: "x" })`, "set [ai.openai]")
	none.throws(`ollama("", "", "x", "m")`, "set [ai.ollama]")
}

func TestArguments(t *testing.T) {
	t.Parallel()
	m := serve(t, say(200, openaiAnswer))
	w := with(t, "openai", m)
	for rest, want := range map[string]string{
		`promt: "x"`:                   `unknown option "promt"`,
		`model: "m"`:                   "takes a prompt or messages",
		`prompt: "x", messages: []`:    "not both",
		`messages: []`:                 "array of 1 to 1000",
		`messages: [1]`:                "message 1 needs a role",
		`messages: [{ role: "user" }]`: "content as text",
		`messages: [{ role: "user", content: [1] }]`:           "content as text",
		`messages: [{ role: "assistant", tool_calls: [{}] }]`:  "without a name",
		`prompt: "x", temperature: 3`:                          "temperature",
		`prompt: "x", temperature: "warm"`:                     "temperature",
		`prompt: "x", max_tokens: 0`:                           "max_tokens",
		`prompt: "x", timeout: -1`:                             "timeout",
		`prompt: "x", tools: {}`:                               "tools must be an array",
		`prompt: "x", tools: [1]`:                              "tool 1 must be",
		`prompt: "x", tools: [{ name: "a b" }]`:                "needs a name",
		`prompt: "x", tools: [{ name: "a" }, { name: "a" }]`:   "two tools",
		`prompt: "x", tools: [{ name: "a", run: 1 }]`:          "must be a function",
		`prompt: "x", tools: [{ name: "a", parameters: "x" }]`: "JSON Schema",
		`prompt: "x", json_schema: "x"`:                        "JSON Schema",
		`prompt: "x", onToken: 1`:                              "must be a function",
		`prompt: "x", model: "a b"`:                            "not the name of a model",
		`prompt: "x".repeat(5 << 20)`:                          "longer than 4 MiB",
		`get prompt() { throw new Error("mine") }`:             "mine",
	} {
		w.throws(`ai.chat({ `+rest+` })`, want)
	}
	if n := len(m.questions()); n != 0 {
		t.Errorf("asked %d times", n)
	}
}

// TestKill: a run that is killed while a model thinks, or streams, comes back immediately. The best of three counts, for the
// machine may be busy.
func TestKill(t *testing.T) {
	t.Parallel()
	for _, script := range []string{`ai.chat({ prompt: "x" })`, `ai.chat({ prompt: "x", onToken: () => {} })`, `openai("", "", "x")`} {
		late := time.Hour
		for range 3 {
			began := make(chan struct{}, 1)
			w := with(t, "openai", serve(t, hang(began)))
			killed := make(chan time.Time, 1)
			go func() {
				<-began
				killed <- time.Now()
				w.kill(fault.New(fault.Killed, "the run was killed"))
			}()
			w.throws(script, "the run was killed")
			late = min(late, time.Since(<-killed))
		}
		if late > 50*time.Millisecond {
			t.Errorf("%s came back after %s", script, late)
		}
	}
	began := make(chan struct{}, 1)
	w := with(t, "openai", serve(t, hang(began)))
	w.throws(`ai.chat({ prompt: "x", timeout: 20 })`, "did not answer within 20ms")
}

func TestExamples(t *testing.T) {
	t.Parallel()
	p := newPlugin(t, Options{Providers: map[string]Provider{
		"openai": {BaseURL: serve(t, say(200, openaiTool), say(200, openaiAnswer)).URL, Model: "m"},
		"gemini": {BaseURL: serve(t, say(200, geminiAnswer)).URL},
		"ollama": {BaseURL: serve(t, say(200, ollamaAnswer)).URL},
	}})
	for _, f := range p.Functions() {
		if f.Sig == "" || f.Doc == "" || f.Example == "" {
			t.Errorf("%s is not documented", f.Name)
		}
		another(t, p).eq(f.Example+"\npayload.answer", `"Hello Ada"`)
	}
}

// FuzzRead: nothing that a server answers, whole or in a stream, makes a format panic, keeps calls without bound or hands on
// arguments that are no JSON.
func FuzzRead(f *testing.F) {
	for _, text := range []string{openaiAnswer, openaiTool, geminiAnswer, geminiTool, ollamaAnswer, ollamaTool, `[DONE]`, `{"error":"x"}`, `[{"error":{}}]`, `{"choices":[null]}`, `{"candidates":{"a":1}}`, `{"candidates":[1]}`} {
		f.Add([]byte(text))
		f.Add([]byte("data: " + text + "\n\n"))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_ = refused(400, data)
		for _, w := range []wire{openaiWire{}, geminiWire{}, ollamaWire{}} {
			for _, stream := range []bool{false, true} {
				d := &retryTransport{transport: canned(data)}
				into := &reply{}
				q := &question{model: "m", stream: stream, messages: []message{{role: "user", text: "x"}}}
				var err error
				for _, err = range d.ask(context.Background(), w, endpoint{base: "http://127.0.0.1"}, q, into) {
					if _, ok := errors.AsType[*refusal](err); err != nil && !ok && !errors.Is(err, errMalformed) {
						t.Errorf("%T: %v", w, err)
					}
				}
				if err != nil || into.end(stream, 0) != nil {
					continue
				}
				for _, c := range into.calls {
					if _, err := new(hostfn.Run).Decode(arguments(c.args)); err != nil {
						t.Error(err)
					}
				}
			}
		}
	})
}

// canned responds to every request with the same bytes.
type canned []byte

func (c canned) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(c))}, nil
}
