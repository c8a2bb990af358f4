package engine

import (
	"slices"
	"sync"
)

// line is where runs wait for one of a number of places. The lines of the flows are served in turn, and no flow gets more
// than its share of the places, so that one cannot starve the others.
type line struct {
	size  int         // places; 0 = unbounded
	share int         // places that one flow may hold
	full  func() bool // whether something else than places is short

	mu    sync.Mutex
	used  int
	lanes map[string]*lane // by flow
	turn  []*lane          // lanes with somebody waiting, the next to be served first
}

// lane is what one flow holds and who waits for it.
type lane struct {
	held    int
	waiting []*ticket
}

type ticket struct {
	granted bool
	ready   chan struct{}
}

func newLine(size, share int, full func() bool) line {
	return line{size: size, share: share, full: full, lanes: map[string]*lane{}}
}

// lane gives the one of a flow.
func (q *line) lane(flow string) *lane {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lanes[flow]
	if l == nil {
		l = &lane{}
		q.lanes[flow] = l
	}
	return l
}

// take takes a place at once, or gets in line and answers a ticket.
func (q *line) take(l *lane) *ticket {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.turn) == 0 && (q.size == 0 || q.used < q.size && l.held < q.share) && !q.full() {
		q.used++
		l.held++
		return nil
	}
	t := &ticket{ready: make(chan struct{})}
	if len(l.waiting) == 0 {
		q.turn = append(q.turn, l)
	}
	l.waiting = append(l.waiting, t)
	q.serve()
	if t.granted {
		return nil
	}
	return t
}

// serve gives free places to those in line, one flow after the other.
func (q *line) serve() {
	for skipped := 0; skipped < len(q.turn) && (q.size == 0 || q.used < q.size) && !q.full(); {
		l := q.turn[0]
		q.turn = append(q.turn[1:], l)
		if q.size > 0 && l.held >= q.share {
			skipped++
			continue
		}
		skipped = 0
		t := l.waiting[0]
		l.waiting = l.waiting[1:]
		if len(l.waiting) == 0 {
			q.turn = q.turn[:len(q.turn)-1]
		}
		q.used++
		l.held++
		t.granted = true
		close(t.ready)
	}
}

// again serves who waits for what nobody announces.
func (q *line) again() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.serve()
}

// quit leaves the line. It answers false when a place was granted meanwhile, which is taken after all.
func (q *line) quit(l *lane, t *ticket) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if t.granted {
		return false
	}
	l.waiting = slices.DeleteFunc(l.waiting, func(other *ticket) bool { return other == t })
	if len(l.waiting) == 0 {
		q.turn = slices.DeleteFunc(q.turn, func(other *lane) bool { return other == l })
	}
	return true
}

// state tells how many places there are, how many are taken, and how many runs wait for one.
func (q *line) state() (size, used, waiting int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, l := range q.turn {
		waiting += len(l.waiting)
	}
	return q.size, q.used, waiting
}

// leave gives a place back.
func (q *line) leave(l *lane) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if l.held == 0 { // it entered while places were not counted
		return
	}
	q.used--
	l.held--
	q.serve()
}
