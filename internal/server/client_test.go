package server_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/server"
)

func TestForwardedHeaders(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	tests := []struct {
		name    string
		trusted bool
		header  string // lines "name: value"
		want    string // client scheme host, then the forwarding headers that a flow sees
	}{
		{"nothing said", true, "", "127.0.0.1 http x"},
		{"untrusted peer", false, "X-Forwarded-For: 1.2.3.4|X-Real-Ip: 1.2.3.4|X-Forwarded-Proto: https|X-Forwarded-Host: evil|Forwarded: for=1.2.3.4", "127.0.0.1 http x"},
		{"untrusted peer, other spellings", false, "X-Forwarded-Protocol: https|X-Forwarded-Ssl: on|X-Url-Scheme: https|Front-End-Https: on", "127.0.0.1 http x"},
		{"other spellings never count", true, "X-Forwarded-Protocol: https|X-Forwarded-Ssl: on|X-Url-Scheme: https", "127.0.0.1 http x"},
		{"trusted peer", true, "X-Forwarded-For: 1.2.3.4|X-Forwarded-Proto: HTTPS|X-Forwarded-Host: shop.example:8443", "1.2.3.4 https shop.example:8443 X-Forwarded-For X-Forwarded-Proto"},
		{"the client's own claim in front", true, "X-Forwarded-For: 6.6.6.6, 1.2.3.4, 10.0.0.7", "1.2.3.4 http x X-Forwarded-For"},
		{"in several headers", true, "X-Forwarded-For: 6.6.6.6|X-Forwarded-For: 1.2.3.4", "1.2.3.4 http x X-Forwarded-For"},
		{"only proxies", true, "X-Forwarded-For: 10.0.0.9, 10.0.0.7", "10.0.0.9 http x X-Forwarded-For"},
		{"not an address", true, "X-Forwarded-For: 6.6.6.6, unknown, 10.0.0.7", "10.0.0.7 http x X-Forwarded-For"},
		{"IPv6 with port", true, "X-Forwarded-For: [2001:db8::1]:4711", "2001:db8::1 http x X-Forwarded-For"},
		{"IPv4 in IPv6", true, "X-Forwarded-For: ::ffff:1.2.3.4", "1.2.3.4 http x X-Forwarded-For"},
		{"real ip", true, "X-Real-Ip: 1.2.3.4", "1.2.3.4 http x X-Real-Ip"},
		{"both: the list counts", true, "X-Real-Ip: 6.6.6.6|X-Forwarded-For: 1.2.3.4", "1.2.3.4 http x X-Forwarded-For X-Real-Ip"},
		{"schemes of several proxies", true, "X-Forwarded-Proto: https, http", "127.0.0.1 https x X-Forwarded-Proto"},
		{"no scheme", true, "X-Forwarded-Proto: javascript", "127.0.0.1 http x"},
		{"no host", true, "X-Forwarded-Host: a/../b", "127.0.0.1 http x"},
	}
	show := func(c echo.Context) error {
		q := c.Request()
		out := []string{c.RealIP(), c.Scheme(), q.Host}
		for _, name := range []string{"Forwarded", "Front-End-Https", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Protocol", "X-Forwarded-Ssl", "X-Real-Ip", "X-Url-Scheme"} {
			if len(q.Header[name]) > 0 {
				out = append(out, name)
			}
		}
		if c.IsTLS() != (c.Scheme() == "https") {
			out = append(out, "(IsTLS is wrong)")
		}
		return c.String(http.StatusOK, strings.Join(out, " "))
	}
	sites := map[bool]*site{false: open(t, server.Options{Flows: show}), true: open(t, server.Options{Flows: show, TrustedProxies: trusted})}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text := "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
			if test.header != "" {
				text += strings.ReplaceAll(test.header, "|", "\r\n") + "\r\n"
			}
			equal(t, test.header, sites[test.trusted].raw(text+"\r\n").body, test.want)
		})
	}
}

func TestProxyThatSpeaksTLSForAPlainBrowser(t *testing.T) {
	t.Parallel()
	cert, key := server.WriteCertificate(t, "one")
	s := open(t, server.Options{
		CertFile: cert, KeyFile: key, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		Flows: func(c echo.Context) error { return c.String(http.StatusOK, c.Scheme()) },
	})
	equal(t, "direct", s.get("https:/").body, "https")
	equal(t, "plain in front", s.get("https:/", "X-Forwarded-Proto", "http").body, "http")
}
