package spell_test

import (
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/spell"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"required", "minLength", "not", "$id"}
	for name, want := range map[string]string{
		"requred": "required", "requierd": "required", "REQUIRED": "required", "minlength": "minLength", "maxLength": "minLength",
		"requirde": "required", "nt": "", "n": "", "not": "not", "notes": "", "id": "", "": "", "something": "", strings.Repeat("required", 8): "",
	} {
		if got := spell.Nearest(name, known); got != want {
			t.Errorf("%q is near to %q, want %q", name, got, want)
		}
	}
}
