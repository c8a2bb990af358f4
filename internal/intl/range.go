package intl

import "unicode/utf8"

// IsNaN reports whether the number is none.
func (d *Decimal) IsNaN() bool { return d.nan }

// Range returns the pieces of a text for all between two numbers, as formatRangeToParts has them.
func (f *Number) Range(start, end Decimal) []Part {
	from, to := f.Parts(start), f.Parts(end)
	if Join(from) == Join(to) {
		return sourced(f.signed(start, about), "shared")
	}
	prefix, suffix := around(from)
	otherPrefix, otherSuffix := around(to)
	same := Join(from[:prefix]) == Join(to[:otherPrefix]) && Join(from[suffix:]) == Join(to[otherSuffix:])
	length := utf8.RuneCountInString(Join(from[:prefix]) + Join(from[suffix:]))
	between := f.between()
	if !same || length == 1 {
		if from := Join(from[:prefix]) + Join(from[suffix:]); from != "" || Join(to[:otherPrefix])+Join(to[otherSuffix:]) != "" {
			between = spaced(between)
		}
		return append(append(sourced(from, "startRange"), Part{Type: "literal", Value: between, Source: "shared"}), sourced(to, "endRange")...)
	}
	parts := sourced(from[:prefix], "shared")
	parts = append(parts, sourced(from[prefix:suffix], "startRange")...)
	parts = append(parts, Part{Type: "literal", Value: between, Source: "shared"})
	parts = append(parts, sourced(to[otherPrefix:otherSuffix], "endRange")...)
	return append(parts, sourced(to[otherSuffix:], "shared")...)
}

// between returns what stands between the two numbers of a range.
func (f *Number) between() string {
	text := f.symbol("range")
	if len(text) < len("{0}{1}") {
		return "–"
	}
	return text[len("{0}") : len(text)-len("{1}")]
}

func spaced(text string) string {
	first, _ := utf8.DecodeRuneInString(text)
	if isBlank(first) {
		return text
	}
	return " " + text + " "
}

// around returns where the digits of a number begin and end among its parts.
func around(parts []Part) (from, to int) {
	to = len(parts)
	for from < len(parts) && !isOfDigits(parts[from].Type) {
		from++
	}
	for to > from && !isOfDigits(parts[to-1].Type) {
		to--
	}
	return from, to
}

func isOfDigits(kind string) bool {
	switch kind {
	case "integer", "group", "decimal", "fraction", "nan", "infinity", "exponentSeparator", "exponentMinusSign", "exponentInteger":
		return true
	}
	return false
}

func sourced(parts []Part, source string) []Part {
	out := make([]Part, len(parts))
	for i, p := range parts {
		p.Source = source
		out[i] = p
	}
	return out
}
