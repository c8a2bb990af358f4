package pattern

import "slices"

// group reads what stands in ( ).
func (p *parser) group() (n *node, repeatable bool) {
	outer := p.mode
	switch {
	case p.is("(?:"):
		n, repeatable = &node{op: opCat}, true
	case p.is("(?="):
		n, repeatable = &node{op: opLook}, !p.whole
	case p.is("(?!"):
		n, repeatable = &node{op: opLook, not: true}, !p.whole
	case p.is("(?<="):
		n = &node{op: opLook, behind: true}
	case p.is("(?<!"):
		n = &node{op: opLook, behind: true, not: true}
	case p.is("(?<"):
		n, repeatable = p.opened(p.name()), true
	case p.is("(?"):
		p.modifiers()
		n, repeatable = &node{op: opCat}, true
	default:
		p.at++
		p.groups++
		n, repeatable = &node{op: opGroup, n: p.groups}, true
	}
	n.subs = []*node{p.alternatives()}
	if !p.is(")") {
		p.fail("has a ( that is not closed")
	}
	p.mode = outer
	return n, repeatable
}

// opened opens a group with a name.
func (p *parser) opened(text string) *node {
	p.groups++
	for _, other := range p.names {
		if other.text == text && !exclusive(other.path, p.path) {
			p.fail("has two groups called %.40q that can both match", text)
		}
	}
	p.names = append(p.names, name{text, p.groups, slices.Clone(p.path)})
	return &node{op: opGroup, n: p.groups}
}

// exclusive reports whether two places are in different alternatives, of which only one matches.
func exclusive(a, b []choicePoint) bool {
	for i := 0; i < len(a) && i < len(b) && a[i].alternation == b[i].alternation; i++ {
		if a[i].alternative != b[i].alternative {
			return true
		}
	}
	return false
}

// modifiers reads i, m and s up to the colon.
func (p *parser) modifiers() {
	const what = "has a group that ECMAScript does not know: only (?: (?= (?! (?<= (?<! and (?<name> begin with (?, besides modifiers such as (?i-s:"
	on, seen := true, ""
	for !p.is(":") {
		c := p.next()
		p.at++
		switch {
		case c == '-' && on:
			on = false
			continue
		case c == 'i':
			p.mode.i = on
		case c == 'm':
			p.mode.m = on
		case c == 's':
			p.mode.s = on
		default:
			p.fail(what)
		}
		if slices.Contains([]rune(seen), c) {
			p.fail("has a group with the modifier %c twice", c)
		}
		seen += string(c)
	}
	if seen == "" {
		p.fail(what)
	}
}

// name reads the name of a group and the > behind it.
func (p *parser) name() string {
	var name []rune
	for !p.is(">") {
		c := p.nameCharacter()
		ok := c == '$' || c == '_' || c < 0x80 && c|0x20 >= 'a' && c|0x20 <= 'z'
		if !ok && len(name) > 0 {
			ok = c >= '0' && c <= '9' || c == 0x200C || c == 0x200D || c >= 0x80 && p.property("ID_Continue").has(c)
		}
		if !ok && (c < 0x80 || !p.property("ID_Start").has(c)) {
			p.fail("has a group without a proper name")
		}
		name = append(name, c)
	}
	if len(name) == 0 {
		p.fail("has a group without a proper name")
	}
	return string(name)
}

// nameCharacter reads a character of a name, which are characters without flag u as well.
func (p *parser) nameCharacter() rune {
	c := p.next()
	p.at++
	switch {
	case c == '\\':
		if !p.is("u") {
			return -1
		}
		c, ok := p.unicode(true)
		if !ok {
			return -1
		}
		return c
	case c >= 0xD800 && c < 0xDC00 && p.next() >= 0xDC00 && p.next() < 0xE000:
		p.at++
		return joinPair(c, p.in[p.at-1])
	}
	return c
}

func joinPair(high, low rune) rune { return (high-0xD800)<<10 + (low - 0xDC00) + 0x10000 }
