package pattern

import (
	"slices"
	"strings"
)

// class is what [ ] or an escape stands for.
type class struct {
	set     *set
	strings [][]rune // with flag v: texts that are no single character
	may     bool     // by its form it may have such
}

// class reads what stands between [ and ].
func (p *parser) class() *node {
	not := p.is("^")
	n := &node{op: opSet, mode: p.mode}
	if p.flags&Sets != 0 {
		cl := p.setClass(not)
		n.set, n.strings = cl.set, cl.strings
		return n
	}
	n.mode.i = false // done here: what is inverted is the closed set
	if n.set = p.members(); p.mode.i {
		n.set = n.set.closed(p.whole)
		p.spend(len(n.set.ranges))
	}
	if not {
		n.set = n.set.inverted()
	}
	return n
}

// posixClass reports whether a class as POSIX has it comes next.
func (p *parser) posixClass() bool {
	if p.next() != '[' || p.peek(1) != ':' {
		return false
	}
	n := 2
	for p.peek(n) >= 'a' && p.peek(n) <= 'z' {
		n++
	}
	return n > 2 && p.peek(n) == ':' && p.peek(n+1) == ']'
}

// members reads a class without flag v up to its ].
func (p *parser) members() *set {
	var ranges []rune
	add := func(c rune, s *set) {
		if s == nil {
			ranges = append(ranges, c, c)
			return
		}
		p.spend(len(s.ranges))
		ranges = append(ranges, s.ranges...)
	}
	for !p.is("]") {
		if p.flags&lenient != 0 && p.posixClass() {
			p.fail("has a class such as [:alpha:], which is no syntax of ECMAScript: write a-z, \\d or \\p{L}")
		}
		lo, loSet := p.member()
		if p.next() != '-' || p.peek(1) == ']' {
			add(lo, loSet)
			continue
		}
		p.at++
		hi, hiSet := p.member()
		switch {
		case loSet == nil && hiSet == nil && hi < lo:
			p.fail("has a range in [ ] whose end comes before its begin")
		case loSet == nil && hiSet == nil:
			ranges = append(ranges, lo, hi)
		case p.whole:
			p.fail("has a range in [ ] that begins or ends with a class")
		default: // without flag u the - is one
			add(lo, loSet)
			add(hi, hiSet)
			add('-', nil)
		}
	}
	return sorted(ranges)
}

// member reads a character of a class, or a class in it.
func (p *parser) member() (rune, *set) {
	c := p.next()
	if c < 0 {
		p.fail("has a [ that is not closed")
	}
	p.at++
	if c != '\\' {
		return c, nil
	}
	if p.is("b") {
		return '\b', nil
	}
	if cl, ok := p.classEscape(); ok {
		return 0, cl.set
	}
	return p.character(true), nil
}

// setClass reads a class of flag v up to its ].
func (p *parser) setClass(not bool) class {
	if p.depth++; p.depth > maxNesting {
		p.fail("is nested more than %d deep", maxNesting)
	}
	cl := p.operation()
	if !p.is("]") {
		if p.next() < 0 {
			p.fail("has a [ that is not closed")
		}
		p.fail("has a [ ] that mixes operations: put the inner ones into brackets of their own")
	}
	p.depth--
	if not {
		if cl.may {
			p.fail("has a [^ ] with texts that are no single character")
		}
		cl.set = cl.set.inverted()
	}
	return cl
}

