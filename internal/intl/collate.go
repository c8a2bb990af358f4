package intl

import (
	"cmp"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// CollatorOptions are those of Intl.Collator, resolved.
type CollatorOptions struct {
	Locale            string `json:"locale"`
	Usage             string `json:"usage"`
	Sensitivity       string `json:"sensitivity"`
	IgnorePunctuation bool   `json:"ignorePunctuation"`
	Numeric           bool   `json:"numeric"`
	CaseFirst         string `json:"caseFirst"`
}

// Collator compares texts. It may be used from many goroutines.
type Collator struct {
	o       CollatorOptions
	scripts [][]*unicode.RangeTable // whose letters come before those of others, in their order; nil for Latin
	whole   sync.Pool               // of *collate.Collator
	folded  sync.Pool               // the same without case, and with sensitivity "case" without accents
}

// NewCollator returns a collator.
func (l *Library) NewCollator(o CollatorOptions) *Collator {
	tag, err := language.Parse(l.locale(o.Locale).Tag)
	if err != nil {
		tag = language.Und
	}
	var options []collate.Option
	switch o.Sensitivity {
	case "base":
		options = append(options, collate.Loose)
	case "accent":
		options = append(options, collate.IgnoreCase, collate.IgnoreWidth)
	}
	if o.Numeric {
		options = append(options, collate.Numeric)
	}
	without := collate.IgnoreCase
	if o.Sensitivity == "case" {
		without = collate.Loose
	}
	scripts := map[string][][]*unicode.RangeTable{
		"ru": {{unicode.Cyrillic}}, "el": {{unicode.Greek}}, "ar": {{unicode.Arabic}}, "hi": {{unicode.Devanagari}}, "zh": {{unicode.Han}},
		"ko": {{unicode.Hangul}, {unicode.Han}}, "ja": {{unicode.Latin}, {unicode.Hiragana, unicode.Katakana}, {unicode.Han}},
	}
	base, _ := tag.Base()
	return &Collator{
		o: o, scripts: scripts[base.String()],
		whole:  sync.Pool{New: func() any { return collate.New(tag, options...) }},
		folded: sync.Pool{New: func() any { return collate.New(tag, append(options, without)...) }},
	}
}

// Compare returns -1, 0 or 1.
func (c *Collator) Compare(a, b string) int {
	if c.o.IgnorePunctuation {
		a, b = strings.Map(unpunctuated, a), strings.Map(unpunctuated, b)
	}
	if c.scripts != nil {
		if order := c.byScript(a, b); order != 0 {
			return order
		}
	}
	if c.o.Sensitivity == "case" {
		if order := compare(&c.folded, a, b); order != 0 {
			return order
		}
		a, b = strings.Map(unaccented, norm.NFD.String(a)), strings.Map(unaccented, norm.NFD.String(b))
	}
	order := compare(&c.whole, a, b)
	if order != 0 && c.o.CaseFirst == "upper" && compare(&c.folded, a, b) == 0 {
		return -order
	}
	return order
}

func compare(pool *sync.Pool, a, b string) int {
	c, _ := pool.Get().(*collate.Collator)
	defer pool.Put(c)
	return c.CompareString(a, b)
}

func unaccented(r rune) rune {
	if unicode.Is(unicode.Mn, r) {
		return -1
	}
	return r
}

func unpunctuated(r rune) rune {
	if unicode.IsPunct(r) || unicode.IsSpace(r) {
		return -1
	}
	return r
}

// byScript compares two letters of scripts that the language puts into an order, where the texts first differ.
func (c *Collator) byScript(a, b string) int {
	x, y := []rune(a), []rune(b)
	for i := range min(len(x), len(y)) {
		if unicode.ToLower(x[i]) == unicode.ToLower(y[i]) {
			continue
		}
		for _, r := range []rune{x[i], y[i]} {
			if !unicode.IsLetter(r) || unicode.In(r, unicode.Common, unicode.Inherited) {
				return 0
			}
		}
		return cmp.Compare(c.rank(x[i]), c.rank(y[i]))
	}
	return 0
}

// rank returns the place of a letter's script.
func (c *Collator) rank(r rune) int {
	for i, tables := range c.scripts {
		if unicode.In(r, tables...) {
			return i
		}
	}
	return len(c.scripts)
}

// Case returns what writes a text in upper or lower case by the rules of a language, nil for one that has none of its own. It is for
// one goroutine.
func Case(locale string, upper bool) func(string) string {
	tag, err := language.Parse(locale)
	if err != nil {
		return nil
	}
	base, _ := tag.Base()
	switch name := base.String(); {
	case name != "tr" && name != "az" && name != "lt" && (name != "el" || !upper):
		return nil
	case upper:
		return cases.Upper(tag).String
	}
	return cases.Lower(tag).String
}
