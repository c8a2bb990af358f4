package intl

import (
	"strings"
	"unicode/utf8"
)

// written is a number as its digits are written.
type written struct {
	Decimal
	integer, fraction string
	exponent          int // that the notation has taken out
}

// operands returns what plural rules ask of the whole number.
func (w written) operands() operands {
	whole, fraction := w.integer, w.fraction
	if n := w.exponent; n > 0 {
		fraction += strings.Repeat("0", max(n-len(fraction), 0))
		whole, fraction = whole+fraction[:n], strings.TrimRight(fraction[n:], "0")
	}
	return operands{whole, fraction, w.exponent}
}

// apply rounds a number and writes its digits (ECMA-402, FormatNumericToString).
func (d Digits) apply(x Decimal) written {
	var rounded Decimal
	least := 0 // digits behind the point
	bySignificant := !d.Fractions
	if d.MaxSignificant > 0 && d.Fractions {
		significant := x.magnitude() - d.MaxSignificant + 1
		finer := significant <= -d.MaxFraction
		bySignificant = finer == (d.Priority != "lessPrecision")
	}
	switch {
	case bySignificant:
		rounded = x.rounded(d.MaxSignificant-1-x.magnitude(), d.Mode)
		least = d.MinSignificant - 1 - rounded.magnitude()
	case d.Increment > 1:
		rounded, least = x.toMultiple(d.MaxFraction, d.Increment, d.Mode), d.MinFraction
	default:
		rounded, least = x.rounded(d.MaxFraction, d.Mode), d.MinFraction
	}
	w := written{Decimal: rounded, integer: rounded.integer(), fraction: rounded.fraction()}
	if d.TrailingZero == "stripIfInteger" && w.fraction == "" {
		least = 0
	}
	if n := least - len(w.fraction); n > 0 {
		w.fraction += strings.Repeat("0", n)
	}
	if n := d.MinInteger - len(w.integer); n > 0 {
		w.integer = strings.Repeat("0", n) + w.integer
	}
	return w
}

// affix appends what stands before or behind the digits.
func (f *Number) affix(parts []Part, list []token, compact, digit, before bool) []Part {
	for i, t := range list {
		switch t.sign {
		case '-':
			parts = appendMarked(parts, "minusSign", f.symbol("minusSign"))
		case '+':
			parts = appendMarked(parts, "plusSign", f.symbol("plusSign"))
		case '~':
			parts = appendMarked(parts, "approximatelySign", f.symbol("approximatelySign"))
		case '%':
			kind := "percentSign"
			if f.o.Style == "unit" {
				kind = "unit"
			}
			parts = appendMarked(parts, kind, f.symbol("percentSign"))
		case '¤':
			first, _ := utf8.DecodeRuneInString(f.sign)
			last, _ := utf8.DecodeLastRuneInString(f.sign)
			if !before && i == 0 && needsBlank(first) {
				parts = appendLiteral(parts, "\u00a0")
			}
			parts = appendMarked(parts, "currency", f.sign)
			if before && i == len(list)-1 && digit && needsBlank(last) {
				parts = appendLiteral(parts, "\u00a0")
			}
		default:
			if compact {
				parts = appendText(parts, t.text, "compact")
			} else {
				parts = appendLiteral(parts, t.text)
			}
		}
	}
	return parts
}

// appendMarked appends a sign; marks of direction around it are literals.
func appendMarked(parts []Part, kind, sign string) []Part {
	core := strings.TrimFunc(sign, isMark)
	before, after, _ := strings.Cut(sign, core)
	return appendLiteral(append(appendLiteral(parts, before), Part{Type: kind, Value: core}), after)
}

// withUnit puts a number into the pattern of its unit.
func (f *Number) withUnit(w written, number []Part) []Part {
	width := "u/" + f.o.UnitDisplay + "/"
	category := f.category(w)
	pattern := func(unit string) string { return f.locale.First(width+unit+"/"+category, width+unit+"/other") }
	if text := pattern(f.o.Unit); text != "" {
		return filled(text, "unit", number, "")
	}
	unit, per, _ := strings.Cut(f.o.Unit, "-per-")
	text := pattern(unit)
	if whole := f.locale.Get(width + per + "/per"); whole != "" {
		text = strings.Replace(whole, "{0}", text, 1)
	} else {
		other := strings.TrimFunc(strings.Replace(f.locale.First(width+per+"/one", width+per+"/other"), "{0}", "", 1), isSpacing)
		text = strings.NewReplacer("{0}", text, "{1}", other).Replace(f.locale.Get(width + "per"))
	}
	return filled(text, "unit", number, "")
}

// category returns the plural form for a number.
func (f *Number) category(w written) string {
	if !w.isFinite() {
		return "other"
	}
	return f.plurals.category(w.operands())
}

func (f *Number) withCurrencyName(w written, number []Part) []Part {
	category := f.category(w)
	key := "c/" + f.o.Currency + "/"
	name := f.locale.First(key+category, key+"other", key+"name")
	if name == "" {
		name = f.o.Currency
	}
	return filled(f.locale.First(f.symbols+"named/"+category, f.symbols+"named/other"), "currency", number, name)
}
