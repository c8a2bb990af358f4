package wire

import (
	"crypto/tls"
	"net"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

// A connection whose client takes nothing is closed immediately when its deadline is over.
func TestNoFarewellToWhoTakesNothing(t *testing.T) {
	t.Parallel()
	certFile, keyFile, trust := servertest.Certificate(t)
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	Tune(plain) // so that not even the alert fits
	took := make(chan time.Duration, 1)
	go func() {
		c, err := Hasty(plain).Accept()
		if err != nil {
			t.Error(err)
			return
		}
		secure := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}})
		if err := secure.Handshake(); err != nil {
			t.Error(err)
		}
		secure.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
		for err == nil {
			_, err = secure.Write(make([]byte, 1<<20))
		}
		begun := time.Now()
		secure.Close()
		took <- time.Since(begun)
	}()
	raw, err := net.Dial("tcp", plain.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	raw.(*net.TCPConn).SetReadBuffer(4 << 10)
	if err := tls.Client(raw, &tls.Config{RootCAs: trust, ServerName: "127.0.0.1"}).Handshake(); err != nil {
		t.Fatal(err)
	}
	if d := <-took; d > 2*time.Second {
		t.Errorf("closing took %s", d)
	}
}
