package pattern

import (
	"bytes"
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

// ErrTooLong is a match that takes more steps, or holds more choices, than it may.
var ErrTooLong = errors.New("the pattern takes too long for this text")

const (
	maxSteps    = 20_000_000 // of one match of MatchText
	atOnce      = 4096       // steps between two reports
	choiceBytes = 32
)

// Text is a text to match: units of ASCII, or of UTF-16. It is not copied.
type Text struct {
	ASCII []byte
	Wide  []uint16 // nil for a text of ASCII
}

// Len returns how many units there are.
func (t Text) Len() int {
	if t.Wide != nil {
		return len(t.Wide)
	}
	return len(t.ASCII)
}

// Matcher holds the memory of matches, one after the other. The zero value is ready. It must not be used by two goroutines at
// once.
type Matcher struct {
	// Step is called with steps and with bytes that are held, negative ones when they are let go, and may end the match with its error.
	// Steps are taken at choices, at each return to one, at starts, and for sixteen characters of a run. Defaults to nil: nobody is.
	Step func(steps int, bytes int64) error

	slots   []int // places of groups, then counters of repeats; -1 is unset
	choices []choice
	steps   int // not reported yet
	told    int64
}

// choice is where a match may go on when what follows fails, or what a slot held before.
type choice struct {
	pc, at int
	least  int // of a run: where it may end at the earliest, or how many more it may take; of a slot: what it held
	kind   choiceKind
}

type choiceKind byte

const (
	again     choiceKind = iota // go on at pc from at
	restore                     // slot pc held least
	shorter                     // a run that may give one unit back
	shorterBy                   // one that may give one character back
	longer                      // a lazy run that may take one more
	round                       // begin a round of the repeat at pc, which is the one after least
)

// Find looks for the first match that begins at a place or behind it, only there where it is sticky. It returns the places where
// the groups begin and end, -1 for those that took nothing, until the next call; nil where there is no match.
func (m *Matcher) Find(p *Pattern, t Text, from int, sticky bool) (groups []int, err error) {
	if cap(m.slots) < p.slots {
		m.slots = make([]int, p.slots)
	}
	m.slots = m.slots[:p.slots]
	for i := range m.slots { // a start that failed leaves them as they were
		m.slots[i] = -1
	}
	m.steps += len(m.slots) >> 4
	found := false
	if t.Wide != nil {
		found, err = find(&machine[uint16]{m, p, t.Wide}, from, sticky)
	} else {
		found, err = find(&machine[byte]{m, p, t.ASCII}, from, sticky)
	}
	if told := m.report(); err == nil {
		err = told
	}
	if cap(m.choices) > 1<<12 { // much was held for one match
		m.choices = nil
		if told := m.report(); err == nil {
			err = told
		}
	}
	if err != nil || !found {
		return nil, err
	}
	return m.slots[:2*p.groups], nil
}

// report reports the steps that were not reported yet, and of what is held.
func (m *Matcher) report() error {
	n, grown := m.steps, choiceBytes*int64(cap(m.choices))-m.told
	m.steps = 0
	m.told += grown
	if m.Step == nil || n == 0 && grown == 0 {
		return nil
	}
	return m.Step(n, grown)
}

type unit interface{ byte | uint16 }

func isHigh[T unit](c T) bool { return uint16(c)&0xFC00 == 0xD800 }

func isLow[T unit](c T) bool { return uint16(c)&0xFC00 == 0xDC00 }

type machine[T unit] struct {
	*Matcher
	p  *Pattern
	in []T
}

// inPair reports whether a place lies inside a character.
func (m *machine[T]) inPair(at int) bool {
	return at > 0 && at < len(m.in) && isLow(m.in[at]) && isHigh(m.in[at-1])
}

func find[T unit](m *machine[T], from int, sticky bool) (bool, error) {
	p := m.p
	if p.whole && m.inPair(from) {
		from--
	}
	if sticky {
		return m.try(from)
	}
	if p.starts.needed != 0 && indexUnit(m.in[from:], T(p.starts.needed)) < 0 {
		m.steps += (len(m.in) - from) >> 8
		return false, nil
	}
	for at := from; at <= len(m.in); at++ {
		if p.starts.anchor && at > 0 {
			return false, nil
		}
		if at = m.start(at); at < 0 {
			return false, nil
		}
		if p.whole && m.inPair(at) {
			continue
		}
		if found, err := m.try(at); found || err != nil {
			return found, err
		}
		at = m.behind(at)
	}
	return false, nil
}

func (m *machine[T]) try(at int) (bool, error) {
	m.steps++
	m.choices = m.choices[:0]
	m.slots[0] = at
	found, err := m.run(0, at)
	if err == nil && m.steps >= atOnce {
		err = m.report()
	}
	return found, err
}

// start returns the next place from at on where a match can begin, -1 for none.
func (m *machine[T]) start(at int) int {
	if literal := m.p.starts.literal; len(literal) > 0 {
		n := indexOf(m.in[at:], literal)
		if n < 0 {
			return -1
		}
		m.steps += n >> 8
		return at + n
	}
	first := m.p.starts.first
	if first == nil {
		return at
	}
	n := at
	for ; n < len(m.in); n++ {
		if c := uint32(m.in[n]); c < 256 {
			if first.low[c>>5]&(1<<(c&31)) != 0 {
				break
			}
		} else if first.high == every || first.high == search && first.has(rune(c)) {
			break
		}
	}
	m.steps += (n - at) >> 4
	if n == len(m.in) {
		return -1
	}
	return n
}

// behind returns the last place that cannot be a start since at was none: those inside of the run which the pattern begins with,
// and the second half of a character.
func (m *machine[T]) behind(at int) int {
	from := at
	if leading := m.p.starts.leading; leading != nil {
		for at < len(m.in) {
			c, to := rune(m.in[at]), at+1
			if m.p.whole {
				c, to = m.character(at)
			}
			if !leading.has(c) {
				break
			}
			at = to
		}
		m.steps += (at - from) >> 4
	}
	switch {
	case at > from:
		return at - 1
	case m.p.whole && m.inPair(at+1):
		return at + 1
	}
	return at
}

func indexUnit[T unit](in []T, c T) int {
	if text, ok := any(in).([]byte); ok {
		return bytes.IndexByte(text, byte(c))
	}
	for i, u := range in {
		if u == c {
			return i
		}
	}
	return -1
}

func indexOf[T unit](in []T, literal []byte) int {
	if text, ok := any(in).([]byte); ok {
		if len(literal) == 1 {
			return bytes.IndexByte(text, literal[0])
		}
		return bytes.Index(text, literal)
	}
	first := T(literal[0])
	for i := 0; i+len(literal) <= len(in); i++ {
		if in[i] != first {
			continue
		}
		n := 1
		for n < len(literal) && in[i+n] == T(literal[n]) {
			n++
		}
		if n == len(literal) {
			return i
		}
	}
	return -1
}

// MatchText reports whether the pattern matches a part of a text. Step is called with steps and bytes as a Matcher's is.
func (p *Pattern) MatchText(text string, step func(steps int, bytes int64) error) (bool, error) {
	if err := step(1, int64(2*len(text)+8*p.slots)); err != nil {
		return false, err
	}
	steps := 0
	m := Matcher{Step: func(n int, bytes int64) error {
		if steps += n; steps > maxSteps {
			return ErrTooLong
		}
		return step(n, bytes)
	}}
	groups, err := m.Find(p, textOf(text), 0, false)
	return groups != nil, err
}

func textOf(text string) Text {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return Text{Wide: utf16.Encode([]rune(text))}
		}
	}
	return Text{ASCII: []byte(text)}
}
