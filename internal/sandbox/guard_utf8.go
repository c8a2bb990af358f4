package sandbox

import (
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dop251/goja"
)

// goText returns a text as Go's, and charges first what that copies: nothing of ASCII.
func (g *guards) goText(s goja.String) string {
	if s.Length() < pieceLength || g.known.IsASCII(s) {
		return s.String()
	}
	return string(g.utf8(s))
}

// utf8 returns the bytes of a text. goja's own String makes four bytes of each unit on the way, and nothing stops it.
func (g *guards) utf8(s goja.String) []byte {
	if s.Length() < pieceLength || g.known.IsASCII(s) {
		g.room(float64(s.Length()))
		return []byte(s.String())
	}
	units, n := g.units(s), 0
	for i, c := range units {
		g.step(i)
		switch {
		case c < 0x80:
			n++
		case c < 0x800, utf16.IsSurrogate(rune(c)):
			n += 2
		default:
			n += 3
		}
	}
	g.room(float64(n))
	out := make([]byte, 0, n)
	for i := 0; i < len(units); i++ {
		g.step(i)
		r := rune(units[i])
		if utf16.IsSurrogate(r) {
			next := rune(0)
			if i+1 < len(units) {
				next = rune(units[i+1])
			}
			if r = utf16.DecodeRune(r, next); r != utf8.RuneError {
				i++
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}
