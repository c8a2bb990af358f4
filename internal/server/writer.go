package server

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"net"
	"net/http"

	"github.com/arturoeanton/nflow-runtime/internal/wire"
)

// writer is the way of a response to its client: it compresses where that pays (compress.go) and passes what it has to the
// connection (internal/wire), which keeps the deadlines. It belongs to the goroutine of its request.
type writer struct {
	conn    wire.Conn
	request *http.Request
	server  *Server

	status  int  // 0 until the flow says it
	started bool // the header is on its way
	ended   bool // the connection was taken over, or it will be cut off

	held []byte       // the beginning of the body, until it is known whether the response is compressed
	zip  *gzip.Writer // nil when the response goes out as it is
}

func (s *Server) newWriter(raw http.ResponseWriter, r *http.Request) *writer {
	w := &writer{request: r, server: s}
	w.conn.Open(raw, r, &s.wire)
	return w
}

// Header implements http.ResponseWriter.
func (w *writer) Header() http.Header { return w.conn.Header() }

// Wire lets the engine find the connection.
func (w *writer) Wire() *wire.Conn { return &w.conn }

// WriteHeader notes the status. The header leaves when it is known whether the response is compressed; informational
// ones (RFC 9110, 15.2) leave immediately.
func (w *writer) WriteHeader(status int) {
	switch {
	case w.status != 0:
	case status < 100 || status > 999:
		panic(fmt.Sprintf("%d is not an HTTP status", status)) // here, as net/http would: the header may leave when no caller recovers
	case status < 200 && status != http.StatusSwitchingProtocols:
		w.conn.Inform(status)
	default:
		w.status = status
	}
}

// start sends the header.
func (w *writer) start() {
	w.started = true
	// Flows in the wild serve scripts and styles as plain text: those would stop working.
	if h := w.Header(); !isPlain(h["Content-Type"]) && len(h["X-Content-Type-Options"]) == 0 {
		h["X-Content-Type-Options"] = w.server.noSniff
	}
	w.conn.WriteHeader(w.status)
}

// Write implements http.ResponseWriter.
func (w *writer) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if !w.started {
		if len(w.held)+len(b) < minCompressed {
			w.held = append(w.held, b...)
			return len(b), nil
		}
		if w.mayCompress() {
			w.compress()
		} else {
			w.start()
		}
		if _, err := w.pass(w.take()); err != nil {
			return 0, err
		}
	}
	return w.pass(b)
}

// pass writes bytes, through the compression where there is one.
func (w *writer) pass(b []byte) (int, error) {
	if w.zip != nil {
		return w.zip.Write(b)
	}
	return w.conn.Write(b)
}

// take returns what was held; it is held no more.
func (w *writer) take() []byte {
	held := w.held
	w.held = nil
	return held
}

// FlushError sends all there is. A response that is flushed before it is worth compressing is a stream and goes out as
// it is.
func (w *writer) FlushError() error {
	w.WriteHeader(http.StatusOK)
	if err := w.release(); err != nil {
		return err
	}
	if w.zip != nil {
		if err := w.zip.Flush(); err != nil {
			return err
		}
	}
	return w.conn.FlushError()
}

// Flush is FlushError for callers of the old interface.
func (w *writer) Flush() { _ = w.FlushError() }

// release sends what was held as it is.
func (w *writer) release() error {
	if w.started {
		return nil
	}
	w.start()
	_, err := w.conn.Write(w.take())
	return err
}

// finish ends the response.
func (w *writer) finish() {
	defer w.conn.End()
	if w.ended {
		return
	}
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	w.release() //nolint:errcheck // the client is gone
	if w.zip != nil {
		w.zip.Close() //nolint:errcheck // the client is gone
		w.endCompression()
	}
}

// begun reports whether anything has left.
func (w *writer) begun() bool { return w.started || w.ended }

// reset forgets a response of which nothing has left.
func (w *writer) reset() {
	w.status, w.held = 0, nil
	clear(w.Header())
}

// abort keeps finish from making a response look whole that will be cut off.
func (w *writer) abort() { w.ended = true }

// Hijack returns the connection, for WebSockets. What was written before leaves first: the WebSocket continues
// after it.
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if w.status != 0 {
		if err := w.release(); err != nil {
			return nil, nil, err
		}
	}
	conn, buffer, err := w.conn.Hijack()
	if err == nil {
		w.ended, w.status = true, http.StatusSwitchingProtocols
	}
	return conn, buffer, err
}

// Unwrap lets http.ResponseController reach the deadlines.
func (w *writer) Unwrap() http.ResponseWriter { return &w.conn }
