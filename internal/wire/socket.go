package wire

import (
	"errors"
	"net"
	"os"
	"time"
)

// socket is a hijacked connection.
type socket struct {
	net.Conn
	wire *Conn
}

// Read waits for the client as long as it likes: the run's time bounds that.
func (s *socket) Read(b []byte) (int, error) {
	s.wire.busy.Add(1)
	defer s.wire.busy.Add(-1)
	return s.Conn.Read(b)
}

// Write writes bytes to the client, each piece under a deadline of its own.
func (s *socket) Write(b []byte) (n int, err error) {
	c := s.wire
	c.busy.Add(1)
	defer c.busy.Add(-1)
	if err := c.limits.Unsent.enter(&c.out, int64(len(b))+inKernel, c.limits.Write); err != nil {
		return 0, err
	}
	defer c.limits.Unsent.leave(&c.out)
	for len(b) > 0 && err == nil {
		part := b[:min(len(b), piece)]
		c.limits.Unsent.progress(&c.out, int64(len(b))+inKernel)
		b = b[len(part):]
		if err = s.SetWriteDeadline(time.Now().Add(c.limits.Write)); err != nil {
			break
		}
		var m int
		m, err = s.Conn.Write(part)
		n += m
	}
	switch cause := c.stopped(); {
	case err == nil:
		err = s.SetWriteDeadline(time.Time{})
	case cause != nil:
		err = cause
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = tooSlow(err, c.limits)
	}
	return n, err
}

// SetDeadline implements net.Conn. Deadlines do not change after the cut.
func (s *socket) SetDeadline(t time.Time) error { return s.set(s.Conn.SetDeadline, t) }

// SetReadDeadline implements net.Conn.
func (s *socket) SetReadDeadline(t time.Time) error { return s.set(s.Conn.SetReadDeadline, t) }

// SetWriteDeadline implements net.Conn.
func (s *socket) SetWriteDeadline(t time.Time) error { return s.set(s.Conn.SetWriteDeadline, t) }

func (s *socket) set(deadline func(time.Time) error, t time.Time) error {
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	if s.wire.cause != nil {
		return nil
	}
	return deadline(t)
}
