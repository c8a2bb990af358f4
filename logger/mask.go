package logger

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

// The kinds of sensitive data that a Masker can find by their form.
const (
	Email      = "email"
	Phone      = "phone"
	SSN        = "ssn"
	CreditCard = "credit_card"
	APIKey     = "api_key"
	JWT        = "jwt"
	IP         = "ip"
)

const (
	// shownChars is how many masking characters stand for a value whose length is not shown.
	shownChars = 8
)

// MaskOptions say what a Masker hides and what it writes instead.
type MaskOptions struct {
	Secrets        []string          // values hidden wherever they stand, at least 4 bytes long; see AddSecret. Defaults to none
	Kinds          []string          // Email, Phone, SSN, CreditCard, APIKey, JWT, IP. Defaults to none
	Patterns       map[string]string // more, by name, as regular expressions in RE2 syntax. Defaults to none
	Char           rune              // stands in place of what is hidden. Defaults to '*'
	PreserveLength bool              // as many characters as the value had, else always 8
	ShowType       bool              // [kind:****], so that a reader knows what was there
}

// Masker takes sensitive data out of texts: always the secrets that it knows, and data of a recognisable form when its
// options ask for that. It may be used from any goroutine; a nil Masker hides nothing.
type Masker struct {
	kinds    map[string]bool
	patterns []pattern
	char     string
	keep     bool
	show     bool

	secrets atomic.Pointer[secrets] // nil until there is one
}

type pattern struct {
	name string
	re   *regexp.Regexp
}

// NewMasker makes a Masker. An unknown kind or a pattern that is no regular expression is an error.
func NewMasker(o MaskOptions) (*Masker, error) {
	m := &Masker{kinds: map[string]bool{}, char: "*", keep: o.PreserveLength, show: o.ShowType}
	if o.Char != 0 {
		m.char = string(o.Char)
	}
	for _, kind := range o.Kinds {
		if !slices.Contains([]string{Email, Phone, SSN, CreditCard, APIKey, JWT, IP}, kind) {
			return nil, fmt.Errorf("logger: unknown kind of sensitive data %q", kind)
		}
		m.kinds[kind] = true
	}
	for _, name := range slices.Sorted(maps.Keys(o.Patterns)) {
		re, err := regexp.Compile(o.Patterns[name])
		if err != nil {
			return nil, fmt.Errorf("logger: pattern %q: %w", name, err)
		}
		m.patterns = append(m.patterns, pattern{name, re})
	}
	m.AddSecret(o.Secrets...)
	return m, nil
}

// AddSecret hides more values from now on, in the forms in which they travel: as they are; with any of their characters
// escaped once or more, as in JSON, code, a URL, a form, HTML or mail; in base64, alone or within something longer, such as
// user:secret, and of UTF-16; in base32; in hexadecimal, and as a list of bytes, characters or code points; with accents
// composed or taken apart. Of 8 bytes or more also with line breaks or invisible characters anywhere within, in capitals or
// none, and, but for digits alone, backwards and spelled out. White space around a value is left out, and the lines of a
// key in PEM are secrets by themselves.
//
// Left alone are values of less than 4 bytes and words such as "true", which would hide much that is no secret, and what
// comes after the 10,000th value or 256 KiB. A line of the log costs less than 1 µs (BenchmarkMask).
func (m *Masker) AddSecret(values ...string) {
	if m == nil {
		return
	}
	for _, v := range values {
		for _, piece := range pieces(v) {
			if len(piece) < minSecret {
				continue
			}
			s := m.secrets.Load()
			if s == nil {
				m.secrets.CompareAndSwap(nil, &secrets{})
				s = m.secrets.Load()
			}
			s.add(piece)
		}
	}
}

// span is a part of a text that is to be hidden.
type span struct {
	from, to int
	kind     string
}

// Mask returns the text without what is to be hidden. A text that holds nothing of the kind comes back as it is.
func (m *Masker) Mask(text string) string {
	if m == nil || len(text) < minSecret && len(m.patterns) == 0 {
		return text
	}
	var few [8]span
	spans := m.find(few[:0], text)
	if len(spans) == 0 {
		return text
	}
	slices.SortStableFunc(spans, func(a, b span) int { return a.from - b.from })
	var b strings.Builder
	done := 0
	for i := 0; i < len(spans); {
		at := spans[i]
		for i++; i < len(spans) && spans[i].from <= at.to; i++ { // those that touch become one
			at.to = max(at.to, spans[i].to)
		}
		b.WriteString(text[done:at.from])
		m.write(&b, at.kind, text[at.from:at.to])
		done = at.to
	}
	b.WriteString(text[done:])
	return b.String()
}

func (m *Masker) write(b *strings.Builder, kind, value string) {
	n := shownChars
	if m.keep {
		n = utf8.RuneCountInString(value)
	}
	if m.show {
		b.WriteString("[" + kind + ":")
	}
	for range n {
		b.WriteString(m.char)
	}
	if m.show {
		b.WriteString("]")
	}
}

func (m *Masker) find(spans []span, text string) []span {
	if s := m.secrets.Load(); s != nil {
		spans = s.find(spans, text)
	}
	if len(m.kinds) > 0 {
		spans = m.findKinds(spans, text)
	}
	for _, p := range m.patterns {
		for _, at := range p.re.FindAllStringIndex(text, -1) {
			if at[0] < at[1] {
				spans = append(spans, span{at[0], at[1], p.name})
			}
		}
	}
	return spans
}

// hidesNumbers reports whether a secret is a number.
func (m *Masker) hidesNumbers() bool {
	if m == nil {
		return false
	}
	s := m.secrets.Load()
	return s != nil && s.digits.Load()
}

// maskNumber returns a number, or the text that hides it.
func (m *Masker) maskNumber(v any, text string) any {
	if masked := m.Mask(text); masked != text {
		return masked
	}
	return v
}

// MaskValue masks the texts in JSON data, and numbers that are secrets: in maps and lists, keys included. What it is given
// stays as it is.
func (m *Masker) MaskValue(v any) any {
	if m == nil {
		return v
	}
	switch v := v.(type) {
	case string:
		return m.Mask(v)
	case json.Number:
		if m.hidesNumbers() {
			return m.maskNumber(v, v.String())
		}
	case float64:
		if m.hidesNumbers() {
			return m.maskNumber(v, string(appendFloat(nil, v)))
		}
	case int64:
		if m.hidesNumbers() {
			return m.maskNumber(v, strconv.FormatInt(v, 10))
		}
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = m.MaskValue(v[i])
		}
		return list
	case map[string]any:
		table := make(map[string]any, len(v))
		for k, x := range v {
			table[m.Mask(k)] = m.MaskField(k, x)
		}
		return table
	}
	return v
}

// MaskField masks the value of a field: as a whole where keys are hidden and it is named like one, as "password" does.
func (m *Masker) MaskField(name string, v any) any {
	if !m.isSecret(name) {
		return m.MaskValue(v)
	}
	switch v {
	case nil, true, false, "":
		return v
	}
	var b strings.Builder
	m.write(&b, APIKey, strings.Repeat(" ", shownChars))
	return b.String()
}

func (m *Masker) isSecret(name string) bool { return m != nil && IsSecretName(name) && m.kinds[APIKey] }
