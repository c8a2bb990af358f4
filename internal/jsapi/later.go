package jsapi

import (
	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const network = "enable_network"

// later is a name of the contract whose service this runtime does not have yet.
type later struct{ name, args, doc, needs, plugin, example string }

// laterRows: names that exist, so that a flow which only mentions them runs, and that throw when they are called.
func laterRows() []hostfn.Row {
	rows := []hostfn.Row{
		{Name: "send_otp", Sig: "send_otp(to)", Doc: "Sends a one-time code to a phone number by Twilio. True, also when Twilio is disabled.",
			Example: `send_otp("+34600000000")`, Bind: hostfn.Func(yes)},
		{Name: "check_otp", Sig: "check_otp(to, code)", Doc: "Whether the code is the one that was sent to that number. True when Twilio is disabled.",
			Example: `if (!check_otp("+34600000000", "123456")) { next = "output_2" }`, Bind: hostfn.Func(yes)},
	}
	for _, l := range laterNames() {
		rows = append(rows, hostfn.Row{Name: l.name, Sig: l.name + "(" + l.args + ")", Doc: l.doc, Example: l.example, Needs: l.needs,
			Bind: hostfn.Func(func(r *hostfn.Run, _ goja.FunctionCall) goja.Value {
				if l.needs != "" {
					off(r, l.name, l.needs)
				}
				r.Throw(fault.New(fault.Unavailable, "%s comes with the %s plugin, which this version does not have yet", l.name, l.plugin))
				return nil
			})})
	}
	return rows
}

func yes(r *hostfn.Run, _ goja.FunctionCall) goja.Value { return r.VM.ToValue(true) }

func laterNames() []later {
	const answer = ` Answers {status, status_code, header, body, err}; a failing network is status_code 0 and a text in err.`
	return []later{
		{"http_get", "url", "Requests a URL." + answer, network, "http", `const r = http_get("http://localhost/status")`},
		{"http_delete", "url", "Requests a URL with DELETE." + answer, network, "http", `http_delete("http://localhost/orders/1")`},
		{"http_post", "url, body", "Posts a body to a URL." + answer, network, "http", `http_post("http://localhost/orders", JSON.stringify({ a: 1 }))`},
		{"http_put", "url, body", "Puts a body to a URL." + answer, network, "http", `http_put("http://localhost/orders/1", "{}")`},
		{"http_patch", "url, body", "Patches a URL with a body." + answer, network, "http", `http_patch("http://localhost/orders/1", "{}")`},
		{"http_get_with_header", "url, header", "http_get with headers: name to array." + answer, network, "http",
			`http_get_with_header("http://localhost/", { Accept: ["text/plain"] })`},
		{"http_delete_with_header", "url, header", "http_delete with headers: name to array." + answer, network, "http",
			`http_delete_with_header("http://localhost/orders/1", { "X-Reason": ["test"] })`},
		{"http_post_with_header", "url, body, header", "http_post with headers: name to array." + answer, network, "http",
			`http_post_with_header("http://localhost/orders", "{}", { "Content-Type": ["application/json"] })`},
		{"http_put_with_header", "url, body, header", "http_put with headers: name to array." + answer, network, "http",
			`http_put_with_header("http://localhost/orders/1", "{}", { "Content-Type": ["application/json"] })`},
		{"http_patch_with_header", "url, body, header", "http_patch with headers: name to array." + answer, network, "http",
			`http_patch_with_header("http://localhost/orders/1", "{}", { "Content-Type": ["application/json"] })`},
		{"fetch", "url, options", "Requests a URL and answers a promise of the response, as browsers do.", network, "http",
			`const response = fetch("http://localhost/status")`},
		{"mail_config", "smtp, port, from, password", "Names the mail server for this run.", network, "mail",
			`mail_config("localhost", 25, "shop@example.com", "")`},
		{"send_mail", "to, subject, body, attachment, format", `Sends a mail; format is "html" or "text".`, "", "mail",
			`send_mail("ada@example.com", "Hello", "<p>Hello</p>", "", "html")`},
		{"send_mail_async", "to, subject, body, attachment, format", "Sends a mail in the background.", "", "mail",
			`send_mail_async("ada@example.com", "Hello", "Hello", "", "text")`},
		{"openai", "key, system, prompt, model, data", "Asks an OpenAI model; the prompt is a Mustache template over data.", "", "ai",
			`const answer = openai(env.openai_key, "Be brief.", "Greet {{name}}", "gpt-4o-mini", { name: "Ada" })`},
		{"gemini", "key, prompt, model, data", "Asks a Gemini model; the prompt is a Mustache template over data.", "", "ai",
			`const answer = gemini(env.gemini_key, "Greet {{name}}", "gemini-2.0-flash", { name: "Ada" })`},
		{"ollama", "baseURL, system, prompt, model, data", "Asks a model served by Ollama; the prompt is a Mustache template over data.", network, "ai",
			`const answer = ollama("http://localhost:11434", "Be brief.", "Greet {{name}}", "llama3", { name: "Ada" })`},
		{"redis_hset", "key, field, value", "Sets a field of a Redis hash. Answers val(), err(), result().", "", "redis", `redis_hset("cart", "a", "1")`},
		{"redis_hget", "key, field", "Reads a field of a Redis hash. Answers val(), err(), result().", "", "redis", `const v = redis_hget("cart", "a").val()`},
		{"redis_hdel", "key, field", "Removes a field of a Redis hash. Answers val(), err(), result().", "", "redis", `redis_hdel("cart", "a")`},
		{"redis_expire", "key, seconds", "Lets a Redis key expire. Answers val(), err(), result().", "", "redis", `redis_expire("cart", 60)`},
	}
}
