package logger

import (
	"html"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

// view is a text as it reads when some escapes are taken off, and where its bytes were. A nil view is of the text as it is.
type view struct {
	text   string
	at     []int32 // for each byte of the text, and its end, the place in what was read
	from   *view   // what was read
	broken []tail  // other ways to read it
}

// tail is the end of what was read as an escape, in case the escape was left unfinished there: in "%4" before "abc%2Fd" the
// text continues with "a" and not with "J".
type tail struct {
	text  string // as it was written
	place int    // where the original text has it
	next  int    // where the view continues behind it
}

// place returns where the original text has what is at i here.
func (v *view) place(i int) int {
	for ; v != nil; v = v.from {
		i = int(v.at[i])
	}
	return i
}

// escapes are the characters that begin an escape of code, of a URL and of HTML. Mail has "=", which begins a value as
// well in most other texts, so that it is taken off by itself.
const escapes, mailEscapes = `\%&`, "="

// peel takes one layer of escapes off a text: those of JSON, JavaScript, Go and C (\n, \", \x41, \u0041, \u{41},
// \U00000041, \101), of URLs (%41, %u0041) and HTML (&#65;, &#x41;, &lt;), in letters of either case; or those of
// quoted-printable mail (=41). An escape may be broken over lines. v is what the text is a view of. ok is false when there
// are none. first are the bytes that a tail is kept for, nil for no tails.
func peel(text string, v *view, chars string, first *[256]atomic.Bool) (next *view, ok bool) {
	r := reader{text}
	var b []byte
	done := 0
	for i := 0; ; {
		to := strings.IndexAny(text[i:], chars)
		if to < 0 {
			break
		}
		i += to
		u := r.escape(i)
		if u.n == 0 {
			i++
			continue
		}
		if next == nil {
			next = &view{from: v, at: make([]int32, 0, len(text)+1)}
			b = make([]byte, 0, len(text))
		}
		for ; done < i; done++ {
			b, next.at = append(b, text[done]), append(next.at, int32(done))
		}
		for _, c := range u.bytes[:u.n] {
			b, next.at = append(b, c), append(next.at, int32(i))
		}
		for at := i + 1; first != nil && at < u.next; at++ {
			if first[text[at]].Load() {
				next.broken = append(next.broken, tail{text[at:u.next], v.place(at), len(b)})
			}
		}
		i, done = u.next, u.next
	}
	if next == nil {
		return nil, false
	}
	for ; done < len(text); done++ {
		b, next.at = append(b, text[done]), append(next.at, int32(done))
	}
	next.text, next.at = string(b), append(next.at, int32(done))
	if v != nil {
		next.inherit(v)
	}
	return next, true
}

// inherit takes over the tails of what was read.
func (v *view) inherit(from *view) {
	for _, t := range from.broken {
		next, whole := slices.BinarySearch(v.at, int32(t.next))
		if !whole { // it is within an escape of this layer
			t.text += from.text[t.next:v.at[next]]
		}
		t.next = next
		v.broken = append(v.broken, t)
	}
}

// unit is a character that was escaped: what it is, in UTF-8 or a single byte, and where the text continues. n is 0 where
// there is none.
type unit struct {
	bytes [utf8.UTFMax]byte
	n     int
	next  int
}

func byteUnit(c byte, next int) unit { return unit{bytes: [utf8.UTFMax]byte{c}, n: 1, next: next} }

func runeUnit(r rune, next int) unit {
	u := unit{next: next}
	u.n = utf8.EncodeRune(u.bytes[:], r)
	return u
}

// reader reads escapes.
type reader struct{ text string }

// escape reads the one at i.
func (r reader) escape(i int) unit {
	switch c := r.text[i]; c {
	case '\\':
		return r.backslash(i + 1)
	case '&':
		return r.entity(i + 1)
	case '%':
		if u, to := r.part(i + 1); u|0x20 == 'u' {
			if v, to, ok := r.hex(to, 4); ok {
				return r.pair(c, v, to)
			}
		}
	case '=':
		if i+1 < len(r.text) && isBreak(r.text[i+1]) {
			return unit{} // the line continues
		}
	}
	if v, to, ok := r.hex(i+1, 2); ok {
		return byteUnit(byte(v), to)
	}
	return unit{}
}

// part reads a character within an escape, behind line breaks. At the end of the text it is 0.
func (r reader) part(i int) (c byte, next int) {
	if i = skipBreak(r.text, i); i >= len(r.text) {
		return 0, i
	}
	return r.text[i], i + 1
}

// backslash reads what follows one.
func (r reader) backslash(i int) unit {
	c, next := r.part(i)
	switch c {
	case 0:
		return unit{}
	case 'u', 'U', 'x':
		if v, to, ok := r.codePoint(c, next); ok {
			if c == 'x' {
				return byteUnit(byte(v), to)
			}
			return r.pair('\\', v, to)
		}
	case '0', '1', '2', '3', '4', '5', '6', '7':
		v, to := 0, i
		for range 3 {
			d, after := r.part(to)
			if d < '0' || d > '7' {
				break
			}
			v, to = v<<3|int(d-'0'), after
		}
		return byteUnit(byte(v), to)
	}
	if at := strings.IndexByte("nrtbfva", c); at >= 0 {
		return byteUnit("\n\r\t\b\f\v\a"[at], next)
	}
	if c >= utf8.RuneSelf {
		return unit{}
	}
	return byteUnit(c, next)
}

// codePoint reads the digits behind \u, \U or \x.
func (r reader) codePoint(kind byte, i int) (v rune, to int, ok bool) {
	switch kind {
	case 'x':
		return r.hex(i, 2)
	case 'U':
		return r.hex(i, 8)
	}
	open, next := r.part(i)
	if open != '{' {
		return r.hex(i, 4)
	}
	to = next
	for range 7 {
		c, after := r.part(to)
		if c == '}' {
			return v, after, to > next
		}
		d, ok := hexValue(c)
		if !ok {
			break
		}
		v, to = v<<4|rune(d), after
	}
	return 0, 0, false
}

// pair joins the two halves of a character beyond U+FFFF, both escaped in the same way.
func (r reader) pair(escape byte, high rune, next int) unit {
	if high >= 0xd800 && high < 0xdc00 {
		if c, to := r.part(next); c == escape {
			if c, to = r.part(to); c|0x20 == 'u' {
				if low, to, ok := r.hex(to, 4); ok && low >= 0xdc00 && low < 0xe000 {
					return runeUnit(0x10000+(high-0xd800)<<10+(low-0xdc00), to)
				}
			}
		}
	}
	return runeUnit(high, next)
}

// entity reads what follows the & of HTML.
func (r reader) entity(i int) unit {
	var name [10]byte
	for n := range name {
		c, next := r.part(i)
		if c == ';' {
			return character(string(name[:n]), next)
		}
		if c == 0 || c >= utf8.RuneSelf {
			break
		}
		name[n], i = c, next
	}
	return unit{}
}

// character returns what an entity of this name is.
func character(name string, next int) unit {
	switch name {
	case "amp":
		return byteUnit('&', next)
	case "lt":
		return byteUnit('<', next)
	case "gt":
		return byteUnit('>', next)
	case "quot":
		return byteUnit('"', next)
	case "apos":
		return byteUnit('\'', next)
	}
	if len(name) < 2 || name[0] != '#' {
		whole := "&" + name + ";"
		if text := html.UnescapeString(whole); text != whole && utf8.RuneCountInString(text) == 1 {
			r, _ := utf8.DecodeRuneInString(text)
			return runeUnit(r, next)
		}
		return unit{}
	}
	base, digits := rune(10), name[1:]
	if digits[0]|0x20 == 'x' {
		base, digits = 16, digits[1:]
	}
	v := rune(0)
	for _, c := range []byte(digits) {
		d, ok := hexValue(c)
		if !ok || rune(d) >= base {
			return unit{}
		}
		v = v*base + rune(d)
	}
	return runeUnit(v, next)
}

// hex reads a number of so many hexadecimal digits.
func (r reader) hex(i, digits int) (v rune, to int, ok bool) {
	for range digits {
		c, next := r.part(i)
		d, ok := hexValue(c)
		if !ok {
			return 0, 0, false
		}
		v, i = v<<4|rune(d), next
	}
	return v, i, true
}

func hexValue(c byte) (v byte, ok bool) {
	switch {
	case isDigit(c):
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// skipBreak returns where a text continues behind the line breaks at i and the white space that indents the next line, and
// behind characters that nobody sees. Without either it is i.
func skipBreak(text string, i int) int {
	for i < len(text) {
		next := i
		switch c := text[i]; {
		case isBreak(c):
			next = i + 1
		case c == '=' && i+1 < len(text) && isBreak(text[i+1]): // of mail
			next = i + 2
		case c >= 0xc2:
			if n := invisible(text[i:]); n > 0 {
				i += n
				continue
			}
		}
		if next == i {
			return i
		}
		for i = next; i < len(text) && (text[i] == ' ' || text[i] == '\t'); i++ {
		}
	}
	return i
}

// invisible returns how many bytes of a character without a width a text begins with: soft hyphens, joiners, marks of
// direction, byte order marks.
func invisible(text string) int {
	switch {
	case strings.HasPrefix(text, "\u00ad"):
		return 2
	case len(text) < 3:
		return 0
	case text[0] == 0xe2 && text[1] == 0x80 && (text[2] >= 0x8b && text[2] <= 0x8f || text[2] >= 0xaa && text[2] <= 0xae), // U+200B to U+200F, U+202A to U+202E
		text[0] == 0xe2 && text[1] == 0x81 && text[2] >= 0xa0 && text[2] <= 0xaf, // U+2060 to U+206F
		text[0] == 0xef && text[1] == 0xbb && text[2] == 0xbf:                    // U+FEFF
		return 3
	}
	return 0
}

func isBreak(c byte) bool { return c == '\n' || c == '\r' }
