package wire

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// Calm returns a listener whose connections ask little of the system. They pass it a deadline only where a read or a write
// would otherwise wait longer than it says: net/http sets eight for each request (Go 1.26), nearly all of which are taken back,
// or replaced by a later one, before anything waits; each changes a timer. And the read of one byte by which net/http learns
// that a client has gone, one for each request, first rests for some milliseconds: most requests are over by then. Measured:
// 2.5 and 3 % of the processor's time of a small request.
func Calm(l net.Listener) net.Listener { return calm{l, new(resters)} }

type calm struct {
	net.Listener
	resters *resters
}

// Accept implements [net.Listener].
func (l calm) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	calm := &calmConn{Conn: c, resters: l.resters}
	calm.reads.rest.wake = make(chan struct{}, 1)
	return calm, nil
}

// calmConn is a connection of [Calm].
type calmConn struct {
	net.Conn
	reads, writes deadline
	resters       *resters
}

// Read implements [net.Conn].
func (c *calmConn) Read(p []byte) (n int, err error) {
	if len(p) == 1 {
		c.reads.wait(c)
	}
	if err := c.reads.begin(c.Conn.SetReadDeadline); err != nil {
		return 0, err
	}
	defer c.reads.end()
	for {
		n, err = c.Conn.Read(p)
		if n > 0 || !c.reads.early(err, c.Conn.SetReadDeadline) {
			return n, err
		}
	}
}

// Write implements [net.Conn].
func (c *calmConn) Write(p []byte) (n int, err error) {
	if err := c.writes.begin(c.Conn.SetWriteDeadline); err != nil {
		return 0, err
	}
	defer c.writes.end()
	for {
		var m int
		m, err = c.Conn.Write(p[n:])
		if n += m; !c.writes.early(err, c.Conn.SetWriteDeadline) {
			return n, err
		}
	}
}

// Close implements [net.Conn].
func (c *calmConn) Close() error {
	c.reads.goOn()
	return c.Conn.Close()
}

// SetReadDeadline implements [net.Conn].
func (c *calmConn) SetReadDeadline(t time.Time) error { return c.reads.want(t, c.Conn.SetReadDeadline) }

// SetWriteDeadline implements [net.Conn].
func (c *calmConn) SetWriteDeadline(t time.Time) error {
	return c.writes.want(t, c.Conn.SetWriteDeadline)
}

// SetDeadline implements [net.Conn].
func (c *calmConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// CloseWrite lets net/http say its farewell before it closes the connection.
func (c *calmConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// deadline is that of one direction of a connection. The one that the system has may be earlier than the one that is wanted:
// what it ends too early begins again.
type deadline struct {
	mu      sync.Mutex
	wanted  time.Time // zero for none
	set     time.Time // in the system; zero for none
	waiting int       // reads or writes in progress
	rest    rest      // before the read in progress
}

// want changes the deadline.
func (d *deadline) want(t time.Time, set func(time.Time) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.wanted = t; !t.IsZero() {
		d.rest.end()
	}
	if d.waiting == 0 || !d.late() {
		return nil
	}
	return d.apply(set)
}

// late reports whether the system would let a read or a write wait for too long. mu is held.
func (d *deadline) late() bool {
	return !d.wanted.IsZero() && (d.set.IsZero() || d.set.After(d.wanted))
}

// apply passes the wanted deadline to the system. mu is held.
func (d *deadline) apply(set func(time.Time) error) error {
	d.set = d.wanted
	return set(d.wanted)
}

// begin is called before a read or a write.
func (d *deadline) begin(set func(time.Time) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.over(d.wanted) {
		return os.ErrDeadlineExceeded
	}
	d.waiting++
	if !d.late() && !(d.over(d.set) && !d.over(d.wanted)) {
		return nil
	}
	if err := d.apply(set); err != nil {
		d.waiting--
		return err
	}
	return nil
}

// over reports whether t is one of the times long ago by which callers end what waits.
func (*deadline) over(t time.Time) bool { return t.Unix() == past.Unix() }

// end is called after a read or a write.
func (d *deadline) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting--
}

// early reports whether err is the end of a deadline that is not the wanted one any more: what waited begins again, under
// that.
func (d *deadline) early(err error, set func(time.Time) error) bool {
	if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.wanted.IsZero() && !d.wanted.After(time.Now()) {
		return false
	}
	return d.apply(set) == nil
}
