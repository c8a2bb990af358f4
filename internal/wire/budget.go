package wire

import (
	"sync"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

const (
	// inKernel is what the system may hold of a response whose client takes nothing: TCP_NOTSENT_LOWAT, see Tune.
	inKernel = piece

	// freeBody is how many bytes of a body count as nothing: what most requests have.
	freeBody = 64 << 10

	// patience is how long a client may take over a piece while others wait for bytes; the more wait, the shorter, down to
	// leastPatience.
	patience      = time.Second
	leastPatience = patience / 2

	// recheckEvery is how often a waiting request checks again.
	recheckEvery = 20 * time.Millisecond
)

// Budget bounds the bytes that all requests together hold because of clients that are slow: parts of bodies, or of responses.
// A request that finds none free waits; meanwhile those whose clients have sent or taken nothing for a second are cut, the
// slowest first. Its methods may be called from any goroutine, and on nil, which bounds nothing.
type Budget struct {
	size int64
	full string // error text of a cut connection

	mu          sync.Mutex
	used        int64 // bytes
	large       int64 // of them in large claims
	waiting     int   // requests that wait for bytes
	first, last *claim
}

// claim is what one request holds of a Budget. The list of claims is in the order of their last progress.
type claim struct {
	conn       *Conn
	idle       bool  // no run waits for the client: it may not be cut
	queued     bool  // it waits for more bytes, so that its client is not to blame
	bytes      int64 // 0 when it holds nothing
	large      bool
	since      time.Time
	prev, next *claim
}

// NewBudget makes a Budget of so many bytes, at least a MiB. full is the error text of a cut connection; it names the setting.
func NewBudget(size int64, full string) *Budget { return &Budget{size: size, full: full} }

// Used returns the bytes that are held now.
func (m *Budget) Used() int64 {
	if m == nil {
		return 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.used
}

// enter has l hold n bytes, waiting for them as long as its client may take.
func (m *Budget) enter(l *claim, n int64, most time.Duration) error {
	if m == nil || m.take(l, n) {
		return nil
	}
	m.queue(l, 1)
	defer m.queue(l, -1)
	late := time.NewTimer(most)
	defer late.Stop()
	again := time.NewTicker(recheckEvery)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			if m.take(l, n) {
				return nil
			}
			m.evict()
			if err := l.conn.stopped(); err != nil {
				return err
			}
		case <-l.conn.request.Context().Done():
			return l.conn.request.Context().Err()
		case <-late.C:
			return m.refusal()
		}
	}
}

func (m *Budget) queue(l *claim, n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waiting += n
	l.queued = n > 0
}

// refusal is the fault of a request that finds none free.
func (m *Budget) refusal() error {
	return &fault.Error{Kind: fault.Unavailable, Text: m.full, Retry: time.Second}
}

// take has l hold n bytes if so many are free. More than three quarters of all count as these: they leave some to others.
// Large claims, of more than a hundredth, leave a quarter to the small.
func (m *Budget) take(l *claim, n int64) bool {
	n = min(n, m.size/4*3)
	large := n > m.size/100
	m.mu.Lock()
	defer m.mu.Unlock()
	used, all := m.used-l.bytes+n, m.large
	if l.large {
		all -= l.bytes
	}
	if used > m.size || large && all+n > m.size/4*3 {
		return false
	}
	m.drop(l)
	l.large = large
	m.add(l, n)
	return true
}

// progress notes that l holds n bytes from now on, not more than before, and that its client has done its part.
func (m *Budget) progress(l *claim, n int64) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if l.bytes > 0 {
		n = min(n, l.bytes)
		m.drop(l)
		m.add(l, n)
	}
}

// rest sets whether a run waits for the client of l.
func (m *Budget) rest(l *claim, idle bool) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	l.idle = idle
}

// leave has l hold nothing.
func (m *Budget) leave(l *claim) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(l)
}

// evict cuts the slowest client, if it has had its time; where all wait for one another, the one that waits longest.
func (m *Budget) evict() {
	m.mu.Lock()
	var l, queued *claim
	for l = m.first; l != nil && (l.idle || l.queued); l = l.next {
		if queued == nil && l.queued {
			queued = l
		}
	}
	if l == nil {
		l = queued
	}
	if l == nil || time.Since(l.since) < max(patience/time.Duration(m.waiting+1)*2, leastPatience) {
		m.mu.Unlock()
		return
	}
	m.drop(l) // what it holds is dropped immediately
	m.mu.Unlock()
	l.conn.Cut(m.refusal())
}

// add and drop keep the list and the sums. mu is held.
func (m *Budget) add(l *claim, n int64) {
	l.bytes, l.since = n, time.Now()
	m.used += n
	if l.large {
		m.large += n
	}
	if l.prev = m.last; l.prev == nil {
		m.first = l
	} else {
		l.prev.next = l
	}
	m.last = l
}

func (m *Budget) drop(l *claim) {
	if l.bytes == 0 {
		return
	}
	m.used -= l.bytes
	if l.large {
		m.large -= l.bytes
	}
	if l.prev == nil {
		m.first = l.next
	} else {
		l.prev.next = l.next
	}
	if l.next == nil {
		m.last = l.prev
	} else {
		l.next.prev = l.prev
	}
	l.bytes, l.prev, l.next = 0, nil, nil
}

// stopped returns why c was cut.
func (c *Conn) stopped() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause
}
