package hostfn

import (
	"strings"
	"unicode/utf8"
)

// XMLName reports whether a text is the name of an element or attribute, with a prefix at most. Source: XML 1.0, fifth edition,
// 2.3; Namespaces in XML, 4.
func XMLName(s string) bool {
	local, more := s, ""
	if prefix, rest, ok := strings.Cut(s, ":"); ok {
		local, more = prefix, rest
		if !ncName(more) {
			return false
		}
	}
	return ncName(local)
}

// ncName is a name without a colon.
func ncName(s string) bool {
	for i, c := range s {
		if !nameStart(c) && (i == 0 || !nameMore(c)) {
			return false
		}
	}
	return s != "" && utf8.ValidString(s)
}

func nameStart(c rune) bool {
	switch {
	case c < 0x80:
		return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_'
	case c <= 0x2FF:
		return c >= 0xC0 && c != 0xD7 && c != 0xF7
	case c <= 0x1FFF:
		return c >= 0x370 && c != 0x37E
	case c <= 0x2FEF:
		return c == 0x200C || c == 0x200D || c >= 0x2070 && c <= 0x218F || c >= 0x2C00
	}
	return c >= 0x3001 && c <= 0xD7FF || c >= 0xF900 && c <= 0xFDCF || c >= 0xFDF0 && c <= 0xFFFD || c >= 0x10000 && c <= 0xEFFFF
}

func nameMore(c rune) bool {
	return c == '-' || c == '.' || c >= '0' && c <= '9' || c == 0xB7 || c >= 0x300 && c <= 0x36F || c == 0x203F || c == 0x2040
}

// NotXML returns the first character of a text that no XML document can hold, not even escaped; false when there is none.
func NotXML(s string) (c rune, found bool) {
	for _, c := range s {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0xFFFE || c == 0xFFFF {
			return c, true
		}
	}
	return 0, false
}
