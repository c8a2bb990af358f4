package web

import (
	"encoding/json"
	"errors"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins"
)

// classicRows are http_get and its family, which never throw once the network is open: what fails is told in err.
func (p *Plugin) classicRows() []plugins.Function {
	const shape = ` Answers {status, status_code, header, body, err}; a failing network is status_code 0 and a text in err.`
	var rows []plugins.Function
	for _, c := range []struct{ verb, what, path, body string }{
		{"get", "Requests a URL.", "/status", ""},
		{"delete", "Requests a URL with DELETE.", "/orders/1", ""},
		{"post", "Posts a body to a URL.", "/orders", `JSON.stringify({ pens: 2 })`},
		{"put", "Puts a body to a URL.", "/orders/1", `"{}"`},
		{"patch", "Patches a URL with a body.", "/orders/1", `"{}"`},
	} {
		name, args, example := "http_"+c.verb, "url", `"http://localhost`+c.path+`"`
		if c.body != "" {
			args, example = "url, body", example+", "+c.body
		}
		row := func(name, args, doc, example string, headers bool) plugins.Function {
			return plugins.Function{
				Name: name, Needs: setting, Sig: name + "(" + args + ")", Doc: doc + shape, Example: `const r = ` + name + "(" + example + `)`,
				Bind: hostfn.Func(func(r *plugins.Run, call goja.FunctionCall) goja.Value {
					require(r, name)
					return p.classic(r, c.verb, call, c.body != "", headers)
				}),
			}
		}
		rows = append(rows,
			row(name, args, c.what, example, false),
			row(name+"_with_header", args+", header", c.what+" header is an object of name to array of texts.",
				example+`, { "X-Reason": ["demo"] }`, true))
	}
	return rows
}

// classic makes one call of the family: arguments are url, body where the method has one, header where the name says so.
func (p *Plugin) classic(r *plugins.Run, verb string, call goja.FunctionCall, body, headers bool) goja.Value {
	c, err := p.newCall(r, verb, hostfn.String(call, 0))
	if err == nil && headers {
		at := 1
		if body {
			at = 2
		}
		err = c.headers(r.VM, call.Argument(at))
	}
	if err != nil {
		return failed(r, verb, err)
	}
	if body {
		c.classicBody(r, call.Argument(1))
	}
	a, err := p.exchange(r, c)
	if err != nil {
		if r.Ctx().Err() != nil { // the run is over
			r.Throw(err)
		}
		return failed(r, verb, err)
	}
	return outcome(r, a.status, a.code, a.header, string(a.body), goja.Null())
}

// classicBody takes text as it is, bytes, and any other value as JSON.
func (c *call) classicBody(r *plugins.Run, v goja.Value) {
	if goja.IsUndefined(v) || goja.IsNull(v) {
		c.body = []byte{}
		return
	}
	bytes, isBytes := hostfn.Bytes(v)
	o, isObject := v.(*goja.Object)
	switch {
	case isBytes:
		c.body = bytes
	case isObject && o.ClassName() != "String":
		text, err := r.Stringify(v)
		if err != nil {
			r.Rethrow(err)
		}
		c.body = text
	default:
		c.body = []byte(v.String())
	}
	if json.Valid(c.body) {
		c.defaultHeader("Content-Type", "application/json")
	} else {
		c.defaultHeader("Content-Type", "text/plain;charset=UTF-8")
	}
}

func failed(r *plugins.Run, verb string, err error) goja.Value {
	message := err.Error()
	if f, ok := errors.AsType[*fault.Error](err); ok {
		message = f.Text
	}
	return outcome(r, "", 0, nil, "", r.VM.ToValue("http_"+verb+": "+message))
}

func outcome(r *plugins.Run, status string, code int, header map[string][]string, body string, failure goja.Value) goja.Value {
	o := r.VM.NewObject()
	hostfn.SetOwn(o, "status", r.VM.ToValue(status))
	hostfn.SetOwn(o, "status_code", r.VM.ToValue(code))
	hostfn.SetOwn(o, "header", hostfn.ToJS(r.VM, header))
	hostfn.SetOwn(o, "body", r.VM.ToValue(body))
	hostfn.SetOwn(o, "err", failure)
	return o
}
