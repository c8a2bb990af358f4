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
