package weburl

import (
	"strings"
	"testing"
)

// href writes a URL as the standard does.
func href(u *URL) string {
	s := u.Scheme + ":"
	switch {
	case u.Host != nil:
		s += "//"
		if u.Username != "" || u.Password != "" {
			s += u.Username
			if u.Password != "" {
				s += ":" + u.Password
			}
			s += "@"
		}
		s += *u.Host
		if u.Port != "" {
			s += ":" + u.Port
		}
	case u.Opaque == nil && strings.HasPrefix(u.Pathname(), "//"):
		s += "/."
	}
	s += u.Pathname()
	if u.Query != nil {
		s += "?" + *u.Query
	}
	if u.Fragment != nil {
		s += "#" + *u.Fragment
	}
	return s
}

// The URLs are as Node 24 writes them; "" stands for none.
var parseTests = []struct{ text, base, want string }{
	{"http://Example.COM", "", "http://example.com/"},
	{" \thttp://a\n/b ", "", "http://a/b"},
	{"http:\\\\a\\b?c\\d#e\\f", "", "http://a/b?c\\d#e\\f"},
	{"http:///////a/b", "", "http://a/b"},
	{"http://h/100%", "", "http://h/100%"},
	{"http://h/?off=5%&x=1", "", "http://h/?off=5%&x=1"},
	{"http://h/#50%", "", "http://h/#50%"},
	{"http://h/?", "", "http://h/?"},
	{"http://h/#", "", "http://h/#"},
	{"http://h/a b?c d'#e f`", "", "http://h/a%20b?c%20d%27#e%20f%60"},
	{"sc://h/?'", "", "sc://h/?'"},
	{"http://h/é?é#é", "", "http://h/%C3%A9?%C3%A9#%C3%A9"},
	{"http://h/^{}|", "", "http://h/%5E%7B%7D|"},
	{"http://h/a/./b/../c/%2E%2e/%2e", "", "http://h/a/"},
	{"http://u:p:q@h:80/", "", "http://u:p%3Aq@h/"},
	{"http://u@x:p@h/", "", "http://u%40x:p@h/"},
	{"http://@h/", "", "http://h/"},
	{"https://h:443", "", "https://h/"},
	{"https://h:0080", "", "https://h:80/"},
	{"http://h:", "", "http://h/"},
	{"http://h:65536", "", ""},
	{"http://h:8a", "", ""},
	{"http://h:-1", "", ""},
	{"http://u:p@/", "", ""},
	{"http://", "", ""},
	{"//h", "", ""},
	{"a/b", "", ""},
	{"1a:b", "", ""},
	{"http://256.0.0.1", "", ""},
	{"http://1.2.3.4.5", "", ""},
	{"http://1.2.3.09", "", ""},
	{"http://0x7f.1", "", "http://127.0.0.1/"},
	{"http://017700000001", "", "http://127.0.0.1/"},
	{"http://4294967296", "", ""},
	{"http://1.2.3.4.", "", "http://1.2.3.4/"},
	{"http://a.1", "", ""},
	{"http://1.a", "", "http://1.a/"},
	{"http://%65xample.com", "", "http://example.com/"},
	{"http://ex%ample.com", "", ""},
	{"http://a b", "", ""},
	{"http://a<b", "", ""},
	{"http://-a.ab--c", "", "http://-a.ab--c/"},
	{"http://BÜCHER.example", "", "http://xn--bcher-kva.example/"},
	{"http://faß.de", "", "http://xn--fa-hia.de/"},
	{"http://xn--", "", "http://xn--/"},
	{"http://[::1]:80/", "", "http://[::1]/"},
	{"http://[1:0:0:2::1.2.3.4]", "", "http://[1::2:0:0:102:304]/"},
	{"http://[1:0:0:1:0:0:0:1]", "", "http://[1:0:0:1::1]/"},
	{"http://[::ffff:1.2.3.4]", "", "http://[::ffff:102:304]/"},
	{"http://[::", "", ""},
	{"http://[::1%eth0]", "", ""},
	{"http://[1::2::3]", "", ""},
	{"mailto:a b@c?d e#f g", "", "mailto:a b@c?d%20e#f%20g"},
	{"data:a ?x", "", "data:a%20?x"},
	{"sc:", "", "sc:"},
	{"sc://", "", "sc://"},
	{"sc:///a", "", "sc:///a"},
	{"sc://H", "", "sc://H"},
	{"sc://a b", "", ""},
	{"sc://:80", "", ""},
	{"sc:/..//a", "", "sc:/.//a"},
	{"file:c|/a", "", "file:///c:/a"},
	{"file://localhost/a", "", "file:///a"},
	{"file:////a", "", "file:////a"},
	{"file:", "", "file:///"},
	{"..", "file:///c:/a", "file:///c:/"},
	{"/d:/x", "file:///c:/a", "file:///d:/x"},
	{"/x", "file:///c:/a", "file:///c:/x"},
	{"x", "http://h/a/b?c#d", "http://h/a/x"},
	{"", "http://h/a/b?c#d", "http://h/a/b?c"},
	{"?x", "http://h/a/b?c#d", "http://h/a/b?x"},
	{"#x", "http://h/a/b?c#d", "http://h/a/b?c#x"},
	{"//x", "https://h/a", "https://x/"},
	{"http:x", "http://h/a/b", "http://h/a/x"},
	{"http:x", "https://h/a/b", "http://x/"},
	{"\\x", "http://h/a/b", "http://h/x"},
	{"\\x", "sc://h/a/b", "sc://h/a/\\x"},
	{":x", "http://h/a/b", "http://h/a/:x"},
	{"../../../x", "http://h/a/b", "http://h/x"},
	{"x", "mailto:a", ""},
	{"#x", "mailto:a", "mailto:a#x"},
	{"x", "not a base", ""},
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, tt := range parseTests {
		var base *URL
		ok := true
		if tt.base != "" {
			base, ok = Parse(tt.base, nil)
		}
		got := ""
		if ok {
			if u, ok := Parse(tt.text, base); ok {
				got = href(u)
			}
		}
		if got != tt.want {
			t.Errorf("%q from %q: %q, want %q", tt.text, tt.base, got, tt.want)
		}
	}
}

