// Package wire is the client's connection as one request sees it. Whatever is read from the client or written to it goes
// through a Conn: it keeps the deadlines of both directions, ends both together on request, and counts what
// clients have not taken yet.
//
// internal/server makes a Conn for each request. The engine finds it behind the writer of the request (Of) or, in a
// foreign server, makes its own, and cuts it when a run is killed or over its time. The package knows neither
// runs nor flows.
package wire

import (
	"bufio"
	"bytes"
	"cmp"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

const (
	// piece is how many bytes are written under one deadline: a slow client takes a large response piece by piece.
	piece = 64 << 10

	// buffered is how many bytes of a response net/http keeps before it writes any.
	buffered = 2048

	// lastWords is how long the error response of a request may travel after its connection was cut.
	lastWords = time.Second

	// leftoverWait is how long the server waits for the unread rest of a body, before it sends the response and
	// closes the connection. What has arrived already needs no waiting.
	leftoverWait = 100 * time.Millisecond
)

// past is a deadline that has passed.
var past = time.Unix(1, 0)

// Limits bound the time and memory that clients may take. They are shared by all requests and must not change.
type Limits struct {
	Stall  time.Duration // between two pieces of a body, which also has to come at 1 KiB/s on average. Defaults to 20 s
	Body   time.Duration // for a body as a whole, counted while the flow waits for it. Defaults to 5 min
	Write  time.Duration // until the client has taken a piece of the response. Defaults to 30 s
	Unsent *Budget       // for responses that clients have not taken. Defaults to no bound
	Unread *Budget       // for bodies that clients are still sending. Defaults to no bound
}

// SetDefaults returns the fields that are zero their defaults.
func (l *Limits) SetDefaults() {
	l.Stall = cmp.Or(l.Stall, 20*time.Second)
	l.Body = cmp.Or(l.Body, 5*time.Minute)
	l.Write = cmp.Or(l.Write, 30*time.Second)
}

// Waiter observes the time that a request spends on its client. Its methods are called on the goroutine that reads or
// writes.
type Waiter interface {
	// Before is called before a wait; what it returns is passed to After.
	Before() bool
	// Paused is called after each read of the body, with the time that it took.
	Paused(took time.Duration)
	// After is called when the body is at its end and after each write that may have waited. Its error becomes that of the
	// read or write.
	After(before bool) error
}

// Conn is the connection of one request. Cut, Busy, Reading and Gone may be called from any goroutine, the others belong to
// the request.
type Conn struct {
	raw     http.ResponseWriter
	request *http.Request
	limits  *Limits
	waiter  Waiter // nil until Attach
	body    *body  // nil when the request has none
	sent    int64  // bytes of the response

	reading atomic.Int32 // reads of the body in progress
	busy    atomic.Int32 // reads and writes in progress
	deaf    atomic.Bool  // a deadline has ended the request's context: it says nothing about the client any more

	mu         sync.Mutex // guards what follows, and every deadline
	cause      error      // why the connection was cut
	until      time.Time  // when the client must have taken the piece of the write in progress; after the cut, the last words
	writes     int        // in progress
	continuing bool       // a read is in progress that sends "100 Continue"
	late       bool       // the write in progress began after the cut
	ended      bool       // the handler has returned: the connection may serve another request
	taken      net.Conn   // after Hijack

	out *claim // of limits.Unsent, which guards it; nil before a write that may wait
}

// Open makes c the connection of a request and puts itself before the request's body. limits must stay as they are.
func (c *Conn) Open(w http.ResponseWriter, r *http.Request, limits *Limits) {
	c.raw, c.request, c.limits = w, r, limits
	c.openBody(r)
}

// control returns what sets the deadlines of the connection.
func (c *Conn) control() *http.ResponseController { return http.NewResponseController(c.raw) }

// claim returns what the response takes of limits.Unsent.
func (c *Conn) claim() *claim {
	if c.out == nil {
		c.out = &claim{conn: c}
	}
	return c.out
}

// Of finds the Conn behind a writer; nil when there is none.
func Of(w http.ResponseWriter) *Conn {
	for {
		switch v := w.(type) {
		case interface{ Wire() *Conn }:
			return v.Wire()
		case interface{ Unwrap() http.ResponseWriter }:
			w = v.Unwrap()
		default:
			return nil
		}
	}
}

// Wire lets Of find c.
func (c *Conn) Wire() *Conn { return c }

// Attach sets the observer of waits.
func (c *Conn) Attach(w Waiter) { c.waiter = w }

// Cut immediately ends a read and a write that are in progress, and every later read. A later write may still send an error
// answer, for a second. The first cause counts: reads return it.
func (c *Conn) Cut(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil || c.ended {
		return
	}
	c.cause, c.until = cause, time.Time{}
	switch {
	case c.taken != nil:
		c.taken.SetDeadline(past) //nolint:errcheck // a connection that is closed has ended as well
		return
	case c.reading.Load() > 0: // else the next read looks at cause; and the end of the request's context would say that the client has gone
		c.setRead(past)
	}
	// A deadline that passes while nothing is written would end an HTTP/2 stream without a response.
	if c.writes > 0 {
		c.setWrite(past)
		c.until = past
	} else if c.continuing {
		c.setWrite(past)
	}
}

// Busy reports whether a read or a write is waiting for the client.
func (c *Conn) Busy() bool { return c.busy.Load() > 0 }

// Reading reports whether a reader waits for the request's body.
func (c *Conn) Reading() bool { return c.reading.Load() > 0 }

// Gone reports whether the client has gone away. On HTTP/1.1 a read that runs into its deadline ends the request's context
// as well, so the context counts only while no read of ours can have ended it.
func (c *Conn) Gone() bool {
	return c.request.Context().Err() != nil && c.reading.Load() == 0 && !c.deaf.Load() // in this order: deaf is set before a read is over
}

// Deaf reports whether the request's context may have ended by a deadline.
func (c *Conn) Deaf() bool { return c.deaf.Load() }

// End ends what the handler has to do with the connection: Cut does nothing from now on. The server sends what it has
// buffered after that, under the last deadline, which net/http takes back before the next request.
func (c *Conn) End() {
	c.giveBack()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.taken == nil {
		c.setWriteDeadline()
	}
	c.ended = true
}

// Release is End for a caller that does not own the request: others may write on.
func (c *Conn) Release() {
	c.giveBack()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
}

// Header implements http.ResponseWriter.
func (c *Conn) Header() http.Header { return c.raw.Header() }

// WriteHeader implements http.ResponseWriter.
func (c *Conn) WriteHeader(status int) { c.raw.WriteHeader(status) }

// Unwrap lets http.ResponseController reach the server's writer.
func (c *Conn) Unwrap() http.ResponseWriter { return c.raw }

// Sent returns how many bytes of the response went out.
func (c *Conn) Sent() int64 { return c.sent }

// Write writes bytes to the client, each piece under a deadline of its own. Between pieces there is none: a stream may
// rest as long as it likes. What stays in the server's buffer needs none before it leaves: a deadline costs as much as a
// look at the clock and a timer, and most responses are small.
func (c *Conn) Write(b []byte) (n int, err error) {
	if c.sent+int64(len(b)) <= buffered {
		n, err = c.raw.Write(b)
		c.sent += int64(n)
		return n, err
	}
	err = c.wait(len(b), func() error {
		for len(b) > 0 {
			part := b[:min(len(b), piece)]
			b = b[len(part):]
			if err := c.next(len(b) + len(part)); err != nil {
				return err
			}
			m, err := c.raw.Write(part)
			n += m
			if err != nil {
				return err
			}
		}
		return nil
	})
	c.sent += int64(n)
	return n, err
}

// Inform sends the header of an informational response (RFC 9110, 15.2), which leaves immediately.
func (c *Conn) Inform(status int) {
	c.wait(0, func() error { //nolint:errcheck // whether the client has gone, the response shows
		if err := c.next(0); err != nil {
			return err
		}
		c.raw.WriteHeader(status)
		return nil
	})
}

// FlushError sends what the server has buffered.
func (c *Conn) FlushError() error {
	return c.wait(0, func() error {
		if err := c.next(0); err != nil {
			return err
		}
		return c.control().Flush()
	})
}

// Flush is FlushError for callers of the old interface.
func (c *Conn) Flush() { _ = c.FlushError() }

// wait runs a write of n bytes that may wait for the client.
func (c *Conn) wait(n int, write func() error) error {
	before := c.waiter != nil && c.waiter.Before()
	c.busy.Add(1)
	err := c.limits.Unsent.enter(c.claim(), int64(n)+inKernel, c.limits.Write)
	if err == nil {
		c.mu.Lock()
		c.writes++
		c.late = c.cause != nil
		c.mu.Unlock()
		if err = c.shown(write); err != nil {
			err = c.lateWrite(err)
		}
		c.rest()
		c.limits.Unsent.leave(c.out)
	}
	c.busy.Add(-1)
	if c.waiter != nil {
		err = cmp.Or(err, c.waiter.After(before))
	}
	return err
}

// next returns the client its time for the next piece; left is what this write has still to send. A write that was cut ends
// here: its deadline has passed, so that nothing can make the response look whole. One that began after the cut has what is
// left for the last words.
func (c *Conn) next(left int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil && !c.late {
		return c.cause
	}
	c.setWriteDeadline()
	c.limits.Unsent.progress(c.out, int64(left)+inKernel)
	return nil
}

// lateWrite returns why a write failed: the connection's error does not show which deadline it was.
func (c *Conn) lateWrite(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.cause != nil && !c.late:
		return c.cause
	case c.cause == nil && !time.Now().Before(c.until):
		return tooSlow(err, c.limits)
	}
	return err
}

