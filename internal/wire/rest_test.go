package wire

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// A read of one byte ends as any other does, whether it still rests or not.
func TestRestingReadEnds(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		end func(c, peer net.Conn)
		err error
	}{
		"by a deadline":      {func(c, _ net.Conn) { c.SetReadDeadline(past) }, os.ErrDeadlineExceeded},
		"by a byte":          {func(_, peer net.Conn) { peer.Write([]byte("x")) }, nil},
		"by the peer":        {func(_, peer net.Conn) { peer.Close() }, io.EOF},
		"by its own closing": {func(c, _ net.Conn) { c.Close() }, net.ErrClosed},
	} {
		for _, when := range []string{"before", "resting", "after"} {
			t.Run(name+" "+when, func(t *testing.T) {
				t.Parallel()
				c, peer := calmPair(t)
				if when == "before" {
					want.end(c, peer)
				}
				ended := read(c)
				switch when {
				case "resting":
					want.end(c, peer)
				case "after":
					waits(t, &c.(*calmConn).reads)
					want.end(c, peer)
				}
				select {
				case err := <-ended:
					if !errors.Is(err, want.err) {
						t.Errorf("the read ended with %v", err)
					}
				case <-time.After(10 * time.Second):
					t.Error("the read does not end")
				}
			})
		}
	}
}

// Reads that are ended again and again, as by net/http at the end of each request, all end, and at last none is looked at.
func TestRestingReadsAreForgotten(t *testing.T) {
	t.Parallel()
	c, peer := calmPair(t)
	for range 2000 {
		ended := read(c)
		c.SetReadDeadline(past)
		if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("a read ended with %v", err)
		}
		c.SetReadDeadline(time.Time{})
	}
	all := c.(*calmConn).resters
	for end := time.Now().Add(10 * time.Second); ; {
		all.mu.Lock()
		n := len(all.conns)
		all.mu.Unlock()
		if n == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d connections are still looked at", n)
		}
	}
	peer.Write([]byte("x"))
	if err := <-read(c); err != nil {
		t.Errorf("the last read ended with %v", err)
	}
}

// A read that is over before it begins costs no memory, and the system is not asked.
func TestEndedReadAllocations(t *testing.T) {
	c, _ := calmPair(t)
	one := make([]byte, 1)
	if n := testing.AllocsPerRun(100, func() {
		c.SetReadDeadline(past)
		c.Read(one)
		c.SetReadDeadline(time.Time{})
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
	if set := c.(*calmConn).reads.set; !set.IsZero() {
		t.Errorf("the system has the deadline %s", set)
	}
}
