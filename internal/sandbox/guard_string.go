package sandbox

import (
	"math"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

func guardRepeat(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	s := g.this(&call)
	n := g.number(&call, 0)
	if s == nil || n <= 0 || math.IsInf(n, 0) {
		return next(call)
	}
	g.room(float64(g.bytes(s)) * n)
	length := float64(s.Length())
	if n = math.Trunc(n); length == 0 || length > pieceLength || n*length < 2*pieceLength {
		return next(call)
	}
	out := g.builder(s, int(n*length))
	g.repeat(out, s, int(n*length))
	return out.String()
}

// repeat writes a text again and again, n units of it.
func (g *guards) repeat(out *goja.StringBuilder, s goja.String, n int) {
	var block goja.StringBuilder
	for range pieceLength/s.Length() + 1 {
		block.WriteString(s)
	}
	piece := block.String()
	for ; n > piece.Length(); n -= piece.Length() {
		g.check()
		out.WriteString(piece)
	}
	out.WriteString(piece.Substring(0, n))
}

// builder returns one with room for n units of texts like s: as it grew it would leave several times as much garbage.
func (g *guards) builder(s goja.String, n int) *goja.StringBuilder {
	out := &goja.StringBuilder{}
	if g.known.IsASCII(s) {
		out.Grow(n)
	} else {
		out.LikelyUnicode(n)
	}
	return out
}

// guardPad stands before padStart, and padEnd where end is set.
func guardPad(end bool) guard {
	return func(g *guards, call goja.FunctionCall, next layout.Native) goja.Value { return g.pad(call, next, end) }
}

func (g *guards) pad(call goja.FunctionCall, next layout.Native, end bool) goja.Value {
	s := g.this(&call)
	n := g.number(&call, 0)
	if s == nil || n <= float64(s.Length()) {
		return next(call)
	}
	wide, filler := s, goja.String(nil)
	if !goja.IsUndefined(call.Argument(1)) {
		filler = g.text(&call, 1)
	} else {
		filler = g.rt.ToValue(" ").(goja.String)
	}
	if g.known.IsASCII(s) {
		wide = filler
	}
	g.room(n * float64(g.bytes(wide)) / float64(max(wide.Length(), 1)))
	more := int(n) - s.Length()
	if more < 2*pieceLength || filler.Length() == 0 || filler.Length() > pieceLength {
		return next(call)
	}
	out := g.builder(wide, int(n))
	if end {
		out.WriteString(s)
	}
	g.repeat(out, filler, more)
	if !end {
		out.WriteString(s)
	}
	return out.String()
}

func guardStringConcat(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	defer g.release(g.holds())
	n := g.bytes(g.this(&call))
	g.keep(call.This)
	texts := make([]goja.Value, len(call.Arguments))
	for i, v := range call.Arguments {
		s := g.string(v)
		if isObject(v) {
			g.keep(s)
		}
		texts[i] = s
		n += g.bytes(s)
	}
	call.Arguments = texts
	g.room(2 * float64(n))
	return next(call)
}

// guardMapped stands before natives that make a text out of each letter: it bounds what they make, as a multiple of the
// text's bytes, of one that is ASCII alone and of any other.
func guardMapped(ascii, other float64) guard {
	return func(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
		s := g.this(&call)
		factor := ascii
		if s != nil && !g.known.IsASCII(s) {
			factor = other
		}
		g.room(factor * float64(g.bytes(s)))
		return next(call)
	}
}

// maxCollated is how long a text may be that localeCompare compares, in UTF-16 units: each takes half a microsecond, and
// nothing can stop that.
const maxCollated = 1 << 18

func guardCollate(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	s, other := g.this(&call), g.text(&call, 0)
	if s != nil && s.Length() > maxCollated || other != nil && other.Length() > maxCollated {
		g.rangeError("localeCompare takes texts of 262,144 characters at most: compare their beginnings")
	}
	if s != nil && (!goja.IsUndefined(call.Argument(1)) || !goja.IsUndefined(call.Argument(2))) {
		return g.intl().Compare(s, g.string(call.Argument(0)), call.Arguments)
	}
	g.room(9 * float64(g.bytes(s)+g.bytes(other)))
	return next(call)
}

func guardEscape(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	g.room(6 * float64(g.bytes(g.text(&call, 0))))
	return next(call)
}

// guardStringIterator stands before for-of, spread and destructuring of strings. What they make takes some 32 bytes per
// character.
func guardStringIterator(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	if s := g.this(&call); s != nil {
		g.room(32 * float64(s.Length()))
	}
	return next(call)
}

func isObject(v goja.Value) bool {
	_, ok := v.(*goja.Object)
	return ok
}

// guardRaw does the work of String.raw itself: what its texts turn into is not known before.
func guardRaw(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	o, ok := call.Argument(0).(*goja.Object)
	if !ok {
		return next(call)
	}
	raw := o.Get("raw")
	if raw == nil || goja.IsUndefined(raw) || goja.IsNull(raw) {
		return next(call)
	}
	texts := raw.ToObject(g.rt)
	n := g.within(texts)
	var out goja.StringBuilder
	size := int64(0)
	defer g.release(g.holds())
	write := func(v goja.Value) {
		if v == nil {
			v = goja.Undefined()
		}
		s := g.string(v)
		if b := g.bytes(s); b > 0 {
			g.holdGrowing(b)
			size += b
		}
		out.WriteString(s)
	}
	for i := range n {
		g.count(1)
		g.check()
		write(g.element(texts, i))
		if i+1 < n && i+1 < int64(len(call.Arguments)) {
			write(call.Arguments[i+1])
		}
	}
	return g.finished(&out, size)
}

// expand writes a replacement with its $ patterns, from the arguments that a replacing function gets: the match, its
// groups, its place, the whole text, and perhaps the named groups.
func (g *guards) expand(text string, template goja.String, args []goja.Value) goja.String {
	if !strings.Contains(text, "$") {
		return template
	}
	var named *goja.Object
	if o, ok := args[len(args)-1].(*goja.Object); ok {
		named, args = o, args[:len(args)-1]
	}
	whole, at := args[len(args)-1].(goja.String), int(args[len(args)-2].ToInteger())
	groups := args[:len(args)-2]
	match := groups[0].(goja.String)
	var out goja.StringBuilder
	part := func(v goja.Value) {
		if v != nil && !goja.IsUndefined(v) {
			s := g.string(v)
			g.holdGrowing(g.bytes(s))
			out.WriteString(s)
		}
	}
	defer g.release(g.holds())
	for i := 0; i < len(text); {
		rest := text[i:]
		dollar := strings.IndexByte(rest, '$')
		if dollar < 0 || dollar == len(rest)-1 {
			part(g.rt.ToValue(rest))
			break
		}
		part(g.rt.ToValue(rest[:dollar]))
		i += dollar + 2
		switch c := text[i-1]; {
		case c == '$':
			part(g.rt.ToValue("$"))
		case c == '&':
			part(match)
		case c == '`':
			part(whole.Substring(0, at))
		case c == '\'':
			part(whole.Substring(min(at+match.Length(), whole.Length()), whole.Length()))
		case c == '<' && named != nil && strings.Contains(text[i:], ">"):
			end := strings.IndexByte(text[i:], '>')
			part(named.Get(text[i : i+end]))
			i += end + 1
		case '0' <= c && c <= '9':
			n, used := groupNumber(text[i-1:], len(groups))
			if n == 0 {
				part(g.rt.ToValue("$" + string(c)))
				break
			}
			part(groups[n])
			i += used - 1
		default:
			part(g.rt.ToValue("$" + string(c)))
		}
	}
	return out.String()
}

// groupNumber reads one or two digits that name a group.
func groupNumber(s string, groups int) (n, used int) {
	for used < 2 && used < len(s) && '0' <= s[used] && s[used] <= '9' {
		m := n*10 + int(s[used]-'0')
		if m >= groups {
			break
		}
		n, used = m, used+1
	}
	return n, used
}
