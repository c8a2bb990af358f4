package pattern

import "unicode/utf16"

// Ops of the machine.
type code byte

const (
	cChar    code = iota // the unit c
	cPair                // the unit c or d
	cSet                 // one character of set
	cRun                 // as many of them as there are, at least lo, at most hi
	cLazy                // as few of them
	cSplit               // go on at x; when that fails, at y
	cJump                // go on at x
	cSave                // slot x = position
	cForget              // slots from x up to y are unset
	cZero                // slot x = 0
	cLoop                // a round of a repeat begins, counted in slot z: see machine.loop
	cMark                // slot x = position, where a round begins
	cMoved               // a round that took nothing since slot x fails, unless slot y says that it must be
	cStart               // only where the text begins
	cEnd                 // only where it ends
	cLine                // only where a line begins
	cLineEnd             // only where one ends
	cWord                // only at the edge of a word, or elsewhere (not)
	cBack                // the text of one of the groups refs
	cLook                // what begins behind it must match, or not (not), and goes on at y
	cNever               // nothing
	cMatch               // the end of a pattern or of a look-around
)

type instr struct {
	code   code
	back   bool // backwards
	whole  bool // takes characters, not units
	not    bool
	lazy   bool
	fold   bool // with flag i
	all    bool // of a run: what it took it need not give back
	c, d   uint16
	x, y   int32
	z      int32
	lo, hi int32
	set    *set
	refs   []int
}

const maxProgram = 200_000 // instructions

type compiler struct {
	*Pattern
	p *parser
}

func compile(text string, source []uint16, flags Flags) (result *Pattern, err error) {
	p := newParser(text, source, flags)
	root, err := p.parse()
	if err != nil {
		return nil, err
	}
	defer func() {
		if x := recover(); x != nil {
			e, ok := x.(*Error)
			if !ok {
				panic(x)
			}
			result, err = nil, e
		}
	}()
	c := compiler{&Pattern{text: text, groups: p.groups + 1, slots: 2 * (p.groups + 1), whole: p.whole}, p}
	for _, name := range p.names {
		if c.names == nil {
			c.names = make([]string, c.groups)
		}
		c.names[name.n] = name.text
	}
	c.node(root, false)
	c.emit(instr{code: cMatch})
	c.finish(root)
	return c.Pattern, nil
}

func (c *compiler) emit(i instr) int {
	if len(c.program) >= maxProgram {
		c.p.fail("is too large")
	}
	if i.set != nil {
		c.ranges += len(i.set.ranges)
		c.p.spend(len(i.set.ranges) / 8)
	}
	c.program = append(c.program, i)
	return len(c.program) - 1
}

func (c *compiler) slot() int32 {
	c.slots++
	return int32(c.slots - 1)
}

func (c *compiler) here() int32 { return int32(len(c.program)) }

// one returns what a node takes that takes one character; nil for others.
func (c *compiler) one(n *node) *set {
	s := n.set
	switch {
	case n.op == opChar:
		s = single(n.c)
	case n.op != opSet || n.strings != nil:
		return nil
	}
	if n.mode.i {
		s = s.closed(c.whole)
	}
	return s
}

// wide reports whether a set must be given characters, not units.
func (c *compiler) wide(s *set) bool {
	return c.whole && len(s.ranges) > 0 && s.ranges[len(s.ranges)-1] >= 0xD800
}

func (c *compiler) take(s *set, back bool) {
	if len(s.ranges) == 0 {
		c.emit(instr{code: cNever})
		return
	}
	if r, ok := s.only(); ok {
		switch {
		case r > 0xFFFF:
			first, second := utf16.EncodeRune(r)
			if back {
				first, second = second, first
			}
			c.emit(instr{code: cChar, c: uint16(first), back: back})
			c.emit(instr{code: cChar, c: uint16(second), back: back})
			return
		case !c.wide(s) || r > 0xDFFF:
			c.emit(instr{code: cChar, c: uint16(r), back: back})
			return
		}
	}
	if r := s.ranges; len(r) == 4 && r[0] == r[1] && r[2] == r[3] && r[3] < 0xD800 {
		c.emit(instr{code: cPair, c: uint16(r[0]), d: uint16(r[2]), back: back})
		return
	}
	c.emit(instr{code: cSet, set: s, back: back, whole: c.wide(s)})
}

