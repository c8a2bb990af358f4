package sandbox

import (
	"golang.org/x/text/unicode/norm"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// A native that makes a text of each letter goes through a long one in one step, and notices no stop. So it gets long texts in
// pieces, cut where what comes before has no part in what comes after.

const (
	// pieceLength is how long pieces are, in UTF-16 units. The slowest native takes 0.1 µs for each.
	pieceLength = 1 << 16
	// caseContext is how far a letter looks around for its case, in UTF-16 units; 30 letters decide what a sigma becomes.
	caseContext = 64
)

// cut returns where a piece of a text ends that begins at from and shall end at to, which is within the text.
type cut func(g *guards, s goja.String, from, to int) int

// pieces stands before a native that maps a text: its receiver, or with argument its first argument.
func pieces(guarded guard, at cut, argument bool, context int) guard {
	return func(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
		var s goja.String
		if argument {
			s = g.text(&call, 0)
		} else {
			s = g.this(&call)
		}
		if s == nil || s.Length() < 2*pieceLength {
			return guarded(g, call, next)
		}
		return guarded(g, call, func(call goja.FunctionCall) goja.Value {
			mapped := func(from, to int) goja.String {
				if argument {
					setArgument(&call, 0, s.Substring(from, to))
				} else {
					call.This = s.Substring(from, to)
				}
				return next(call).(goja.String)
			}
			return g.inPieces(s, at, context, mapped)
		})
	}
}

// inPieces joins what mapped makes of the pieces of s, each with so many units around it.
func (g *guards) inPieces(s goja.String, at cut, context int, mapped func(from, to int) goja.String) goja.Value {
	out := g.builder(s, s.Length())
	for from, n := 0, s.Length(); from < n; {
		g.check()
		to := n
		if from+pieceLength < n {
			to = at(g, s, from, from+pieceLength)
		}
		before, after := pairAt(s, max(from-context, 0)), pairAt(s, min(to+context, n))
		piece := mapped(before, after)
		begin, end := 0, piece.Length()
		if before < from {
			begin = mapped(before, from).Length()
		}
		if to < after {
			end -= mapped(to, after).Length()
		}
		out.WriteString(piece.Substring(begin, end))
		from = to
	}
	return out.String()
}

// pairAt returns i, or the place before it where i is between the halves of a pair.
func pairAt(s goja.String, i int) int {
	if 0 < i && i < s.Length() && s.CharAt(i-1)&0xFC00 == 0xD800 && s.CharAt(i)&0xFC00 == 0xDC00 {
		return i - 1
	}
	return i
}

func cutLetters(_ *guards, s goja.String, _, to int) int { return pairAt(s, to) }

// cutEscapes cuts a text with % escapes: before the % of a letter, or where none is near.
func cutEscapes(_ *guards, s goja.String, from, to int) int {
	const longest = 12 // four escaped bytes
	for i := to; i > max(from, to-longest); i-- {
		if s.CharAt(i) == '%' && !continues(s, i) || plainAround(s, i) {
			return pairAt(s, i)
		}
	}
	return pairAt(s, to) // of a text that is none of escapes
}

// continues reports whether the escape at i is a byte in the middle of a letter.
func continues(s goja.String, i int) bool {
	c := s.CharAt(min(i+1, s.Length()-1))
	return c == '8' || c == '9' || c|0x20 == 'a' || c|0x20 == 'b'
}

// plainAround reports whether no escape reaches over the place before unit i.
func plainAround(s goja.String, i int) bool {
	for j := max(i-6, 0); j <= i; j++ {
		if s.CharAt(j) == '%' {
			return false
		}
	}
	return true
}

// cutUnescaped cuts a text for unescape, which takes each escape by itself: before any %.
func cutUnescaped(_ *guards, s goja.String, from, to int) int {
	for i := to; i > max(from, to-8); i-- {
		if s.CharAt(i) == '%' {
			return i
		}
	}
	return pairAt(s, to)
}

// cutNormal cuts a text before a letter that no letter before it combines with.
func cutNormal(g *guards, s goja.String, from, to int) int {
	for i := to; i > from; i-- {
		if c := s.CharAt(i); c&0xF800 != 0xD800 && begins(rune(c)) {
			return i
		}
	}
	for i := to - 1; i > from; i-- { // there may be pairs alone
		if c := s.CharAt(i); c&0xFC00 == 0xD800 {
			if r := (rune(c)-0xD800)<<10 + rune(s.CharAt(i+1)) - 0xDC00 + 0x10000; begins(r) {
				return i
			}
		}
	}
	g.rangeError("normalize takes no text with tens of thousands of marks on one letter")
	return to
}

func begins(r rune) bool { return norm.NFKC.PropertiesString(string(r)).BoundaryBefore() }
