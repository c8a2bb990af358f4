package server_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/arturoeanton/nflow-runtime/internal/server"
)

// TestResets has a client take back requests as fast as it goes, in each way: its connection is closed. One that takes back
// a hundred keeps it.
func TestResets(t *testing.T) {
	t.Parallel()
	cert, key := server.WriteCertificate(t, "one")
	s := open(t, server.Options{CertFile: cert, KeyFile: key, Flows: func(c echo.Context) error {
		if c.Request().URL.Path == "/held" {
			<-c.Request().Context().Done()
		}
		return c.NoContent(http.StatusNoContent)
	}})
	cancel := func(f *http2.Framer, stream uint32) error { return f.WriteRSTStream(stream, http2.ErrCodeCancel) }
	spoil := func(f *http2.Framer, stream uint32) error {
		return f.WriteRawFrame(http2.FrameWindowUpdate, 0, stream, []byte{0, 0, 0, 0}) // the server resets the stream
	}
	for _, c := range []struct {
		name  string
		reset func(*http2.Framer, uint32) error
		many  int
		kept  bool
	}{
		{"cancelled", cancel, 20_000, false},
		{"spoilt", spoil, 20_000, false},
		{"as a browser", cancel, 100, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn, err := tls.Dial("tcp", s.addr, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}) //nolint:gosec // a certificate of the test's own
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := conn.SetDeadline(time.Now().Add(long)); err != nil {
				t.Fatal(err)
			}
			if kept := take(t, conn, c.many, c.reset); kept != c.kept {
				t.Errorf("kept %t, want %t", kept, c.kept)
			}
		})
	}
}

// take sends so many requests, each with a reset, and a last one without. It reports whether that was answered.
func take(t *testing.T, conn io.ReadWriter, many int, reset func(*http2.Framer, uint32) error) bool {
	t.Helper()
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	f := http2.NewFramer(conn, conn)
	last := uint32(2*many + 1)
	answered := make(chan bool, 1)
	go func() {
		for {
			frame, err := f.ReadFrame()
			if head, ok := frame.(*http2.HeadersFrame); err != nil || ok && head.StreamID == last {
				answered <- err == nil
				return
			}
		}
	}()
	err := f.WriteSettings()
	for stream := uint32(1); stream <= last && err == nil; stream += 2 {
		path := "/held"
		if stream == last {
			path = "/"
		}
		err = f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: get(path), EndStream: stream == last, EndHeaders: true})
		if stream != last && err == nil {
			err = reset(f, stream)
		}
	}
	return <-answered
}

// get is the head of a request.
func get(path string) []byte {
	var head bytes.Buffer
	fields := hpack.NewEncoder(&head)
	for _, h := range [][2]string{{":method", "GET"}, {":scheme", "https"}, {":authority", "x"}, {":path", path}} {
		_ = fields.WriteField(hpack.HeaderField{Name: h[0], Value: h[1]}) // into memory
	}
	return head.Bytes()
}
