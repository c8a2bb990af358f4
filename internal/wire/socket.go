package wire

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// socket is a hijacked connection.
type socket struct {
	net.Conn
	wire   *Conn
	frames *frames   // that the client sends; nil where it speaks another protocol
	in     io.Reader // what came with the request, and then the connection
	rest   []byte    // of a close frame, to be read next
	closed atomic.Bool
}

// Read waits for the client as long as it likes: the run's time bounds that. A client that sends frames which bring
// nothing waits too. An end in the middle of a message is [io.ErrUnexpectedEOF].
func (s *socket) Read(b []byte) (int, error) {
	s.wire.busy.Add(1)
	defer s.wire.busy.Add(-1)
	if s.frames == nil {
		return s.Conn.Read(b)
	}
	if len(s.rest) > 0 {
		n := copy(b, s.rest)
		s.rest = s.rest[n:]
		return n, nil
	}
	n, err := s.in.Read(b)
	if err != nil {
		if errors.Is(err, io.EOF) && s.frames.within() {
			err = io.ErrUnexpectedEOF
		}
		return n, err
	}
	idle, last := s.frames.count(b[:n])
	if wait := s.frames.wait(idle, time.Now()); wait > 0 {
		err = s.pause(wait)
	}
	if size := s.frames.left; err == nil && last != nil && size >= 2 && size <= maxControl && s.frames.masked() {
		err = s.finish(last, size)
	}
	return n, err
}

// finish waits for the whole payload of the close frame, of which some may have come, and mends it.
func (s *socket) finish(last []byte, size int64) error {
	payload := make([]byte, size)
	have := copy(payload, last)
	if _, err := io.ReadFull(s.in, payload[have:]); err != nil {
		return err
	}
	s.frames.mend(payload)
	copy(last, payload)
	s.rest = payload[have:]
	return nil
}

// pause waits, until the connection is cut or closed.
func (s *socket) pause(most time.Duration) error {
	late := time.NewTimer(most)
	defer late.Stop()
	again := time.NewTicker(recheckEvery)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			if err := s.wire.stopped(); err != nil {
				return err
			}
			if s.closed.Load() {
				return net.ErrClosed
			}
		case <-late.C:
			return nil
		}
	}
}

// Close implements net.Conn.
func (s *socket) Close() error {
	s.closed.Store(true)
	return s.Conn.Close()
}

// Write writes bytes to the client, each piece under a deadline of its own.
func (s *socket) Write(b []byte) (n int, err error) {
	c := s.wire
	c.busy.Add(1)
	defer c.busy.Add(-1)
	if err := c.limits.Unsent.enter(c.claim(), int64(len(b))+inKernel, c.limits.Write); err != nil {
		return 0, err
	}
	defer c.limits.Unsent.leave(c.out)
	for len(b) > 0 && err == nil {
		part := b[:min(len(b), piece)]
		c.limits.Unsent.progress(c.out, int64(len(b))+inKernel)
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
