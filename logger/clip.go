package logger

import (
	"fmt"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
)

const (
	// maxValue is how many bytes of one text a line holds: a script may throw an error of megabytes.
	maxValue = 16 << 10

	// clipMargin is how far behind that a text is looked at for secrets, so that none is cut in two and one half shown.
	clipMargin = 8 << 10
)

// MaskLine returns a text without secrets, and no more of it than a line of the log holds, 16 KiB: what it leaves out it says
// in bytes. It takes no longer for a text of megabytes. A nil Masker hides nothing.
func (m *Masker) MaskLine(text string) string {
	if len(text) <= maxValue {
		return bounded(m.Mask(text), 0)
	}
	looked := clip.Start(text, maxValue+clipMargin)
	return bounded(m.Mask(looked), len(text)-len(looked))
}

// bounded cuts a text that is too long and says how much is left out; more is what was left out before.
func bounded(text string, more int) string {
	if len(text) <= maxValue && more == 0 {
		return text
	}
	kept := clip.Start(text, maxValue)
	return fmt.Sprintf("%s… %d bytes left out", kept, len(text)-len(kept)+more)
}
