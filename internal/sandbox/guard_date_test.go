package sandbox

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"slices"
	"testing"
)

// TestLocalTimes compares local times where clocks change with Node's, in a process of its own for each time zone.
// testdata/localtimes.mjs made them.
func TestLocalTimes(t *testing.T) {
	t.Parallel()
	zones := localTimes(t)
	if zone := os.Getenv("SANDBOX_ZONE"); zone != "" {
		for _, pair := range zones[zone] {
			if got := valueOf(t, pair[0]); got != pair[1] {
				t.Errorf("%s\n   is %s\n want %s", pair[0], got, pair[1])
			}
		}
		return
	}
	for _, zone := range slices.Sorted(maps.Keys(zones)) {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestLocalTimes$", "-test.count", "1")
			cmd.Env = append(os.Environ(), "TZ="+zone, "SANDBOX_ZONE="+zone)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func localTimes(t *testing.T) (zones map[string][][2]string) {
	t.Helper()
	text, err := os.ReadFile("testdata/localtimes.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &zones); err != nil {
		t.Fatal(err)
	}
	return zones
}

// valueOf returns as JSON what the body of a function returns.
func valueOf(t *testing.T, body string) string {
	t.Helper()
	v, err := testVM(t, nil).Run(program(t, "local times", "function main() { return JSON.stringify((function () { "+body+" })()) }"))
	if err != nil {
		return err.Error()
	}
	return v.String()
}

// TestTextsOfTwoYears: a text with two numbers that only a year can be is no date, and all others are what they were.
func TestTextsOfTwoYears(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"Jan 32 2024", "32 Jan 2024", "Jan 0 2024", "2024/50/1", "2024/1/50", "50/1/2024", "40 40 2024", "2024-123"} {
		if got := valueOf(t, `return [+new Date("`+text+`"), Date.parse("`+text+`")].join()`); got != `"NaN,NaN"` {
			t.Errorf("%s is %s", text, got)
		}
	}
	for _, text := range []string{
		"Tue Jan 02 2024 03:04:05 GMT+0000 (in 2024, 1999)", "2 Jan 2024 3:04:05 +0000", "2024-01-02T03:04:05.000123Z", "2024-01-02T03:04:05+0000",
		"Tue, 02 Jan 2024 03:04:05 GMT", "1/2/24 3:04:05 Z", "2024/1/2 03:04:05 UTC", "2024-01-02 03:04:05+00:00", "2024-01-02T04:04:05+01:00",
	} {
		if got := valueOf(t, `return Math.trunc(new Date("`+text+`") / 1000)`); got != "1704164645" {
			t.Errorf("%s is %s", text, got)
		}
	}
}
