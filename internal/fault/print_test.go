package fault

import (
	"errors"
	"testing"
)

// panicking is an error whose text cannot be had.
type panicking struct{}

func (p panicking) Error() string { panic(p) }

func TestPrint(t *testing.T) {
	t.Parallel()
	for want, x := range map[string]any{
		"7": 7, "a": "a", "b": errors.New("b"), "<nil>": nil, "a fault.panicking that cannot be printed": panicking{},
		"c: a fault.panicking that cannot be printed": &Error{Text: "c", Cause: panicking{}},
	} {
		if got := Print(x); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
