//go:build bombs || siege || soak

package e2e

import (
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

// setting returns a number of the environment.
func setting(t *testing.T, name string, otherwise float64) float64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n > 0) {
		t.Fatalf("%s is no number above 0", name)
	}
	return n
}

// peak samples the resident memory of a process until stop is called, which returns the largest, in MiB.
func (s *server) peak(every time.Duration) (stop func() int) {
	done, most := make(chan struct{}), 0
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			if kb, err := s.resident(); err == nil { // an error when it has ended
				most = max(most, kb>>10)
			}
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	})
	return func() int { close(done); watching.Wait(); return most }
}
