package config

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// AddressForm describes in words what IsAddress takes.
const AddressForm = `host:port with a port up to 65535, as in "127.0.0.1:8080" or ":8080"`

// IsAddress reports whether a text says where to listen, as --addr and [server] address do.
func IsAddress(text string) bool {
	_, ok := ParseAddress(text)
	return ok
}

// ParseAddress reads where to listen: host:port, :port or a bare port.
func ParseAddress(text string) (string, bool) {
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
