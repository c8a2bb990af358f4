package intl

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Part is a piece of a formatted text with what it is, as formatToParts has them.
type Part struct {
	Type, Value string
	Source      string // of a range: startRange, endRange or shared; "" elsewhere
	Unit        string // that a number counts, of a relative time; "" elsewhere
}

// Join returns the text of parts.
func Join(parts []Part) string {
	if len(parts) == 1 {
		return parts[0].Value
	}
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Value)
	}
	return b.String()
}

// pattern is a pattern of CLDR for numbers, such as "¤#,##0.00;(¤#,##0.00)".
type pattern struct {
	positive, negative affixes
	hasNegative        bool
	primary, secondary int // sizes of groups; 0 for none
	zeros              int // digits that compact patterns leave before the point
	hasBody            bool
}

type affixes struct{ prefix, suffix []token }

// token is a sign ('-', '+', '%', '¤') or, with sign 0, a text.
type token struct {
	sign rune
	text string
}

func patternOf(text string) (p pattern) {
	positive, negative, ok := strings.Cut(text, ";")
	var body string
	p.positive, body = subpattern(positive)
	if p.hasNegative = ok; ok {
		p.negative, _ = subpattern(negative)
	}
	p.hasBody = body != ""
	whole, _, _ := strings.Cut(body, ".")
	p.zeros = strings.Count(whole, "0")
	if i := strings.LastIndexByte(whole, ','); i >= 0 {
		p.primary = len(whole) - i - 1
		p.secondary = p.primary
		if j := strings.LastIndexByte(whole[:i], ','); j >= 0 {
			p.secondary = i - j - 1
		}
	}
	return p
}

// subpattern splits a pattern into what stands before its digits, these, and what stands behind.
func subpattern(text string) (a affixes, body string) {
	from, to := -1, len(text)
	quoted := false
	for i, c := range text {
		if c == '\'' {
			quoted = !quoted
		}
		isBody := !quoted && strings.ContainsRune("#0,.E@", c)
		if isBody && from < 0 {
			from = i
		}
		if !isBody && from >= 0 {
			to = i
			break
		}
	}
	if from < 0 {
		return affixes{prefix: tokens(text)}, ""
	}
	return affixes{tokens(text[:from]), tokens(text[to:])}, text[from:to]
}

// tokens reads an affix, in which quotes stand around text.
func tokens(text string) (list []token) {
	var plain strings.Builder
	flush := func() {
		if plain.Len() > 0 {
			list = append(list, token{text: plain.String()})
			plain.Reset()
		}
	}
	quoted := false
	for i, c := range text {
		switch {
		case c == '\'' && strings.HasPrefix(text[i+1:], "'"):
			plain.WriteByte('\'')
		case c == '\'':
			quoted = !quoted
		case !quoted && strings.ContainsRune("-+%¤", c):
			flush()
			list = append(list, token{sign: c})
		default:
			plain.WriteRune(c)
		}
	}
	flush()
	return list
}

func hasSign(list []token, sign rune) bool {
	for _, t := range list {
		if t.sign == sign {
			return true
		}
	}
	return false
}

// signed returns the affixes for a sign: -1, 1, about, or 0 for none.
func (p *pattern) signed(sign int) affixes {
	if sign == 0 {
		return p.positive
	}
	negative := hasSign(p.negative.prefix, '-') || hasSign(p.negative.suffix, '-')
	a := affixes{append([]token{{sign: '-'}}, p.positive.prefix...), p.positive.suffix}
	if p.hasNegative && (sign < 0 || negative) {
		a = p.negative
	}
	if sign < 0 {
		return a
	}
	instead := '+'
	if sign == about {
		instead = '~'
	}
	return affixes{withSign(a.prefix, instead), withSign(a.suffix, instead)}
}

// withSign puts another sign in place of minus.
func withSign(list []token, sign rune) []token {
	out := make([]token, len(list))
	for i, t := range list {
		if t.sign == '-' {
			t.sign = sign
		}
		out[i] = t
	}
	return out
}

// filled puts parts in place of {0}, and name in place of {1}, which is of type kind, as is all other text but its blanks.
func filled(text, kind string, inner []Part, name string) (parts []Part) {
	for text != "" {
		i := strings.IndexByte(text, '{')
		if i < 0 || i+2 >= len(text) {
			return appendText(parts, text, kind)
		}
		parts = appendText(parts, text[:i], kind)
		if text[i+1] == '0' {
			parts = append(parts, inner...)
		} else {
			parts = append(parts, Part{Type: kind, Value: name})
		}
		text = text[i+3:]
	}
	return parts
}

// appendText appends a text whose blanks around it are literals.
func appendText(parts []Part, text, kind string) []Part {
	core := strings.TrimFunc(text, isSpacing)
	if core == "" {
		return appendLiteral(parts, text)
	}
	i := strings.Index(text, core)
	parts = appendLiteral(parts, text[:i])
	parts = append(parts, Part{Type: kind, Value: core})
	return appendLiteral(parts, text[i+len(core):])
}

func appendLiteral(parts []Part, text string) []Part {
	if text == "" {
		return parts
	}
	if n := len(parts); n > 0 && parts[n-1].Type == "literal" {
		parts[n-1].Value += text
		return parts
	}
	return append(parts, Part{Type: "literal", Value: text})
}

func isSpacing(c rune) bool {
	return isBlank(c) || isMark(c)
}

func isMark(c rune) bool { return c == 0x200E || c == 0x200F || c == 0x61C }

// needsBlank reports whether a blank belongs between a currency, whose character at that side is c, and a digit.
func needsBlank(c rune) bool {
	return c != utf8.RuneError && !unicode.In(c, unicode.S, unicode.Z)
}
