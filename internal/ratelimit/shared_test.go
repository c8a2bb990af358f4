package ratelimit

import (
	"testing"
	"time"
)

// TestOneAsksAfterARest: while Redis does not answer, one request in restTime waits for it.
func TestOneAsksAfterARest(t *testing.T) {
	t.Parallel()
	start := time.Now()
	s := newShared(nil, "", start)
	asking := func(after time.Duration) (n int) {
		for range 10 {
			if s.usable(start.Add(after)) {
				n++
			}
		}
		return n
	}
	if n := asking(time.Second); n != 10 {
		t.Errorf("%d of 10 ask a Redis that answers", n)
	}
	s.failed(start.Add(time.Second))
	for _, after := range []time.Duration{time.Second + restTime, time.Second + 2*restTime} {
		if early, n := asking(after-1), asking(after); early != 0 || n != 1 {
			t.Errorf("after %v: %d asked early, %d then", after, early, n)
		}
	}
	s.answered()
	if n := asking(time.Second + 2*restTime); n != 10 {
		t.Errorf("%d of 10 ask a Redis that answers again", n)
	}
}
