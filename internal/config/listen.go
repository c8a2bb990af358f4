package config

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// ListenAddress returns where the flows are served, as host:port: the flag --addr, else [server] address, else that of
// [https_engine], with TLS or without. Defaults to ":8080".
func (ws *Workspace) ListenAddress(flag string) string {
	for _, text := range []string{flag, ws.Server.Address, ws.HttpsEngineConfig.Address} {
		if address, ok := parseAddress(text); ok {
			return address
		}
		if text != "" {
			return text // it was not checked: the listener says what is wrong with it
		}
	}
	return ":8080"
}

// AddressForm describes in words what IsAddress takes.
const AddressForm = `host:port with a port up to 65535, as in "127.0.0.1:8080" or ":8080"`

// IsAddress reports whether a text says where to listen, as --addr and [server] address do.
func IsAddress(text string) bool {
	_, ok := parseAddress(text)
	return ok
}

// parseAddress reads where to listen: host:port, :port or a bare port.
func parseAddress(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if text != "" && strings.Trim(text, "0123456789") == "" {
		text = ":" + text
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return "", false
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", false
	}
	if _, err := netip.ParseAddr(host); err != nil && host != "" && !hostName.MatchString(host) {
		return "", false
	}
	return text, true
}
