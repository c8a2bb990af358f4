package pattern

import (
	"fmt"
	"unicode/utf16"
)

type op byte

const (
	opSet   op = iota // one character of set, or one of strings
	opChar            // the character c
	opCat             // subs in a row
	opAlt             // one of subs
	opGroup           // subs[0], kept as group n
	opRepeat
	opStart
	opEnd
	opWord
	opNotWord
	opLook
	opBack // the text of one of the groups refs, or of those called name
)

type node struct {
	op      op
	subs    []*node
	set     *set
	strings [][]rune // of a class with flag v: texts that are no single character
	c       rune
	n       int // group
	name    string
	refs    []int
	lo, hi  int // of a repeat; hi is endless for no end
	lazy    bool
	not     bool // of a look-around: it must not match
	behind  bool
	mode    mode
	groups  [2]int // that a repeat holds: from and up to
}

// mode is what modifiers change: flags i, m and s.
type mode struct{ i, m, s bool }

const (
	maxNesting = 1000
	maxWork    = 1 << 21 // ranges of sets that one pattern may have made
	endless    = 1 << 30
)

type parser struct {
	text   string // for errors
	in     []rune // characters with flag u or v, else units
	at     int
	flags  Flags
	whole  bool
	mode   mode
	total  int  // groups, counted before
	named  bool // one of them has a name
	groups int  // groups that were opened
	names  []name
	refs   []*node
	depth  int
	work   int
	path   []choicePoint
	alts   int             // alternations that were opened
	known  map[string]*set // properties that were read
}

// name is a group with a name, and the alternatives that it is in.
type name struct {
	text string
	n    int
	path []choicePoint
}

// choicePoint is one alternative of one alternation.
type choicePoint struct{ alternation, alternative int }

// fail ends the parsing.
func (p *parser) fail(format string, args ...any) {
	panic(&Error{p.text, fmt.Sprintf(format, args...)})
}

// spend counts work that grows with the sets of a pattern, more than with its text.
func (p *parser) spend(n int) {
	if p.work += n; p.work > maxWork {
		p.fail("is too large")
	}
}

func newParser(text string, source []uint16, flags Flags) *parser {
	p := &parser{text: text, flags: flags, whole: flags.Whole()}
	p.mode = mode{flags&IgnoreCase != 0, flags&Multiline != 0, flags&DotAll != 0}
	p.in = make([]rune, 0, len(source))
	for i := 0; i < len(source); i++ {
		c := rune(source[i])
		if p.whole && isHigh(source[i]) && i+1 < len(source) && isLow(source[i+1]) {
			i++
			c = utf16.DecodeRune(c, rune(source[i]))
		}
		p.in = append(p.in, c)
	}
	p.countGroups()
	return p
}

// parse reads a whole pattern.
func (p *parser) parse() (root *node, err error) {
	defer func() {
		if x := recover(); x != nil {
			e, ok := x.(*Error)
			if !ok {
				panic(x)
			}
			root, err = nil, e
		}
	}()
	root = p.alternatives()
	if p.at < len(p.in) {
		p.fail("has a ) without a (")
	}
	for _, ref := range p.refs {
		for _, name := range p.names {
			if name.text == ref.name {
				ref.refs = append(ref.refs, name.n)
			}
		}
		if ref.refs == nil {
			p.fail("refers to a group %.40q that it does not have", ref.name)
		}
	}
	return root, nil
}

// countGroups counts the groups beforehand: what \1 and \k mean depends on them.
func (p *parser) countGroups() {
	depth := 0
	for i := 0; i < len(p.in); i++ {
		switch c := p.in[i]; {
		case c == '\\':
			i++
		case c == '[' && (p.flags&Sets != 0 || depth == 0):
			depth++
		case c == ']' && depth > 0:
			depth--
		case c != '(' || depth > 0:
		case i+1 >= len(p.in) || p.in[i+1] != '?':
			p.total++
		case i+3 < len(p.in) && p.in[i+2] == '<' && p.in[i+3] != '=' && p.in[i+3] != '!':
			p.total++
			p.named = true
		}
	}
}

// next returns the next character, or that n further on; -1 at the end.
func (p *parser) next() rune { return p.peek(0) }

