package pattern

// run matches from an instruction on, until cMatch. Choices that were there before stay. Code that runs straight on counts as a
// step for sixteen instructions.
func (m *machine[T]) run(pc, at int) (bool, error) {
	base, entry := len(m.choices), pc
	program, in := m.p.program, m.in
	for {
		i, ok := &program[pc], true
		pc++
		switch i.code {
		case cChar:
			if i.back {
				at--
				ok = at >= 0 && uint16(in[at]) == i.c
			} else {
				ok = at < len(in) && uint16(in[at]) == i.c
				at++
			}
		case cSet:
			at, ok = m.one(i, at)
		case cRun:
			at, ok = m.longest(i, pc, at)
		case cSave, cMark:
			m.keep(int(i.x), at)
		case cSplit:
			m.choices = append(m.choices, choice{pc: int(i.y), at: at})
			m.steps += 1 + (pc-entry)>>4
			pc = int(i.x)
			entry = pc
		case cJump:
			m.steps += (pc - entry) >> 4
			pc = int(i.x)
			entry = pc
		case cMatch:
			m.slots[1] = at
			return true, nil
		case cBack:
			at, ok = m.same(i, at)
		case cLoop, cLook:
			m.steps += 1 + (pc-entry)>>4
			var err error
			if pc, at, ok, err = m.branch(i, pc, at); err != nil {
				return false, err
			}
			entry = pc
		default:
			at, ok = m.other(i, pc, at)
		}
		if m.steps >= atOnce {
			if err := m.report(); err != nil {
				return false, err
			}
		}
		if !ok {
			m.steps += (pc - entry) >> 4
			if pc, at, ok = m.back(base); !ok {
				return false, nil
			}
			entry = pc
		}
	}
}

// branch runs the instructions that may go on elsewhere than behind them.
func (m *machine[T]) branch(i *instr, pc, at int) (int, int, bool, error) {
	if i.code == cLoop {
		pc, at, ok := m.loop(i, pc, at)
		return pc, at, ok, nil
	}
	ok, err := m.look(i, pc, at)
	return int(i.y), at, ok, err
}

// other runs the instructions that are rarer. pc is that behind i.
func (m *machine[T]) other(i *instr, pc, at int) (int, bool) {
	in := m.in
	switch i.code {
	case cPair:
		if i.back {
			at--
			return at, at >= 0 && (uint16(in[at]) == i.c || uint16(in[at]) == i.d)
		}
		return at + 1, at < len(in) && (uint16(in[at]) == i.c || uint16(in[at]) == i.d)
	case cLazy:
		return m.shortest(i, pc, at)
	case cForget:
		for slot := int(i.x); slot < int(i.y); slot++ {
			if m.slots[slot] >= 0 {
				m.keep(slot, -1)
			}
		}
		m.steps += int(i.y-i.x) >> 4
	case cZero:
		m.keep(int(i.x), 0)
	case cMoved:
		return at, m.slots[i.x] != at || i.y >= 0 && m.slots[i.y] <= int(i.lo)
	case cStart:
		return at, at == 0
	case cEnd:
		return at, at == len(in)
	case cLine:
		return at, at == 0 || isLineEnd(in[at-1])
	case cLineEnd:
		return at, at == len(in) || isLineEnd(in[at])
	case cWord:
		edge := (at > 0 && isWord(in[at-1], i.fold)) != (at < len(in) && isWord(in[at], i.fold))
		return at, edge != i.not
	case cNever:
		return at, false
	}
	return at, true
}

func isLineEnd[T unit](c T) bool {
	u := uint16(c)
	return u == '\n' || u == '\r' || u == 0x2028 || u == 0x2029
}

// isWord reports whether a unit is one of \w. Flags i and u add two that fold to letters of ASCII.
func isWord[T unit](c T, fold bool) bool {
	u := uint16(c)
	if u < 0x80 {
		return u >= '0' && u <= '9' || u == '_' || u|0x20 >= 'a' && u|0x20 <= 'z'
	}
	return fold && (u == 0x17F || u == 0x212A)
}

// keep sets a slot, and notes what it held.
func (m *Matcher) keep(slot, value int) {
	m.choices = append(m.choices, choice{pc: slot, kind: restore, least: m.slots[slot]})
	m.slots[slot] = value
}

// back takes the last choice up.
func (m *machine[T]) back(base int) (pc, at int, ok bool) {
	for len(m.choices) > base {
		top := len(m.choices) - 1
		c := &m.choices[top]
		switch c.kind {
		case restore:
			m.slots[c.pc] = c.least
			m.choices = m.choices[:top]
			continue
		case again:
			pc, at = c.pc, c.at
			m.choices = m.choices[:top]
		case shorter, shorterBy:
			pc, at = m.giveBack(c)
			if at <= c.least {
				m.choices = m.choices[:top]
			}
		case longer:
			i := &m.p.program[c.pc-1]
			if at, ok = m.one(i, c.at); !ok {
				m.choices = m.choices[:top]
				continue
			}
			pc, c.at = c.pc, at
			if c.least--; c.least == 0 {
				m.choices = m.choices[:top]
			}
		case round:
			pc, at = c.pc, c.at
			n, slot := c.least+1, int(m.p.program[pc-1].z)
			m.choices = m.choices[:top]
			m.keep(slot, n)
		}
		m.steps++
		return pc, at, true
	}
	return 0, 0, false
}

// giveBack makes a run shorter by one, or by as many as what follows it surely does not take.
func (m *machine[T]) giveBack(c *choice) (pc, at int) {
	c.at--
	if c.kind == shorterBy && c.at > c.least && m.inPair(c.at) {
		c.at--
	}
	if next := &m.p.program[c.pc]; next.code == cChar && c.kind == shorter && !next.back {
		from := c.at
		for c.at > c.least && uint16(m.in[c.at]) != next.c {
			c.at--
		}
		m.steps += (from - c.at) >> 4
	}
	return c.pc, c.at
}

// character returns that at a place, and where it ends.
func (m *machine[T]) character(at int) (rune, int) {
	c := m.in[at]
	if isHigh(c) && at+1 < len(m.in) && isLow(m.in[at+1]) {
		return joinPair(rune(c), rune(m.in[at+1])), at + 2
	}
	return rune(c), at + 1
}

// before returns the character that ends at a place, and where it begins.
func (m *machine[T]) before(at int) (rune, int) {
	c := m.in[at-1]
	if isLow(c) && at > 1 && isHigh(m.in[at-2]) {
		return joinPair(rune(m.in[at-2]), rune(c)), at - 2
	}
	return rune(c), at - 1
}

// one takes one character of an instruction's set.
func (m *machine[T]) one(i *instr, at int) (int, bool) {
	var c rune
	switch {
	case i.back && at == 0 || !i.back && at >= len(m.in):
		return at, false
	case i.back && i.whole:
		c, at = m.before(at)
	case i.back:
		at--
		c = rune(m.in[at])
	case i.whole:
		c, at = m.character(at)
	default:
		c = rune(m.in[at])
		at++
	}
	return at, i.set.has(c)
}
