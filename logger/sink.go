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

// sink gathers lines and writes many in one call.
type sink struct {
	mu     sync.Mutex
	w      io.Writer
	buf    []byte
	timer  *time.Timer
	armed  bool
	closed bool
	failed error // of the last write; nil once one succeeds
	lost   int64 // writes that failed
}

// write takes a line. An urgent one leaves immediately, with all before it.
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
	if _, s.failed = s.w.Write(s.buf); s.failed != nil { // there is no other place to report it
		s.lost++
	}
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

func (s *sink) lostWrites() (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, ok := s.w.(*File); ok && s.failed == nil {
		return s.lost, f.Failed()
	}
	return s.lost, s.failed
}
