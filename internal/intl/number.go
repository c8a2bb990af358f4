package intl

import (
	"strconv"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/intl/cldr"
)

// NumberOptions are those of Intl.NumberFormat, resolved: names, values and defaults are those of resolvedOptions().
type NumberOptions struct {
	Locale          string `json:"locale"`
	NumberingSystem string `json:"numberingSystem"`
	Style           string `json:"style"`
	Currency        string `json:"currency"`
	CurrencyDisplay string `json:"currencyDisplay"`
	CurrencySign    string `json:"currencySign"`
	Unit            string `json:"unit"`
	UnitDisplay     string `json:"unitDisplay"`
	Notation        string `json:"notation"`
	CompactDisplay  string `json:"compactDisplay"`
	SignDisplay     string `json:"signDisplay"`
	UseGrouping     any    `json:"useGrouping"` // false, or "auto", "always" or "min2"
	Digits
}

// Digits say how many digits a number is written with.
type Digits struct {
	MinInteger     int    `json:"minimumIntegerDigits"`
	MinFraction    int    `json:"minimumFractionDigits"`
	MaxFraction    int    `json:"maximumFractionDigits"`
	MinSignificant int    `json:"minimumSignificantDigits"` // 0 where only digits behind the point count
	MaxSignificant int    `json:"maximumSignificantDigits"`
	Fractions      bool   `json:"fractions"` // whether those behind the point count
	Increment      int    `json:"roundingIncrement"`
	Mode           string `json:"roundingMode"`
	Priority       string `json:"roundingPriority"`
	TrailingZero   string `json:"trailingZeroDisplay"`
}

// Number formats numbers. It may be used from many goroutines.
type Number struct {
	o       NumberOptions
	locale  *cldr.Locale
	shared  *cldr.Library
	plurals plurals
	symbols string // where the symbols of the numbering system are, such as "n/latn/"
	digits  []rune
	minimum int // digits before the first group that a number needs for being grouped; 0 for no groups
	plain   pattern
	sign    string // of the currency

	decimal, group string
}

// NewNumber returns a formatter.
func (l *Library) NewNumber(o NumberOptions) *Number {
	f := &Number{o: o, locale: l.locale(o.Locale)}
	f.plurals = pluralsOf(l.tables, f.locale, "plural")
	f.digits = []rune(l.tables.Shared("digits/" + o.NumberingSystem))
	f.symbols = symbolsOf(f.locale, o.NumberingSystem)
	f.shared = l.tables
	f.decimal, f.group = f.symbol("decimal"), f.symbol("group")
	if o.Style == "currency" {
		f.decimal = f.locale.First(f.symbols+"currencyDecimal", f.symbols+"decimal")
		f.group = f.locale.First(f.symbols+"currencyGroup", f.symbols+"group")
		f.sign = currencySign(f.locale, o.Currency, o.CurrencyDisplay)
	}
	f.plain = patternOf(f.plainPattern())
	switch o.UseGrouping {
	case "always":
		f.minimum = 1
	case "min2":
		f.minimum = 2
	case "auto":
		f.minimum, _ = strconv.Atoi(f.locale.Get("minGroup"))
	}
	return f
}

// symbolsOf returns the key under which the symbols of a numbering system are: those of latn where it has none.
func symbolsOf(locale *cldr.Locale, numberingSystem string) string {
	key := "n/" + numberingSystem + "/"
	if locale.Get(key+"decimal") == "" {
		return "n/latn/"
	}
	return key
}

func (f *Number) symbol(name string) string {
	if f.symbols == "n/latn/" {
		if text := f.shared.Shared("n/" + f.o.NumberingSystem + "/" + name); text != "" {
			return text
		}
	}
	return f.locale.Get(f.symbols + name)
}

// plainPattern returns the pattern that the notation does not change.
func (f *Number) plainPattern() string {
	switch {
	case f.o.Style == "percent" || f.isPercentUnit():
		return f.symbol("percent")
	case f.o.Style == "currency" && f.o.CurrencyDisplay != "name":
		kind := "currency/standard"
		if f.o.CurrencySign == "accounting" {
			kind = "currency/accounting"
		}
		return f.symbol(kind)
	}
	return f.symbol("standard")
}

