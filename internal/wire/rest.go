package wire

import (
	"slices"
	"sync"
	"time"
)

// restFor is how long a read rests, at most twice, before it asks the system.
const restFor = 5 * time.Millisecond

// rest is what a connection knows of the read that rests. At most one does: net/http has one in the background. The mutex of
// the deadline guards it.
type rest struct {
	wake   chan struct{}
	now    bool // a read rests
	count  int  // of reads that have rested
	seen   int  // count at the last look
	listed bool // among the resters
}

// end ends the rest.
func (r *rest) end() {
	if r.now {
		r.now = false
		r.wake <- struct{}{}
	}
}

// wait returns when the read of c has a deadline, when c is closed, or after a while.
func (d *deadline) wait(c *calmConn) {
	d.mu.Lock()
	if !d.wanted.IsZero() {
		d.mu.Unlock()
		return
	}
	r := &d.rest
	r.count++
	r.now = true
	listed := r.listed
	r.listed = true
	d.mu.Unlock()
	if !listed {
		c.resters.add(d)
	}
	<-r.wake
}

// goOn ends the rest.
func (d *deadline) goOn() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rest.end()
}

// look ends a rest that was there at the last look. It reports whether reads have begun to rest since then.
func (d *deadline) look() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := &d.rest
	r.listed = r.seen != r.count
	r.seen = r.count
	if !r.listed {
		r.end()
	}
	return r.listed
}

// resters are the connections of a listener on which reads rest, or did a moment ago.
type resters struct {
	mu    sync.Mutex
	conns []*deadline
}

func (r *resters) add(d *deadline) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.conns = append(r.conns, d); len(r.conns) == 1 {
		time.AfterFunc(restFor, r.look)
	}
}

// look ends the rests that were there when it last looked.
func (r *resters) look() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns = slices.DeleteFunc(r.conns, func(d *deadline) bool { return !d.look() })
	if len(r.conns) > 0 {
		time.AfterFunc(restFor, r.look)
	}
}
