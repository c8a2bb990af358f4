package logger

import (
	"fmt"
	"unicode/utf8"
)

const (
	// maxValue is how many bytes of one text a line holds: a script may throw an error of megabytes.
	maxValue = 16 << 10

	// clipMargin is how far behind that a text is looked at for secrets, so that none is cut in two and one half shown.
	clipMargin = 8 << 10
)

// masked returns a text without secrets, and no more of it than a line holds.
func (l *line) masked(text string) string {
	if len(text) <= maxValue {
		return clip(l.mask.Mask(text), 0)
	}
	looked := text
	if len(text) > maxValue+clipMargin {
		looked = firstBytes(text, maxValue+clipMargin)
	}
	return clip(l.mask.Mask(looked), len(text)-len(looked))
}

// clip cuts a text that is too long and says how much is left out; more is what was left out before.
func clip(text string, more int) string {
	if len(text) <= maxValue && more == 0 {
		return text
	}
	kept := firstBytes(text, min(len(text), maxValue))
	return fmt.Sprintf("%s… %d bytes left out", kept, len(text)-len(kept)+more)
}

// firstBytes returns at most n bytes of a text, which ends with a whole character.
func firstBytes(text string, n int) string {
	for i := n; i > n-utf8.UTFMax && i > 0 && i < len(text); i-- {
		if utf8.RuneStart(text[i]) {
			return text[:i]
		}
	}
	return text[:n]
}
