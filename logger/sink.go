package logger

import (
	"io"
	"sync"
	"time"
)

const (
	// flushAfter is how long a line may wait for others to leave with: a write is the dearest part of a line.
	flushAfter = 50 * time.Millisecond

	// flushSize is how many bytes may wait.
	flushSize = 32 << 10
)

// sink gathers lines and writes many at once.
type sink struct {
	mu     sync.Mutex
	w      io.Writer
	buf    []byte
	timer  *time.Timer
	armed  bool
	closed bool
}

// write takes a line. An urgent one leaves at once, with all before it.
func (s *sink) write(line []byte, urgent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf = append(s.buf, line...)
	switch {
	case urgent || s.closed || len(s.buf) >= flushSize:
		s.send()
	case !s.armed:
		s.armed = true
		if s.timer == nil {
			s.timer = time.AfterFunc(flushAfter, s.flush)
		} else {
			s.timer.Reset(flushAfter)
		}
	}
}

// send needs mu.
func (s *sink) send() {
	if len(s.buf) == 0 {
		return
	}
	s.w.Write(s.buf) //nolint:errcheck // there is no other place to tell it
	s.buf = s.buf[:0]
	if cap(s.buf) > 4*flushSize { // after one huge line
		s.buf = nil
	}
}

func (s *sink) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed = false
	s.send()
}

func (s *sink) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.timer != nil {
		s.timer.Stop()
	}
	s.send()
}
