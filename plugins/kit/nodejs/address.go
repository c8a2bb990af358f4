package nodejs

import (
	"strings"

	"github.com/dop251/goja"
	"golang.org/x/net/http/httpguts"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/weburl"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
)

const maxAddress = 64 << 10 // bytes

// parseAddress takes a URL apart for the module url, relative to a second one if given, and returns its parts as the
// class URL shows them; null when it is none. A query or fragment that is there and empty is "?" or "#".
func parseAddress(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	text, baseText := hostfn.String(call, 0), hostfn.String(call, 1)
	if len(text) > maxAddress || len(baseText) > maxAddress {
		arg.Fail(r, "URL", "the text is longer than %d KiB", maxAddress>>10)
	}
	var base *weburl.URL
	if !goja.IsUndefined(call.Argument(1)) {
		ok := false
		if base, ok = weburl.Parse(baseText, nil); !ok {
			return goja.Null()
		}
	}
	u, ok := weburl.Parse(text, base)
	if !ok {
		return goja.Null()
	}
	return partsOf(r, u)
}

// href returns a URL as browsers write it, null where it is none.
func href(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	text := hostfn.String(call, 0)
	r.Spend(len(text)>>6, 3*int64(len(text)))
	u, ok := weburl.Parse(text, nil)
	if !ok {
		return goja.Null()
	}
	return r.VM.ToValue(u.String())
}

// headerName returns the name of a header in lower case, null where it is none.
func headerName(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	name, ok := r.TextOf(call.Argument(0))
	if !ok || !httpguts.ValidHeaderFieldName(name) {
		return goja.Null()
	}
	return r.VM.ToValue(strings.ToLower(name))
}

// headerValue returns the value of a header without white space around it, null where it cannot be one: each character of it is a byte.
func headerValue(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	s, ok := call.Argument(0).(goja.String)
	if !ok {
		return goja.Null()
	}
	r.Spend(s.Length()>>6, 2*int64(s.Length()))
	text := strings.Trim(s.String(), "\t\n\r ")
	if strings.IndexFunc(text, func(c rune) bool { return c == 0 || c == '\r' || c == '\n' || c > 0xff }) >= 0 {
		return goja.Null()
	}
	return r.VM.ToValue(text)
}

// setPart changes a part of a URL: its text, the name of the part, the new value. It returns the parts as parseAddress does.
func setPart(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	text, value := hostfn.String(call, 0), hostfn.String(call, 2)
	if len(value) > maxAddress || len(text) > 4*maxAddress {
		arg.Fail(r, "URL", "the text is longer than %d KiB", maxAddress>>10)
	}
	u, ok := weburl.Parse(text, nil)
	if !ok {
		return goja.Null()
	}
	u.Set(hostfn.String(call, 1), value)
	return partsOf(r, u)
}

func partsOf(r *hostfn.Run, u *weburl.URL) goja.Value {
	parts := map[string]any{
		"protocol": u.Scheme + ":", "username": u.Username, "password": u.Password, "hostname": "", "port": u.Port,
		"pathname": u.Pathname(), "search": "", "hash": "", "authority": u.Host != nil, "opaque": u.Opaque != nil,
	}
	if u.Host != nil {
		parts["hostname"] = *u.Host
	}
	if u.Query != nil {
		parts["search"] = "?" + *u.Query
	}
	if u.Fragment != nil {
		parts["hash"] = "#" + *u.Fragment
	}
	return r.ToJS(parts)
}

// domain turns the name of a host into ASCII or back; "" when it is none.
func domain(ascii bool) func(*hostfn.Run, goja.FunctionCall) goja.Value {
	return func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
		name := hostfn.String(call, 0)
		if len(name) > 1024 {
			return r.VM.ToValue("")
		}
		convert := weburl.ToASCII
		if !ascii {
			convert = weburl.ToUnicode
		}
		out, err := convert(name)
		if err != nil {
			out = ""
		}
		return r.VM.ToValue(out)
	}
}
