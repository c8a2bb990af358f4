package servertest

import (
	"bytes"
	"sync"
)

// Record is output, such as a log, that can be read while many goroutines write it. The zero value is empty.
type Record struct {
	Keep int // bytes of the end that are kept at least; set it before the first Write. Defaults to all

	mu   sync.Mutex
	text bytes.Buffer
}

// Write takes more of it.
func (r *Record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Keep > 0 && r.text.Len() > 2*r.Keep {
		r.text.Next(r.text.Len() - r.Keep)
	}
	return r.text.Write(b)
}

// String returns all that was written.
func (r *Record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}
