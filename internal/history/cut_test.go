package history

import (
	"strings"
	"testing"
)

// A secret that stands where a text is cut is hidden, not cut: its first half would be shown.
func TestSecretsAreHiddenBeforeATextIsCut(t *testing.T) {
	t.Parallel()
	m := masker{func(s string) string { return strings.ReplaceAll(s, "hunter2-Abc9", "********") }}
	for before := range 30 {
		text := strings.Repeat("x", before) + "hunter2-Abc9" + strings.Repeat("y", 3*beyond)
		if got := m.short(text, 20); strings.Contains(got, "hunt") || len(got) > 20+len("…") {
			t.Errorf("%d before: %q", before, got)
		}
	}
	if got := m.short("password=hunter2-Abc9 and more", 100); got != "password=*** and more" {
		t.Errorf("%q", got)
	}
}
