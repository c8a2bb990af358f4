package server

import (
	"net/http"
	"net/netip"
	"testing"
)

func FuzzForwarding(f *testing.F) {
	f.Add("1.2.3.4", "https", "a.example", "")
	f.Add("1.2.3.4, [::1]:80, ,", "HTTPS,http", "a.example:80, b", "fe80::1%eth0")
	f.Add("unknown", "\x00", "[::1]:80", "::ffff:10.0.0.1")
	near, far := netip.MustParsePrefix("10.0.0.0/8"), "192.0.2.1"
	f.Fuzz(func(t *testing.T, list, scheme, host, real string) {
		request := func() *http.Request {
			return &http.Request{Host: "own", RemoteAddr: "10.0.0.1:4711", Header: http.Header{
				"X-Forwarded-For": {list}, "X-Forwarded-Proto": {scheme}, "X-Forwarded-Host": {host}, "X-Real-Ip": {real},
			}}
		}
		for _, p := range []proxies{nil, {near}} {
			r := request()
			p.clean(r)
			client := p.client(r)
			if p == nil && (client != "10.0.0.1" || r.Host != "own" || r.TLS != nil || len(r.Header) > 0) {
				t.Fatal("an untrusted peer was believed:", client, r.Host, r.Header)
			}
			if _, err := netip.ParseAddr(client); err != nil {
				t.Fatalf("the client %q is no address", client)
			}
			if s := r.Header.Get("X-Forwarded-Proto"); s != "" && s != "http" && s != "https" || r.Host == "" {
				t.Fatal(s, r.Host)
			}
		}
		r := request()
		r.RemoteAddr, r.Header["X-Forwarded-For"] = "10.0.0.1:4711", []string{list + "," + far}
		if got := (proxies{near}).client(r); got != far {
			t.Fatalf("what stands before the last address counted: %q", got)
		}
	})
}

func FuzzTakesGzip(f *testing.F) {
	for _, seed := range []string{"gzip", "br, gzip;q=0.5", "gzip;q=0", ";;,=,gzip;q", "GZIP ; q = 1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		takes := takesGzip(&http.Request{Header: http.Header{"Accept-Encoding": {accept}}})
		if takes && len(accept) < len("gzip") {
			t.Fatal(accept)
		}
	})
}