// FuzzParse: what was read is read again as the same, and is no surprise to a base.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"http://a:b@c:80/d/../e?f#g", "file:c|/a", "sc:/..//a", "http://[::1]", "http://0x7f.1", "data:a ?x", "mailto:a", "//", "\\", ""} {
		f.Add(text, "http://h/a")
	}
	f.Fuzz(func(t *testing.T, text, base string) {
		b, ok := Parse(base, nil)
		if !ok {
			b = nil
		}
		u, ok := Parse(text, b)
		if !ok {
			return
		}
		again, ok := Parse(href(u), nil)
		if !ok || href(again) != href(u) {
			t.Errorf("%q from %q is %q, which is read as %v", text, base, href(u), ok)
		}
	})
}

func TestSet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, name, value, want string }{
		{"http://h/", "protocol", "https:x", "https://h/"},
		{"http://h:443/", "protocol", "ht\ntps", "https://h/"},
		{"http://h/", "protocol", "mailto", "http://h/"},
		{"sc://h/", "protocol", "http", "sc://h/"},
		{"file:///a", "protocol", "http", "file:///a"},
		{"http://u@h/", "protocol", "file", "http://u@h/"},
		{"http://h/", "protocol", "1a", "http://h/"},
		{"http://h/", "username", "a%20b:é\t", "http://a%20b%3A%C3%A9%09@h/"},
		{"http://u:p@h/", "password", "", "http://u@h/"},
		{"file://h/", "username", "a", "file://h/"},
		{"http://h/", "host", "x:81/y", "http://x:81/"},
		{"http://h:80/", "host", "x:", "http://x/"},
		{"http://h:8080/", "host", "x:no", "http://x:8080/"},
		{"http://h/", "host", "x:99999", "http://x/"},
		{"http://h/p", "host", "[::1]:81?q", "http://[::1]:81/p"},
		{"http://h/p", "host", "", "http://h/p"},
		{"http://h/p", "host", "a b", "http://h/p"},
		{"http://h/p", "host", "u@x", "http://h/p"},
		{"http://h/p", "host", "x\\y", "http://x/p"},
		{"sc://h/p", "host", "///x", "sc:///p"},
		{"sc://u@h/p", "host", "", "sc://u@h/p"},
		{"sc:/p", "host", "h", "sc://h/p"},
		{"mailto:a", "host", "h", "mailto:a"},
		{"file://h/p", "host", "localhost", "file:///p"},
		{"file://h/p", "host", "x:1", "file://h/p"},
		{"http://h/p", "hostname", "x:81", "http://h/p"},
		{"http://h:81/p", "hostname", "x", "http://x:81/p"},
		{"http://h/p", "hostname", "0x7f.1", "http://127.0.0.1/p"},
		{"http://h:81/", "port", "", "http://h/"},
		{"http://h:81/", "port", "\t", "http://h:81/"},
		{"http://h:81/", "port", "82x", "http://h:82/"},
		{"http://h:81/", "port", "080", "http://h/"},
		{"http://h:81/", "port", "70000", "http://h:81/"},
		{"http://h/p?q", "pathname", "a/../b?c#d", "http://h/b%3Fc%23d?q"},
		{"http://h/p", "pathname", "", "http://h/"},
		{"http://h/p", "pathname", "//x", "http://h//x"},
		{"sc://h/p", "pathname", "", "sc://h"},
		{"sc:/p", "pathname", "", "sc:/"},
		{"sc:/p", "pathname", "//x", "sc:/.//x"},
		{"mailto:a", "pathname", "b", "mailto:a"},
		{"http://h/#f", "search", "?a b#'", "http://h/?a%20b%23%27#f"},
		{"http://h/?q", "search", "", "http://h/"},
		{"http://h/?q", "search", "?", "http://h/?"},
		{"http://h/?q", "hash", "##a`", "http://h/?q##a%60"},
		{"http://h/#f", "hash", "", "http://h/"},
		{"http://h/", "origin", "x", "http://h/"},
	} {
		u, ok := Parse(c.text, nil)
		if !ok {
			t.Fatal(c.text)
		}
		if u.Set(c.name, c.value); href(u) != c.want {
			t.Errorf("%s, %s = %q: %s, want %s", c.text, c.name, c.value, href(u), c.want)
		}
	}
}
