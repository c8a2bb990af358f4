package wire

import (
	"io"
	"net"
	"runtime"
	"testing"
	"time"
)

// TestLeft: a client that resets its connection has left, though what it sent is unread; one that waits has not, nor one that
// only stopped sending.
func TestLeft(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("this system does not tell")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if Left(t.Context()) {
		t.Error("a request without a socket")
	}
	for name, leave := range map[string]func(*net.TCPConn) bool{
		"it waits":         func(*net.TCPConn) bool { return false },
		"it stops sending": func(c *net.TCPConn) bool { c.CloseWrite(); return false },
		"it resets":        func(c *net.TCPConn) bool { c.SetLinger(0); c.Close(); return true },
	} {
		client, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		at, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer at.Close()
		if _, err := io.WriteString(client, "some of a body"); err != nil {
			t.Fatal(err)
		}
		ctx := Met(t.Context(), at)
		left := leave(client.(*net.TCPConn))
		for end := time.Now().Add(10 * time.Second); left && !Left(ctx); {
			if time.Now().After(end) {
				t.Fatal(name, "and has not left")
			}
		}
		if !left && Left(ctx) {
			t.Error(name, "and has left")
		}
	}
}
