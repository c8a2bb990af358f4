package intl

import (
	"encoding/json"
	"os"
	"testing"
	"time"
)

// TestLongZones compares the names of all zones with Node's. testdata/zones.mjs made them.
func TestLongZones(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/zones.json")
	if err != nil {
		t.Fatal(err)
	}
	var zones map[string][2]string
	if err := json.Unmarshal(text, &zones); err != nil {
		t.Fatal(err)
	}
	l := New()
	for zone, names := range zones {
		for i, want := range names {
			at := time.Date(2026, time.Month(1+6*i), 1, 0, 0, 0, 0, time.UTC).In(location(zone))
			if got := l.LongZone(zone, Summer(zone, at.Location(), at.UnixMilli()), at); got != want {
				t.Errorf("%s, %s: %q, want %q", zone, at.Month(), got, want)
			}
		}
	}
}
