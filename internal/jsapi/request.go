package jsapi

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// requestRows: the request as plain data.
func (a *api) requestRows() []hostfn.Row {
	formRow := func(r *hostfn.Run) goja.Value { return formOf(r, a.Exchange(r)) }
	vars := value(func(r *hostfn.Run) any { return a.Exchange(r).Vars() })
	return []hostfn.Row{
		{
			Name: "header", Sig: "header", Calls: []string{"header.Get(name)", "header.Values(name)", "header.Has(name)"}, Doc: "The request's headers: canonical name to array of values.",
			Example: `const language = (header["Accept-Language"] || ["en"])[0]`,
			Bind:    func(r *hostfn.Run) goja.Value { return a.scope(r).headers() },
		},
		{
			Name: "form", Sig: "form", Calls: []string{"form.Get(name)", "form.Values(name)", "form.Has(name)"}, Doc: "The parameters of query and body: name to array of values.",
			Example: `const names = form.name || []`, Bind: formRow,
		},
		{
			Name: "post_data", Sig: "post_data", Doc: "The JSON body, the first value of each key of a form, the text of a text body, " +
				"or the bytes of any other body as a Uint8Array. c.Body() and c.BodyText() return the raw body. " +
				"Bytes that mean nothing in the charset are an error in JSON and U+FFFD in other texts, forms and queries, as in browsers; c.Body() has them.",
			Example: `if (post_data) { payload.order = post_data.order }`,
			Bind:    func(r *hostfn.Run) goja.Value { return a.scope(r).postData() },
		},
		{
			Name: "vars", Sig: "vars", Doc: "The variables of the path: for /orders/:id, vars.id.",
			Example: `payload.id = vars.id`, Bind: vars,
		},
		{
			Name: "path_vars", Sig: "path_vars", Doc: "The same as vars.",
			Example: `payload.id = path_vars.id`, Bind: vars,
		},
		{
			Name: "nflow_endpoint", Sig: "nflow_endpoint", Doc: "The path of the request, without the part that names a continuation.",
			Example: `payload.action = nflow_endpoint`,
			Bind:    value(func(r *hostfn.Run) any { return a.Exchange(r).Endpoint() }),
		},
	}
}

func same(key string) string { return key }

// postData is the body as a value.
func (s *scope) postData() goja.Value {
	data, err := s.ex.PostData()
	if err != nil {
		s.Throw(err)
	}
	switch data := data.(type) {
	case []byte:
		return s.Uint8Array(data)
	case json.RawMessage:
		return s.parsed(data)
	}
	return s.ToJS(data)
}

// parsed is a JSON body as a value.
func (s *scope) parsed(text []byte) goja.Value {
	v, err := s.Parse(text)
	if stopped := s.Stopped(); stopped != nil {
		s.Throw(stopped)
	}
	if err != nil {
		s.Throw(fault.Wrap(fault.Invalid, err, "the request body is not valid JSON"))
	}
	return v
}

// bodyBytes is the body as it came.
func bodyBytes(s *scope, _ goja.FunctionCall) goja.Value {
	b, err := s.ex.Body()
	if err != nil {
		s.Throw(err)
	}
	s.Spend(0, int64(len(b)))
	return s.Uint8Array(b)
}

// bodyText is the body as text.
func bodyText(s *scope, _ goja.FunctionCall) goja.Value {
	text, err := s.ex.BodyText()
	if err != nil {
		s.Throw(err)
	}
	return s.VM.ToValue(text)
}

// bodyJSON parses the body as JSON, whatever its type says.
func bodyJSON(s *scope, _ goja.FunctionCall) goja.Value {
	text, err := s.ex.JSONText()
	if err != nil {
		s.Throw(err)
	}
	return s.parsed([]byte(text))
}

// formOf makes an object of the parameters of query and body.
func formOf(r *hostfn.Run, ex Exchange) goja.Value {
	values, names := ex.Form()
	return lists(r, values, names, same)
}

// queryOf makes an object of the parameters of the query.
func queryOf(s *scope, _ goja.FunctionCall) goja.Value {
	query := s.ex.Query()
	return lists(s.Run, query.Values(), query.Names(), same)
}

// headers makes an object of the request's headers.
func (s *scope) headers() goja.Value {
	h := s.requestHeader()
	return lists(s.Run, h, slices.Sorted(maps.Keys(h)), headerName)
}

// requestHeader returns the request's headers without the cookie that holds the sessions. The map must not be changed.
func (s *scope) requestHeader() http.Header {
	h := s.ex.Context().Request().Header
	if s.api.SessionCookie == nil || len(h["Cookie"]) == 0 {
		return h
	}
	var kept []string
	for _, line := range h["Cookie"] {
		var pairs []string
		for pair := range strings.SplitSeq(line, ";") {
			s.Spend(2, 32)
			name, _, _ := strings.Cut(pair, "=")
			if name = strings.TrimSpace(name); name != "" && !s.holdsSessions(name) {
				pairs = append(pairs, strings.TrimSpace(pair))
			}
		}
		if len(pairs) > 0 {
			kept = append(kept, strings.Join(pairs, "; "))
		}
	}
	h = h.Clone()
	delete(h, "Cookie")
	if len(kept) > 0 {
		h["Cookie"] = kept
	}
	return h
}

// cookie is one that the browser sent.
type cookie struct{ name, value string }

