package ordered

import (
	"encoding/json"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// Key reads a name. Half a surrogate pair, which UTF-8 cannot say, stays in it as WTF-8 writes it: as three bytes that are
// no UTF-8.
func (r *Reader) Key() string {
	s, units := r.String()
	if units == nil {
		return s
	}
	return FromUnits(units)
}

// FromUnits returns UTF-16 as WTF-8, which is UTF-8 but for halves of surrogate pairs.
func FromUnits(units []uint16) string {
	var b []byte
	for i := 0; i < len(units); i++ {
		c := rune(units[i])
		if utf16.IsSurrogate(c) && i+1 < len(units) {
			if whole := utf16.DecodeRune(c, rune(units[i+1])); whole != utf8.RuneError {
				c = whole
				i++
			}
		}
		if utf16.IsSurrogate(c) {
			b = append(b, 0xe0|byte(c>>12), 0x80|byte(c>>6)&0xbf, 0x80|byte(c)&0xbf)
		} else {
			b = utf8.AppendRune(b, c)
		}
	}
	return string(b)
}

// Units returns the UTF-16 of a key that UTF-8 cannot say; nil for any other.
func Units(key string) (units []uint16) {
	if utf8.ValidString(key) {
		return nil
	}
	for key != "" {
		c, n := utf8.DecodeRuneInString(key)
		if c == utf8.RuneError && n == 1 && len(key) > 2 && key[0] == 0xed && key[1]&0xe0 == 0xa0 && key[2]&0xc0 == 0x80 {
			c, n = 0xd000|rune(key[1]&0x3f)<<6|rune(key[2]&0x3f), 3
			units = append(units, uint16(c))
		} else {
			units = utf16.AppendRune(units, c)
		}
		key = key[n:]
	}
	return units
}

// Quote returns a key as JSON.
func Quote(key string) json.RawMessage {
	if units := Units(key); units != nil {
		return appendUnits(nil, units)
	}
	text, _ := json.Marshal(key) // a text always can be written
	return text
}

// appendUnits writes what Units returned as JSON.
func appendUnits(b []byte, units []uint16) []byte {
	b = append(b, '"')
	for _, c := range units {
		b = fmt.Appendf(b, `\u%04x`, c)
	}
	return append(b, '"')
}
