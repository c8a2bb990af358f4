package ai

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/validate"
)

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
