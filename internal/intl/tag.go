package intl

import (
	"slices"
	"strings"
)

// Tag is a Unicode locale identifier, taken apart and written canonically.
type Tag struct {
	Base     string            // language, script, region and variants
	Keywords map[string]string // of the extension u: by key; one without a value is ""
	text     string
}

// String returns the whole tag.
func (t Tag) String() string { return t.text }

// Parse reads a tag; not ok where it is none.
func (l *Library) Parse(s string) (t Tag, ok bool) {
	if len(s) > maxTag {
		return t, false
	}
	words := strings.Split(strings.ToLower(s), "-")
	for _, w := range words {
		if !isWord(w, 1, 8, isAlphanumeric) {
			return t, false
		}
	}
	r := &tagReader{words: words}
	if ok = r.base(l); !ok {
		return t, false
	}
	t.Base = strings.Join(r.out, "-")
	if t.Keywords, ok = r.extensions(); !ok {
		return t, false
	}
	t.text = strings.Join(append([]string{t.Base}, r.rest...), "-")
	return t, true
}

const maxTag = 1000 // bytes

type tagReader struct {
	words []string
	out   []string // the base, canonical
	rest  []string // the extensions, canonical
}

func isAlpha(c byte) bool        { return c >= 'a' && c <= 'z' }
func isDigit(c byte) bool        { return c >= '0' && c <= '9' }
func isAlphanumeric(c byte) bool { return isAlpha(c) || isDigit(c) }

func isLetter(c byte) bool        { return isAlpha(c | 0x20) }
func isLetterOrDigit(c byte) bool { return isLetter(c) || isDigit(c) }

// IsCurrency reports whether a text is as the code of a currency is written: three letters, in any case.
func IsCurrency(text string) bool { return isWord(text, 3, 3, isLetter) }

// IsTypeWord reports whether a text can be a word of a value behind -u-: three to eight letters, in any case, and digits.
func IsTypeWord(text string) bool { return isWord(text, 3, 8, isLetterOrDigit) }

func isWord(w string, least, most int, is func(byte) bool) bool {
	if len(w) < least || len(w) > most {
		return false
	}
	for i := range len(w) {
		if !is(w[i]) {
			return false
		}
	}
	return true
}

func (r *tagReader) peek() string {
	if len(r.words) == 0 {
		return ""
	}
	return r.words[0]
}

func (r *tagReader) take() string {
	w := r.words[0]
	r.words = r.words[1:]
	return w
}

// base reads language, script, region and variants.
func (r *tagReader) base(l *Library) bool {
	if !isWord(r.peek(), 2, 8, isAlpha) || len(r.peek()) == 4 {
		return false
	}
	language := r.take()
	if alias := l.tables.Shared("alias/" + language); alias != "" {
		language = alias
	}
	r.out = strings.Split(language, "-") // of an alias: maybe with a script
	if isWord(r.peek(), 4, 4, isAlpha) {
		script := r.take()
		r.out = append(r.out[:1], strings.ToUpper(script[:1])+script[1:])
	}
	if w := r.peek(); isWord(w, 2, 2, isAlpha) || isWord(w, 3, 3, isDigit) {
		region := strings.ToUpper(r.take())
		if alias := l.tables.Shared("alias/" + region); alias != "" {
			region = alias
		}
		r.out = append(r.out, region)
	}
	var variants []string
	for w := r.peek(); isWord(w, 5, 8, isAlphanumeric) || len(w) == 4 && isDigit(w[0]); w = r.peek() {
		if slices.Contains(variants, w) {
			return false
		}
		variants = append(variants, r.take())
	}
	slices.Sort(variants)
	r.out = append(r.out, variants...)
	return true
}

// extensions reads what follows, and returns the keywords of u.
func (r *tagReader) extensions() (keywords map[string]string, ok bool) {
	all := map[string][]string{}
	var order []string
	for len(r.words) > 0 {
		singleton := r.take()
		if len(singleton) != 1 || all[singleton] != nil {
			return nil, false
		}
		var words []string
		for len(r.words) > 0 && (len(r.peek()) > 1 || singleton == "x") {
			words = append(words, r.take())
		}
		if len(words) == 0 {
			return nil, false
		}
		switch singleton {
		case "u":
			if words, keywords, ok = unicodeExtension(words); !ok {
				return nil, false
			}
		case "t":
			if !isTransform(words) {
				return nil, false
			}
		}
		all[singleton] = words
		order = append(order, singleton)
	}
	slices.SortFunc(order, func(a, b string) int { return strings.Compare(place(a), place(b)) })
	for _, singleton := range order {
		r.rest = append(append(r.rest, singleton), all[singleton]...)
	}
	return keywords, true
}

// place puts private use last.
func place(singleton string) string {
	if singleton == "x" {
		return "~"
	}
	return singleton
}

// unicodeExtension sorts attributes and keywords.
func unicodeExtension(words []string) (sorted []string, keywords map[string]string, ok bool) {
	i := 0
	for i < len(words) && len(words[i]) > 2 {
		i++
	}
	attributes := slices.Compact(slices.Sorted(slices.Values(words[:i])))
	keywords = map[string]string{}
	var keys []string
	for i < len(words) {
		key := words[i]
		if len(key) != 2 || !isAlpha(key[1]) {
			return nil, nil, false
		}
		from := i + 1
		for i++; i < len(words) && len(words[i]) > 2; i++ {
		}
		value := strings.Join(words[from:i], "-")
		if value == "true" || value == "yes" && (key == "kn" || key == "kc" || key == "kb" || key == "kh" || key == "kk") {
			value = ""
		}
		if _, twice := keywords[key]; !twice {
			keywords[key] = value
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	sorted = attributes
	for _, key := range keys {
		sorted = append(sorted, key)
		if keywords[key] != "" {
			sorted = append(sorted, keywords[key])
		}
	}
	return sorted, keywords, true
}

// isTransform checks the fields of an extension t: a language, then keys of a letter and a digit with values.
func isTransform(words []string) bool {
	i := 0
	for i < len(words) && !isField(words[i]) {
		if i == 0 && (!isWord(words[0], 2, 8, isAlpha) || len(words[0]) == 4) {
			return false
		}
		i++
	}
	for i < len(words) {
		if !isField(words[i]) {
			return false
		}
		from := i + 1
		for i++; i < len(words) && len(words[i]) > 2; i++ {
		}
		if i == from {
			return false
		}
	}
	return true
}

func isField(w string) bool { return len(w) == 2 && isAlpha(w[0]) && isDigit(w[1]) }

// Resolve returns the first of the requested tags whose language is known, as Best has it, with its keywords; Default where
// none is.
func (l *Library) Resolve(requested []string) (tag string, keywords map[string]string) {
	for _, text := range requested {
		if t, ok := l.Parse(text); ok {
			if best := l.Best(t.Base); best != "" {
				return best, t.Keywords
			}
		}
	}
	return Default, nil
}
