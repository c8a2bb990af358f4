package engine

import (
	"bufio"
	"encoding/json"
	"net"
	"net/http"
	"strconv"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// maxHeld is how much of an answer is kept back. A larger one starts to travel, and the session with it, before the
// run has ended.
const maxHeld = 256 << 10

// countedByHTTP is how large a body is whose length net/http tells by itself; a larger one would travel in chunks.
const countedByHTTP = 2048

// heldWriter keeps an answer back until the session has been saved: its cookie has to travel in the header. Flush and
// Hijack, which streams use, send at once.
type heldWriter struct {
	http.ResponseWriter
	session *session // the visitor's, saved before the header leaves

	status int
	body   []byte
	bytes  int64 // sent
	whole  bool  // nothing comes after what is held
	sent   bool
}

// WriteHeader notes the status; an informational one (RFC 9110, 15.2) goes out at once.
func (w *heldWriter) WriteHeader(status int) {
	switch {
	case status < 200:
		w.ResponseWriter.WriteHeader(status)
	case w.status == 0:
		w.status = status
	}
}

// Write keeps the bytes until commit.
func (w *heldWriter) Write(b []byte) (int, error) {
	if w.sent {
		n, err := w.ResponseWriter.Write(b)
		w.bytes += int64(n)
		return n, err
	}
	w.WriteHeader(http.StatusOK)
	w.body = append(w.body, b...)
	if len(w.body) > maxHeld {
		if err := w.commit(); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

// commit saves the session and sends what was held. A session that cannot be saved turns the answer into an error:
// nothing has left yet, and an answer without its session would lose the visitor's form.
func (w *heldWriter) commit() error {
	if w.sent {
		return nil
	}
	w.sent = true
	h := w.Header()
	if err := w.session.save(h); err != nil {
		w.fail(fault.From(err))
	}
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if w.whole && len(w.body) > countedByHTTP && h.Get("Content-Length") == "" {
		h.Set("Content-Length", strconv.Itoa(len(w.body)))
	}
	w.ResponseWriter.WriteHeader(w.status)
	body := w.body
	w.body = nil
	if len(body) == 0 {
		return nil
	}
	n, err := w.ResponseWriter.Write(body)
	w.bytes += int64(n)
	return err
}

// withdraw forgets what is held, with the headers that describe it, and tells whether it could.
func (w *heldWriter) withdraw() bool {
	if w.sent {
		return false
	}
	w.status, w.body = 0, nil
	for _, k := range []string{"Content-Type", "Content-Length", "Content-Encoding", "Content-Disposition", "Location", "ETag"} {
		w.Header().Del(k)
	}
	return true
}

func (w *heldWriter) fail(f *fault.Error) {
	h := w.Header()
	h.Del("Content-Length")
	h.Set("Content-Type", "application/json; charset=UTF-8")
	if f.Retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int(f.Retry.Seconds())))
	}
	w.status = f.Kind.Status()
	w.body, _ = json.Marshal(answer{Message: f.Text, Code: w.status, Wid: h.Get(widHeader)})
}

// FlushError sends what is held and what the server has buffered.
func (w *heldWriter) FlushError() error {
	if err := w.commit(); err != nil {
		return err
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Flush is FlushError for writers of the old interface.
func (w *heldWriter) Flush() { _ = w.FlushError() }

// Hijack hands the connection over; nothing of what was held is sent.
func (w *heldWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.sent = true
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// Unwrap gives http.ResponseController the client's writer.
func (w *heldWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
