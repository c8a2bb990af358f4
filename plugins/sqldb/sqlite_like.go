package sqldb

import (
	"database/sql/driver"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// signs are what LIKE and GLOB give a meaning to.
type signs struct {
	all, one, set uint32 // 0 for none
	fold          bool   // ASCII letters are alike in both cases
}

var (
	likeSigns = signs{all: '%', one: '_', fold: true}
	globSigns = signs{all: '*', one: '?', set: '['}
)

// like is X LIKE Y as like(Y, X), with the escape as a third argument, and GLOB as glob(Y, X).
func (s *sqliteSlot) like(sg signs) sqliteFunction {
	return func(args []driver.Value) (driver.Value, error) {
		for _, v := range args[:2] {
			if _, blob := v.([]byte); blob {
				return int64(0), nil
			}
		}
		sg, escape := sg, sg.set
		if len(args) > 2 {
			text, ok := s.text(args[2])
			if !ok {
				return nil, nil
			}
			if text = upToNUL(text); text == "" || characterCount(text) != 1 {
				return nil, errors.New("ESCAPE expression must be a single character")
			}
			switch escape, _ = character(text); escape {
			case sg.all:
				sg.all = 0
			case sg.one:
				sg.one = 0
			}
		}
		pattern, ok1 := s.text(args[0])
		text, ok2 := s.text(args[1])
		if !ok1 || !ok2 {
			return nil, nil
		}
		m := matcher{signs: sg, escape: escape, slot: s}
		return m.match(upToNUL(pattern), upToNUL(text))
	}
}

func upToNUL(s string) string {
	if i := strings.IndexByte(s, 0); i >= 0 {
		return s[:i]
	}
	return s
}

func characterCount(s string) (n int) {
	for ; s != ""; n++ {
		_, s = character(s)
	}
	return n
}

// character takes the first character off a text as SQLite reads it: a byte from 0xc0 on takes all bytes behind it that
// begin no character, and what is no character of Unicode is U+FFFD.
func character(s string) (c uint32, rest string) {
	c = uint32(s[0])
	n := 1
	if c < 0xc0 {
		return c, s[1:]
	}
	switch {
	case c < 0xe0:
		c &= 0x1f
	case c < 0xf0:
		c &= 0x0f
	case c < 0xf8:
		c &= 0x07
	case c < 0xfc:
		c &= 0x03
	case c < 0xfe:
		c &= 0x01
	default:
		c = 0
	}
	for ; n < len(s) && continues(s[n]); n++ {
		c = c<<6 | uint32(s[n]&0x3f)
	}
	if c < 0x80 || c&0xfffff800 == 0xd800 {
		c = utf8.RuneError
	}
	return c, s[n:]
}

// matcher decides about one pattern and one text.
type matcher struct {
	signs
	escape uint32
	slot   *sqliteSlot
}

// item is one character of a pattern: itself, any, or one of a set.
type item struct {
	c      uint32
	any    bool
	set    []span
	isSet  bool
	invert bool
}

type span struct{ from, to uint32 }

// match cuts the pattern at its signs for any text, and looks for the pieces from left to right: the first place of each
// is the best. That takes the length of the text where the pieces are plain, and length times length of a piece else, with
// a look at the run now and then.
func (m *matcher) match(pattern, text string) (driver.Value, error) {
	if m.escape == 0 && m.plain(pattern) && utf8.ValidString(pattern) && utf8.ValidString(text) {
		return m.bytes(pattern, text), nil
	}
	pieces, ok := m.pieces(pattern)
	if !ok {
		return int64(0), nil
	}
	var chars []uint32
	for rest := text; rest != ""; {
		var c uint32
		c, rest = character(rest)
		chars = append(chars, c)
	}
	first, last := pieces[0], pieces[len(pieces)-1]
	if len(pieces) == 1 {
		return truth(len(chars) == len(first) && m.at(first, chars)), nil
	}
	if len(chars) < len(first)+len(last) || !m.at(first, chars) || !m.at(last, chars[len(chars)-len(last):]) {
		return int64(0), nil
	}
	chars = chars[len(first) : len(chars)-len(last)]
	work := 0
	for _, piece := range pieces[1 : len(pieces)-1] {
		for ; ; chars = chars[1:] {
			if len(chars) < len(piece) {
				return int64(0), nil
			}
			if m.at(piece, chars) {
				break
			}
			if work += len(piece); work > 1<<16 {
				if work = 0; m.slot.stopped.Load() {
					return nil, errInterrupted
				}
			}
		}
		chars = chars[len(piece):]
	}
	return int64(1), nil
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// plain reports whether a pattern has no sign but the one for any text.
func (m *matcher) plain(pattern string) bool {
	for i := range len(pattern) {
		if c := uint32(pattern[i]); c == m.one || c == m.set && c != 0 {
			return false
		}
	}
	return true
}

// bytes is match where characters are equal when their bytes are: in UTF-8.
func (m *matcher) bytes(pattern, text string) int64 {
	if m.fold {
		pattern, text = lowerASCII(pattern), lowerASCII(text)
	}
	sign := string(rune(m.all))
	pieces := strings.Split(pattern, sign)
	first, last := pieces[0], pieces[len(pieces)-1]
	if len(pieces) == 1 {
		return truth(pattern == text)
	}
	if len(text) < len(first)+len(last) || !strings.HasPrefix(text, first) || !strings.HasSuffix(text, last) {
		return 0
	}
	text = text[len(first) : len(text)-len(last)]
	for _, piece := range pieces[1 : len(pieces)-1] {
		i := strings.Index(text, piece)
		if i < 0 {
			return 0
		}
		text = text[i+len(piece):]
	}
	return 1
}

// lowerASCII makes ASCII letters small.
func lowerASCII(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if b[i] >= 'A' && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// pieces reads a pattern; it is not ok when nothing can match it.
func (m *matcher) pieces(pattern string) (pieces [][]item, ok bool) {
	var piece []item
	for pattern != "" {
		var c uint32
		switch c, pattern = character(pattern); {
		case c == m.all:
			pieces, piece = append(pieces, piece), nil
		case c == m.escape && m.set == 0 && m.escape != 0:
			if pattern == "" {
				return nil, false
			}
			c, pattern = character(pattern)
			piece = append(piece, item{c: c})
		case c == m.set && m.set != 0:
			it, rest, closed := readSet(pattern)
			if !closed {
				return nil, false
			}
			piece, pattern = append(piece, it), rest
		default:
			piece = append(piece, item{c: c, any: c == m.one && m.one != 0})
		}
	}
	return append(pieces, piece), true
}

// readSet reads what follows a [ up to its ].
func readSet(pattern string) (it item, rest string, closed bool) {
	it.isSet = true
	next := func() (c uint32) {
		if pattern == "" {
			return 0
		}
		c, pattern = character(pattern)
		return c
	}
	c := next()
	if c == '^' {
		it.invert = true
		c = next()
	}
	if c == ']' {
		it.set = append(it.set, span{']', ']'})
		c = next()
	}
	before := uint32(0)
	for ; c != 0 && c != ']'; c = next() {
		if c == '-' && pattern != "" && pattern[0] != ']' && before > 0 {
			it.set = append(it.set, span{before, next()})
			before = 0
			continue
		}
		it.set = append(it.set, span{c, c})
		before = c
	}
	return it, pattern, c == ']'
}

// at reports whether a piece is what the text begins with.
func (m *matcher) at(piece []item, text []uint32) bool {
	if len(text) < len(piece) {
		return false
	}
	for i, it := range piece {
		c := text[i]
		switch {
		case it.isSet:
			if slices.ContainsFunc(it.set, func(s span) bool { return c >= s.from && c <= s.to }) == it.invert {
				return false
			}
		case it.any, c == it.c:
		case m.fold && c < 0x80 && it.c < 0x80 && small(c) == small(it.c):
		default:
			return false
		}
	}
	return true
}

func small(c uint32) uint32 {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