// isPercentUnit reports whether the unit is written as percents are, without being multiplied.
func (f *Number) isPercentUnit() bool {
	return f.o.Style == "unit" && f.o.Unit == "percent" && f.o.UnitDisplay != "long"
}

// currencySign returns what stands for a currency.
func currencySign(locale *cldr.Locale, code, display string) string {
	key := "c/" + code + "/"
	text := ""
	switch display {
	case "symbol":
		text = locale.Get(key + "symbol")
	case "narrowSymbol":
		text = locale.First(key+"narrow", key+"symbol")
	}
	if text == "" {
		return code
	}
	return text
}

// Format returns the text of a number.
func (f *Number) Format(d Decimal) string { return Join(f.Parts(d)) }

// Parts returns the pieces of that text.
func (f *Number) Parts(d Decimal) []Part { return f.signed(d, 0) }

// about is the sign of a number that stands for a range.
const about = 2

// signed returns the pieces for a number with a sign of its own, or with that of the options where sign is 0.
func (f *Number) signed(d Decimal, sign int) []Part {
	if f.o.Style == "percent" && d.isFinite() && len(d.digits) > 0 {
		d.point += 2
	}
	w, p := f.write(d)
	inner := f.body(w, p.hasBody || f.o.Notation != "compact")
	if sign == 0 || w.negative {
		sign = f.signOf(w)
	}
	a := p.signed(sign)
	parts := f.affix(nil, a.prefix, p.compact, w.isFinite(), true)
	parts = append(parts, inner...)
	parts = f.affix(parts, a.suffix, p.compact, true, false)
	switch {
	case f.o.Style == "unit" && !f.isPercentUnit():
		return f.withUnit(w, parts)
	case f.o.Style == "currency" && f.o.CurrencyDisplay == "name":
		return f.withCurrencyName(w, parts)
	}
	return parts
}

// chosen is the pattern for a number.
type chosen struct {
	pattern
	compact bool // texts in it stand for thousands and so on
}

// write rounds a number in its notation.
func (f *Number) write(d Decimal) (written, chosen) {
	p := chosen{pattern: f.plain}
	if !d.isFinite() {
		return written{Decimal: d}, p
	}
	if f.o.Notation == "standard" {
		return f.o.Digits.apply(d), p
	}
	exponent := f.exponent(d.magnitude())
	scaled := d
	scaled.point -= exponent
	w := f.o.Digits.apply(scaled)
	if !d.isZero() && !w.isZero() {
		if reached := w.magnitude() + exponent; reached > d.magnitude() {
			if next := f.exponent(reached); next != exponent {
				exponent = next
				scaled = d
				scaled.point -= exponent
				w = f.o.Digits.apply(scaled)
			}
		}
	}
	w.exponent = exponent
	if f.o.Notation == "compact" && !w.isZero() {
		if text := f.compactPattern(w); text != "" {
			p = chosen{f.compactOf(text), true}
		}
	}
	return w, p
}

// compactOf reads a compact pattern. Its digits are grouped as those of the plain one.
func (f *Number) compactOf(text string) pattern {
	p := patternOf(text)
	p.primary, p.secondary = f.plain.primary, f.plain.secondary
	return p
}

// exponent returns the power of ten that the notation takes out of a number of a magnitude.
func (f *Number) exponent(magnitude int) int {
	switch f.o.Notation {
	case "scientific":
		return magnitude
	case "engineering":
		return magnitude - ((magnitude%3)+3)%3
	}
	if magnitude < 3 {
		return 0
	}
	at, text := f.compactAt(magnitude)
	zeros := strings.Count(text, "0")
	if zeros == 0 || text == "0" {
		return 0
	}
	return at - zeros + 1
}

