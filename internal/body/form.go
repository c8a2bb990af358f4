package body

import (
	"net/url"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// Pair is a parameter of a query or a form.
type Pair struct{ Name, Value string }

// Form is a list of parameters in the order in which they came.
type Form []Pair

// ParseForm reads a query, or a form in the way of one, as the WHATWG URL standard says (5.1): only & separates, + is a
// blank, and a % that begins no escape stays. Text in another charset than UTF-8 is decoded. It returns a fault of kind
// Invalid for more than limit parameters and Unsupported for an unknown charset.
func ParseForm(raw, charset string, limit int) (Form, error) {
	if strings.HasPrefix(strings.ToLower(charset), "utf-16") { // which escapes letters, not bytes
		text, err := Text([]byte(raw), charset)
		if err != nil {
			return nil, err
		}
		raw, charset = text, ""
	}
	raw = strings.TrimPrefix(raw, utf8BOM)
	if raw == "" {
		return nil, nil
	}
	count := strings.Count(raw, "&") + 1
	if count > limit {
		return nil, fault.New(fault.Invalid, "the request has more than %d parameters", limit)
	}
	decode, err := decoderOf(charset)
	if err != nil {
		return nil, err
	}
	f := make(Form, 0, count)
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		f = append(f, Pair{decode(unescape(name)), decode(unescape(value))})
	}
	return f, nil
}

// unescape is percent-decoding with + for a blank; it leaves alone what is no escape.
func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+':
			b = append(b, ' ')
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	}
	return c - 'a' + 10
}

// Values returns the parameters by name.
func (f Form) Values() url.Values {
	v := make(url.Values, len(f))
	for _, p := range f {
		v[p.Name] = append(v[p.Name], p.Value)
	}
	return v
}

// Get returns the first value of a parameter, "" without any.
func (f Form) Get(name string) string {
	for _, p := range f {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// Names returns the names of the parameters, each once, in the order of their first appearance.
func (f Form) Names() []string {
	seen := make(map[string]bool, len(f))
	names := make([]string, 0, len(f))
	for _, p := range f {
		if !seen[p.Name] {
			seen[p.Name] = true
			names = append(names, p.Name)
		}
	}
	return names
}
