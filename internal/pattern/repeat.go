package pattern

// longest takes as many characters of a set as there are.
func (m *machine[T]) longest(i *instr, pc, at int) (int, bool) {
	if i.whole {
		return m.longestWhole(i, pc, at)
	}
	in, s := m.in, i.set
	from, end := at, len(in)
	if int(i.hi) < end-at {
		end = at + int(i.hi)
	}
	for at < end {
		if c := uint32(in[at]); c < 256 {
			if s.low[c>>5]&(1<<(c&31)) == 0 {
				break
			}
		} else if s.high == none || s.high == search && !s.has(rune(c)) {
			break
		}
		at++
	}
	m.steps += (at - from) >> 4
	least := from + int(i.lo)
	if at < least {
		return at, false
	}
	if at > least && !i.all {
		m.choices = append(m.choices, choice{pc: pc, kind: shorter, at: at, least: least})
	}
	return at, true
}

func (m *machine[T]) longestWhole(i *instr, pc, at int) (int, bool) {
	n, least := int32(0), at
	for n < i.hi && at < len(m.in) {
		c, to := m.character(at)
		if !i.set.has(c) {
			break
		}
		at = to
		if n++; n == i.lo {
			least = at
		}
	}
	m.steps += int(n) >> 4
	if n < i.lo {
		return at, false
	}
	if at > least && !i.all {
		m.choices = append(m.choices, choice{pc: pc, kind: shorterBy, at: at, least: least})
	}
	return at, true
}

// shortest takes as few characters of a set as it may.
func (m *machine[T]) shortest(i *instr, pc, at int) (int, bool) {
	for range i.lo {
		to, ok := m.one(i, at)
		if !ok {
			return at, false
		}
		at = to
	}
	m.steps += int(i.lo) >> 4
	if i.hi > i.lo {
		m.choices = append(m.choices, choice{pc: pc, kind: longer, at: at, least: int(i.hi - i.lo)})
	}
	return at, true
}

// loop begins a round of a counted repeat, or goes on behind it.
func (m *machine[T]) loop(i *instr, pc, at int) (int, int, bool) {
	n := m.slots[i.z]
	switch {
	case n < int(i.lo):
		m.keep(int(i.z), n+1)
		return pc, at, true
	case n >= int(i.hi):
		return int(i.y), at, true
	case i.lazy:
		m.choices = append(m.choices, choice{pc: pc, kind: round, at: at, least: n})
		return int(i.y), at, true
	}
	m.choices = append(m.choices, choice{pc: int(i.y), at: at})
	m.keep(int(i.z), min(n+1, endless-1))
	return pc, at, true
}

// same takes the text of a group once more; a group without one takes nothing.
func (m *machine[T]) same(i *instr, at int) (int, bool) {
	from, to := -1, -1
	for _, group := range i.refs {
		if m.slots[2*group] >= 0 && m.slots[2*group+1] >= 0 {
			from, to = m.slots[2*group], m.slots[2*group+1]
			break
		}
	}
	if from < 0 {
		return at, true
	}
	n, begin := to-from, at
	if i.back {
		begin -= n
	}
	if begin < 0 || begin+n > len(m.in) {
		return at, false
	}
	m.steps += n >> 4
	a, b := m.in[from:to], m.in[begin:begin+n]
	if i.fold {
		if !m.alike(from, begin, n) {
			return at, false
		}
	} else {
		for k := range a {
			if a[k] != b[k] {
				return at, false
			}
		}
	}
	if i.back {
		return begin, true
	}
	return begin + n, true
}

// alike compares n units from two places on as flag i does.
func (m *machine[T]) alike(a, b, n int) bool {
	table := foldTable(m.p.whole)
	m.steps += n
	for end := a + n; a < end; {
		c, d, toA, toB := rune(m.in[a]), rune(m.in[b]), a+1, b+1
		if m.p.whole {
			c, toA = m.character(a)
			d, toB = m.character(b)
		}
		if toA-a != toB-b || c != d && folded(table, c) != folded(table, d) {
			return false
		}
		a, b = toA, toB
	}
	return true
}

// look matches a look-around from here. What it could have chosen else is forgotten, what its groups hold is not.
func (m *machine[T]) look(i *instr, pc, at int) (bool, error) {
	base, end := len(m.choices), m.slots[1]
	found, err := m.run(pc, at)
	m.slots[1] = end
	if err != nil {
		return false, err
	}
	if i.not || !found {
		for len(m.choices) > base {
			if c := m.choices[len(m.choices)-1]; c.kind == restore {
				m.slots[c.pc] = c.least
			}
			m.choices = m.choices[:len(m.choices)-1]
		}
		return found != i.not, nil
	}
	kept := m.choices[:base]
	for _, c := range m.choices[base:] {
		if c.kind == restore {
			kept = append(kept, c)
		}
	}
	m.choices = kept
	return true, nil
}
