package pattern

import "unicode"

// escape reads what stands behind a backslash, outside of a class.
func (p *parser) escape() (n *node, repeatable bool) {
	switch c := p.next(); {
	case c == 'b' || c == 'B':
		p.at++
		n = &node{op: opWord, mode: p.mode}
		if c == 'B' {
			n.op = opNotWord
		}
		return n, false
	case c == 'k' && (p.whole || p.named):
		if p.at++; !p.is("<") {
			p.fail(`has a \k without <name>`)
		}
		n = &node{op: opBack, name: p.name(), mode: p.mode}
		p.refs = append(p.refs, n)
		return n, true
	case c >= '1' && c <= '9':
		from := p.at
		if group := p.count(); group <= p.total {
			return &node{op: opBack, refs: []int{group}, mode: p.mode}, true
		} else if p.whole {
			p.fail("refers to group %d, and has %d", group, p.total)
		}
		p.at = from
	}
	if cl, ok := p.classEscape(); ok {
		return &node{op: opSet, set: cl.set, strings: cl.strings, mode: p.mode}, true
	}
	return &node{op: opChar, c: p.character(false), mode: p.mode}, true
}

// classEscape reads \d and its like; ok is false when there is another escape.
func (p *parser) classEscape() (cl class, ok bool) {
	c := p.next()
	switch c {
	case 'd', 'D':
		cl.set = digits()
	case 's', 'S':
		cl.set = blanks()
	case 'w', 'W':
		cl.set = words()
		if p.whole && p.mode.i {
			cl.set = cl.set.closed(true)
		}
	case 'p', 'P':
		if !p.whole {
			return cl, false
		}
		p.at++
		return p.propertyEscape(c == 'P'), true
	default:
		return cl, false
	}
	p.at++
	if c < 'a' {
		cl.set = cl.set.inverted()
	}
	return cl, true
}

func (p *parser) propertyEscape(not bool) class {
	if !p.is("{") {
		p.fail(`has a \p without {property}`)
	}
	from := p.at
	for p.next() >= 0 && p.next() != '}' {
		p.at++
	}
	name := string(p.in[from:p.at])
	if !p.is("}") {
		p.fail(`has a \p without {property}`)
	}
	if p.flags&Sets != 0 && !not {
		if strings, s, ok := sequences(name); ok {
			p.spend(8 * len(strings))
			return class{set: s, strings: strings, may: true}
		}
	}
	s := p.property(name)
	if s == nil {
		p.fail("has a property %.40q that is not known", name)
	}
	if p.spend(len(s.ranges)); not {
		if p.flags&Sets != 0 && p.mode.i {
			s = s.closed(true)
		}
		s = s.inverted()
	}
	return class{set: s}
}

// property returns the characters of a property, nil where it is not known.
func (p *parser) property(name string) *set {
	s, ok := p.known[name]
	if !ok {
		if p.known == nil {
			p.known = map[string]*set{}
		}
		s = property(name)
		p.known[name] = s
	}
	return s
}

// character reads an escape that stands for one character.
func (p *parser) character(inClass bool) rune {
	c := p.next()
	p.at++
	switch c {
	case -1:
		p.fail("ends with a backslash")
	case 't':
		return '\t'
	case 'n':
		return '\n'
	case 'v':
		return '\v'
	case 'f':
		return '\f'
	case 'r':
		return '\r'
	case '0', '1', '2', '3', '4', '5', '6', '7':
		return p.octal(c)
	case 'c':
		return p.control(inClass)
	case 'x':
		if v, ok := p.hex(2); ok {
			return v
		} else if p.whole {
			p.fail("has an escape without its 2 digits")
		}
	case 'u':
		if v, ok := p.unicode(p.whole); ok {
			return v
		} else if p.whole {
			p.fail("has an escape without its 4 digits")
		}
	default:
		p.identity(c, inClass)
	}
	return c
}

// identity checks that c may stand behind a backslash for itself.
func (p *parser) identity(c rune, inClass bool) {
	ok := !p.whole && (c != 'k' || !p.named)
	if p.whole {
		ok = isSyntax(c) || c == '-' && inClass
		if p.flags&lenient != 0 {
			ok = c < 0x80 && unicode.In(c, unicode.P, unicode.S)
		}
	}
	if !ok {
		p.fail("has a \\%c, which ECMAScript does not know", c)
	}
}

func isSyntax(c rune) bool {
	switch c {
	case '^', '$', '\\', '.', '*', '+', '?', '(', ')', '[', ']', '{', '}', '|', '/':
		return true
	}
	return false
}

// octal reads \0, and without flag u up to three octal digits that name no group.
func (p *parser) octal(first rune) rune {
	if p.whole {
		if c := p.next(); first != '0' || c >= '0' && c <= '9' {
			p.fail("has a \\%c, which ECMAScript does not know", first)
		}
		return 0
	}
	v := first - '0'
	for range 2 {
		c := p.next()
		if c < '0' || c > '7' || v*8+c-'0' > 0xFF {
			break
		}
		v = v*8 + c - '0'
		p.at++
	}
	return v
}

// control reads the letter of \cA. Without flag u a backslash before another c stands for itself.
func (p *parser) control(inClass bool) rune {
	c := p.next()
	if c|0x20 >= 'a' && c|0x20 <= 'z' && c < 0x80 || !p.whole && inClass && (c >= '0' && c <= '9' || c == '_') {
		p.at++
		return c & 31
	}
	if p.whole {
		p.fail(`has a \c, which ECMAScript does not know`)
	}
	p.at--
	return '\\'
}

// unicode reads what follows \u: four digits, and as a character also braces or a pair.
func (p *parser) unicode(whole bool) (rune, bool) {
	if whole && p.is("{") {
		v, from := rune(0), p.at
		for d := digit(p.next()); d >= 0; d = digit(p.next()) {
			if v = v*16 + d; v > most {
				p.fail(`has a \u{…} that is no character`)
			}
			p.at++
		}
		if from == p.at || !p.is("}") {
			p.fail(`has a \u{…} that is no character`)
		}
		return v, true
	}
	v, ok := p.hex(4)
	if at := p.at; ok && whole && v >= 0xD800 && v < 0xDC00 && p.is(`\u`) {
		if low, ok := p.hex(4); ok && low >= 0xDC00 && low < 0xE000 {
			return joinPair(v, low), true
		}
		p.at = at
	}
	return v, ok
}

func (p *parser) hex(digits int) (v rune, ok bool) {
	for i := range digits {
		d := digit(p.peek(i))
		if d < 0 {
			return 0, false
		}
		v = v*16 + d
	}
	p.at += digits
	return v, true
}

// digit returns the value of a hexadecimal digit, -1 of another character.
func digit(c rune) rune {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return -1
}