func (c *compiler) node(n *node, back bool) {
	switch n.op {
	case opChar, opSet:
		if s := c.one(n); s != nil {
			c.take(s, back)
		} else {
			c.alternatives(spelled(n), back)
		}
	case opCat:
		for i := range n.subs {
			if back {
				i = len(n.subs) - 1 - i
			}
			c.node(n.subs[i], back)
		}
	case opAlt:
		c.alternatives(n.subs, back)
	case opGroup:
		first, last := int32(2*n.n), int32(2*n.n+1)
		if back {
			first, last = last, first
		}
		c.emit(instr{code: cSave, x: first})
		c.node(n.subs[0], back)
		c.emit(instr{code: cSave, x: last})
	case opRepeat:
		c.repeat(n, back)
	case opStart, opEnd:
		kind := cStart
		if n.op == opEnd {
			kind = cEnd
		}
		if n.mode.m {
			kind += cLine - cStart
		}
		c.emit(instr{code: kind})
	case opWord, opNotWord:
		c.emit(instr{code: cWord, not: n.op == opNotWord, fold: n.mode.i && c.whole})
	case opBack:
		c.emit(instr{code: cBack, back: back, fold: n.mode.i, refs: n.refs})
	case opLook:
		at := c.emit(instr{code: cLook, not: n.not})
		c.node(n.subs[0], n.behind)
		c.emit(instr{code: cMatch})
		c.program[at].y = c.here()
	}
}

// spelled writes a class with texts as alternatives, the longest first.
func spelled(n *node) (subs []*node) {
	rest := &node{op: opSet, set: n.set, mode: n.mode}
	empty := false
	for _, text := range n.strings {
		row := &node{op: opCat}
		for _, c := range text {
			row.subs = append(row.subs, &node{op: opChar, c: c, mode: n.mode})
		}
		if empty = len(text) == 0; !empty {
			subs = append(subs, row)
		}
	}
	if subs = append(subs, rest); empty {
		subs = append(subs, &node{op: opCat})
	}
	return subs
}

func (c *compiler) alternatives(subs []*node, back bool) {
	var ends []int
	for i, sub := range subs {
		if i == len(subs)-1 {
			c.node(sub, back)
			break
		}
		split := c.emit(instr{code: cSplit})
		c.program[split].x = c.here()
		c.node(sub, back)
		ends = append(ends, c.emit(instr{code: cJump}))
		c.program[split].y = c.here()
	}
	for _, at := range ends {
		c.program[at].x = c.here()
	}
}

func (c *compiler) repeat(n *node, back bool) {
	sub := n.subs[0]
	if n.hi == 0 {
		return
	}
	if s := c.one(sub); s != nil && !back {
		kind := cRun
		if n.lazy {
			kind = cLazy
		}
		c.emit(instr{code: kind, set: s, lo: int32(n.lo), hi: int32(n.hi), whole: c.wide(s)})
		return
	}
	if n.lo > 1 || n.hi > 1 && n.hi < endless {
		c.counted(n, back)
		return
	}
	if n.lo == 1 { // the body once, then as often as one likes
		c.forget(n)
		c.node(sub, back)
		if n.hi == 1 {
			return
		}
	}
	split := c.emit(instr{code: cSplit})
	c.forget(n)
	c.round(sub, back, -1, 0)
	if n.hi == endless {
		c.emit(instr{code: cJump, x: int32(split)})
	}
	x, y := int32(split+1), c.here()
	if n.lazy {
		x, y = y, x
	}
	c.program[split].x, c.program[split].y = x, y
}

// forget unsets the groups of a repeat, as each round does.
func (c *compiler) forget(n *node) {
	if n.groups[1] > n.groups[0] {
		c.emit(instr{code: cForget, x: int32(2 * (n.groups[0] + 1)), y: int32(2 * (n.groups[1] + 1))})
	}
}

// round is the body of a repeat. One that takes nothing is no round, but for the first lo that slot count counts.
func (c *compiler) round(body *node, back bool, count int32, lo int) {
	if !mayBeEmpty(body) {
		c.node(body, back)
		return
	}
	mark := c.slot()
	c.emit(instr{code: cMark, x: mark})
	c.node(body, back)
	c.emit(instr{code: cMoved, x: mark, y: count, lo: int32(lo)})
}

func (c *compiler) counted(n *node, back bool) {
	count := c.slot()
	c.emit(instr{code: cZero, x: count})
	loop := c.emit(instr{code: cLoop, z: count, lo: int32(n.lo), hi: int32(n.hi), lazy: n.lazy})
	c.forget(n)
	c.round(n.subs[0], back, count, n.lo)
	c.emit(instr{code: cJump, x: int32(loop)})
	c.program[loop].y = c.here()
}

func mayBeEmpty(n *node) bool {
	switch n.op {
	case opChar:
		return false
	case opSet:
		for _, text := range n.strings {
			if len(text) == 0 {
				return true
			}
		}
		return false
	case opGroup:
		return mayBeEmpty(n.subs[0])
	case opRepeat:
		return n.lo == 0 || mayBeEmpty(n.subs[0])
	case opAlt:
		for _, sub := range n.subs {
			if mayBeEmpty(sub) {
				return true
			}
		}
		return false
	case opCat:
		for _, sub := range n.subs {
			if !mayBeEmpty(sub) {
				return false
			}
		}
	}
	return true
}
