package engine

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// A sandbox that does not know its goja is said to the log, and refused where the configuration wants full limits.
func TestDegradedSandbox(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		degraded    string
		unusable    error
		requireFull bool
		err, logged string
	}{
		"full":                    {},
		"full, required":          {requireFull: true},
		"degraded":                {degraded: "goja has no self", logged: "goja has no self"},
		"degraded, full required": {degraded: "goja has no self", requireFull: true, err: "require_full_limits"},
		"unusable":                {degraded: "goja has no self", unusable: errors.New("nothing is refused"), err: "nothing is refused"},
	} {
		var log bytes.Buffer
		err := checkSandbox(tt.degraded, tt.unusable, tt.requireFull, slog.New(slog.NewTextHandler(&log, nil)))
		if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%s: %v", name, err)
		}
		if (tt.logged == "") != (log.Len() == 0) || !strings.Contains(log.String(), tt.logged) {
			t.Errorf("%s: the log says %q", name, log.String())
		}
	}
}
