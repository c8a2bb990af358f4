package server

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"net"
	"net/http"
	"time"
)

// piece is how many bytes are written under one deadline: a slow client takes a large answer piece by piece.
const piece = 64 << 10

// buffered is how many bytes of a body net/http keeps before it writes any.
const buffered = 2048

// writer is the way of an answer to its client: it compresses where that pays (compress.go), gives the client a time
// for each piece and counts what went out. It belongs to the goroutine of its request.
type writer struct {
	raw     http.ResponseWriter
	request *http.Request
	control http.ResponseController
	server  *Server

	status  int   // 0 until the flow says it
	sent    int64 // bytes of the body, as they went out
	started bool  // the header is on its way
	ended   bool  // somebody else has the connection, or it will be cut off

	held []byte       // the beginning of the body, until it is known whether the answer is compressed
	zip  *gzip.Writer // nil when the answer goes out as it is
}

func (s *Server) newWriter(raw http.ResponseWriter, r *http.Request) *writer {
	return &writer{raw: raw, request: r, control: *http.NewResponseController(raw), server: s}
}

// Header implements http.ResponseWriter.
func (w *writer) Header() http.Header { return w.raw.Header() }

// WriteHeader notes the status. The header leaves when it is known whether the answer is compressed; informational
// ones (RFC 9110, 15.2) leave at once.
func (w *writer) WriteHeader(status int) {
	switch {
	case w.status != 0:
	case status < 100 || status > 999:
		panic(fmt.Sprintf("%d is no HTTP status", status)) // here, as net/http would: the header may leave when nobody catches it
	case status < 200 && status != http.StatusSwitchingProtocols:
		w.hurry()
		w.raw.WriteHeader(status)
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
	w.raw.WriteHeader(w.status)
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

// pass hands bytes on, through the compression where there is one.
func (w *writer) pass(b []byte) (int, error) {
	if w.zip != nil {
		return w.zip.Write(b)
	}
	return w.send(b)
}

// take gives what was held; it is held no more.
func (w *writer) take() []byte {
	held := w.held
	w.held = nil
	return held
}

// send hands bytes to the client, each piece under a deadline of its own. Between pieces there is none: a stream may
// rest as long as it likes. What stays in the server's buffer needs none before it leaves: a deadline costs as much as a
// look at the clock and a timer, and most answers are small.
func (w *writer) send(b []byte) (n int, err error) {
	if w.sent+int64(len(b)) <= buffered {
		n, err = w.raw.Write(b)
		w.sent += int64(n)
		return n, err
	}
	for len(b) > 0 && err == nil {
		part := b[:min(len(b), piece)]
		b = b[len(part):]
		w.hurry()
		var m int
		m, err = w.raw.Write(part)
		n += m
	}
	w.deadline(time.Time{})
	w.sent += int64(n)
	return n, err
}

// FlushError sends all there is. An answer that is flushed before it is worth compressing is a stream and goes out as
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
	w.hurry()
	defer w.deadline(time.Time{})
	return w.control.Flush()
}

// Flush is FlushError for callers of the old interface.
func (w *writer) Flush() { _ = w.FlushError() }

// release sends what was held as it is.
func (w *writer) release() error {
	if w.started {
		return nil
	}
	w.start()
	_, err := w.send(w.take())
	return err
}

// finish ends the answer. The server sends what it has buffered after that, under the last deadline, which net/http takes
// back before the next request.
func (w *writer) finish() {
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
	w.hurry()
}

// begun tells whether anything has left.
func (w *writer) begun() bool { return w.started || w.ended }

// reset forgets an answer of which nothing has left.
func (w *writer) reset() {
	w.status, w.held = 0, nil
	clear(w.Header())
}

// abort keeps finish from making an answer look whole that will be cut off.
func (w *writer) abort() { w.ended = true }

// Hijack hands the connection over, for WebSockets. What was said before leaves first: who takes the connection goes on
// after it.
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if w.status != 0 {
		if err := w.release(); err != nil {
			return nil, nil, err
		}
	}
	conn, buffer, err := w.control.Hijack()
	if err == nil {
		w.ended, w.status = true, http.StatusSwitchingProtocols
	}
	return conn, buffer, err
}

// Unwrap lets http.ResponseController reach the deadlines.
func (w *writer) Unwrap() http.ResponseWriter { return w.raw }

// hurry gives the client its time to take what is written next.
func (w *writer) hurry() { w.deadline(time.Now().Add(w.server.opts.Timeouts.Write)) }

// deadline is for writing; a writer without deadlines, as in tests, does without.
func (w *writer) deadline(t time.Time) {
	w.control.SetWriteDeadline(t) //nolint:errcheck // see above
}