// cookies returns the request's cookies that flow code may see, as browsers send them (RFC 6265bis, 5.8.3): any name and
// value that hold no semicolon. Quotes around a whole value are left out.
func (s *scope) cookies() (list []cookie) {
	for _, line := range s.requestHeader()["Cookie"] {
		for pair := range strings.SplitSeq(line, ";") {
			name, value, named := strings.Cut(strings.Trim(pair, " \t"), "=")
			if !named {
				name, value = "", name
			}
			if name == "" && value == "" {
				continue
			}
			name, value = strings.TrimRight(name, " \t"), strings.TrimLeft(value, " \t")
			if n := len(value); n > 1 && value[0] == '"' && value[n-1] == '"' {
				value = value[1 : n-1]
			}
			s.Spend(2, 64)
			list = append(list, cookie{name, value})
		}
	}
	return list
}

// cookieText is the value of a cookie as a String object, so that it is text wherever text is wanted, with Name and Value
// as flows of older runtimes read them.
func (s *scope) cookieText(c cookie) goja.Value {
	o := s.Construct("String", s.VM.ToValue(c.value))
	hostfn.SetOwn(o, "Name", s.VM.ToValue(c.name))
	hostfn.SetOwn(o, "Value", s.VM.ToValue(c.value))
	return o
}

func (c cookie) data() map[string]any { return map[string]any{"Name": c.name, "Value": c.value} }

func cookieOf(s *scope, call goja.FunctionCall) goja.Value {
	name := hostfn.String(call, 0)
	for _, c := range s.cookies() {
		if c.name == name {
			return s.cookieText(c)
		}
	}
	return goja.Null()
}

func allCookies(s *scope, _ goja.FunctionCall) goja.Value {
	list := []any{}
	for _, c := range s.cookies() {
		s.Spend(8, 512)
		list = append(list, c.data())
	}
	return s.ToJS(list)
}

func formValue(s *scope, call goja.FunctionCall) goja.Value {
	values, _ := s.ex.Form()
	return s.VM.ToValue(values.Get(hostfn.String(call, 0)))
}

// requestMembers: c.Request(), spelled as in Go.
func requestMembers(calls map[string]*hostfn.Signature) *members {
	request := func(f func(*http.Request) any) member {
		return getter(func(s *scope) any { return f(s.ex.Context().Request()) })
	}
	return newMembers(calls, "c.Request()", map[string]member{
		"Method":        request(func(q *http.Request) any { return q.Method }),
		"Host":          request(func(q *http.Request) any { return q.Host }),
		"Proto":         request(func(q *http.Request) any { return q.Proto }),
		"RemoteAddr":    request(func(q *http.Request) any { return q.RemoteAddr }),
		"RequestURI":    request(func(q *http.Request) any { return q.RequestURI }),
		"ContentLength": request(func(q *http.Request) any { return q.ContentLength }),
		"URL":           func(s *scope, _ *hostfn.Signature) goja.Value { return s.view(s.api.url) },
		"Header":        func(s *scope, _ *hostfn.Signature) goja.Value { return s.headers() },
		"UserAgent": method(func(s *scope, _ goja.FunctionCall) goja.Value {
			return s.VM.ToValue(s.ex.Context().Request().UserAgent())
		}),
		"Referer": method(func(s *scope, _ goja.FunctionCall) goja.Value {
			return s.VM.ToValue(s.ex.Context().Request().Referer())
		}),
		"FormValue": method(formValue),
		"Cookie":    method(cookieOf),
		"Cookies":   method(allCookies),
		"text":      method(bodyText),
		"bytes":     method(bodyBytes),
		"json":      method(bodyJSON),
		"headers":   func(s *scope, _ *hostfn.Signature) goja.Value { return s.view(s.api.headers) },
	})
}

// headersMembers: c.Request().headers, which reads the headers as the Headers of browsers does.
func headersMembers(calls map[string]*hostfn.Signature) *members {
	return newMembers(calls, "c.Request().headers", map[string]member{
		"get": method(func(s *scope, call goja.FunctionCall) goja.Value {
			values := s.requestHeader()[headerName(hostfn.String(call, 0))]
			if len(values) == 0 {
				return goja.Null()
			}
			return s.VM.ToValue(strings.Join(values, ", "))
		}),
		"has": method(func(s *scope, call goja.FunctionCall) goja.Value {
			return s.VM.ToValue(len(s.requestHeader()[headerName(hostfn.String(call, 0))]) > 0)
		}),
	})
}

// urlMembers: c.Request().URL.
func urlMembers(calls map[string]*hostfn.Signature) *members {
	part := func(f func(*url.URL) any) member {
		return getter(func(s *scope) any { return f(s.ex.Context().Request().URL) })
	}
	text := func(f func(*url.URL) string) member {
		return method(func(s *scope, _ goja.FunctionCall) goja.Value { return s.VM.ToValue(f(s.ex.Context().Request().URL)) })
	}
	return newMembers(calls, "c.Request().URL", map[string]member{
		"Path":        part(func(u *url.URL) any { return u.Path }),
		"RawPath":     part(func(u *url.URL) any { return u.RawPath }),
		"RawQuery":    part(func(u *url.URL) any { return u.RawQuery }),
		"Scheme":      part(func(u *url.URL) any { return u.Scheme }),
		"Host":        part(func(u *url.URL) any { return u.Host }),
		"EscapedPath": text((*url.URL).EscapedPath),
		"String":      text((*url.URL).String),
		"Query":       method(queryOf),
	})
}
