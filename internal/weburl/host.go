package weburl

import (
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

const (
	forbiddenHost   = "\x00\t\n\r #/:<>?@[\\]^|"
	forbiddenDomain = forbiddenHost + "%"
)

// parseHost reads a host and writes it as the standard does.
func parseHost(text string, special bool) (string, bool) {
	if inner, ok := strings.CutPrefix(text, "["); ok {
		if inner, ok = strings.CutSuffix(inner, "]"); !ok {
			return "", false
		}
		return parseIPv6(inner)
	}
	if !special {
		return *escaped(text, ""), !strings.ContainsAny(text, forbiddenHost)
	}
	name := strings.ToValidUTF8(unescape(text), "\ufffd")
	ascii := strings.ToLower(name)
	if !isASCII(name) { // else even a label such as xn--x, which stands for no other, is taken as it is
		var err error
		if ascii, err = ToASCII(name); err != nil {
			return "", false
		}
	}
	if ascii == "" {
		return "", false
	}
	for i := range len(ascii) {
		if c := ascii[i]; c <= 0x1F || c == 0x7F || strings.IndexByte(forbiddenDomain, c) >= 0 {
			return "", false
		}
	}
	if endsInNumber(ascii) {
		return parseIPv4(ascii)
	}
	return ascii, true
}

// ToASCII writes the name of a host in ASCII.
func ToASCII(name string) (string, error) { return profile().ToASCII(name) }

// ToUnicode writes the name of a host in the letters of its language.
func ToUnicode(name string) (string, error) { return profile().ToUnicode(name) }

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool { return c >= 0x80 }) < 0
}

// profile is UTS 46 as the standard wants it.
func profile() *idna.Profile {
	return idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.CheckHyphens(false),
		idna.VerifyDNSLength(false), idna.BidiRule())
}

// unescape takes the escapes off that are whole.
func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// parseIPv6 reads an address without its brackets, and writes it with them.
func parseIPv6(text string) (string, bool) {
	a, err := netip.ParseAddr(text)
	if err != nil || !a.Is6() || a.Zone() != "" {
		return "", false
	}
	bytes := a.As16()
	var pieces [8]uint16
	for i := range pieces {
		pieces[i] = uint16(bytes[2*i])<<8 | uint16(bytes[2*i+1])
	}
	from, length := 0, 1 // of the longest run of zeros; a single one is written
	for i := 0; i < 8; i++ {
		n := 0
		for i+n < 8 && pieces[i+n] == 0 {
			n++
		}
		if n > length {
			from, length = i, n
		}
		i += n
	}
	var b strings.Builder
	b.WriteByte('[')
	for i := 0; i < 8; i++ {
		if length > 1 && i == from {
			b.WriteString("::")
			i += length - 1
			continue
		}
		if i > 0 && (length == 1 || i != from+length) {
			b.WriteByte(':')
		}
		b.WriteString(strconv.FormatUint(uint64(pieces[i]), 16))
	}
	return b.String() + "]", true
}

// endsInNumber reports whether a host can only be an IPv4 address, right or wrong.
func endsInNumber(host string) bool {
	parts := strings.Split(host, ".")
	if n := len(parts); parts[n-1] == "" {
		if n == 1 {
			return false
		}
		parts = parts[:n-1]
	}
	last := parts[len(parts)-1]
	if last != "" && strings.Trim(last, "0123456789") == "" {
		return true
	}
	_, ok := number(last)
	return ok
}

// number reads a part of an IPv4 address: decimal, 0x for hexadecimal, or 0 for octal.
func number(s string) (n uint64, ok bool) {
	radix := 10
	switch {
	case s == "":
		return 0, false
	case len(s) >= 2 && (s[:2] == "0x" || s[:2] == "0X"):
		s, radix = s[2:], 16
	case len(s) >= 2 && s[0] == '0':
		s, radix = s[1:], 8
	}
	if s == "" {
		return 0, true
	}
	for i := range len(s) { // no sign and no underscore
		if c := s[i]; (c < '0' || c > '9') && (radix != 16 || c|0x20 < 'a' || c|0x20 > 'f') {
			return 0, false
		}
	}
	n, err := strconv.ParseUint(s, radix, 64)
	if err != nil && strings.Trim(s, "01234567") != "" && radix == 8 {
		return 0, false
	}
	if err != nil {
		n = 1 << 40 // more than an address has
	}
	return n, true
}

func parseIPv4(host string) (string, bool) {
	parts := strings.Split(host, ".")
	if n := len(parts); parts[n-1] == "" && n > 1 {
		parts = parts[:n-1]
	}
	if len(parts) > 4 {
		return "", false
	}
	var address uint64
	for i, part := range parts {
		n, ok := number(part)
		last := i == len(parts)-1
		if !ok || !last && n > 255 || last && n >= 1<<(8*(5-len(parts))) {
			return "", false
		}
		if last {
			address += n
		} else {
			address += n << (8 * (3 - i))
		}
	}
	return netip.AddrFrom4([4]byte{byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)}).String(), true
}
