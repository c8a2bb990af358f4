package jsapi

import (
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// requestRows: the request as plain data.
func (a *api) requestRows() []hostfn.Row {
	formRow := func(r *hostfn.Run) goja.Value { return asIs(r.VM, a.Exchange(r).Form()) }
	vars := value(func(r *hostfn.Run) any { return a.Exchange(r).Vars() })
	return []hostfn.Row{
		{
			Name: "header", Sig: "header", Doc: "The request's headers: canonical name to array of values.",
			Example: `const language = (header["Accept-Language"] || ["en"])[0]`,
			Bind:    func(r *hostfn.Run) goja.Value { return a.scope(r).headers() },
		},
		{
			Name: "form", Sig: "form", Doc: "The parameters of query and body: name to array of values.",
			Example: `const names = form.name || []`, Bind: formRow,
		},
		{
			Name: "post_data", Sig: "post_data", Doc: "The JSON body as it is, or the first value of each key of a form.",
			Example: `if (post_data) { payload.order = post_data.order }`,
			Bind: func(r *hostfn.Run) goja.Value {
				data, err := a.Exchange(r).PostData()
				if err != nil {
					r.Throw(err)
				}
				return hostfn.ToJS(r.VM, data)
			},
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

// asIs makes an object of parameters.
func asIs(vm *goja.Runtime, v url.Values) goja.Value { return lists(vm, v, same) }

// headers makes an object of the request's headers.
func (s *scope) headers() goja.Value {
	return lists(s.VM, s.requestHeader(), textproto.CanonicalMIMEHeaderKey)
}

// requestHeader gives the request's headers without the cookie that holds the sessions. The map must not be changed.
func (s *scope) requestHeader() http.Header {
	h := s.ex.Context().Request().Header
	if s.api.SessionCookie == "" || len(h["Cookie"]) == 0 {
		return h
	}
	var kept []string
	for _, line := range h["Cookie"] {
		var pairs []string
		for pair := range strings.SplitSeq(line, ";") {
			name, _, _ := strings.Cut(pair, "=")
			if name = strings.TrimSpace(name); name != "" && name != s.api.SessionCookie {
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

// cookies gives the request's cookies that flow code may see.
func (s *scope) cookies() []*http.Cookie {
	return (&http.Request{Header: s.requestHeader()}).Cookies()
}

func cookieData(c *http.Cookie) map[string]any {
	return map[string]any{"Name": c.Name, "Value": c.Value}
}

func cookieOf(s *scope, call goja.FunctionCall) goja.Value {
	name := hostfn.String(call, 0)
	for _, c := range s.cookies() {
		if c.Name == name {
			return hostfn.ToJS(s.VM, cookieData(c))
		}
	}
	return goja.Null()
}

func allCookies(s *scope, _ goja.FunctionCall) goja.Value {
	list := []any{}
	for _, c := range s.cookies() {
		list = append(list, cookieData(c))
	}
	return hostfn.ToJS(s.VM, list)
}

func formValue(s *scope, call goja.FunctionCall) goja.Value {
	return s.VM.ToValue(s.ex.Form().Get(hostfn.String(call, 0)))
}

// requestMembers: c.Request(), spelled as in Go.
func requestMembers() *members {
	request := func(f func(*http.Request) any) member {
		return getter(func(s *scope) any { return f(s.ex.Context().Request()) })
	}
	return newMembers(map[string]member{
		"Method":        request(func(q *http.Request) any { return q.Method }),
		"Host":          request(func(q *http.Request) any { return q.Host }),
		"Proto":         request(func(q *http.Request) any { return q.Proto }),
		"RemoteAddr":    request(func(q *http.Request) any { return q.RemoteAddr }),
		"RequestURI":    request(func(q *http.Request) any { return q.RequestURI }),
		"ContentLength": request(func(q *http.Request) any { return q.ContentLength }),
		"URL":           func(s *scope) goja.Value { return s.view(s.api.url) },
		"Header":        func(s *scope) goja.Value { return s.headers() },
		"UserAgent": method(func(s *scope, _ goja.FunctionCall) goja.Value {
			return s.VM.ToValue(s.ex.Context().Request().UserAgent())
		}),
		"Referer": method(func(s *scope, _ goja.FunctionCall) goja.Value {
			return s.VM.ToValue(s.ex.Context().Request().Referer())
		}),
		"FormValue": method(formValue),
		"Cookie":    method(cookieOf),
		"Cookies":   method(allCookies),
	})
}

// urlMembers: c.Request().URL.
func urlMembers() *members {
	part := func(f func(*url.URL) any) member {
		return getter(func(s *scope) any { return f(s.ex.Context().Request().URL) })
	}
	text := func(f func(*url.URL) string) member {
		return method(func(s *scope, _ goja.FunctionCall) goja.Value { return s.VM.ToValue(f(s.ex.Context().Request().URL)) })
	}
	return newMembers(map[string]member{
		"Path":        part(func(u *url.URL) any { return u.Path }),
		"RawPath":     part(func(u *url.URL) any { return u.RawPath }),
		"RawQuery":    part(func(u *url.URL) any { return u.RawQuery }),
		"Scheme":      part(func(u *url.URL) any { return u.Scheme }),
		"Host":        part(func(u *url.URL) any { return u.Host }),
		"EscapedPath": text((*url.URL).EscapedPath),
		"String":      text((*url.URL).String),
		"Query": method(func(s *scope, _ goja.FunctionCall) goja.Value {
			return asIs(s.VM, s.ex.Context().Request().URL.Query())
		}),
	})
}
