package ai

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
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
