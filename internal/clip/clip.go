// Package clip shortens texts for messages, logs and records. Everybody may call it; it knows nothing of what a text is.
package clip

import "unicode/utf8"

// Text returns a text of at most n bytes as it is, and of a longer one its start with "…" behind.
func Text(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return Start(s, n) + "…"
}

// Start returns the first n bytes of a text, or up to three fewer so that the last character is whole.
func Start(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := n; i > n-utf8.UTFMax && i > 0; i-- {
		if utf8.RuneStart(s[i]) {
			return s[:i]
		}
	}
	return s[:n]
}

// Chars returns the first n characters of a text.
func Chars(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
