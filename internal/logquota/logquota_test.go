package logquota

import (
	"bytes"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
)

// Lines of several logs count together; a longer line than what is left is dropped and counted, a shorter one still written.
func TestHandler(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	var spent atomic.Int64
	var dropped Dropped
	h := &Handler{Handler: slog.NewTextHandler(&out, nil), Spent: &spent, Limit: 1000, Dropped: &dropped}
	one, two := slog.New(h), slog.New(h).With("node", "a")
	one.Info("first")
	two.Info("second", "text", strings.Repeat("x", 300))
	one.Info("third", "text", strings.Repeat("x", 500))
	two.Info("fourth")
	for _, want := range []string{"first", "second", "fourth"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s was dropped", want)
		}
	}
	if strings.Contains(out.String(), "third") || dropped.Lines.Load() != 1 || dropped.Bytes.Load() < 500 {
		t.Errorf("%d lines, %d bytes were dropped:\n%s", dropped.Lines.Load(), dropped.Bytes.Load(), &out)
	}
	for range 100 {
		two.Info("more")
	}
	if spent.Load() > 1000 || out.Len() > 2000 {
		t.Errorf("%d bytes count, %d were written", spent.Load(), out.Len())
	}
}
