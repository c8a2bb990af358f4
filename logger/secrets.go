package logger

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

const (
	// minSecret is the fewest bytes of a value that is masked wherever it stands: hiding shorter ones would hide much else.
	minSecret = 4

	// maxSecrets and maxSecretBytes bound what one Masker knows, so that a flow which reads ever new secrets takes no memory.
	maxSecrets, maxSecretBytes = 10_000, 256 << 10

	// layers is how many times a character may be escaped and still be found.
	layers = 4

	// windowSize is how much of a text is looked at at a time, and overlap how much of it twice: more than the longest form
	// of a piece of a secret.
	windowSize, overlap = 64 << 10, 4 << 10

	// maxSteps bounds the ways in which one place of a text is read, for texts that are made to be read in many.
	maxSteps = 100

	buckets  = 1 << 12
	headBits = 18 // of a hash of what forms begin with: with a hundred secrets one bit in fifty is set
)

// secrets is a set of forms that a text is searched for in one pass. Forms are added while others search.
type secrets struct {
	mu    sync.Mutex // held while forms are added
	count int
	bytes int

	starts  [1 << 16 / 64]atomic.Uint64       // a bit for each pair of bytes that a form can begin with in a text
	firsts  [256]atomic.Bool                  // the bytes that a form can begin with
	heads   [1 << headBits / 64]atomic.Uint64 // a bit for each hash of the first bytes of a form
	byStart [buckets]atomic.Pointer[[]form]
	digits  atomic.Bool // a secret is a number
}

// add adds the forms of a value that is not known yet.
func (s *secrets) add(v string) {
	if len(v) < minSecret || s.has(v) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.has(v) || s.count >= maxSecrets || s.bytes+len(v) > maxSecretBytes {
		return
	}
	s.count++
	s.bytes += len(v)
	if strings.Trim(v, "-+.e0123456789") == "" {
		s.digits.Store(true)
	}
	for _, f := range forms(v) {
		s.put(f)
	}
}

// put adds one form. The bits come last: a reader that sees them finds the form.
func (s *secrets) put(f form) {
	at := &s.byStart[bucket(f.text)]
	var list []form
	if old := at.Load(); old != nil {
		list = *old
	}
	list = append(list, f) // behind what those who search have
	at.Store(&list)
	h := hash(f.text)
	s.heads[h>>6].Or(1 << (h & 63))
	first, second := f.text[0], f.text[1]
	for _, a := range [2]byte{first, inForm(first)} {
		for _, b := range [...]byte{second, inForm(second), '=', '\n', '\r', 0xc2, 0xe2, 0xef} { // line breaks and invisible characters may follow
			s.start(a, b)
		}
		if isQuote(a) {
			s.start(a, a)
		}
	}
}

func (s *secrets) start(a, b byte) {
	pair := uint16(a)<<8 | uint16(b)
	s.starts[pair>>6].Or(1 << (pair & 63))
	s.firsts[a].Store(true)
}

func (s *secrets) canStart(a, b byte) bool {
	pair := uint16(a)<<8 | uint16(b)
	return s.starts[pair>>6].Load()&(1<<(pair&63)) != 0
}

// hash returns headBits bits that depend on the first four bytes of a text.
func hash(text string) uint32 {
	k := uint32(text[0]) | uint32(text[1])<<8 | uint32(text[2])<<16 | uint32(text[3])<<24
	return k * 2654435761 >> (32 - headBits)
}

func bucket(text string) int { return int(hash(text) >> (headBits - 12)) }

// begins reports whether a form may begin like a text. It is right for nearly all texts that none begins like.
func (s *secrets) begins(text string) bool {
	h := hash(text)
	return s.heads[h>>6].Load()&(1<<(h&63)) != 0
}

func (s *secrets) has(v string) bool {
	list := s.byStart[bucket(v)].Load()
	return list != nil && slices.ContainsFunc(*list, func(f form) bool { return f.text == v })
}

// find adds every place of a secret, overlapping ones too.
func (s *secrets) find(spans []span, text string) []span {
	for from := 0; ; from += windowSize - overlap {
		part := text[from:min(len(text), from+windowSize)]
		old := len(spans)
		spans = s.search(spans, part, nil, layers, true)
		for i := old; i < len(spans); i++ {
			spans[i].from += from
			spans[i].to += from
		}
		if from+len(part) == len(text) {
			return spans
		}
	}
}

// search looks through a text, and through what it is when escapes are taken off. v says where its bytes were.
func (s *secrets) search(spans []span, text string, v *view, layers int, mail bool) []span {
	spans = s.scan(spans, text, v)
	if v != nil {
		spans = s.scanBroken(spans, v)
	}
	if layers == 0 {
		return spans
	}
	if next, ok := peel(text, v, escapes, &s.firsts); ok {
		spans = s.search(spans, next.text, next, layers-1, mail)
	}
	if mail {
		if next, ok := peel(text, v, mailEscapes, &s.firsts); ok {
			spans = s.search(spans, next.text, next, layers-1, false)
		}
	}
	return spans
}

// scan adds every place of a secret in a text.
func (s *secrets) scan(spans []span, text string, v *view) []span {
	starts := &s.starts
	for i := 0; i+minSecret <= len(text); i++ {
		pair := uint16(text[i])<<8 | uint16(text[i+1])
		if starts[pair>>6].Load()&(1<<(pair&63)) == 0 {
			continue
		}
		m := match{s: s, text: text, steps: maxSteps}
		if m.at(i); m.to > 0 {
			from := i
			if m.left && i > 0 && isBase64(text[i-1]) {
				from--
			}
			spans = append(spans, span{v.place(from), v.place(m.to), "secret"})
		}
	}
	return spans
}

