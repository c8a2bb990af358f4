package e2e

import (
	"os"
	"testing"
	"time"
)

// idleBound is what an idle process may hold, in kB: 40 MB.
const idleBound = 40_000_000 / 1024

// A server that has answered and has nothing to do holds less than 40 MB.
func TestIdleMemory(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("SKIPPED: this system tells memory in another way")
	}
	s := start(t)
	b := newBrowser(t, s.url)
	b.do("GET", "/hello/Ada", nil)
	deadline := time.After(time.Minute) // other tests may keep the machine busy
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		kb, err := s.resident()
		if err != nil {
			t.Fatal(err)
		}
		if kb < idleBound {
			t.Logf("%d kB", kb)
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("the idle server holds %d kB, the bound is %d", kb, idleBound)
		}
	}
}
