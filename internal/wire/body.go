package wire

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// minRate is how many bytes a second a body has to come at, on average over the time that the flow waits for it.
const minRate = 1 << 10

// body is a request's body whose client has to keep sending. Time without a reader does not count.
type body struct {
	io.ReadCloser
	conn    *Conn
	left    time.Duration // that the body may keep its reader waiting at its rate; every piece adds to it
	total   time.Duration // that it may keep its reader waiting at all
	rests   bool          // HTTP/2: a deadline that passes without a reader would end the body
	expects bool          // the first read sends "100 Continue"
	read    int64         // bytes so far
	given   bool          // the rest has got its last deadline
	err     error         // what reading ended with
	claim   claim         // of limits.Unread, which guards it
}

// openBody puts c before the body of r.
func (c *Conn) openBody(r *http.Request) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	c.body = &body{
		ReadCloser: r.Body, claim: claim{conn: c}, conn: c, left: c.limits.Stall, total: c.limits.Body,
		rests: r.ProtoMajor > 1, expects: r.ProtoMajor == 1 && r.Header.Get("Expect") != "",
	}
	r.Body = c.body
}

// Read reads a piece before its deadline. What reading ended with, it returns again.
func (b *body) Read(p []byte) (n int, err error) {
	if b.err != nil {
		return 0, b.err
	}
	c := b.conn
	before := c.waiter != nil && c.waiter.Before()
	start := time.Now()
	expects := b.expects
	if err := c.startRead(start.Add(min(c.limits.Stall, b.left, b.total)), expects); err != nil {
		b.err = err
		return 0, err
	}
	b.expects = false
	n, err = b.ReadCloser.Read(p)
	if b.read += int64(n); err == nil && b.read > freeBody {
		err = c.limits.Unread.enter(&b.claim, b.read, c.limits.Stall)
	}
	took := time.Since(start)
	b.left += time.Duration(n)*time.Second/minRate - took
	b.total -= took
	if err != nil && errors.Is(err, os.ErrDeadlineExceeded) {
		c.deaf.Store(true) // before the read is over: see Gone
		err = c.lateBody(b.total <= 0)
	}
	if b.err = err; err != nil && err != io.EOF { //nolint:errorlint // as unread has it
		c.Keep()
	}
	c.endRead(err, expects)
	if c.waiter != nil {
		c.waiter.Paused(took)
		if err == io.EOF { //nolint:errorlint // see above; a reader that failed needs no place to report it
			if ended := c.waiter.After(before); ended != nil {
				b.err, err = ended, ended
			}
		}
	}
	return n, err
}

// lateBody returns why a read ran into its deadline.
func (c *Conn) lateBody(total bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.cause != nil:
		return c.cause
	case total:
		return fault.Exceeded("time", "the request body took longer than %s ([server] body_seconds)", c.limits.Body)
	}
	return fault.Exceeded("time", "the request body came too slowly: less than 1 KiB a second, or nothing for %s", c.limits.Stall)
}

// startRead marks a read as in progress under a deadline. The write of "100 Continue" has one too.
func (c *Conn) startRead(deadline time.Time, writes bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		return c.cause
	}
	c.setRead(deadline)
	c.reading.Add(1)
	c.busy.Add(1)
	if c.body.read > freeBody {
		c.limits.Unread.rest(&c.body.claim, false)
	}
	if c.continuing = writes; writes {
		c.setWriteDeadline()
	}
	return nil
}

// endRead ends a read. At the end of the body the server watches the connection to notice a client that leaves: no
// deadline may end that. On HTTP/1.1 one that passes between reads does no harm.
func (c *Conn) endRead(err error, wrote bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.continuing = false
	if c.cause == nil {
		if wrote {
			c.setWrite(time.Time{})
		}
		if err != nil && !c.deaf.Load() || err == nil && c.body.rests {
			c.setRead(time.Time{})
		}
	}
	c.reading.Add(-1)
	c.busy.Add(-1)
	if c.body.read > freeBody {
		c.limits.Unread.rest(&c.body.claim, true)
	}
}

// Keep ends the count of a body that its reader has whole, or drops: from now on it is the reader's own memory.
func (c *Conn) Keep() {
	if c.body != nil && c.body.read > freeBody {
		c.limits.Unread.leave(&c.body.claim)
	}
}

// unread reports whether the client may still be sending a body. net/http reads the rest of it before it sends a short
// answer, and again before it takes the next request.
func (c *Conn) unread() bool {
	b := c.body
	return b != nil && !b.rests && b.err != io.EOF //nolint:errorlint // readers return it as it is
}

// leaveRest bounds the wait for what is unread. The wait ends for a client that was too slow, or was cut.
func (c *Conn) leaveRest() {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.cause != nil || c.deaf.Load():
		c.setRead(past)
	case !c.body.given:
		c.body.given = true
		c.setRead(time.Now().Add(leftoverWait))
	}
}

// shown runs a write that may send the header while net/http sees the body that it knows: how it treats what is unread
// depends on that.
func (c *Conn) shown(write func() error) error {
	if !c.unread() {
		return write()
	}
	c.leaveRest()
	wrapped := c.request.Body
	c.request.Body = c.body.ReadCloser
	defer func() { c.request.Body = wrapped }()
	return write()
}

// giveBack leaves the request as it came.
func (c *Conn) giveBack() {
	if c.unread() {
		c.leaveRest()
	}
	c.Keep()
	if c.body != nil {
		c.request.Body = c.body.ReadCloser
	}
}
