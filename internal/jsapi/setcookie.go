package jsapi

import (
	"net/http"
	"strings"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// setCookie reads {name, value, path, domain, maxAge, expires, secure, httpOnly, sameSite, partitioned}; the names may be
// written in any case, as Go spells them.
func setCookie(s *scope, call goja.FunctionCall) goja.Value {
	const fn = "c.SetCookie"
	given := map[string]any{}
	for key, v := range object(s.Run, fn, call.Argument(0)) {
		given[strings.ToLower(key)] = v
	}
	s.OnlyFold(fn, call.Argument(0), "name", "value", "path", "domain", "maxAge", "expires", "secure", "httpOnly", "sameSite", "partitioned")
	text := func(key string) string { return hostfn.DataText(given[strings.ToLower(key)]) }
	flag := func(key string) bool {
		v := given[strings.ToLower(key)]
		on, ok := v.(bool)
		if v != nil && !ok {
			typeError(s.Run, "%s: %s is true or false", fn, key)
		}
		return on
	}
	cookie := &http.Cookie{
		Name: text("name"), Value: text("value"), Path: text("path"), Domain: text("domain"),
		Secure: flag("secure"), HttpOnly: flag("httpOnly"), Partitioned: flag("partitioned"),
	}
	if cookie.Path == "" {
		cookie.Path = "/"
	}
	s.cookieLife(fn, cookie, given["maxage"], text("expires"))
	s.sameSite(fn, cookie, text("sameSite"))
	s.notOurs(fn, cookie.Name)
	if err := cookie.Valid(); err != nil {
		typeError(s.Run, "%s: the name, value, path or domain of the cookie is not valid; encodeURIComponent makes a value of any text", fn)
	}
	line := cookie.String()
	s.mayGrow(fn, len(line))
	s.ex.Context().Response().Header().Add("Set-Cookie", line)
	return goja.Undefined()
}

// cookieLife sets how long a cookie lives: so many seconds, or until a time.
func (s *scope) cookieLife(fn string, cookie *http.Cookie, age any, expires string) {
	switch n, ok := age.(int64); {
	case age != nil && !ok:
		typeError(s.Run, "%s: maxAge is a whole number of seconds", fn)
	case age == nil:
	case n <= 0: // in a cookie, 0 is "now"; in Go it is "not given"
		cookie.MaxAge = -1
	default:
		cookie.MaxAge = int(n)
	}
	if expires == "" {
		return
	}
	t, err := time.Parse(time.RFC3339, expires)
	if err != nil {
		if t, err = http.ParseTime(expires); err != nil {
			typeError(s.Run, "%s: expires is a Date or its text, not %.80q", fn, expires)
		}
	}
	cookie.Expires = t
}

func (s *scope) sameSite(fn string, cookie *http.Cookie, mode string) {
	switch strings.ToLower(mode) {
	case "":
	case "lax", "2":
		cookie.SameSite = http.SameSiteLaxMode
	case "strict", "3":
		cookie.SameSite = http.SameSiteStrictMode
	case "none", "4":
		cookie.SameSite = http.SameSiteNoneMode
		if !cookie.Secure {
			s.Log().Warn("browsers drop a cookie of SameSite=None without Secure: set secure: true", "cookie", cookie.Name)
		}
	default:
		typeError(s.Run, "%s: sameSite is lax, strict or none, not %.80q", fn, mode)
	}
	if cookie.Partitioned && !cookie.Secure {
		s.Log().Warn("browsers drop a partitioned cookie without Secure: set secure: true", "cookie", cookie.Name)
	}
}
