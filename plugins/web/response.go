package web

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/body"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// received is an answer as fetch gets it: status, statusText, url, redirected, headers by lower name, each a list of values, body, an
// ArrayBuffer, empty, of an answer that can have none, and text, where the body is in another charset than UTF-8.
func received(r *hostfn.Run, a *answer, head bool) goja.Value {
	o := r.VM.NewObject()
	headers := make([]any, 0, len(a.header))
	for _, name := range slices.Sorted(maps.Keys(a.header)) {
		values := make([]any, len(a.header[name]))
		for i, value := range a.header[name] {
			r.Spend(2, 64+2*int64(len(value)))
			values[i] = strings.Trim(characters(value), " \t")
		}
		headers = append(headers, r.VM.NewArray(strings.ToLower(name), r.VM.NewArray(values...)))
	}
	hostfn.SetOwn(o, "status", r.VM.ToValue(a.code))
	hostfn.SetOwn(o, "statusText", r.VM.ToValue(a.reason()))
	hostfn.SetOwn(o, "url", r.VM.ToValue(a.url))
	hostfn.SetOwn(o, "redirected", r.VM.ToValue(a.redirected))
	hostfn.SetOwn(o, "headers", r.VM.NewArray(headers...))
	hostfn.SetOwn(o, "empty", r.VM.ToValue(head || a.code == http.StatusNoContent || a.code == http.StatusResetContent || a.code == http.StatusNotModified))
	buffer := arrayBuffer(r, a)
	hostfn.SetOwn(o, "body", buffer)
	charset := strings.ToLower(body.ParseMediaType(a.header.Get("Content-Type")).Label(content(buffer)))
	if charset != "" && charset != "utf-8" && charset != "utf8" {
		hostfn.SetOwn(o, "text", r.Function(func(goja.FunctionCall) goja.Value { return a.text(r, buffer) }))
	}
	return o
}

// characters reads each byte as a character, as browsers read headers.
func characters(value string) string {
	if strings.IndexFunc(value, func(c rune) bool { return c >= 0x80 }) < 0 {
		return value
	}
	all := make([]rune, len(value))
	for i := range len(value) {
		all[i] = rune(value[i])
	}
	return string(all)
}

// reason returns the text behind the status.
func (a *answer) reason() string {
	return strings.TrimSpace(strings.TrimPrefix(a.status, strconv.Itoa(a.code)))
}

// response is what http.* returns of an answer: ok, status, statusText, url, redirected, headers. The bytes of the
// answer lie in an ArrayBuffer of the VM, where the limits of the run count them.
func response(r *hostfn.Run, a *answer) (o *goja.Object, buffer *goja.Object) {
	o = r.VM.NewObject()
	set := func(name string, v any) { hostfn.SetOwn(o, name, r.VM.ToValue(v)) }
	set("ok", a.code >= 200 && a.code < 300)
	set("status", a.code)
	set("statusText", a.reason())
	set("url", a.url)
	set("redirected", a.redirected)
	hostfn.SetOwn(o, "headers", headersObject(r, a))
	buffer = arrayBuffer(r, a)
	_ = o.DefineDataPropertySymbol(goja.NewSymbol("body"), buffer, goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE)
	return o, buffer
}

// arrayBuffer passes the body to the VM, where the limits of the run count it from now on.
func arrayBuffer(r *hostfn.Run, a *answer) *goja.Object {
	_ = r.Beside()(-a.held)
	a.held = 0
	return r.VM.ToValue(r.VM.NewArrayBuffer(a.body)).(*goja.Object)
}

// lowerName returns the name of a header as the object of headers has it, "" for one that is longer than any: it is not copied.
func lowerName(name string) string {
	if len(name) > 64<<10 {
		return ""
	}
	return strings.ToLower(name)
}

