// Package weburl reads URLs as browsers do: the URL standard of the WHATWG, with its tests. Go's package url is stricter in
// some places and laxer in others, and writes what it read differently.
//
// The class URL of flow code is made with it. It knows no VM.
package weburl

import (
	"strconv"
	"strings"
)

// URL is one that was read. Its parts are escaped, as they stand in its text.
type URL struct {
	Scheme             string
	Username, Password string
	Host               *string // nil for none, which is not the same as an empty one
	Port               string  // "" for none, or for the scheme's own
	Path               []string
	Opaque             *string // the path of a URL such as mailto:ana@example.com; nil where Path counts
	Query, Fragment    *string // without ? and #
}

// defaultPort returns the port of a scheme that the standard calls special; ok is false for other schemes.
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

func (u *URL) special() bool {
	_, ok := defaultPort(u.Scheme)
	return ok
}

// Pathname returns the path as text.
func (u *URL) Pathname() string {
	if u.Opaque != nil {
		return *u.Opaque
	}
	if len(u.Path) == 0 {
		return ""
	}
	return "/" + strings.Join(u.Path, "/")
}

// Parse reads a URL, relative to base unless that is nil. ok is false where the text is none.
func Parse(text string, base *URL) (u *URL, ok bool) {
	text = strings.TrimFunc(text, func(c rune) bool { return c <= ' ' })
	text = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(text)
	rest, u := text, &URL{}
	rest, fragment, hasFragment := strings.Cut(rest, "#")
	rest, query, hasQuery := strings.Cut(rest, "?")
	p := parser{u: u, base: base, hasQuery: hasQuery, hasFragment: hasFragment}
	if !p.start(rest) {
		return nil, false
	}
	if hasQuery {
		u.Query = escaped(query, u.querySet())
	}
	if hasFragment {
		u.Fragment = escaped(fragment, fragmentSet)
	}
	return u, true
}

// parser reads what stands before query and fragment. Its methods are named after the states of the standard.
type parser struct {
	u, base               *URL
	hasQuery, hasFragment bool
}

func (p *parser) start(rest string) bool {
	scheme, after, ok := strings.Cut(rest, ":")
	if !ok || !isScheme(scheme) {
		return p.noScheme(rest)
	}
	u := p.u
	u.Scheme = strings.ToLower(scheme)
	switch {
	case u.Scheme == "file":
		return p.file(after)
	case u.special() && p.base != nil && p.base.Scheme == u.Scheme && !strings.HasPrefix(after, "//"):
		return p.relative(after)
	case u.special():
		return p.authority(strings.TrimLeft(after, "/\\"))
	case strings.HasPrefix(after, "//"):
		return p.authority(after[2:])
	case strings.HasPrefix(after, "/"):
		return p.path(after[1:])
	}
	if rest := strings.TrimRight(after, " "); len(rest) < len(after) { // before a query or a fragment
		after = after[:len(after)-1] + "%20"
	}
	u.Opaque = escaped(after, "")
	return true
}

func (p *parser) noScheme(rest string) bool {
	b := p.base
	switch {
	case b == nil:
		return false
	case b.Opaque != nil:
		if rest != "" || p.hasQuery || !p.hasFragment {
			return false
		}
		*p.u = *b
		return true
	}
	p.u.Scheme = b.Scheme
	if b.Scheme == "file" {
		return p.file(rest)
	}
	return p.relative(rest)
}

// slash reports whether a text begins with what separates segments.
func (p *parser) slash(rest string) bool {
	return rest != "" && (rest[0] == '/' || rest[0] == '\\' && p.u.special())
}

func (p *parser) relative(rest string) bool {
	u, b := p.u, p.base
	if p.slash(rest) {
		rest = rest[1:]
		switch {
		case u.special() && p.slash(rest):
			return p.authority(strings.TrimLeft(rest, "/\\"))
		case p.slash(rest):
			return p.authority(rest[1:])
		}
		u.Username, u.Password, u.Host, u.Port = b.Username, b.Password, b.Host, b.Port
		return p.path(rest)
	}
	u.Username, u.Password, u.Host, u.Port = b.Username, b.Password, b.Host, b.Port
	return p.fromBase(rest)
}

// fromBase goes on from the path of the base.
func (p *parser) fromBase(rest string) bool {
	u := p.u
	u.Path = append([]string(nil), p.base.Path...)
	if rest == "" {
		if !p.hasQuery {
			u.Query = p.base.Query
		}
		return true
	}
	if u.Scheme == "file" && startsWithDrive(rest) {
		u.Path = nil
	} else {
		u.shorten()
	}
	return p.path(rest)
}

func (p *parser) authority(rest string) bool {
	end := strings.IndexByte(rest, '/')
	if p.u.special() {
		end = strings.IndexAny(rest, "/\\")
	}
	if end < 0 {
		end = len(rest)
	}
	host, rest := rest[:end], rest[end:]
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		name, password, _ := strings.Cut(host[:at], ":")
		p.u.Username, p.u.Password = *escaped(name, userinfo), *escaped(password, userinfo)
		if host = host[at+1:]; host == "" {
			return false
		}
	}
	return p.host(host) && p.pathStart(rest)
}

