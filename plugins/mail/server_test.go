package mail

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
)

func TestTLSPolicy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		port   int
		useTLS bool
		want   string
	}{
		{587, true, "TLSMandatory"}, {25, true, "TLSMandatory"}, {587, false, "TLSOpportunistic"}, {25, false, "TLSOpportunistic"},
	} {
		client, err := (&server{host: "127.0.0.1", port: c.port, useTLS: c.useTLS}).client(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if got := client.TLSPolicy(); got != c.want {
			t.Errorf("port %d, use_tls %v: %s, want %s", c.port, c.useTLS, got, c.want)
		}
	}
}

// TestNoReadablePassword: to a host that need not be this machine, the password is not sent without TLS.
func TestNoReadablePassword(t *testing.T) {
	t.Parallel()
	p := start(t, "plain", func(p *post) { p.password = "hunter2" })
	o := p.options()
	o.Host = "LOCALHOST" // is found at 127.0.0.1, and is not among the names that loopback believes
	w, _ := newWorld(t, o)
	w.throws(hello, "no safe way to log in")
	p.none()
}

// TestFarewell: a mail that the server has taken is sent, whatever happens after that.
func TestFarewell(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	taken := make(chan bool, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = fmt.Fprint(conn, "220 here\r\n")
		in := bufio.NewScanner(conn)
		for data := false; in.Scan(); {
			switch line := in.Text(); {
			case data && line == ".":
				_, _ = fmt.Fprint(conn, "250 taken\r\n")
				taken <- true
				return
			case data:
			case strings.HasPrefix(line, "DATA"):
				data = true
				_, _ = fmt.Fprint(conn, "354 go on\r\n")
			default:
				_, _ = fmt.Fprint(conn, "250 fine\r\n")
			}
		}
	}()
	t.Cleanup(func() { _ = l.Close() })
	w, _ := newWorld(t, Options{Enabled: true, Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, From: "shop@example.com"})
	w.js(hello)
	if !<-taken {
		t.Error("not taken")
	}
}

// TestQueueOfBytes: the queue is bounded by what its mails weigh, too.
func TestQueueOfBytes(t *testing.T) {
	t.Parallel()
	p := start(t, "plain", nil)
	w, plugin := newWorld(t, p.options())
	plugin.queue.mu.Lock()
	plugin.queue.bytes = maxQueued - 1
	plugin.queue.mu.Unlock()
	w.throws(`mail.sendAsync({ to: "ada@example.com", text: "long" })`, "too many mails wait")
	w.js(`mail.sendAsync({ to: "ada@example.com", text: "x" })`)
	p.take()
}
