package weburl

import (
	"strconv"
	"strings"
)

// Set changes a part of the URL, by the name that the class URL has for it: protocol, username, password, host, hostname, port,
// pathname, search or hash. What makes no URL changes nothing.
func (u *URL) Set(name, value string) {
	switch name {
	case "username", "password":
		if part := &u.Username; u.mayHavePort() {
			if name == "password" {
				part = &u.Password
			}
			*part = *escaped(value, userinfo)
		}
		return
	}
	empty := value == ""
	value = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(value)
	switch name {
	case "protocol":
		u.setScheme(value)
	case "host", "hostname":
		if u.Opaque == nil {
			u.setHost(value, name == "host")
		}
	case "port":
		if u.mayHavePort() && empty {
			u.Port = ""
		} else if u.mayHavePort() {
			u.changePort(value)
		}
	case "pathname":
		if u.Opaque == nil {
			u.setPath(value)
		}
	case "search":
		u.Query = nil
		if !empty {
			u.Query = escaped(strings.TrimPrefix(value, "?"), u.querySet())
		}
	case "hash":
		u.Fragment = nil
		if !empty {
			u.Fragment = escaped(strings.TrimPrefix(value, "#"), fragmentSet)
		}
	}
}

// mayHavePort reports whether the URL may have a port, a username and a password.
func (u *URL) mayHavePort() bool { return u.Host != nil && *u.Host != "" && u.Scheme != "file" }

func (u *URL) setScheme(text string) {
	scheme, _, _ := strings.Cut(text, ":")
	if !isScheme(scheme) {
		return
	}
	scheme = strings.ToLower(scheme)
	port, special := defaultPort(scheme)
	switch {
	case special != u.special():
		return
	case scheme == "file" && (u.Username != "" || u.Password != "" || u.Port != ""):
		return
	case u.Scheme == "file" && (u.Host == nil || *u.Host == ""):
		return
	}
	if u.Scheme = scheme; u.Port == port {
		u.Port = ""
	}
}

// setHost reads a host, and the port behind it if that may stand there, up to what ends a host.
func (u *URL) setHost(text string, withPort bool) {
	ends := "/?#"
	if u.special() {
		ends += "\\"
	}
	if end := strings.IndexAny(text, ends); end >= 0 {
		text = text[:end]
	}
	if u.Scheme == "file" {
		u.setFileHost(text)
		return
	}
	port, hasPort := "", false
	if at := hostEnd(text); at < len(text) {
		if text, port, hasPort = text[:at], text[at+1:], true; text == "" || !withPort {
			return
		}
	}
	if text == "" && (u.special() || u.Username != "" || u.Password != "" || u.Port != "") {
		return
	}
	host, ok := parseHost(text, u.special())
	if !ok {
		return
	}
	if u.Host = &host; hasPort {
		u.changePort(port)
	}
}

func (u *URL) setFileHost(text string) {
	host := ""
	if text != "" {
		var ok bool
		if host, ok = parseHost(text, true); !ok {
			return
		}
		if host == "localhost" {
			host = ""
		}
	}
	u.Host = &host
}

// hostEnd returns where the port's colon stands, or the text's length.
func hostEnd(text string) int {
	bracket := 0
	if strings.HasPrefix(text, "[") {
		bracket = max(strings.IndexByte(text, ']'), 0)
	}
	if colon := strings.IndexByte(text[bracket:], ':'); colon >= 0 {
		return bracket + colon
	}
	return len(text)
}

// changePort reads the digits that a text begins with. Without any, or beyond 65535, the port stays.
func (u *URL) changePort(text string) {
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	n, err := strconv.ParseUint(text[:digits], 10, 16)
	if err != nil {
		return
	}
	u.Port = strconv.FormatUint(n, 10)
	if implied, _ := defaultPort(u.Scheme); u.Port == implied {
		u.Port = ""
	}
}

func (u *URL) setPath(text string) {
	p := parser{u: u}
	u.Path = nil
	switch {
	case p.slash(text):
		text = text[1:]
	case text == "" && !u.special():
		if u.Host == nil {
			u.Path = []string{""}
		}
		return
	}
	p.path(text)
}