func (p *parser) host(text string) bool {
	u := p.u
	colon := strings.LastIndexByte(text, ':')
	if bracket := strings.LastIndexByte(text, ']'); strings.HasPrefix(text, "[") && colon < bracket {
		colon = -1
	} else if bracket < 0 {
		colon = strings.IndexByte(text, ':')
	}
	if colon >= 0 {
		port := text[colon+1:]
		if text = text[:colon]; text == "" || !u.setPort(port) {
			return false
		}
	}
	if text == "" && u.special() {
		return false
	}
	host, ok := parseHost(text, u.special())
	u.Host = &host
	return ok
}

func (u *URL) setPort(text string) bool {
	if text == "" {
		return true
	}
	if strings.Trim(text, "0123456789") != "" {
		return false
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return false
	}
	u.Port = strconv.FormatUint(n, 10)
	if implied, _ := defaultPort(u.Scheme); u.Port == implied {
		u.Port = ""
	}
	return true
}

func (p *parser) file(rest string) bool {
	u := p.u
	empty := ""
	u.Host = &empty
	fromFile := p.base != nil && p.base.Scheme == "file"
	switch {
	case p.slash(rest) && p.slash(rest[1:]):
		return p.fileHost(rest[2:])
	case p.slash(rest):
		if rest = rest[1:]; fromFile {
			u.Host = p.base.Host
			if !startsWithDrive(rest) && len(p.base.Path) > 0 && isDrive(p.base.Path[0], ":") {
				u.Path = []string{p.base.Path[0]}
			}
		}
		return p.path(rest)
	case fromFile:
		u.Host = p.base.Host
		return p.fromBase(rest)
	}
	return p.path(rest)
}

func (p *parser) fileHost(rest string) bool {
	end := strings.IndexAny(rest, "/\\")
	if end < 0 {
		end = len(rest)
	}
	host := rest[:end]
	if isDrive(host, ":|") {
		return p.path(rest)
	}
	if host != "" {
		name, ok := parseHost(host, true)
		if !ok {
			return false
		}
		if name == "localhost" {
			name = ""
		}
		p.u.Host = &name
	}
	return p.pathStart(rest[end:])
}

// pathStart reads the path behind a host.
func (p *parser) pathStart(rest string) bool {
	switch {
	case p.slash(rest):
		return p.path(rest[1:])
	case rest == "" && !p.u.special():
		return true
	}
	return p.path(rest)
}

// path reads segments; rest is without the slash before the first.
func (p *parser) path(rest string) bool {
	u := p.u
	for more := true; more; {
		segment := rest
		end := strings.IndexByte(rest, '/')
		if u.special() {
			end = strings.IndexAny(rest, "/\\")
		}
		if more = end >= 0; more {
			segment, rest = rest[:end], rest[end+1:]
		}
		switch dots(segment) {
		case 2:
			if u.shorten(); !more {
				u.Path = append(u.Path, "")
			}
		case 1:
			if !more {
				u.Path = append(u.Path, "")
			}
		default:
			if u.Scheme == "file" && len(u.Path) == 0 && isDrive(segment, ":|") {
				segment = segment[:1] + ":"
			}
			u.Path = append(u.Path, *escaped(segment, pathSet))
		}
	}
	return true
}

// shorten takes the last segment off, but not the drive of a file.
func (u *URL) shorten() {
	if len(u.Path) == 0 || u.Scheme == "file" && len(u.Path) == 1 && isDrive(u.Path[0], ":") {
		return
	}
	u.Path = u.Path[:len(u.Path)-1]
}

// dots returns 1 for ".", 2 for "..", however they are escaped, and 0 for all else.
func dots(segment string) int {
	if len(segment) > 6 {
		return 0
	}
	switch strings.ReplaceAll(strings.ToLower(segment), "%2e", ".") {
	case ".":
		return 1
	case "..":
		return 2
	}
	return 0
}

// isDrive reports whether a text is the drive of Windows: a letter and one of the signs.
func isDrive(s, signs string) bool {
	return len(s) == 2 && isLetter(s[0]) && strings.IndexByte(signs, s[1]) >= 0
}

func startsWithDrive(s string) bool {
	return len(s) >= 2 && isDrive(s[:2], ":|") && (len(s) == 2 || s[2] == '/' || s[2] == '\\')
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isScheme(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !isLetter(c) && (i == 0 || (c < '0' || c > '9') && strings.IndexByte("+-.", c) < 0) {
			return false
		}
	}
	return s != ""
}

// Characters that the parts of a URL escape, beside controls and what is not ASCII.
const (
	pathSet     = " \"#<>?^`{}"
	userinfo    = pathSet + "/:;=@[\\]|"
	fragmentSet = " \"<>`"
)

func (u *URL) querySet() string {
	if u.special() {
		return " \"#<>'"
	}
	return " \"#<>"
}

// escaped returns a text with those of the characters escaped, controls and what is not ASCII.
func escaped(s, also string) *string {
	var b strings.Builder
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		if c <= 0x1F || c >= 0x7F || strings.IndexByte(also, c) >= 0 {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
			continue
		}
		b.WriteByte(c)
	}
	out := b.String()
	return &out
}
