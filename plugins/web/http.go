package web

import (
	"context"
	"errors"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins"
)

// httpRow is the object http. Its functions wait for the answer.
func (p *Plugin) httpRow() plugins.Function {
	return plugins.Function{
		Name: "http", Needs: setting,
		Sig: "http.get(url, {headers, query, body, json, form, timeout, retries, redirect, as})",
		Doc: `Calls another service and waits: http.get, http.post, http.put, http.patch, http.delete, and http.request with a method among its options. ` +
			`Answers {ok, status, statusText, headers, body, url, redirected, json(), text(), bytes()}; body is what as asks for: "text", "json" or "bytes". ` +
			`A status of 400 and more is an answer, no error; no answer at all throws. timeout is in milliseconds for each attempt (30000). ` +
			`retries (0) tries again after 429, 500, 502, 503, 504 and failures of the network, with growing pauses or as Retry-After says; ` +
			`POST and PATCH then carry an Idempotency-Key. redirect is "follow", "manual" or "error".`,
		Example: `const order = http.post("http://localhost/orders", { json: { pens: 2 }, timeout: 5000 })
if (!order.ok) throw new Error("orders answered " + order.status)
payload.id = http.get("http://localhost/orders", { query: { last: 1 }, as: "json", retries: 2 }).body.id`,
		Bind: func(r *plugins.Run) goja.Value {
			o := r.VM.NewObject()
			for _, name := range []string{"request", "get", "post", "put", "patch", "delete"} {
				verb := name
				if verb == "request" {
					verb = "" // the options name it
				}
				hostfn.Define(r.VM, o, name, func(call goja.FunctionCall) goja.Value {
					require(r, "http."+name)
					return p.wait(r, p.parse(r, verb, call.Argument(0), call.Argument(1)))
				})
			}
			return o
		},
	}
}

// require raises a clear error unless the network is open to the run.
func require(r *plugins.Run, name string) {
	if err := r.Caps.Allow(setting); err != nil {
		r.Throw(hostfn.Denied(name, setting, err))
	}
}

// exchange makes a call while the run waits.
func (p *Plugin) exchange(r *plugins.Run, c *call) (a *answer, err error) {
	a, err = hostfn.Take(r, "http", c.key(), func(ctx context.Context) (*answer, error) { return p.send(ctx, r.Time, c) })
	note(r, c, a, err)
	return a, err
}

func (p *Plugin) wait(r *plugins.Run, c *call) goja.Value {
	a, err := p.exchange(r, c)
	if err != nil {
		r.Throw(err)
	}
	o, buffer := response(r, a)
	hostfn.Define(r.VM, o, "text", func(goja.FunctionCall) goja.Value { return text(r, buffer) })
	hostfn.Define(r.VM, o, "json", func(goja.FunctionCall) goja.Value { return parsed(r, buffer) })
	hostfn.Define(r.VM, o, "bytes", func(goja.FunctionCall) goja.Value { return view(r, buffer) })
	var body goja.Value
	switch c.as {
	case "json":
		if ex := r.VM.Try(func() { body = parsed(r, buffer) }); ex != nil {
			panic(r.VM.NewTypeError("the answer of %s with status %d is not JSON", c.url.Host, a.code))
		}
	case "bytes":
		body = view(r, buffer)
	default:
		body = text(r, buffer)
	}
	hostfn.SetOwn(o, "body", body)
	return o
}

// note writes a line for authors who debug. Paths and queries stay out: they may hold keys.
func note(r *plugins.Run, c *call, a *answer, err error) {
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
