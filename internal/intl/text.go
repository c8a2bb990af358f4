package intl

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/intl/cldr"
)

// PluralOptions are those of Intl.PluralRules, resolved.
type PluralOptions struct {
	Locale string `json:"locale"`
	Type   string `json:"type"`
	Digits
}

// Plural says which plural form numbers take. It may be used from many goroutines.
type Plural struct {
	rules   plurals
	digits  Digits
	between func(start, end string) string
}

// NewPlural returns the rules of a language.
func (l *Library) NewPlural(o PluralOptions) *Plural {
	key := "plural"
	if o.Type == "ordinal" {
		key = "ordinal"
	}
	locale := l.locale(o.Locale)
	return &Plural{pluralsOf(l.tables, locale, key), o.Digits, func(start, end string) string {
		return l.tables.Shared("between/" + locale.Language + "/" + start + "/" + end)
	}}
}

// Category returns "one", "other" and so on.
func (p *Plural) Category(d Decimal) string {
	if !d.isFinite() {
		return "other"
	}
	return p.rules.category(p.digits.apply(d).operands())
}

// Range returns the form for all between two numbers.
func (p *Plural) Range(start, end Decimal) string {
	if category := p.between(p.Category(start), p.Category(end)); category != "" {
		return category
	}
	return "other"
}

// Categories lists the forms that the language has.
func (p *Plural) Categories() []string {
	var list []string
	for _, name := range []string{"few", "many", "one", "two", "zero"} {
		if slices.ContainsFunc(p.rules.rules, func(r rule) bool { return r.category == name }) {
			list = append(list, name)
		}
	}
	return append(list, "other")
}

// RelativeOptions are those of Intl.RelativeTimeFormat, resolved.
type RelativeOptions struct {
	Locale          string `json:"locale"`
	NumberingSystem string `json:"numberingSystem"`
	Style           string `json:"style"`
	Numeric         string `json:"numeric"`
}

// Relative formats relative times. It may be used from many goroutines.
type Relative struct {
	o      RelativeOptions
	locale *cldr.Locale
	number *Number
}

// NewRelative returns a formatter.
func (l *Library) NewRelative(o RelativeOptions) *Relative {
	number := l.NewNumber(NumberOptions{
		Locale: o.Locale, NumberingSystem: o.NumberingSystem, Style: "decimal", Notation: "standard", SignDisplay: "auto", UseGrouping: "auto",
		Digits: Digits{MinInteger: 1, MaxFraction: 3, Fractions: true},
	})
	return &Relative{o, l.locale(o.Locale), number}
}

// Parts returns the pieces of a text such as "3 days ago". unit is such as "day".
func (f *Relative) Parts(value float64, unit string) []Part {
	key := "r/" + unit
	if f.o.Style != "long" {
		key += "-" + f.o.Style
	}
	if f.o.Numeric == "auto" {
		if text := f.locale.Get(key + "/" + strconv.FormatFloat(value+0, 'f', -1, 64)); text != "" {
			return []Part{{Type: "literal", Value: text}}
		}
	}
	direction := "/future/"
	if math.Signbit(value) {
		direction = "/past/"
	}
	d := Float(math.Abs(value))
	w, _ := f.number.write(d)
	category := f.number.category(w)
	pattern := f.locale.First(key+direction+category, key+direction+"other")
	before, after, counted := strings.Cut(pattern, "{0}")
	if !counted { // Arabic says one and two in words
		return []Part{{Type: "literal", Value: pattern}}
	}
	inner := f.number.Parts(d)
	for i := range inner {
		inner[i].Unit = unit
	}
	return appendLiteral(append(appendLiteral(nil, before), inner...), after)
}

// ListOptions are those of Intl.ListFormat, resolved.
type ListOptions struct {
	Locale string `json:"locale"`
	Type   string `json:"type"`
	Style  string `json:"style"`
}

// List formats lists. It may be used from many goroutines.
type List struct {
	start, middle, end, two string
	spanish                 bool
}

// NewList returns a formatter.
func (l *Library) NewList(o ListOptions) *List {
	key := "l/" + map[string]string{"conjunction": "standard", "disjunction": "or", "unit": "unit"}[o.Type]
	if o.Style != "long" {
		key += "-" + o.Style
	}
	locale := l.locale(o.Locale)
	texts := append(strings.Split(locale.Get(key), "|"), "", "", "", "")
	return &List{texts[0], texts[1], texts[2], texts[3], locale.Language == "es"}
}

// Parts returns the texts with what stands between them.
func (f *List) Parts(texts []string) (parts []Part) {
	n := len(texts)
	for i, text := range texts {
		if i > 0 {
			parts = appendLiteral(parts, f.link(texts, i, n))
		} else if n > 1 {
			before, _, _ := strings.Cut(f.patternAt(0, n), "{0}")
			parts = appendLiteral(parts, before)
		}
		parts = append(parts, Part{Type: "element", Value: text})
	}
	if n > 1 {
		_, after, _ := strings.Cut(f.patternAt(n-1, n), "{1}")
		parts = appendLiteral(parts, after)
	}
	return parts
}

// patternAt returns the pattern that joins what is at i with what is before it, at 0 with what is behind.
func (f *List) patternAt(i, n int) string {
	switch {
	case n == 2:
		return f.two
	case i == n-1:
		return f.end
	case i <= 1:
		return f.start
	}
	return f.middle
}

func (f *List) link(texts []string, i, n int) string {
	_, link, _ := strings.Cut(f.patternAt(i, n), "{0}")
	link, _, _ = strings.Cut(link, "{1}")
	if !f.spanish {
		return link
	}
	next := strings.ToLower(texts[i][:min(len(texts[i]), 4)])
	begins := func(with ...string) bool {
		return slices.ContainsFunc(with, func(prefix string) bool { return strings.HasPrefix(next, prefix) })
	}
	switch {
	case link == " y " && begins("i", "hi") && !begins("hia", "hie"):
		return " e "
	case link == " o " && (begins("o", "ho", "8", "11 ") || next == "11"):
		return " u "
	}
	return link
}
