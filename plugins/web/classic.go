package web

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// classicRows are http_get and its family, which never throw once the network is open: what fails is in err.
func (p *Plugin) classicRows() []hostfn.Row {
	const shape = ` Returns {status, status_code, header, body, err}; when the network fails, status_code is 0 and err holds a text.`
	var rows []hostfn.Row
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
		row := func(name, args, doc, example string, headers bool) hostfn.Row {
			return hostfn.Row{
				Name: name, Needs: setting, Sig: name + "(" + args + ")", Doc: doc + shape, Example: `const r = ` + name + "(" + example + `)`,
				Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
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
func (p *Plugin) classic(r *hostfn.Run, verb string, call goja.FunctionCall, body, headers bool) goja.Value {
	c, err := p.newCall(r, strings.ToUpper(verb), hostfn.String(call, 0))
	if err == nil && headers {
		at := 1
		if body {
			at = 2
		}
		err = c.headers(r, call.Argument(at))
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
	v := outcome(r, a.status, a.code, a.header, a.decoded(r, a.body), goja.Null())
	_ = r.Beside()(-a.held) // the text is the VM's
	return v
}

// classicBody takes text as it is, bytes, and any other value as JSON.
func (c *call) classicBody(r *hostfn.Run, v goja.Value) {
	if goja.IsUndefined(v) || goja.IsNull(v) {
		c.body = []byte{}
		return
	}
	bytes, isBytes := r.Bytes(v)
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
		text := r.Text(v)
		r.Spend(len(text)>>8, int64(len(text)))
		c.body = []byte(text)
	}
	if json.Valid(c.body) {
		c.defaultHeader("Content-Type", "application/json")
	} else {
		c.defaultHeader("Content-Type", "text/plain;charset=UTF-8")
	}
}

func failed(r *hostfn.Run, verb string, err error) goja.Value {
	message := err.Error()
	if f, ok := errors.AsType[*fault.Error](err); ok {
		message = f.Text
	}
	return outcome(r, "", 0, nil, "", r.VM.ToValue("http_"+verb+": "+message))
}

func outcome(r *hostfn.Run, status string, code int, header map[string][]string, body string, failure goja.Value) goja.Value {
	o := r.VM.NewObject()
	hostfn.SetOwn(o, "status", r.VM.ToValue(status))
	hostfn.SetOwn(o, "status_code", r.VM.ToValue(code))
	hostfn.SetOwn(o, "header", r.ToJS(header))
	hostfn.SetOwn(o, "body", r.VM.ToValue(body))
	hostfn.SetOwn(o, "err", failure)
	return o
}
