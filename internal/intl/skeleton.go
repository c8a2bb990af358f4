package intl

import "strings"

// Patterns of dates are made as UTS 35, part 4, 2.6.2 describes and ICU does: of all patterns of a language the one whose fields are
// nearest to those wanted is taken and its fields are made as wide as they are wanted; what it lacks is appended.

// field is a field of a pattern of dates. Their order is that of ICU.
type field int

const (
	eraField field = iota
	yearField
	monthField
	weekdayField
	dayField
	periodField
	hourField
	minuteField
	secondField
	fractionField
	zoneField
	fieldCount

	noField = field(-1)
)

const (
	dateFields = 1<<periodField - 1
	timeFields = 1<<fieldCount - 1 - dateFields
)

// Kinds of fields, as ICU's generator numbers them: numbers are above zero, names below.
const (
	numeric = 0x100
	narrow  = -0x101
	shorter = -0x102
	short   = -0x103
	long    = -0x104
	delta   = 0x10
)

// named returns the kind of a name of n letters.
func named(n int) int {
	switch n {
	case 4:
		return long
	case 5:
		return narrow
	case 6:
		return shorter
	}
	return short
}

// kindOf returns the field that a letter stands for, and its kind.
func kindOf(letter byte, n int) (field, int) {
	month := func(by int) int {
		if n <= 2 {
			return numeric + by + n
		}
		return named(n) - by
	}
	switch letter {
	case 'G':
		return eraField, named(n)
	case 'y':
		return yearField, numeric + n
	case 'M':
		return monthField, month(0)
	case 'L':
		return monthField, month(delta)
	case 'E':
		return weekdayField, named(n)
	case 'c':
		return weekdayField, named(n) - 2*delta
	case 'd':
		return dayField, numeric + n
	case 'a':
		return periodField, named(n)
	case 'b':
		return periodField, named(n) - delta
	case 'B':
		return periodField, named(n) - 3*delta
	case 'H':
		return hourField, numeric + 10*delta + n
	case 'k':
		return hourField, numeric + 11*delta + n
	case 'h':
		return hourField, numeric + n
	case 'K':
		return hourField, numeric + delta + n
	case 'm':
		return minuteField, numeric + n
	case 's':
		return secondField, numeric + n
	case 'S':
		return fractionField, numeric + n
	case 'v':
		return zoneField, named(n) - 2*delta
	case 'z':
		return zoneField, named(n)
	case 'O':
		return zoneField, named(n) - delta
	}
	return noField, 0
}

// skeleton is which fields a pattern has.
type skeleton struct {
	kinds   [fieldCount]int
	letters [fieldCount]byte
	lengths [fieldCount]int
}

// skeletonOf reads a skeleton, or the fields of a pattern.
func skeletonOf(text string) (s skeleton) {
	for _, item := range itemsOf(text) {
		if f, kind := kindOf(item.letter, len(item.text)); item.letter != 0 && f != noField {
			s.kinds[f], s.letters[f], s.lengths[f] = kind, item.letter, len(item.text)
		}
	}
	switch s.letters[hourField] {
	case 'h', 'K':
		if s.kinds[periodField] == 0 {
			s.kinds[periodField], s.letters[periodField], s.lengths[periodField] = short, 'a', 1
		}
	case 'H', 'k':
		s.kinds[periodField], s.letters[periodField], s.lengths[periodField] = 0, 0, 0
	}
	return s
}

// base returns the kinds without how many digits numbers have.
func (s *skeleton) base() (kinds [fieldCount]int) {
	for f, kind := range s.kinds {
		if kind > 0 {
			kind &^= delta - 1
		}
		kinds[f] = kind
	}
	return kinds
}

func (s *skeleton) mask() (m int) {
	for f, kind := range s.kinds {
		if kind != 0 {
			m |= 1 << f
		}
	}
	return m
}

// distance returns how far another skeleton is from the fields of s in a mask, and which of these it lacks.
func (s *skeleton) distance(other *skeleton, mask int) (d, missing int) {
	for f, theirs := range other.kinds {
		mine := s.kinds[f]
		if mask&(1<<f) == 0 {
			mine = 0
		}
		switch {
		case mine == theirs:
		case mine == 0:
			d += 0x10000
		case theirs == 0:
			d += 0x1000
			missing |= 1 << f
		default:
			d += max(mine-theirs, theirs-mine)
		}
	}
	return d, missing
}

// item is a field of a pattern, or with letter 0 a text as it is shown.
type item struct {
	letter byte
	text   string
}

// itemsOf takes a pattern apart.
func itemsOf(pattern string) (list []item) {
	var plain strings.Builder
	flush := func() {
		if plain.Len() > 0 {
			list = append(list, item{text: plain.String()})
			plain.Reset()
		}
	}
	for i := 0; i < len(pattern); {
		c := pattern[i]
		switch {
		case c == '\'':
			text, next := quoted(pattern, i)
			plain.WriteString(text)
			i = next
		case isAlpha(c | 0x20):
			from := i
			for i < len(pattern) && pattern[i] == c {
				i++
			}
			flush()
			list = append(list, item{c, pattern[from:i]})
		default:
			plain.WriteByte(c)
			i++
		}
	}
	flush()
	return list
}

// quoted reads a text in quotes from its first quote on; two quotes are one.
func quoted(pattern string, i int) (text string, next int) {
	i++
	if i < len(pattern) && pattern[i] == '\'' {
		return "'", i + 1
	}
	var b strings.Builder
	for i < len(pattern) {
		if pattern[i] == '\'' {
			if i+1 >= len(pattern) || pattern[i+1] != '\'' {
				return b.String(), i + 1
			}
			i++
		}
		b.WriteByte(pattern[i])
		i++
	}
	return b.String(), i
}

// patternText puts items together again.
func patternText(list []item) string {
	var b strings.Builder
	for _, it := range list {
		switch {
		case it.letter != 0:
			b.WriteString(it.text)
		case strings.ContainsFunc(it.text, func(c rune) bool { return c == '\'' || c < 0x80 && isAlpha(byte(c)|0x20) }):
			b.WriteString("'" + strings.ReplaceAll(it.text, "'", "''") + "'")
		default:
			b.WriteString(it.text)
		}
	}
	return b.String()
}
