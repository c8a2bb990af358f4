package server

import (
	"crypto/tls"
	"net/http"
	"net/netip"
	"strings"
)

// proxies are the networks whose forwarding headers are trusted.
type proxies []netip.Prefix

// forwarded reports whether a header may be one of those that proxies add: most requests have none.
func forwarded(h http.Header) bool {
	for name := range h {
		if strings.HasPrefix(name, "X-") || strings.HasPrefix(name, "F") {
			return true
		}
	}
	return false
}

// clean drops what an untrusted peer says of where it comes from, and leaves one form of what a trusted one says, so
// that flows, cookies and redirects can believe what is there.
func (p proxies) clean(r *http.Request) {
	if !forwarded(r.Header) {
		return
	}
	drop(r.Header, "Forwarded", "Front-End-Https", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Protocol",
		"X-Forwarded-Server", "X-Forwarded-Ssl", "X-Url-Scheme") // nothing here reads them, but flows and Echo might
	if peer, ok := p.peer(r); !ok || !p.trust(peer) {
		drop(r.Header, "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip")
		return
	}
	switch strings.ToLower(first(r.Header, "X-Forwarded-Proto")) {
	case "https":
		// The browser came over TLS: cookies and redirects depend on what the request says.
		r.Header.Set("X-Forwarded-Proto", "https")
		if r.TLS == nil {
			r.TLS = &tls.ConnectionState{}
		}
	case "http":
		r.Header.Set("X-Forwarded-Proto", "http")
		r.TLS = nil
	default:
		r.Header.Del("X-Forwarded-Proto")
	}
	if host := first(r.Header, "X-Forwarded-Host"); isHost(host) {
		r.Host = host
	}
	r.Header.Del("X-Forwarded-Host")
}

// peer returns the address that sent the request; it is only needed with proxies.
func (p proxies) peer(r *http.Request) (netip.Addr, bool) {
	if len(p) == 0 {
		return netip.Addr{}, false
	}
	return address(r.RemoteAddr)
}

func drop(h http.Header, names ...string) {
	for _, name := range names {
		delete(h, name)
	}
}

// client returns the address that a request came from: that of the peer, unless it is a trusted proxy. Then the last
// address of X-Forwarded-For that is not a trusted proxy counts: what stands before it, the client may have made up.
func (p proxies) client(r *http.Request) string {
	at, ok := address(r.RemoteAddr)
	if !ok {
		return r.RemoteAddr
	}
	if !p.trust(at) {
		return at.String()
	}
	if list := r.Header["X-Forwarded-For"]; len(list) > 0 {
		hops := strings.Split(strings.Join(list, ","), ",")
		for i := len(hops) - 1; i >= 0 && p.trust(at); i-- {
			hop, ok := address(strings.TrimSpace(hops[i]))
			if !ok {
				break
			}
			at = hop
		}
	} else if real, ok := address(r.Header.Get("X-Real-Ip")); ok {
		at = real
	}
	return at.String()
}

func (p proxies) trust(a netip.Addr) bool {
	for _, network := range p {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// address reads an address, with or without a port.
func address(text string) (netip.Addr, bool) {
	var a netip.Addr
	if with, err := netip.ParseAddrPort(text); err == nil {
		a = with.Addr()
	} else if a, err = netip.ParseAddr(strings.Trim(text, "[]")); err != nil {
		return netip.Addr{}, false
	}
	return a.Unmap().WithZone(""), true
}

// first returns the first of the values that proxies have put into a header.
func first(h http.Header, name string) string {
	value, _, _ := strings.Cut(h.Get(name), ",")
	return strings.TrimSpace(value)
}

// isHost reports whether a text can be a host with or without a port.
func isHost(text string) bool {
	if text == "" || len(text) > 255 {
		return false
	}
	for _, c := range []byte(text) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._:[]", c) >= 0:
		default:
			return false
		}
	}
	return true
}
