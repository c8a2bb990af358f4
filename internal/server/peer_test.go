package server

import (
	"net"
	"testing"
	"time"
)

func TestCountReset(t *testing.T) {
	t.Parallel()
	start := time.Now()
	for _, c := range []struct {
		name    string
		seconds []int // resets in each second
		dropped bool
	}{
		{"as a browser", []int{60, 60}, false},
		{"at the limit", []int{maxResets, 0, maxResets, maxResets}, false},
		{"above it", []int{maxResets + 1}, true},
		{"above it later", []int{0, 1, maxResets + 1}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ours, theirs := net.Pipe()
			defer ours.Close()
			defer theirs.Close()
			p := &peer{conn: ours}
			for second, n := range c.seconds {
				for range n {
					p.countReset(start.Add(time.Duration(second) * time.Second))
				}
			}
			if err := ours.SetDeadline(time.Time{}); (err != nil) != c.dropped {
				t.Errorf("dropped %t: %v", c.dropped, err)
			}
		})
	}
	var none *peer
	none.countReset(start)
}
