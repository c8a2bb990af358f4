package ordered

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Reader walks over JSON text that is valid; see json.Valid. A value is read by String or Skip, an object or a list by
// Enter and as many turns of More as it has members: for r.Enter(); r.More(); { … }. In an object each turn reads the key
// with String first.
type Reader struct {
	Text []byte
	at   int
}

// Kind returns the first byte of the value that comes next: one of { [ " t f n, or that of a number; 0 at the end.
func (r *Reader) Kind() byte {
	for ; r.at < len(r.Text); r.at++ {
		switch c := r.Text[r.at]; c {
		case ' ', '\t', '\r', '\n', ',', ':':
		default:
			return c
		}
	}
	return 0
}

// Enter goes into the object or list that comes next.
func (r *Reader) Enter() {
	r.Kind()
	r.at++
}

// More reports whether the object or list has another member; without one it is left.
func (r *Reader) More() bool {
	switch r.Kind() {
	case '}', ']':
		r.at++
		return false
	case 0:
		return false
	}
	return true
}

// Skip passes over a value and returns its text, which is part of Text.
func (r *Reader) Skip() []byte {
	kind := r.Kind()
	from := r.at
	switch kind {
	case '"':
		r.at = r.endOfString()
	case '{', '[':
		r.at = r.endOfBrackets()
	default:
		for r.at < len(r.Text) && !ends(r.Text[r.at]) {
			r.at++
		}
	}
	return r.Text[from:r.at:r.at]
}

// endOfBrackets returns where the object or list that starts here is over.
func (r *Reader) endOfBrackets() int {
	in := Reader{Text: r.Text, at: r.at}
	for depth := 0; in.at < len(in.Text); {
		switch in.Text[in.at] {
		case '"':
			in.at = in.endOfString()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if in.at++; depth == 0 {
			return in.at
		}
	}
	return in.at
}

// ends reports whether a byte comes after a number or a word.
func ends(c byte) bool {
	switch c {
	case ' ', '\t', '\r', '\n', ',', ':', '}', ']':
		return true
	}
	return false
}

// endOfString returns where the string that starts here is over.
func (r *Reader) endOfString() int {
	for i := r.at + 1; i < len(r.Text); i++ {
		switch r.Text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(r.Text)
}

// String reads a string. Where half a surrogate pair is in it, which UTF-8 cannot say, units has it as UTF-16, and s has
// U+FFFD there; else units is nil.
func (r *Reader) String() (s string, units []uint16) {
	r.Kind()
	end := r.endOfString()
	raw := r.Text[min(r.at+1, end):max(end-1, min(r.at+1, end))]
	r.at = end
	for i, c := range raw {
		if c == '\\' {
			return unescape(raw, i)
		}
	}
	return valid(raw), nil
}

// valid returns text with U+FFFD for each byte that is no UTF-8.
func valid(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return string([]rune(string(b)))
}

// unescape reads what has an escape at its byte i first.
func unescape(raw []byte, i int) (string, []uint16) {
	out, half := append(make([]byte, 0, len(raw)), raw[:i]...), false
	for i < len(raw) {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			i++
			continue
		}
		c := raw[min(i+1, len(raw)-1)]
		i += 2
		if at := indexOf(c); at >= 0 {
			out = append(out, "\b\f\n\r\t"[at])
			continue
		}
		if c != 'u' {
			out = append(out, c)
			continue
		}
		u := unit(raw, i)
		i += 4
		if utf16.IsSurrogate(u) {
			if pair := utf16.DecodeRune(u, escapedUnit(raw, i)); pair != utf8.RuneError {
				u, i = pair, i+6
			} else {
				half = true
			}
		}
		out = utf8.AppendRune(out, u) // half a pair becomes U+FFFD
	}
	if half {
		return valid(out), units(raw)
	}
	return valid(out), nil
}

func indexOf(c byte) int {
	for i := range 5 {
		if "bfnrt"[i] == c {
			return i
		}
	}
	return -1
}

// unit reads four hexadecimal digits.
func unit(raw []byte, i int) rune {
	if i+4 > len(raw) {
		return utf8.RuneError
	}
	u, err := strconv.ParseUint(string(raw[i:i+4]), 16, 16)
	if err != nil {
		return utf8.RuneError
	}
	return rune(u)
}

// escapedUnit reads \uXXXX.
func escapedUnit(raw []byte, i int) rune {
	if i+6 > len(raw) || raw[i] != '\\' || raw[i+1] != 'u' {
		return utf8.RuneError
	}
	return unit(raw, i+2)
}

// units reads a string as UTF-16, halves of pairs as they are.
func units(raw []byte) []uint16 {
	var out []uint16
	for i := 0; i < len(raw); {
		if u := escapedUnit(raw, i); raw[i] == '\\' && i+1 < len(raw) && raw[i+1] == 'u' {
			out = append(out, uint16(u))
			i += 6
			continue
		}
		from := i
		for i < len(raw) && (raw[i] != '\\' || raw[min(i+1, len(raw)-1)] != 'u') {
			if raw[i] == '\\' {
				i++
			}
			i++
		}
		s, _ := unescape(raw[from:min(i, len(raw))], 0)
		out = append(out, utf16.Encode([]rune(s))...)
	}
	return out
}
