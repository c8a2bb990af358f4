package wire

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// Hasty returns a listener for TLS whose connections say no farewell to a client that did not take its response in time:
// crypto/tls gives the closing alert five seconds of its own, whatever deadline stood before (Go 1.26, Conn.closeNotify), and
// the run would wait for it. After a write that timed out TLS can send nothing more anyway.
func Hasty(l net.Listener) net.Listener { return hasty{l} }

type hasty struct{ net.Listener }

// Accept implements [net.Listener].
func (l hasty) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &hastyConn{Conn: c}, nil
}

// hastyConn keeps the deadline of its writes once one of them has run into it.
type hastyConn struct {
	net.Conn
	late atomic.Bool
}

// Write implements [net.Conn].
func (c *hastyConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if err != nil && errors.Is(err, os.ErrDeadlineExceeded) {
		c.late.Store(true)
	}
	return n, err
}

// SetWriteDeadline implements [net.Conn].
func (c *hastyConn) SetWriteDeadline(t time.Time) error {
	if c.late.Load() {
		return nil
	}
	return c.Conn.SetWriteDeadline(t)
}

// SetDeadline implements [net.Conn].
func (c *hastyConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}
