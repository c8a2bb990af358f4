package pattern

import "strconv"

// Key returns a name of letters, digits and _ that stands for a pattern with its flags. Any engine takes it for a plain pattern.
func Key(source []uint16, flags Flags) string {
	const hex = "0123456789abcdef"
	key := append(make([]byte, 0, len(source)+len(source)/2+8), flags.String()...)
	key = append(key, '_')
	for _, c := range source {
		switch {
		case c < 0x80 && (c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'):
			key = append(key, byte(c))
		case c < 0x80:
			key = append(key, '_', hex[c>>4], hex[c&15])
		default:
			key = append(key, '_', 'u', hex[c>>12], hex[c>>8&15], hex[c>>4&15], hex[c&15])
		}
	}
	return string(key)
}

// ReadKey returns what a key stands for; ok is false for other texts.
func ReadKey(key string) (source []uint16, flags Flags, ok bool) {
	at := 0
	for at < len(key) && key[at] != '_' {
		at++
	}
	if flags, ok = ParseFlags(key[:at]); !ok || at == len(key) {
		return nil, 0, false
	}
	source = make([]uint16, 0, len(key)-at-1)
	for at++; at < len(key); at++ {
		if key[at] != '_' {
			source = append(source, uint16(key[at]))
			continue
		}
		digits := 2
		if at++; at < len(key) && key[at] == 'u' {
			at++
			digits = 4
		}
		if at+digits > len(key) {
			return nil, 0, false
		}
		c, err := strconv.ParseUint(key[at:at+digits], 16, 16)
		if err != nil {
			return nil, 0, false
		}
		source = append(source, uint16(c))
		at += digits - 1
	}
	return source, flags, true
}
