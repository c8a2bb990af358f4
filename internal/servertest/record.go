package servertest

import (
	"bytes"
	"sync"
)

// Record is output, such as a log, that can be read while many goroutines write it. The zero value is empty.
type Record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write takes more of it.
func (r *Record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(b)
}

// String gives all that was written.
func (r *Record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}