func (p *parser) peek(n int) rune {
	if p.at+n < len(p.in) {
		return p.in[p.at+n]
	}
	return -1
}

// is skips a text of ASCII when it comes next.
func (p *parser) is(text string) bool {
	for i := range len(text) {
		if p.peek(i) != rune(text[i]) {
			return false
		}
	}
	p.at += len(text)
	return true
}

func (p *parser) alternatives() *node {
	if p.depth++; p.depth > maxNesting {
		p.fail("is nested more than %d deep", maxNesting)
	}
	n := &node{op: opAlt}
	p.path = append(p.path, choicePoint{alternation: p.alts})
	p.alts++
	for {
		n.subs = append(n.subs, p.row())
		if !p.is("|") {
			break
		}
		p.path[len(p.path)-1].alternative++
	}
	p.path = p.path[:len(p.path)-1]
	p.depth--
	if len(n.subs) == 1 {
		return n.subs[0]
	}
	return n
}

func (p *parser) row() *node {
	n := &node{op: opCat}
	for c := p.next(); c >= 0 && c != '|' && c != ')'; c = p.next() {
		n.subs = append(n.subs, p.term())
	}
	if len(n.subs) == 1 {
		return n.subs[0]
	}
	return n
}

func (p *parser) term() *node {
	first := p.groups
	n, repeatable := p.atom()
	lo, hi, ok := p.quantifier()
	if !ok {
		return n
	}
	if !repeatable {
		p.fail("repeats something that cannot be repeated: put it into (?: )")
	}
	return &node{op: opRepeat, subs: []*node{n}, lo: lo, hi: hi, lazy: p.is("?"), groups: [2]int{first, p.groups}}
}

// quantifier reads *, +, ? or {n,m}.
func (p *parser) quantifier() (lo, hi int, ok bool) {
	switch p.next() {
	case '*':
		p.at++
		return 0, endless, true
	case '+':
		p.at++
		return 1, endless, true
	case '?':
		p.at++
		return 0, 1, true
	case '{':
		return p.braces()
	}
	return 0, 0, false
}

// braces reads {n}, {n,} or {n,m}. What is none is text, but with flags u and v.
func (p *parser) braces() (lo, hi int, ok bool) {
	from := p.at
	p.at++
	if lo = p.count(); lo >= 0 {
		switch hi = lo; {
		case p.is("}"):
			return lo, hi, true
		case p.is(",}"):
			return lo, endless, true
		case p.is(","):
			if hi = p.count(); hi >= 0 && p.is("}") {
				if hi < lo {
					p.fail("has a {n,m} with m below n")
				}
				return lo, hi, true
			}
		}
	}
	if p.whole {
		p.fail(`has a { that begins no {n}, {n,} or {n,m}; \{ is one as it is`)
	}
	p.at = from
	return 0, 0, false
}

// count reads digits; -1 when there are none. What no text is long enough for is cut.
func (p *parser) count() int {
	n := -1
	for c := p.next(); c >= '0' && c <= '9'; c = p.next() {
		n = min(max(n, 0)*10+int(c-'0'), endless)
		p.at++
	}
	return n
}

func (p *parser) atom() (n *node, repeatable bool) {
	c := p.next()
	switch c {
	case '^', '$':
		p.at++
		n = &node{op: opStart, mode: p.mode}
		if c == '$' {
			n.op = opEnd
		}
		return n, false
	case '(':
		return p.group()
	case '.':
		p.at++
		if p.mode.s {
			return &node{op: opSet, set: everything()}, true
		}
		return &node{op: opSet, set: lineEnds().inverted()}, true
	case '[':
		p.at++
		return p.class(), true
	case '\\':
		p.at++
		return p.escape()
	case '*', '+', '?':
		p.fail("has a %c that repeats nothing", c)
	case '{':
		if from := p.at; !p.whole {
			if _, _, ok := p.braces(); !ok {
				p.at = from
				break
			}
		}
		p.fail("has a { that repeats nothing")
	case ']', '}':
		if p.whole && p.flags&lenient == 0 {
			p.fail(`has a lone %c; \%c is one as it is`, c, c)
		}
	}
	p.at++
	return &node{op: opChar, c: c, mode: p.mode}, true
}
