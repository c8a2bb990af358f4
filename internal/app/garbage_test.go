package app

import "testing"

func TestPercentFor(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for _, c := range []struct {
		name         string
		alive, spare int64
		want         int
	}{
		{"nothing is known yet", 0, 24 * mib, 400},
		{"a tiny app", 2 * mib, 24 * mib, 400},
		{"a small app", 8 * mib, 24 * mib, 300},
		{"as much alive as may lie about", 24 * mib, 24 * mib, 100},
		{"a large app", 300 * mib, 24 * mib, 100},
		{"a small budget for runs", 8 * mib, 4 * mib, 100},
	} {
		if got := percentFor(c.alive, c.spare); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// Who sets GOGC has chosen.
func TestChosenGOGC(t *testing.T) { //nolint:paralleltest // the environment is the process's
	t.Setenv("GOGC", "50")
	if c := newGarbage(1 << 30); c != nil {
		t.Errorf("the collector is tuned to %+v against GOGC", *c)
	}
}
