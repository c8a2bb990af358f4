package jsapi

import (
	"net/http"
	"net/textproto"
	"strings"

	"github.com/dop251/goja"
	"golang.org/x/net/http/httpguts"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// outHeaderMembers: what c sets on the response besides its body.
func outHeaderMembers() map[string]member {
	return map[string]member{
		"SetHeader": method(func(s *scope, call goja.FunctionCall) goja.Value {
			return s.setHeader("c.SetHeader", call, http.Header.Set)
		}),
		"SetCookie": method(setCookie),
	}
}

// responseMembers: c.Response().
func responseMembers(calls map[string]*hostfn.Signature) *members {
	return newMembers(calls, "c.Response()", map[string]member{
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
	def := func(name string, f func(goja.FunctionCall) goja.Value) {
		sig := s.api.calls["c.Response().Header()."+name]
		define(s.Run, o, name, func(call goja.FunctionCall) goja.Value {
			sig.Check(s.Run, call)
			return f(call)
		})
	}
	def("Set", func(call goja.FunctionCall) goja.Value {
		return s.setHeader("Header().Set", call, http.Header.Set)
	})
	def("Add", func(call goja.FunctionCall) goja.Value {
		return s.setHeader("Header().Add", call, http.Header.Add)
	})
	def("Get", func(call goja.FunctionCall) goja.Value {
		return s.VM.ToValue(header().Get(readable(call)))
	})
	def("Values", func(call goja.FunctionCall) goja.Value {
		return s.ToJS(append([]string{}, header().Values(readable(call))...))
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

// readable returns the canonical name of a response's header that flow code asks for: "" for the one that may hold the sessions.
func readable(call goja.FunctionCall) string {
	name := headerName(hostfn.String(call, 0))
	if name == "Set-Cookie" {
		return ""
	}
	return name
}

// headerName returns the canonical form of a name, "" for one that is longer than any header: it is not copied.
func headerName(name string) string {
	if len(name) > 64<<10 {
		return ""
	}
	return textproto.CanonicalMIMEHeaderKey(name)
}

// theServers reports whether a header describes the connection or the framing: the server sets these.
func theServers(name string) bool {
	switch name {
	case "Connection", "Content-Length", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}

// mayHeader returns the canonical name of a header that flow code may set.
func (s *scope) mayHeader(fn, name string) string {
	if len(name) > 256 || !httpguts.ValidHeaderFieldName(name) {
		typeError(s.Run, "%s takes the name of a header first, not %.80q", fn, name)
	}
	name = textproto.CanonicalMIMEHeaderKey(name)
	if theServers(name) {
		typeError(s.Run, "%s: the header %s is the server's own", fn, name)
	}
	return name
}

func (s *scope) setHeader(fn string, call goja.FunctionCall, set func(h http.Header, name, value string)) goja.Value {
	name, value := s.mayHeader(fn, hostfn.String(call, 0)), hostfn.String(call, 1)
	s.mayGrow(fn, len(name)+len(value))
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

// What a run may put into the headers of its response, in all.
const (
	maxHeader  = 64 << 10 // bytes of one
	maxHeaders = 1000
	maxHeading = 256 << 10 // bytes
)

// mayGrow counts a header of so many bytes.
func (s *scope) mayGrow(fn string, n int) {
	m := s.api.remember(s.Run)
	m.headers, m.heading = m.headers+1, m.heading+n
	if n > maxHeader || m.headers > maxHeaders || m.heading > maxHeading {
		s.Throwf("%s: the headers of a response are at most %d, of %d KiB each and %d KiB together", fn, maxHeaders, maxHeader>>10, maxHeading>>10)
	}
}

func validHeaderValue(v string) bool { return httpguts.ValidHeaderFieldValue(v) }

func (s *scope) holdsSessions(cookie string) bool {
	return s.api.SessionCookie != nil && s.api.SessionCookie(cookie)
}

// notOurs refuses the name of the cookie that holds the sessions.
func (s *scope) notOurs(fn, cookie string) {
	if s.holdsSessions(cookie) {
		typeError(s.Run, "%s: the cookie %q holds the sessions; use set_session and save_session", fn, cookie)
	}
}
