package logger

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
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
)

const (
	// minSecret is the fewest bytes of a value that is masked wherever it stands: hiding shorter ones would hide much else.
	minSecret = 4

	// maxSecrets bounds the values that one Masker knows, so that a flow which reads ever new ones takes no memory.
	maxSecrets = 10_000

	// shownChars is how many masking characters stand for a value whose length is not shown.
	shownChars = 8
)

// MaskOptions say what a Masker hides and what it writes instead.
type MaskOptions struct {
	Secrets        []string          // values hidden wherever they stand, at least 4 bytes long; see AddSecret. Defaults to none
	Kinds          []string          // Email, Phone, SSN, CreditCard, APIKey, JWT. Defaults to none
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

	mu      sync.Mutex // held while secrets are added
	secrets atomic.Pointer[secrets]
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
		if !slices.Contains([]string{Email, Phone, SSN, CreditCard, APIKey, JWT}, kind) {
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

// AddSecret hides more values from now on, also where they stand escaped in JSON or a URL, or in base64. A value of
// less than 4 bytes is left alone: it would hide much that is no secret. So is every one after the 10,000th.
func (m *Masker) AddSecret(values ...string) {
	if m == nil {
		return
	}
	known := m.secrets.Load()
	if !slices.ContainsFunc(values, func(v string) bool { return len(v) >= minSecret && !known.has(v) }) {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	next := m.secrets.Load().clone()
	for _, v := range values {
		if len(v) < minSecret || next.has(v) || next.count >= maxSecrets {
			continue
		}
		next.count++
		for _, form := range forms(v) {
			next.add(form)
		}
	}
	m.secrets.Store(next)
}

// forms lists how a value may stand in a text.
func forms(v string) []string {
	list := []string{v, url.QueryEscape(v), url.PathEscape(v), base64.StdEncoding.EncodeToString([]byte(v)), base64.RawURLEncoding.EncodeToString([]byte(v))}
	if text, err := json.Marshal(v); err == nil {
		list = append(list, string(text[1:len(text)-1]))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// secrets is a set of texts that is searched for all at once. It does not change once it is in use.
type secrets struct {
	count   int
	starts  [1 << 10]uint64 // a bit for each pair of bytes that a text begins with
	byStart map[[minSecret]byte][]string
}

func (s *secrets) clone() *secrets {
	if s == nil {
		return &secrets{byStart: map[[minSecret]byte][]string{}}
	}
	c := *s
	c.byStart = maps.Clone(s.byStart)
	return &c
}

func (s *secrets) add(text string) {
	pair := uint16(text[0])<<8 | uint16(text[1])
	s.starts[pair>>6] |= 1 << (pair & 63)
	start := [minSecret]byte([]byte(text[:minSecret]))
	s.byStart[start] = append(slices.Clip(s.byStart[start]), text)
}

func (s *secrets) has(text string) bool {
	return s != nil && slices.Contains(s.byStart[[minSecret]byte([]byte(text[:minSecret]))], text)
}

// find adds every place of a secret, overlapping ones too.
func (s *secrets) find(spans []span, text string) []span {
	for i := 0; i+minSecret <= len(text); i++ {
		pair := uint16(text[i])<<8 | uint16(text[i+1])
		if s.starts[pair>>6]&(1<<(pair&63)) == 0 {
			continue
		}
		for _, secret := range s.byStart[[minSecret]byte([]byte(text[i:i+minSecret]))] {
			if strings.HasPrefix(text[i:], secret) {
				spans = append(spans, span{i, i + len(secret), "secret"})
			}
		}
	}
	return spans
}

// span is a part of a text that is to be hidden.
type span struct {
	from, to int
	kind     string
}

// Mask gives the text without what is to be hidden. A text that holds nothing of the kind comes back as it is.
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
		for i++; i < len(spans) && spans[i].from < at.to; i++ { // those that overlap become one
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

// MaskValue masks the texts in JSON data: in maps and lists, keys included. What it is given stays as it is.
func (m *Masker) MaskValue(v any) any {
	if m == nil {
		return v
	}
	switch v := v.(type) {
	case string:
		return m.Mask(v)
	case json.Number:
		return json.Number(v)
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

// MaskField masks the value of a field: as a whole where keys are hidden and its name tells of one, as "password" does.
func (m *Masker) MaskField(name string, v any) any {
	if !m.tells(name) {
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

func (m *Masker) tells(name string) bool { return m != nil && isTelling(name) && m.kinds[APIKey] }
