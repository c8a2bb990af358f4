package logger

import "strings"

// HideNamed puts hidden in place of the values that stand after names of secrets in a text, as in password=x, "api_key": "x" or
// Authorization: Bearer x, and of the keys that well-known services give.
func HideNamed(text, hidden string) string {
	var few [8]span
	spans := findKeys(few[:0], text)
	if len(spans) == 0 {
		return text
	}
	var b strings.Builder
	done := 0
	for _, s := range spans {
		b.WriteString(text[done:s.from])
		b.WriteString(hidden)
		done = s.to
	}
	b.WriteString(text[done:])
	return b.String()
}
