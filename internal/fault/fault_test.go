package fault_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// A flow may name a user of megabytes: the error that says so is short.
func TestLongPartsAreCut(t *testing.T) {
	t.Parallel()
	name, args := strings.Repeat("ñ", 4<<20), []any{"user", ""}
	args[1] = name
	for _, err := range []*fault.Error{
		fault.New(fault.NotFound, "%s %q does not exist", args...), fault.Wrap(fault.NotFound, io.EOF, "%s %q does not exist", args...),
		fault.Exceeded("time", "%s %s", args...), fault.InvalidSetting("a.b", nil, "%s %s", args...),
	} {
		if n := len(err.Text); n < 1000 || n > 300_000 || !strings.HasPrefix(err.Text, "user ") {
			t.Errorf("%d bytes: %.20s", n, err.Text)
		}
	}
	if args[1] != name {
		t.Error("the caller's arguments were changed")
	}
}

// The first package that knew the kind decides.
func TestWrapKeepsTheFirstError(t *testing.T) {
	t.Parallel()
	first := fault.Wrap(fault.NotFound, io.EOF, "no such thing")
	if again := fault.Wrap(fault.Internal, first, "it failed"); again != first || !errors.Is(again, io.EOF) || again.Status() != 404 {
		t.Errorf("%v, %d", again, again.Status())
	}
}
