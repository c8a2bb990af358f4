package pattern

import "slices"

const most = 0x10ffff // the last character

// set is a set of characters. It does not change.
type set struct {
	ranges []rune     // pairs of first and last, in order, apart from one another
	low    [8]uint32  // bits of those below 256
	high   membership // of all others
}

type membership byte

const (
	search membership = iota // in the ranges
	every
	none
)

// setOf makes a set of ranges that are in order and apart.
func setOf(ranges []rune) *set {
	s := &set{ranges: ranges}
	for i := 0; i < len(ranges) && ranges[i] < 256; i += 2 {
		for c := ranges[i]; c <= ranges[i+1] && c < 256; c++ {
			s.low[c>>5] |= 1 << (c & 31)
		}
	}
	switch n := len(ranges); {
	case n == 0 || ranges[n-1] < 256:
		s.high = none
	case ranges[n-1] == most && ranges[n-2] <= 256:
		s.high = every
	}
	return s
}

// sorted makes a set of ranges in any order.
func sorted(ranges []rune) *set {
	type pair = [2]rune
	pairs := make([]pair, 0, len(ranges)/2)
	for i := 0; i < len(ranges); i += 2 {
		pairs = append(pairs, pair{ranges[i], ranges[i+1]})
	}
	slices.SortFunc(pairs, func(a, b pair) int { return int(a[0] - b[0]) })
	out := make([]rune, 0, len(ranges))
	for _, p := range pairs {
		out = joined(out, p[0], p[1])
	}
	return setOf(out)
}

// joined appends a range that begins no sooner than those before.
func joined(out []rune, lo, hi rune) []rune {
	if n := len(out); n > 0 && lo <= out[n-1]+1 {
		out[n-1] = max(out[n-1], hi)
		return out
	}
	return append(out, lo, hi)
}

func single(c rune) *set { return setOf([]rune{c, c}) }

func (s *set) has(c rune) bool {
	if uint32(c) < 256 {
		return s.low[c>>5]&(1<<(c&31)) != 0
	}
	if s.high != search {
		return s.high == every
	}
	lo, hi := 0, len(s.ranges)/2
	for lo < hi {
		if mid := (lo + hi) / 2; s.ranges[2*mid+1] < c {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return 2*lo < len(s.ranges) && s.ranges[2*lo] <= c
}

// only returns the one character of a set that has no more.
func (s *set) only() (rune, bool) {
	return s.ranges[0], len(s.ranges) == 2 && s.ranges[0] == s.ranges[1]
}

func (s *set) inverted() *set {
	out := make([]rune, 0, len(s.ranges)+2)
	next := rune(0)
	for i := 0; i < len(s.ranges); i += 2 {
		if s.ranges[i] > next {
			out = append(out, next, s.ranges[i]-1)
		}
		next = s.ranges[i+1] + 1
	}
	if next <= most {
		out = append(out, next, most)
	}
	return setOf(out)
}

func (s *set) union(t *set) *set {
	switch {
	case len(s.ranges) == 0:
		return t
	case len(t.ranges) == 0:
		return s
	}
	a, b := s.ranges, t.ranges
	out := make([]rune, 0, len(a)+len(b))
	for len(a) > 0 || len(b) > 0 {
		if len(b) == 0 || len(a) > 0 && a[0] <= b[0] {
			out, a = joined(out, a[0], a[1]), a[2:]
		} else {
			out, b = joined(out, b[0], b[1]), b[2:]
		}
	}
	return setOf(out)
}

func (s *set) both(t *set) *set { return s.inverted().union(t.inverted()).inverted() }

func (s *set) without(t *set) *set { return s.inverted().union(t).inverted() }

// apart reports whether two sets have no character in common.
func (s *set) apart(t *set) bool {
	for i, j := 0, 0; i < len(s.ranges) && j < len(t.ranges); {
		switch {
		case s.ranges[i+1] < t.ranges[j]:
			i += 2
		case t.ranges[j+1] < s.ranges[i]:
			j += 2
		default:
			return false
		}
	}
	return true
}

func everything() *set { return setOf([]rune{0, most}) }

func lineEnds() *set { return setOf([]rune{'\n', '\n', '\r', '\r', 0x2028, 0x2029}) }

func digits() *set { return setOf([]rune{'0', '9'}) }

func words() *set { return setOf([]rune{'0', '9', 'A', 'Z', '_', '_', 'a', 'z'}) }

// blanks are white space and line ends (ECMAScript, 12.2 and 12.3).
func blanks() *set {
	return setOf([]rune{
		'\t', '\r', ' ', ' ', 0xA0, 0xA0, 0x1680, 0x1680,
		0x2000, 0x200A, 0x2028, 0x2029, 0x202F, 0x202F, 0x205F, 0x205F, 0x3000, 0x3000, 0xFEFF, 0xFEFF,
	})
}
