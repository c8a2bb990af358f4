package exchange

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/problem"
	"github.com/arturoeanton/nflow-runtime/internal/wire"
)

// maxHeld is how much of a response is kept back that a flow writes in pieces. A larger one starts to travel, and the
// session with it, before the run has ended. What is written in one call is in memory anyhow: it is kept back whole.
const maxHeld = 256 << 10

// countedByHTTP is how large a body is whose length net/http sends by itself; a larger one would travel in chunks.
const countedByHTTP = 2048

// heldWriter keeps a response back until the session has been saved: its cookie has to travel in the header. Flush and
// Hijack, which streams use, send immediately.
type heldWriter struct {
	http.ResponseWriter
	exchange *Exchange

	status int
	body   []byte
	file   *os.File // what comes after body: so many bytes of it
	left   int64
	bytes  int64 // sent
	whole  bool  // nothing comes after what is held
	sent   bool
}

// WriteHeader notes the status; an informational one (RFC 9110, 15.2) goes out immediately.
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
	if limit := w.exchange.limits.Answer; limit > 0 && w.bytes+int64(len(w.body)+len(b)) > limit {
		w.exchange.Withdraw() // an error takes its place, unless it has begun to leave
		return 0, fault.Exceeded("answer", "the response is larger than %d MB ([server] max_answer_mb)", limit>>20)
	}
	if w.sent {
		n, err := w.ResponseWriter.Write(b)
		w.bytes += int64(n)
		return n, err
	}
	w.WriteHeader(http.StatusOK)
	first := len(w.body) == 0
	w.body = append(w.body, b...)
	if len(w.body) > maxHeld && !first {
		if err := w.commit(); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

// commit saves the session and sends what was held. A session that cannot be saved turns the response into an error:
// nothing has left yet, and a response without its session would lose the visitor's form.
func (w *heldWriter) commit() error {
	if w.sent {
		return nil
	}
	w.sent = true
	h := w.Header()
	defer w.drop()
	if err := wire.CheckHead(h); err != nil {
		w.exchange.host.Log().Error("the response was not sent", "error", err)
		for name := range h {
			if name != problem.WidHeader && name != VersionHeader {
				h.Del(name)
			}
		}
		w.drop()
		w.fail(fault.From(err))
	} else if err := w.exchange.host.SaveSession(h); err != nil {
		w.drop()
		w.fail(fault.From(err))
	}
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if w.whole {
		w.exchange.host.Sending()
	}
	if w.whole && w.file == nil && len(w.body) > countedByHTTP && h.Get("Content-Length") == "" {
		h.Set("Content-Length", strconv.Itoa(len(w.body)))
	}
	w.ResponseWriter.WriteHeader(w.status)
	body := w.body
	w.body = nil
	if len(body) > 0 {
		n, err := w.ResponseWriter.Write(body)
		if w.bytes += int64(n); err != nil {
			return err
		}
	}
	if w.file == nil {
		return nil
	}
	n, err := io.CopyN(struct{ io.Writer }{w.ResponseWriter}, w.file, w.left)
	w.bytes += n
	return err
}

// Keep has n bytes of f, from where it stands, follow what is held, and closes f in the end. It reports false where the
// answer travels already: then the caller writes them.
func (w *heldWriter) Keep(f *os.File, n int64) bool {
	if w.sent {
		return false
	}
	w.file, w.left = f, n
	return true
}

// drop closes the file that is kept.
func (w *heldWriter) drop() {
	if w.file != nil {
		w.file.Close() //nolint:errcheck // it was only read
		w.file = nil
	}
}

// withdraw forgets what is held, with the headers that describe it, and reports whether it could.
func (w *heldWriter) withdraw() bool {
	if w.sent {
		return false
	}
	w.status, w.body = 0, nil
	w.drop()
	for _, k := range []string{
		"Content-Type", "Content-Length", "Content-Encoding", "Content-Disposition", "Content-Range", "Accept-Ranges", "Last-Modified",
		"Location", "ETag",
	} {
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
	w.status = f.Status()
	w.body = problem.Answer{Message: f.Text, Code: w.status, Wid: h.Get(problem.WidHeader)}.JSON()
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

// Hijack returns the connection; nothing of what was held is sent.
func (w *heldWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.sent = true
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// Unwrap returns the client's writer to http.ResponseController.
func (w *heldWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
