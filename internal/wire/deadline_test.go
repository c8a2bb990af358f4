package wire

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// soon is a deadline that a test waits for.
const soon = 500 * time.Millisecond

// calmPair returns both ends of a connection: a calm one, and its peer's.
func calmPair(t *testing.T) (c, peer net.Conn) {
	t.Helper()
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	Tune(plain)
	accepted := make(chan net.Conn, 1)
	go func() {
		c, err := Calm(plain).Accept()
		if err != nil {
			t.Error(err)
		}
		accepted <- c
	}()
	if peer, err = net.Dial("tcp", plain.Addr().String()); err != nil {
		t.Fatal(err)
	}
	c = <-accepted
	t.Cleanup(func() { c.Close(); peer.Close() })
	return c, peer
}

// read reads a byte in the background.
func read(c net.Conn) <-chan error {
	ended := make(chan error, 1)
	go func() {
		_, err := c.Read(make([]byte, 1))
		ended <- err
	}()
	return ended
}

// waits returns once a read or a write is in progress.
func waits(t *testing.T, d *deadline) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		d.mu.Lock()
		n := d.waiting
		d.mu.Unlock()
		if n > 0 {
			return
		}
	}
	t.Fatal("nothing waits")
}

func TestDeadlineEndsRead(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(net.Conn){
		"its own":                func(c net.Conn) { c.SetReadDeadline(time.Now().Add(soon)) },
		"sooner than the last":   func(c net.Conn) { c.SetReadDeadline(time.Now().Add(time.Hour)); c.SetDeadline(time.Now().Add(soon)) },
		"later than the last":    func(c net.Conn) { c.SetReadDeadline(past); c.SetReadDeadline(time.Now().Add(soon)) },
		"after it was cut":       func(c net.Conn) { c.SetReadDeadline(past) },
		"cut, let go, cut again": func(c net.Conn) { c.SetReadDeadline(past); c.SetReadDeadline(time.Time{}); c.SetReadDeadline(past) },
	} {
		for _, when := range []string{"before", "during"} {
			t.Run(name+" "+when, func(t *testing.T) {
				t.Parallel()
				c, _ := calmPair(t)
				if when == "before" {
					change(c)
				}
				ended := read(c)
				if when == "during" {
					waits(t, &c.(*calmConn).reads)
					change(c)
				}
				if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("the read ended with %v", err)
				}
			})
		}
	}
}

// A deadline that was taken back, or moved, ends nothing: neither the next read nor the one in progress.
func TestDeadlineTakenBack(t *testing.T) {
	t.Parallel()
	for name, later := range map[string]time.Time{"none": {}, "an hour": time.Now().Add(time.Hour)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, peer := calmPair(t)
			c.SetReadDeadline(time.Now().Add(soon))
			if err := <-read(c); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatalf("the first read ended with %v", err)
			}
			c.SetReadDeadline(later)
			ended := read(c)
			waits(t, &c.(*calmConn).reads)
			c.SetReadDeadline(time.Now().Add(time.Minute))
			c.SetReadDeadline(later)
			peer.Write([]byte("x"))
			if err := <-ended; err != nil {
				t.Errorf("the second read ended with %v", err)
			}

			c.SetReadDeadline(time.Now().Add(soon)) // in the system, because a read waits
			ended = read(c)
			waits(t, &c.(*calmConn).reads)
			c.SetReadDeadline(later)
			select {
			case err := <-ended:
				t.Errorf("the third read ended with %v", err)
			case <-time.After(2 * soon):
			}
			peer.Write([]byte("x"))
			if err := <-ended; err != nil {
				t.Errorf("the third read ended with %v", err)
			}
		})
	}
}

// A write that the system ends too early goes on where it stopped.
func TestWriteGoesOn(t *testing.T) {
	t.Parallel()
	c, peer := calmPair(t)
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	c.SetWriteDeadline(time.Now().Add(soon))
	ended := make(chan error, 1)
	go func() {
		n, err := c.Write(sent)
		if err == nil && n != len(sent) {
			err = io.ErrShortWrite
		}
		ended <- err
		c.Close()
	}()
	waits(t, &c.(*calmConn).writes)
	c.SetWriteDeadline(time.Time{})
	<-time.After(2 * soon) // meanwhile the client takes nothing
	got, err := io.ReadAll(peer)
	if err != nil || !bytes.Equal(got, sent) {
		t.Errorf("the client got %d of %d bytes, %v", len(got), len(sent), err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestDeadlineEndsWrite(t *testing.T) {
	t.Parallel()
	c, _ := calmPair(t)
	c.SetWriteDeadline(time.Now().Add(soon))
	var err error
	for range 64 {
		if _, err = c.Write(make([]byte, 1<<20)); err != nil {
			break
		}
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the writes ended with %v", err)
	}
}

// Setting deadlines that nothing waits for costs no memory.
func TestDeadlineAllocations(t *testing.T) {
	c, _ := calmPair(t)
	if n := testing.AllocsPerRun(100, func() {
		c.SetReadDeadline(time.Now().Add(time.Hour))
		c.SetWriteDeadline(time.Now().Add(time.Hour))
		c.Write([]byte("x"))
		c.SetDeadline(time.Time{})
	}); n > 1 { // the byte
		t.Errorf("%v allocations", n)
	}
}