// headersObject shows headers as browsers do: get, has, entries, keys, values, forEach, getSetCookie, and iteration.
func headersObject(r *hostfn.Run, a *answer) *goja.Object {
	o := r.VM.NewObject()
	lower := map[string][]string{}
	for name, values := range a.header {
		lower[strings.ToLower(name)] = values
	}
	names := slices.Sorted(maps.Keys(lower))
	list := func(item func(name, value string) any) goja.Value {
		items := make([]any, len(names))
		for i, name := range names {
			items[i] = item(name, strings.Join(lower[name], ", "))
		}
		return r.VM.NewArray(items...)
	}
	entries := func(goja.FunctionCall) goja.Value {
		return list(func(name, value string) any { return r.VM.NewArray(name, value) })
	}
	hostfn.Define(r, o, "get", func(call goja.FunctionCall) goja.Value {
		values, ok := lower[lowerName(hostfn.String(call, 0))]
		if !ok {
			return goja.Null()
		}
		return r.VM.ToValue(strings.Join(values, ", "))
	})
	hostfn.Define(r, o, "has", func(call goja.FunctionCall) goja.Value {
		_, ok := lower[lowerName(hostfn.String(call, 0))]
		return r.VM.ToValue(ok)
	})
	hostfn.Define(r, o, "entries", entries)
	hostfn.Define(r, o, "keys", func(goja.FunctionCall) goja.Value { return list(func(name, _ string) any { return name }) })
	hostfn.Define(r, o, "values", func(goja.FunctionCall) goja.Value { return list(func(_, value string) any { return value }) })
	hostfn.Define(r, o, "getSetCookie", func(goja.FunctionCall) goja.Value {
		return r.ToJS(append([]string{}, lower["set-cookie"]...))
	})
	hostfn.Define(r, o, "forEach", func(call goja.FunctionCall) goja.Value {
		fn, ok := goja.AssertFunction(call.Argument(0))
		if !ok {
			panic(r.VM.NewTypeError("headers.forEach takes a function"))
		}
		for _, name := range names {
			if _, err := fn(goja.Undefined(), r.VM.ToValue(strings.Join(lower[name], ", ")), r.VM.ToValue(name), o); err != nil {
				r.Rethrow(err)
			}
		}
		return goja.Undefined()
	})
	iterate := r.Function(func(call goja.FunctionCall) goja.Value {
		array := entries(call).(*goja.Object)
		values, ok := goja.AssertFunction(symbol(array, goja.SymIterator))
		if !ok {
			panic(r.VM.NewTypeError("arrays cannot be iterated over"))
		}
		it, err := values(array)
		if err != nil {
			r.Rethrow(err)
		}
		return it
	})
	_ = o.DefineDataPropertySymbol(goja.SymIterator, iterate, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	return o
}

func content(buffer *goja.Object) []byte {
	b, _ := buffer.Export().(goja.ArrayBuffer)
	return b.Bytes()
}

// text is the body as text by the charset that the response names, without a byte order mark.
func (a *answer) text(r *hostfn.Run, buffer *goja.Object) goja.Value {
	return r.VM.ToValue(a.decoded(r, content(buffer)))
}

// decoded returns text by the charset that the response names: UTF-8 where it names none or an unknown one.
func (a *answer) decoded(r *hostfn.Run, b []byte) string {
	r.Spend(len(b)>>7, 3*int64(len(b)))
	charset := body.ParseMediaType(a.header.Get("Content-Type")).Label(b)
	text, err := body.Text(b, charset)
	if err != nil {
		r.Log().Warn("the charset of a response is unknown: reading it as UTF-8", "charset", fmt.Sprintf("%.40q", charset))
		text, _ = body.Text(b, "") // nothing can be wrong with it
	}
	return text
}

// natural is the body as text, or as bytes where its type is no type of text and the bytes are no text either.
func (a *answer) natural(r *hostfn.Run, buffer *goja.Object) goja.Value {
	media, b := body.ParseMediaType(a.header.Get("Content-Type")), content(buffer)
	r.Spend(len(b)>>10, 0)
	if !media.IsText() && !utf8.Valid(b) && !body.HasMark(b) {
		return view(r, buffer)
	}
	return a.text(r, buffer)
}

// json is the body as JSON, read by the script's own JSON.parse: it keeps the order of keys and the limits of the run.
func (a *answer) json(r *hostfn.Run, buffer *goja.Object) goja.Value {
	object, _ := r.VM.GlobalObject().Get("JSON").(*goja.Object)
	if object == nil {
		panic(r.VM.NewTypeError("JSON is gone"))
	}
	parse, ok := goja.AssertFunction(object.Get("parse"))
	if !ok {
		panic(r.VM.NewTypeError("JSON.parse is gone"))
	}
	v, err := parse(object, a.text(r, buffer))
	if err != nil {
		r.Rethrow(err)
	}
	return v
}

// view is the body as Uint8Array.
func view(r *hostfn.Run, buffer *goja.Object) goja.Value { return r.Construct("Uint8Array", buffer) }
