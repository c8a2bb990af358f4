package web

import (
	"context"
	"errors"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// httpRow is the object http. Its functions wait for the response.
func (p *Plugin) httpRow() hostfn.Row {
	return hostfn.Row{
		Name: "http", Needs: setting,
		Calls: []string{
			signature("http.get", httpOptions), signature("http.post", httpOptions), signature("http.put", httpOptions),
			signature("http.patch", httpOptions), signature("http.delete", httpOptions), signature("http.request", requestWords),
			`http.get(url).text()`, `http.get(url).json()`, `http.get(url).bytes()`, `http.get(url).headers.get(name)`, `http.get(url).headers.has(name)`,
			`http.get(url).headers.entries()`, `http.get(url).headers.keys()`, `http.get(url).headers.values()`, `http.get(url).headers.getSetCookie()`,
			`http.get(url).headers.forEach(fn)`,
		},
		Sig: signature("http.get", httpOptions),
		Doc: `Calls another service and waits: http.get, http.post, http.put, http.patch, http.delete, and http.request with a method among its options. ` +
			`Returns {ok, status, statusText, headers, body, url, redirected, json(), text(), bytes()}; as selects the type of body: "text", "json" or "bytes"; without it body is text, or bytes where neither the type nor the bytes are those of a text. ` +
			`A status of 400 or more does not throw; no response throws. timeout is in milliseconds for each attempt (30000). ` +
			`retries (0) tries again after 429, 500, 502, 503, 504 and failures of the network, with growing pauses or as Retry-After says; ` +
			`POST and PATCH then carry an Idempotency-Key. redirect is "follow", "manual" or "error"; a redirect keeps method and body, but 303 makes a GET, as 301 and 302 do of a POST. ` +
			`Responses in gzip, br and deflate are decoded. ` +
			`One of these is the body: body (text or bytes), json, form (an object, pairs or text), multipart ({field: value or {filename, type, bytes}, or a list of them}), or data, as axios has it: an object as JSON, or as form or multipart where the header Content-Type says so, else as body. ` +
			`query, or params, goes behind the URL. In query and form a list repeats its name, a Date is ISO 8601 (an invalid one is an error), an object is name[key], a list that holds objects name[0][key]; null is left out.`,
		Example: `const order = http.post("http://localhost/orders", { json: { pens: 2 }, timeout: 5000 })
if (!order.ok) throw new Error("orders answered " + order.status)
payload.id = http.get("http://localhost/orders", { query: { last: 1 }, as: "json", retries: 2 }).body.id`,
		Bind: func(r *hostfn.Run) goja.Value {
			o := r.VM.NewObject()
			for _, name := range []string{"request", "get", "post", "put", "patch", "delete"} {
				verb, words := name, httpOptions
				if verb == "request" {
					verb, words = "", requestWords // which name it
				}
				hostfn.Define(r, o, name, func(call goja.FunctionCall) goja.Value {
					require(r, "http."+name)
					return p.wait(r, p.parse(r, "http."+name, words, verb, call.Argument(0), call.Argument(1)))
				})
			}
			return o
		},
	}
}

// require raises a clear error unless the network is open to the run.
func require(r *hostfn.Run, name string) {
	if err := r.Caps.Allow(setting); err != nil {
		r.Throw(hostfn.Denied(name, setting, err))
	}
}

// exchange makes a call while the run waits.
func (p *Plugin) exchange(r *hostfn.Run, c *call) (a *answer, err error) {
	a, err = hostfn.Take(r, "http", c.key(), func(ctx context.Context) (*answer, error) { return p.send(ctx, r.Time, c) })
	note(r, c, a, err)
	return a, err
}

func (p *Plugin) wait(r *hostfn.Run, c *call) goja.Value {
	a, err := p.exchange(r, c)
	if err != nil {
		r.Throw(err)
	}
	o, buffer := response(r, a)
	hostfn.Define(r, o, "text", func(goja.FunctionCall) goja.Value { return a.text(r, buffer) })
	hostfn.Define(r, o, "json", func(goja.FunctionCall) goja.Value { return a.json(r, buffer) })
	hostfn.Define(r, o, "bytes", func(goja.FunctionCall) goja.Value { return view(r, buffer) })
	var body goja.Value
	switch c.as {
	case "json":
		if ex := r.VM.Try(func() { body = a.json(r, buffer) }); ex != nil {
			panic(r.VM.NewTypeError("the response of %s with status %d is not JSON", c.url.Host, a.code))
		}
	case "bytes":
		body = view(r, buffer)
	case "text":
		body = a.text(r, buffer)
	default:
		body = a.natural(r, buffer)
	}
	hostfn.SetOwn(o, "body", body)
	return o
}

// note writes a line for authors who debug. Paths and queries stay out: they may hold keys.
func note(r *hostfn.Run, c *call, a *answer, err error) {
	switch {
	case err == nil:
		r.Log().Debug("http call", "method", c.method, "host", c.url.Host, "status", a.code, "bytes", len(a.body))
	case isType[*fault.Error](err):
		f, _ := errors.AsType[*fault.Error](err)
		r.Log().Warn("http call refused", "method", c.method, "host", c.url.Host, "error", f)
	default:
		r.Log().Debug("http call failed", "method", c.method, "host", c.url.Host, "error", err)
	}
}
