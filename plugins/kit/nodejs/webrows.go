package nodejs

import (
	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
)

// webRows are names of browsers and of Node that are no class of an address or a form.
func (k *Modules) webRows() []hostfn.Row {
	return []hostfn.Row{
		{
			Name: "Buffer", Sig: "Buffer", Calls: []string{`Buffer.from(text, encoding)`, `Buffer.concat(rows)`},
			Doc:     "Bytes as Node has them; the same as Buffer of the module buffer.",
			Example: `payload.hex = Buffer.from("é").toString("hex")`,
			Bind:    k.class("buffer", "Buffer"),
		},
		{
			Name: "performance", Sig: "performance", Calls: []string{`performance.now()`}, Doc: "now() returns the milliseconds since performance was first named in the run, which was at timeOrigin.",
			Example: `payload.fast = performance.now() < 1000`,
			Bind:    performance,
		},
		{
			Name: "self", Sig: "self", Doc: "The global object, as browsers name it.",
			Example: `payload.same = self === globalThis`,
			Bind:    func(r *hostfn.Run) goja.Value { return r.VM.GlobalObject() },
		},
		{
			Name: "structuredClone", Sig: "structuredClone(value)",
			Doc:     "Returns a deep copy, with dates, maps, sets, bytes and circles. Functions and symbols throw a DataCloneError; nothing is transferred.",
			Example: `payload.copy = structuredClone({ at: new Date(0), tags: new Set(["a"]) }).tags.size`,
			Bind:    k.class(webModule, "structuredClone"),
		},
		{
			Name: "queueMicrotask", Sig: "queueMicrotask(fn)", Doc: "Calls a function when the code that runs now has ended, as a promise does.",
			Example: `queueMicrotask(() => console.log("later"))`,
			Bind:    k.class(webModule, "queueMicrotask"),
		},
		{
			Name: "DOMException", Sig: "DOMException", Calls: []string{`new DOMException(text, name)`}, Doc: "The error that functions of browsers throw, with a name such as AbortError.",
			Example: `payload.name = new DOMException("stopped", "AbortError").name`,
			Bind:    k.class(webModule, "DOMException"),
		},
		{
			Name: "AbortController", Sig: "AbortController", Calls: []string{`new AbortController().abort(value)`, `new AbortController().signal.addEventListener(name, fn)`},
			Doc:     "Has a signal, and abort(reason), which calls the signal's listeners.",
			Example: "const stop = new AbortController()\nstop.abort()\npayload.stopped = stop.signal.aborted",
			Bind:    k.class(webModule, "AbortController"),
		},
		{
			Name: "AbortSignal", Sig: "AbortSignal", Calls: []string{`AbortSignal.abort(value)`, `AbortSignal.any(rows)`},
			Doc:     "The signal of an AbortController; abort(reason), timeout(ms) and any(signals) make one, and fetch takes one.",
			Example: `payload.reason = AbortSignal.abort("enough").reason`,
			Bind:    k.class(webModule, "AbortSignal"),
		},
	}
}

// fetchRows are the classes of messages.
func (k *Modules) fetchRows() []hostfn.Row {
	return []hostfn.Row{
		{
			Name: "Blob", Sig: "Blob", Calls: []string{`new Blob(rows).slice(size, size, text)`}, Doc: "Bytes with a type, as browsers have them: text(), arrayBuffer(), bytes(), stream(), slice().",
			Example: `payload.size = new Blob(["é"], { type: "text/plain" }).size`,
			Bind:    k.class(blobModule, "Blob"),
		},
		{
			Name: "File", Sig: "File", Calls: []string{`new File(rows, name)`}, Doc: "A Blob with a name and the time of its last change, as browsers have it.",
			Example: `payload.name = new File(["é"], "letter.txt", { type: "text/plain" }).name`,
			Bind:    k.class(blobModule, "File"),
		},
		{
			Name: "Headers", Sig: "Headers", Calls: []string{`new Headers(values).get(name)`, `new Headers().append(name, text)`}, Doc: "The headers of a message by names of any case, as browsers have them.",
			Example: `payload.type = new Headers({ "Content-Type": "text/plain" }).get("content-type")`,
			Bind:    k.class(fetchModule, "Headers"),
		},
		{
			Name: "Request", Sig: "Request", Calls: []string{`new Request(url, {method, headers, body})`}, Doc: "A request as a value, as browsers have it, which fetch takes: method, url, headers, signal, redirect, clone(), and its body by text(), json(), arrayBuffer(), bytes(), blob(), formData() or body, a stream of one piece. mode, credentials, cache and their like have no effect.",
			Example: `payload.method = new Request("https://example.com/", { method: "post", body: "x" }).method`,
			Bind:    k.class(requestModule, "Request"),
		},
		{
			Name: "Response", Sig: "Response", Calls: []string{`new Response(text, {status, statusText, headers})`, `Response.json(value)`}, Doc: "A response as a value, as browsers have it: status, statusText, ok, url, type, redirected, headers, clone(), and its body by text(), json(), arrayBuffer(), bytes(), blob(), formData() or body, a stream of one piece: getReader(), cancel(), tee(), locked, and for await. It answers no request: c does.",
			Example: `payload.status = new Response("made", { status: 201 }).status`,
			Bind:    k.class(fetchModule, "Response"),
		},
	}
}

func performance(r *hostfn.Run) goja.Value {
	began := r.Now()
	o := arg.Object(arg.Method("now", func(r *hostfn.Run, _ goja.FunctionCall) goja.Value {
		return r.VM.ToValue(float64(r.Now().Sub(began).Microseconds()) / 1000)
	}))(r)
	hostfn.SetOwn(o.ToObject(r.VM), "timeOrigin", r.VM.ToValue(float64(began.UnixMicro())/1000))
	return o
}
