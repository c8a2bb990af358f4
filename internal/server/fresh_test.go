package server_test

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/server"
)

// Clients that send nothing keep no other out: where too many are connected, the first to come goes.
func TestSilentClientsMakeWay(t *testing.T) {
	t.Parallel()
	cert, key := server.WriteCertificate(t, "one")
	for name, o := range map[string]server.Options{"plain": {}, "TLS": {CertFile: cert, KeyFile: key}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o.Flows, o.MaxFresh = says("x"), 3
			s := open(t, o)
			path := "/x"
			if o.CertFile != "" {
				path = "https:/x"
			}
			var silent []net.Conn
			for range 5 {
				c, err := net.Dial("tcp", s.addr)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { c.Close() })
				silent = append(silent, c)
			}
			equal(t, "a good request", s.get(path).body, "x")
			for i, c := range silent[:3] { // the good one came as the sixth
				c.SetReadDeadline(time.Now().Add(long))
				if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("connection %d is still open: %v", i, err)
				}
			}
			equal(t, "another on its connection", s.get(path).body, "x")
			for i, c := range silent[3:] {
				c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
				if _, err := c.Read(make([]byte, 1)); err == io.EOF {
					t.Errorf("connection %d was closed", 3+i)
				}
			}
		})
	}
}