// scanBroken adds the places of secrets that begin within what was read as an escape.
func (s *secrets) scanBroken(spans []span, v *view) []span {
	for _, t := range v.broken {
		second := t.text[1:]
		if second == "" {
			second = v.text[t.next:]
		}
		if second == "" || !s.canStart(t.text[0], second[0]) {
			continue
		}
		m := match{s: s, text: t.text + v.text[t.next:min(len(v.text), t.next+overlap)], steps: maxSteps}
		if len(m.text) < minSecret {
			continue
		}
		if m.at(0); m.to > 0 {
			spans = append(spans, span{t.place, v.place(t.next + max(0, m.to-len(t.text))), "secret"})
		}
	}
	return spans
}

// match looks for secrets at one place of a text, and notes where the longest ends.
type match struct {
	s     *secrets
	text  string
	steps int
	head  [minSecret]byte // the first bytes, as they are read
	to    int
	left  bool // the character before belongs to it
}

// at looks at a place.
func (m *match) at(i int) {
	word := m.text[i : i+minSecret]
	if isAmbiguous(word) {
		m.read(i, 0, false)
		return
	}
	if !m.s.begins(word) {
		return
	}
	if list := m.s.byStart[bucket(word)].Load(); list != nil {
		for _, f := range *list {
			if f.text[:minSecret] == word {
				m.end(f, i+minSecret)
			}
		}
	}
}

// read reads from j on until as many bytes are known as forms are kept by.
func (m *match) read(j, n int, broken bool) {
	if n == minSecret {
		head := string(m.head[:])
		if !m.s.begins(head) {
			return
		}
		if list := m.s.byStart[bucket(head)].Load(); list != nil {
			for _, f := range *list {
				if f.text[:minSecret] == head && !(broken && len(f.text) < wrapped) {
					m.end(f, j)
				}
			}
		}
		return
	}
	if m.steps--; m.steps < 0 || j >= len(m.text) || n == 2 && !m.s.canStart(m.head[0], m.head[1]) {
		return
	}
	c := m.text[j]
	m.head[n] = c
	m.read(j+1, n+1, broken)
	if c == '+' {
		m.head[n] = ' '
		m.read(j+1, n+1, broken)
	}
	if next := doubled(m.text, j); next > 0 {
		m.head[n] = c
		m.read(next, n+1, broken)
	}
	if next := skipBreak(m.text, j); n > 0 && next > j {
		m.read(next, n, true)
		for _, blank := range []byte{' ', '\t'} { // the line is broken where a blank was
			m.head[n] = blank
			m.read(next, n+1, true)
		}
	}
}

// end notes where a form ends whose first bytes are before j.
func (m *match) end(f form, j int) {
	to := m.rest(f.text, minSecret, j)
	if to < 0 {
		return
	}
	m.left = m.left || f.left
	if f.right && to < len(m.text) && isBase64(m.text[to]) {
		to++
	}
	m.to = max(m.to, to)
}

// rest returns where a form ends in the text of which k bytes are before j, or -1.
func (m *match) rest(form string, k, j int) int {
	for k < len(form) && j < len(m.text) && same(form[k], m.text[j]) && !m.ambiguous(j) {
		k, j = k+1, j+1
	}
	if k == len(form) {
		return j
	}
	if m.steps--; m.steps < 0 || j >= len(m.text) {
		return -1
	}
	if same(form[k], m.text[j]) {
		if to := m.rest(form, k+1, j+1); to >= 0 {
			return to
		}
		if next := doubled(m.text, j); next > 0 {
			if to := m.rest(form, k+1, next); to >= 0 {
				return to
			}
		}
	}
	if next := skipBreak(m.text, j); next > j && len(form) >= wrapped {
		if to := m.rest(form, k, next); to >= 0 || form[k] != ' ' && form[k] != '\t' {
			return to
		}
		return m.rest(form, k+1, next) // the line is broken where the blank was
	}
	return -1
}

// isAmbiguous reports whether one of the bytes may be more than itself, or nothing.
func isAmbiguous(word string) bool {
	for i := range len(word) {
		switch word[i] {
		case '+', '=', '\n', '\r', '"', '\'', 0xc2, 0xe2, 0xef:
			return true
		}
	}
	return false
}

// ambiguous reports whether a character can be more than itself.
func (m *match) ambiguous(j int) bool {
	switch m.text[j] {
	case '"', '\'', '=', 0xc2, 0xe2, 0xef:
		return doubled(m.text, j) > 0 || skipBreak(m.text, j) > j
	}
	return false
}

// same reports whether a character of a text may be that of a secret: a form of HTML has + for a blank.
func same(secret, text byte) bool { return secret == text || secret == ' ' && text == '+' }

// inForm returns what a form of HTML makes of a character.
func inForm(c byte) byte {
	if c == ' ' {
		return '+'
	}
	return c
}

// doubled returns where a text continues behind a quote that stands twice, as SQL and CSV have it within quotes, or 0.
func doubled(text string, j int) int {
	if isQuote(text[j]) {
		if next := skipBreak(text, j+1); next < len(text) && text[next] == text[j] {
			return next + 1
		}
	}
	return 0
}

func isQuote(c byte) bool { return c == '"' || c == '\'' }

func isBase64(c byte) bool {
	return isLetter(c) && c < 0x80 || isDigit(c) || c == '+' || c == '/' || c == '-' || c == '_'
}
