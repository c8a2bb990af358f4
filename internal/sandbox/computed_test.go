package sandbox

import (
	"encoding/json"
	"os"
	"testing"
)

// TestArraysBehindProxies compares what natives do with an array behind a Proxy with Node, trap by trap.
// testdata/proxies.mjs made the answers.
func TestArraysBehindProxies(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/proxies.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Prelude  string
		Programs [][2]string
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, pair := range all.Programs {
		if got := valueOf(t, all.Prelude+pair[0]); got != pair[1] {
			t.Errorf("%s\n   is %s\n want %s", pair[0], got, pair[1])
		}
	}
}