// tooSlow is the fault of a client that let its time for a piece pass.
func tooSlow(err error, l *Limits) error {
	return fault.Wrap(fault.Unavailable, err, "the client reads its response too slowly: not %d KiB of it in %s", piece>>10, l.Write)
}

// rest takes the deadline back: a write has ended.
func (c *Conn) rest() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes--
	if c.cause == nil && c.writes == 0 {
		c.setWrite(time.Time{})
	}
}

// setWriteDeadline sets the deadline of a write. c.mu is held.
func (c *Conn) setWriteDeadline() {
	now := time.Now()
	if c.cause == nil {
		c.until = now.Add(c.limits.Write)
		c.setWrite(c.until)
		return
	}
	if c.until.IsZero() {
		c.until = now.Add(lastWords)
		c.setWrite(c.until)
	}
}

// SetReadDeadline is for http.ResponseController. Deadlines do not change after the cut.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil || c.ended {
		return nil
	}
	return c.control().SetReadDeadline(t)
}

// SetWriteDeadline is for http.ResponseController.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil || c.ended {
		return nil
	}
	return c.control().SetWriteDeadline(t)
}

// setRead and setWrite do nothing after the request; a writer without deadlines, as in tests, does without. c.mu is held.
func (c *Conn) setRead(t time.Time) {
	if !c.ended {
		c.control().SetReadDeadline(t) //nolint:errcheck // see above
	}
}

func (c *Conn) setWrite(t time.Time) {
	if !c.ended {
		c.control().SetWriteDeadline(t) //nolint:errcheck // see above
	}
}

// Hijack returns the connection, for WebSockets. Reads and writes of what it returns still belong to c: Cut ends them.
func (c *Conn) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffer, err := c.control().Hijack()
	if err != nil {
		return nil, nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taken = conn
	if c.cause != nil {
		conn.SetDeadline(past) //nolint:errcheck // a connection that is closed has ended as well
	}
	s := &socket{Conn: conn, wire: c}
	if strings.EqualFold(c.request.Header.Get("Upgrade"), "websocket") {
		early, _ := buffer.Reader.Peek(buffer.Reader.Buffered()) // what has come with the request
		s.frames, s.in = new(frames), io.MultiReader(bytes.NewReader(bytes.Clone(early)), conn)
		buffer.Reader.Reset(s)
	}
	buffer.Writer.Reset(s)
	return s, buffer, nil
}