// compactAt returns the largest magnitude that a compact pattern is for, up to the given one, and the pattern.
func (f *Number) compactAt(magnitude int) (at int, text string) {
	for at = min(magnitude, 19); at > 2 && text == ""; at-- {
		text = f.compactText(at, "other")
	}
	return at + 1, text
}

// compactText returns the compact pattern for a magnitude, "" where there is none.
func (f *Number) compactText(magnitude int, category string) string {
	at := f.compactKind() + "/" + strconv.Itoa(magnitude) + "/"
	return f.locale.First(f.symbols+at+category, f.symbols+at+"other", "n/latn/"+at+category, "n/latn/"+at+"other")
}

func (f *Number) compactKind() string {
	if f.o.Style == "currency" && f.o.CurrencyDisplay != "name" {
		return "money"
	}
	return f.o.CompactDisplay
}

func (f *Number) compactPattern(w written) string {
	if w.exponent == 0 {
		return ""
	}
	at, _ := f.compactAt(w.magnitude() + w.exponent)
	if w.integer == "1" && strings.Trim(w.fraction, "0") == "" {
		if text := f.locale.Get(f.symbols + f.compactKind() + "/" + strconv.Itoa(at) + "/1"); text != "" {
			return text
		}
	}
	return f.compactText(at, f.plurals.category(operands{w.integer, w.fraction, 0}))
}

// signOf returns which sign a number shows: -1, 1, or 0 for none.
func (f *Number) signOf(w written) int {
	negative, zero := w.negative, w.isZero() || w.nan
	switch f.o.SignDisplay {
	case "never":
		return 0
	case "always":
		if negative {
			return -1
		}
		return 1
	case "exceptZero":
		switch {
		case zero:
			return 0
		case negative:
			return -1
		}
		return 1
	case "negative":
		if negative && !zero {
			return -1
		}
		return 0
	}
	if negative {
		return -1
	}
	return 0
}

// body returns the digits of a number.
func (f *Number) body(w written, shown bool) (parts []Part) {
	switch {
	case w.nan:
		return []Part{{Type: "nan", Value: f.symbol("nan")}}
	case w.infinite:
		return []Part{{Type: "infinity", Value: f.symbol("infinity")}}
	case !shown:
		return nil
	}
	groups := f.groups(w.integer)
	for i, g := range groups {
		if i > 0 {
			parts = append(parts, Part{Type: "group", Value: f.group})
		}
		parts = append(parts, Part{Type: "integer", Value: f.inDigits(g)})
	}
	if w.fraction != "" {
		parts = append(parts, Part{Type: "decimal", Value: f.decimal}, Part{Type: "fraction", Value: f.inDigits(w.fraction)})
	}
	if f.o.Notation == "scientific" || f.o.Notation == "engineering" {
		parts = append(parts, Part{Type: "exponentSeparator", Value: f.symbol("exponential")})
		if w.exponent < 0 {
			parts = append(parts, Part{Type: "exponentMinusSign", Value: f.symbol("minusSign")})
		}
		parts = append(parts, Part{Type: "exponentInteger", Value: f.inDigits(strconv.Itoa(max(w.exponent, -w.exponent)))})
	}
	return parts
}

// groups splits the digits before the point.
func (f *Number) groups(digits string) []string {
	primary, secondary := f.plain.primary, f.plain.secondary
	if f.o.UseGrouping == "always" && primary == 0 {
		primary, secondary = 3, 3
	}
	if f.minimum == 0 || primary == 0 || len(digits)-primary < f.minimum {
		return []string{digits}
	}
	var list []string
	for size := primary; len(digits) > size; size = secondary {
		list = append(list, digits[len(digits)-size:])
		digits = digits[:len(digits)-size]
	}
	list = append(list, digits)
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

func (f *Number) inDigits(digits string) string { return inDigits(f.digits, digits) }

// inDigits writes digits in a numbering system.
func inDigits(system []rune, digits string) string {
	if len(system) != 10 || system[0] == '0' {
		return digits
	}
	var b strings.Builder
	for i := range len(digits) {
		b.WriteRune(system[digits[i]-'0'])
	}
	return b.String()
}
