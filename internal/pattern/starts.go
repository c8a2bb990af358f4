package pattern

// starts is what is known of where a pattern can match before it is tried.
type starts struct {
	anchor  bool   // only where the text begins
	literal []byte // each match begins with it
	first   *set   // units that a match can begin with; nil: not known, or any
	leading *set   // the endless run that each match begins with, where no group refers to what it took
	needed  uint16 // a unit of ASCII that each match holds; 0 for none
}

// finish finds out where a pattern can start, and which runs need not give back what they took.
func (c *compiler) finish(root *node) {
	c.firstUnits(root)
	first := root
	for first.op == opCat && len(first.subs) > 0 {
		first = first.subs[0]
	}
	c.starts.anchor = first.op == opStart && !first.mode.m
	for i := range c.program {
		in := &c.program[i]
		if in.code != cChar || in.c >= 0x80 {
			break
		}
		c.starts.literal = append(c.starts.literal, byte(in.c))
	}
	if in := &c.program[c.behindSaves(0)]; in.code == cRun && in.hi == endless {
		c.starts.leading = in.set
	}
	c.starts.needed = c.neededBy(root)
	for i := range c.program {
		switch in := &c.program[i]; in.code {
		case cBack:
			c.starts.leading = nil
		case cRun:
			in.all = c.keepsAll(in, &c.program[c.behindSaves(i+1)])
		}
	}
}

func (c *compiler) behindSaves(at int) int {
	for c.program[at].code == cSave {
		at++
	}
	return at
}

// keepsAll reports whether what follows a run cannot match where the run is shorter.
func (c *compiler) keepsAll(run, next *instr) bool {
	switch next.code {
	case cChar:
		return !run.set.has(rune(next.c)) && (next.c < 0xD800 || next.c > 0xDFFF)
	case cPair:
		return !run.set.has(rune(next.c)) && !run.set.has(rune(next.d))
	case cSet:
		return !next.back && run.set.apart(next.set)
	case cRun:
		return next.lo > 0 && run.set.apart(next.set)
	case cLineEnd:
		return run.set.apart(lineEnds())
	case cMatch, cEnd:
		return true
	}
	return false
}

// firstUnits finds the units that a match can begin with.
func (c *compiler) firstUnits(root *node) {
	s, empty := c.firstOf(root)
	if empty || len(s.ranges) > 0 && s.high == every && s.low == everything().low {
		return
	}
	if c.whole && len(s.ranges) > 0 && s.ranges[len(s.ranges)-1] > 0xFFFF {
		s = s.union(setOf([]rune{0xD800, 0xDFFF})) // of the pairs
	}
	c.starts.first = s
}

// firstOf returns the characters that a match of n can begin with, and whether n may take nothing.
func (c *compiler) firstOf(n *node) (s *set, empty bool) {
	s = setOf(nil)
	switch n.op {
	case opChar, opSet:
		if one := c.one(n); one != nil {
			return one, false
		}
		return everything(), true
	case opCat:
		for _, sub := range n.subs {
			t, none := c.firstOf(sub)
			c.p.spend(len(s.ranges) + len(t.ranges))
			if s = s.union(t); !none {
				return s, false
			}
		}
		return s, true
	case opAlt:
		for _, sub := range n.subs {
			t, none := c.firstOf(sub)
			c.p.spend(len(s.ranges) + len(t.ranges))
			s, empty = s.union(t), empty || none
		}
		return s, empty
	case opGroup:
		return c.firstOf(n.subs[0])
	case opRepeat:
		if n.hi == 0 {
			return s, true
		}
		s, empty = c.firstOf(n.subs[0])
		return s, empty || n.lo == 0
	case opBack:
		return everything(), true
	}
	return s, true
}

// neededBy returns a unit of ASCII that each match of n takes, 0 for none: without it in the text no start need be tried.
func (c *compiler) neededBy(n *node) (needed uint16) {
	switch n.op {
	case opChar:
		if n.c > 0 && n.c < 0x80 && (!n.mode.i || alike(foldTable(c.whole), n.c) == n.c) {
			return uint16(n.c)
		}
	case opCat:
		for _, sub := range n.subs { // the last one, for the first is looked for in any case
			if u := c.neededBy(sub); u != 0 {
				needed = u
			}
		}
	case opGroup:
		return c.neededBy(n.subs[0])
	case opRepeat:
		if n.lo > 0 {
			return c.neededBy(n.subs[0])
		}
	}
	return needed
}