// operation reads operands that are joined, cut or taken away.
func (p *parser) operation() class {
	if p.next() == ']' {
		return class{set: setOf(nil)}
	}
	cl, isRange := p.operand()
	switch {
	case isRange:
	case p.next() == '&' && p.peek(1) == '&':
		for p.is("&&") {
			if p.next() == '&' {
				p.fail("has three & in [ ]")
			}
			other := p.bare()
			cl.set, cl.strings, cl.may = cl.set.both(other.set), filtered(cl.strings, other.strings, true), cl.may && other.may
			p.spend(2 * (len(cl.set.ranges) + len(other.set.ranges) + len(cl.strings)))
		}
		return cl
	case p.next() == '-' && p.peek(1) == '-':
		for p.is("--") {
			other := p.bare()
			p.spend(2 * (len(cl.set.ranges) + len(other.set.ranges) + len(cl.strings)))
			cl.set, cl.strings = cl.set.without(other.set), filtered(cl.strings, other.strings, false)
		}
		return cl
	}
	var ranges []rune
	var texts [][]rune
	for {
		p.spend(len(cl.set.ranges) + len(cl.strings))
		ranges, texts = append(ranges, cl.set.ranges...), append(texts, cl.strings...)
		if c := p.next(); c == ']' || c < 0 {
			break
		}
		next, _ := p.operand()
		next.may = next.may || cl.may
		cl = next
	}
	return class{sorted(ranges), unique(texts), cl.may}
}

// unique sorts texts, the longest first, and leaves out what is there twice.
func unique(texts [][]rune) [][]rune {
	slices.SortStableFunc(texts, func(a, b []rune) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return slices.Compare(a, b)
	})
	return slices.CompactFunc(texts, slices.Equal)
}

// filtered keeps the texts that are among others, or those that are not.
func filtered(texts, others [][]rune, among bool) (kept [][]rune) {
	have := map[string]bool{}
	for _, t := range others {
		have[string(t)] = true
	}
	for _, t := range texts {
		if have[string(t)] == among {
			kept = append(kept, t)
		}
	}
	return kept
}

// bare reads an operand that must be no range.
func (p *parser) bare() class {
	cl, isRange := p.operand()
	if isRange {
		p.fail("has a range beside -- or && in [ ]: put it into brackets of its own")
	}
	return cl
}

// operand reads a class, a text, a character or a range of them, and closes it with flag i.
func (p *parser) operand() (cl class, isRange bool) {
	switch {
	case p.is("["):
		return p.setClass(p.is("^")), false
	case p.is(`\q{`):
		cl = p.texts()
	case p.next() == '\\' && p.peek(1) >= 0:
		p.at++
		var ok bool
		if cl, ok = p.classEscape(); ok {
			break
		}
		p.at--
		fallthrough
	default:
		lo := p.setCharacter()
		cl.set = single(lo)
		if p.next() == '-' && p.peek(1) != '-' {
			p.at++
			hi := p.setCharacter()
			if hi < lo {
				p.fail("has a range in [ ] whose end comes before its begin")
			}
			cl.set, isRange = setOf([]rune{lo, hi}), true
		}
	}
	if p.mode.i {
		cl.set = cl.set.closed(true)
		p.spend(len(cl.set.ranges))
		for _, text := range cl.strings {
			for i, c := range text {
				text[i] = folded(foldWhole, c)
			}
		}
	}
	return cl, isRange
}

// texts reads the alternatives of \q{ }.
func (p *parser) texts() (cl class) {
	var ranges []rune
	for done := false; !done; {
		var text []rune
		for p.next() != '|' && p.next() != '}' {
			text = append(text, p.setCharacter())
		}
		done = p.next() == '}'
		p.at++
		if len(text) == 1 {
			ranges = append(ranges, text[0], text[0])
		} else {
			cl.strings, cl.may = append(cl.strings, text), true
		}
	}
	cl.set = sorted(ranges)
	return cl
}

// setCharacter reads one character of a class of flag v.
func (p *parser) setCharacter() rune {
	c := p.next()
	if c < 0 {
		p.fail("has a [ that is not closed")
	}
	p.at++
	if c == '\\' {
		if p.is("b") {
			return '\b'
		}
		if c = p.next(); c > 0 && c < 0x80 && strings.ContainsRune("&-!#%,:;<=>@`~", c) {
			p.at++
			return c
		}
		return p.character(true)
	}
	if c < 0x80 && (strings.ContainsRune("()[]{}/-|", c) || c == p.next() && strings.ContainsRune("&!#$%*+,.:;<=>?@^`~", c)) {
		p.fail("has a %c in [ ] that needs a backslash with flag v", c)
	}
	return c
}
