package kit

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/dop251/goja"
	"golang.org/x/net/idna"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const maxAddress = 64 << 10 // bytes

// defaultPort gives the port of a scheme that the URL standard calls special; ok is false for other schemes.
func defaultPort(scheme string) (port string, ok bool) {
	switch scheme {
	case "http", "ws":
		return "80", true
	case "https", "wss":
		return "443", true
	case "ftp":
		return "21", true
	case "file":
		return "", true
	}
	return "", false
}

// parseAddress takes a URL apart for the module url, relative to a second one if given, and answers its parts as the
// class URL shows them; null when it is none.
func parseAddress(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	text := hostfn.String(call, 0)
	if len(text) > maxAddress {
		fail(r, "URL", "the text is longer than %d KiB", maxAddress>>10)
	}
	var base *url.URL
	if v := call.Argument(1); !goja.IsUndefined(v) {
		if base = readAddress(v.String(), nil); base == nil {
			return goja.Null()
		}
	}
	u := readAddress(text, base)
	if u == nil {
		return goja.Null()
	}
	parts := map[string]any{
		"protocol": u.Scheme + ":", "username": "", "password": "", "hostname": u.Hostname(), "port": u.Port(),
		"pathname": u.EscapedPath(), "search": "", "hash": "", "authority": u.Host != "" || u.Scheme == "file",
	}
	if strings.Contains(u.Hostname(), ":") {
		parts["hostname"] = "[" + u.Hostname() + "]"
	}
	if u.User != nil {
		name, password, _ := strings.Cut(u.User.String(), ":")
		parts["username"], parts["password"] = name, password
	}
	if u.Opaque != "" {
		parts["pathname"] = u.Opaque
	}
	if u.RawQuery != "" {
		parts["search"] = "?" + u.RawQuery
	}
	if u.Fragment != "" {
		parts["hash"] = "#" + u.EscapedFragment()
	}
	return hostfn.ToJS(r.VM, parts)
}

// readAddress reads a URL as browsers do where package url is stricter; nil when it is none.
func readAddress(text string, base *url.URL) *url.URL {
	text = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(strings.TrimFunc(text, func(c rune) bool { return c <= ' ' }))
	text, fragment, _ := strings.Cut(text, "#")
	text, query, _ := strings.Cut(text, "?")
	scheme, _, absolute := strings.Cut(text, ":")
	if absolute = absolute && isScheme(scheme); !absolute && base == nil {
		return nil
	}
	special := func() bool {
		if absolute {
			_, ok := defaultPort(strings.ToLower(scheme))
			return ok
		}
		_, ok := defaultPort(base.Scheme)
		return ok
	}()
	if special {
		text = strings.ReplaceAll(text, "\\", "/")
	}
	u, err := url.Parse(escapeLoose(text, " \"<>`{}"))
	if err != nil {
		return nil
	}
	u.RawQuery = escapeLoose(query, " \"<>'")
	u.RawFragment = escapeLoose(fragment, " \"<>`")
	if u.Fragment, err = url.PathUnescape(u.RawFragment); err != nil {
		return nil
	}
	if !absolute {
		ref := u
		u = base.ResolveReference(ref)
		u.Fragment, u.RawFragment = ref.Fragment, ref.RawFragment
	} else if u.Opaque == "" {
		u = u.ResolveReference(&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery, Fragment: u.Fragment, RawFragment: u.RawFragment}) // "." and ".." go
	}
	if !tidyHost(u, special) {
		return nil
	}
	return u
}

func isScheme(s string) bool {
	for i, c := range s {
		if (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || (c < '0' || c > '9') && !strings.ContainsRune("+-.", c)) {
			return false
		}
	}
	return s != ""
}

// escapeLoose escapes what may not stand in a URL: control characters, what is not ASCII, the characters that are named,
// and % that escapes nothing.
func escapeLoose(s, also string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '%' && !(i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2])):
			b.WriteString("%25")
		case c <= 0x1F || c == 0x7F || c >= 0x80 && also != " \"<>`{}" || strings.IndexByte(also, c) >= 0:
			b.WriteString("%" + strings.ToUpper(strconv.FormatUint(uint64(c)|0x100, 16)[1:]))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

// tidyHost checks and writes the host as the URL standard does, and drops a port that goes without saying.
func tidyHost(u *url.URL, special bool) bool {
	host, port := u.Hostname(), u.Port()
	implied, _ := defaultPort(u.Scheme)
	if n, err := strconv.ParseUint(port, 10, 16); port != "" {
		if err != nil {
			return false
		}
		if port = strconv.FormatUint(n, 10); port == implied {
			port = ""
		}
	}
	if special && host == "" && u.Scheme != "file" {
		return false
	}
	if special && host != "" && !strings.Contains(host, ":") {
		ascii, err := hostProfile().ToASCII(host)
		if err != nil || strings.ContainsAny(ascii, " #%/:<>?@[\\]^|") {
			return false
		}
		host = ascii
	} else if a, err := netip.ParseAddr(host); err == nil {
		host = a.String()
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if u.Host = host; port != "" {
		u.Host += ":" + port
	}
	if special && u.Path == "" {
		u.Path = "/"
	}
	return true
}

func hostProfile() *idna.Profile {
	return idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.VerifyDNSLength(false))
}

// domain turns the name of a host into ASCII or back; "" when it is none.
func domain(ascii bool) func(*hostfn.Run, goja.FunctionCall) goja.Value {
	return func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
		name := hostfn.String(call, 0)
		if len(name) > 1024 {
			return r.VM.ToValue("")
		}
		convert := hostProfile().ToASCII
		if !ascii {
			convert = hostProfile().ToUnicode
		}
		out, err := convert(name)
		if err != nil {
			out = ""
		}
		return r.VM.ToValue(out)
	}
}
