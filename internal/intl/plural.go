package intl

import (
	"strconv"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/intl/cldr"
)

// operands are what plural rules ask of a number as it is written (UTS 35, part 3, 5.1).
type operands struct {
	integer  string // digits before the point
	fraction string // digits behind it, with zeros at the end
	exponent int    // of a number in compact notation
}

// value returns an operand: a whole number, less those beyond 10^15, and whether there is no more of it.
func (o operands) value(name byte) (n uint64, exact bool) {
	visible := strings.TrimRight(o.fraction, "0")
	switch name {
	case 'n':
		n, exact = lowest(o.integer)
		return n, exact && visible == ""
	case 'i':
		return lowest(o.integer)
	case 'v':
		return uint64(len(o.fraction)), true
	case 'w':
		return uint64(len(visible)), true
	case 'f':
		return lowest(o.fraction)
	case 't':
		return lowest(visible)
	}
	return uint64(max(o.exponent, 0)), true // c and e
}

// lowest returns the value of the last 15 digits, and whether the others are zeros.
func lowest(digits string) (n uint64, exact bool) {
	digits = strings.TrimLeft(digits, "0")
	exact = len(digits) <= 15
	if !exact {
		digits = digits[len(digits)-15:]
	}
	n, _ = strconv.ParseUint(digits, 10, 64) // no digits are 0
	return n, exact
}

// plurals are the rules of a language.
type plurals struct {
	rules    []rule
	language string
}

type rule struct {
	category string
	any      [][]relation // one of these, of which each relation holds
}

// relation is such as "n % 10 = 2..4" or "i != 0,1".
type relation struct {
	operand byte
	modulus uint64 // 0 for none
	not     bool
	ranges  [][2]uint64
}

// pluralsOf returns the rules for cardinals, key "plural", or ordinals, key "ordinal".
func pluralsOf(l *cldr.Library, locale *cldr.Locale, key string) plurals {
	text := l.Shared(key + "/" + locale.Data)
	if text == "" {
		text = l.Shared(key + "/" + locale.Language)
	}
	p := plurals{language: locale.Language}
	for part := range strings.SplitSeq(text, ";") {
		category, condition, ok := strings.Cut(part, ":")
		if !ok {
			continue
		}
		r := rule{category: category}
		for either := range strings.SplitSeq(condition, " or ") {
			var all []relation
			for text := range strings.SplitSeq(either, " and ") {
				all = append(all, relationOf(text))
			}
			r.any = append(r.any, all)
		}
		p.rules = append(p.rules, r)
	}
	return p
}

func relationOf(text string) (r relation) {
	left, right, not := strings.Cut(text, "!=")
	if !not {
		left, right, _ = strings.Cut(text, "=")
	}
	r.not = not
	operand, modulus, _ := strings.Cut(left, "%")
	r.operand = strings.TrimSpace(operand)[0]
	r.modulus, _ = strconv.ParseUint(strings.TrimSpace(modulus), 10, 64) // 0 without one
	for span := range strings.SplitSeq(right, ",") {
		from, to, ok := strings.Cut(strings.TrimSpace(span), "..")
		if !ok {
			to = from
		}
		low, _ := strconv.ParseUint(from, 10, 64)
		high, _ := strconv.ParseUint(to, 10, 64)
		r.ranges = append(r.ranges, [2]uint64{low, high})
	}
	return r
}

func (r relation) holds(o operands) bool {
	n, exact := o.value(r.operand)
	if r.operand == 'n' && strings.Trim(o.fraction, "0") != "" {
		return r.not // no whole number
	}
	if r.modulus > 0 {
		n %= r.modulus
	} else if !exact {
		return r.not
	}
	for _, span := range r.ranges {
		if n >= span[0] && n <= span[1] {
			return !r.not
		}
	}
	return r.not
}

// category returns "one", "other" and so on.
func (p plurals) category(o operands) string {
	for _, r := range p.rules {
		for _, all := range r.any {
			holds := true
			for _, relation := range all {
				holds = holds && relation.holds(o)
			}
			if holds {
				return r.category
			}
		}
	}
	return "other"
}
