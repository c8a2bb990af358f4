package logger

import (
	"net/netip"
	"strings"
)

// findAddresses looks for IP addresses: four numbers up to 255 with points, and what netip reads as IPv6. Versions of
// programs, times, hardware addresses and names of C++ are left alone.
func findAddresses(spans []span, text string) []span {
	for i := 0; i < len(text); {
		if !isAddressChar(text[i]) {
			i++
			continue
		}
		to := i
		for to < len(text) && isAddressChar(text[to]) {
			to++
		}
		word := strings.TrimRight(text[i:to], ".")
		if strings.HasSuffix(word, ":") && !strings.HasSuffix(word, "::") {
			word = word[:len(word)-1]
		}
		host, _, hasPort := strings.Cut(word, ":")
		switch {
		case !startsAlone(text, i) || to < len(text) && (isLetter(text[to]) || text[to] == '_'):
		case isIPv6(word):
			spans = append(spans, span{i, i + len(word), IP})
		case isIPv4(host) && (!hasPort || isPort(word[len(host)+1:])) && !isVersion(text, i):
			spans = append(spans, span{i, i + len(host), IP})
		}
		i = to
	}
	return spans
}

// isAddressChar reports what addresses consist of.
func isAddressChar(c byte) bool {
	return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' || c == ':' || c == '.'
}

// startsAlone reports whether no word continues at a position.
func startsAlone(text string, from int) bool {
	if from == 0 {
		return true
	}
	c := text[from-1]
	return !isLetter(c) && c != '_' && c != '-' && c != '+'
}

func isIPv4(word string) bool {
	if len(word) < len("0.0.0.0") || len(word) > len("255.255.255.255") || strings.Count(word, ".") != 3 {
		return false
	}
	_, err := netip.ParseAddr(word)
	return err == nil
}

func isPort(text string) bool {
	for _, c := range []byte(text) {
		if !isDigit(c) {
			return false
		}
	}
	return len(text) <= 5
}

func isIPv6(word string) bool {
	colons := strings.Count(word, ":")
	if colons < 2 || len(word) < len("::1") || !strings.ContainsAny(word, "0123456789") {
		return false
	}
	if colons == 7 && len(word) == len("00:11:22:33:44:55:66:77") && !strings.Contains(word, "::") { // an EUI-64
		return false
	}
	_, err := netip.ParseAddr(word)
	return err == nil
}

// isVersion reports whether what stands before says that a version follows: Chrome/120.0.0.0, version 1.2.3.4.
func isVersion(text string, from int) bool {
	before := text[:from]
	if strings.HasSuffix(before, "/") {
		return from > 1 && (isLetter(text[from-2]) || isDigit(text[from-2]))
	}
	before = strings.ToLower(strings.TrimRight(before[max(0, from-12):], ` :="'`))
	for _, word := range [...]string{"version", "ver", "release", "build", "section", "chapter", "§"} {
		if strings.HasSuffix(before, word) {
			return true
		}
	}
	return false
}
