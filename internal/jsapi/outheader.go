package jsapi

import (
	"net/http"
	"net/textproto"
	"strings"
	"time"

	"github.com/dop251/goja"
	"golang.org/x/net/http/httpguts"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// outHeaderMembers: what c sets on the answer besides its body.
func outHeaderMembers() map[string]member {
	return map[string]member{
		"SetHeader": method(func(s *scope, call goja.FunctionCall) goja.Value {
			return s.setHeader("c.SetHeader", call, http.Header.Set)
		}),
		"SetCookie": method(setCookie),
	}
}

// responseMembers: c.Response().
func responseMembers() *members {
	return newMembers(map[string]member{
		"Status":    getter(func(s *scope) any { return s.ex.Context().Response().Status }),
		"Size":      getter(func(s *scope) any { return s.ex.Context().Response().Size }),
		"Committed": getter(func(s *scope) any { return s.ex.Context().Response().Committed }),
		"Header":    method(func(s *scope, _ goja.FunctionCall) goja.Value { return s.outHeader() }),
	})
}

// outHeader is c.Response().Header().
func (s *scope) outHeader() goja.Value {
	header := func() http.Header { return s.ex.Context().Response().Header() }
	o := s.VM.NewObject()
	def := func(name string, f func(goja.FunctionCall) goja.Value) { define(s.VM, o, name, f) }
	def("Set", func(call goja.FunctionCall) goja.Value {
		return s.setHeader("Header().Set", call, http.Header.Set)
	})
	def("Add", func(call goja.FunctionCall) goja.Value {
		return s.setHeader("Header().Add", call, http.Header.Add)
	})
	def("Get", func(call goja.FunctionCall) goja.Value {
		return s.VM.ToValue(header().Get(notCookies(hostfn.String(call, 0))))
	})
	def("Values", func(call goja.FunctionCall) goja.Value {
		return hostfn.ToJS(s.VM, append([]string{}, header().Values(notCookies(hostfn.String(call, 0)))...))
	})
	def("Del", func(call goja.FunctionCall) goja.Value {
		name := hostfn.String(call, 0)
		if s.mayHeader("Header().Del", name) != "Set-Cookie" {
			header().Del(name)
		}
		return goja.Undefined()
	})
	return o
}

// notCookies hides the header that may hold the sessions.
func notCookies(name string) string {
	if textproto.CanonicalMIMEHeaderKey(name) == "Set-Cookie" {
		return ""
	}
	return name
}

// theServers tells whether a header describes the connection or the framing: the server sets these.
func theServers(name string) bool {
	switch name {
	case "Connection", "Content-Length", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}

// mayHeader gives the canonical name of a header that flow code may set.
func (s *scope) mayHeader(fn, name string) string {
	if !httpguts.ValidHeaderFieldName(name) {
		typeError(s.Run, "%s takes the name of a header first, not %q", fn, name)
	}
	name = textproto.CanonicalMIMEHeaderKey(name)
	if theServers(name) {
		typeError(s.Run, "%s: the header %s is the server's own", fn, name)
	}
	return name
}

func (s *scope) setHeader(fn string, call goja.FunctionCall, set func(h http.Header, name, value string)) goja.Value {
	name, value := s.mayHeader(fn, hostfn.String(call, 0)), hostfn.String(call, 1)
	if !validHeaderValue(value) {
		typeError(s.Run, "%s: the value of %s holds a line break or a control character", fn, name)
	}
	if name == "Set-Cookie" { // never replaces the cookies that are there
		cookie, _, _ := strings.Cut(value, "=")
		s.notOurs(fn, strings.TrimSpace(cookie))
		set = http.Header.Add
	}
	set(s.ex.Context().Response().Header(), name, value)
	return goja.Undefined()
}

func validHeaderValue(v string) bool { return httpguts.ValidHeaderFieldValue(v) }

// notOurs refuses the name of the cookie that holds the sessions.
func (s *scope) notOurs(fn, cookie string) {
	if cookie == s.api.SessionCookie && cookie != "" {
		typeError(s.Run, "%s: the cookie %q holds the sessions; use set_session and save_session", fn, cookie)
	}
}

// setCookie reads {name, value, path, domain, maxAge, expires, secure, httpOnly, sameSite}; the names may start with a
// capital, as Go spells them.
func setCookie(s *scope, call goja.FunctionCall) goja.Value {
	given := map[string]any{}
	for key, v := range object(s.Run, "c.SetCookie", call.Argument(0)) {
		given[strings.ToLower(key)] = v
	}
	text := func(key string) string { return textOf(given[key]) }
	cookie := &http.Cookie{
		Name: text("name"), Value: text("value"), Path: text("path"), Domain: text("domain"),
		Secure: given["secure"] == true, HttpOnly: given["httponly"] == true,
	}
	if cookie.Path == "" {
		cookie.Path = "/"
	}
	if n, ok := given["maxage"].(int64); ok {
		cookie.MaxAge = int(n)
		if n == 0 { // in a cookie, 0 is "now"; in Go it is "not given"
			cookie.MaxAge = -1
		}
	}
	if at := text("expires"); at != "" {
		t, err := time.Parse(time.RFC3339, at)
		if err != nil {
			if t, err = http.ParseTime(at); err != nil {
				typeError(s.Run, "c.SetCookie: expires is a Date or its text, not %q", at)
			}
		}
		cookie.Expires = t
	}
	switch mode := strings.ToLower(text("samesite")); mode {
	case "":
	case "lax", "2":
		cookie.SameSite = http.SameSiteLaxMode
	case "strict", "3":
		cookie.SameSite = http.SameSiteStrictMode
	case "none", "4":
		cookie.SameSite = http.SameSiteNoneMode
	default:
		typeError(s.Run, "c.SetCookie: sameSite is lax, strict or none, not %q", mode)
	}
	s.notOurs("c.SetCookie", cookie.Name)
	if err := cookie.Valid(); err != nil {
		typeError(s.Run, "c.SetCookie: the name, value, path or domain of the cookie is not valid")
	}
	s.ex.Context().Response().Header().Add("Set-Cookie", cookie.String())
	return goja.Undefined()
}
