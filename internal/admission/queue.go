package admission

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// fairQueue assigns a number of places. Of the flows that wait the one is served that has used least of late, those that used
// the same in turn, and a flow may hold only so many times
// the places that are free: alone it comes to its share; many at once leave some of the places free, so that a flow which
// holds few finds one immediately. (Choudhury and Hahne: Dynamic Queue Length Thresholds, 1998.) Its methods may be called from
// any goroutine.
type fairQueue struct {
	size  int         // places; 0 = unbounded
	share int         // percent of them that one flow may hold when no other holds any; 100 = all of them, whatever others do
	full  func() bool // reports whether something else than places is short

	mu      sync.Mutex
	used    int
	overdue int // see lapse
	flows   map[string]*Flow
	ready   [2][]*Flow   // flows with waiting runs, by urgency, the next to be served first
	granted int          // to runs that waited
	urgent  atomic.Int32 // runs that wait urgently
}

// How urgently a run waits. Of four places that become free while both wait, the patient get one.
const (
	urgently = iota
	patiently

	patientTurn = 4
)

// yieldEvery is which of the runs that were granted a place yields once, so that hand-offs from run to run cannot starve the
// network poller. Where statements of SQLite compute, each yield takes 10 ms for each of them, with a slot held.
const yieldEvery = 8

// Flow is what one flow holds of a queue, and its runs that wait for more. It belongs to the queue that made it.
type Flow struct {
	held    int
	overdue int
	waiting [2][]*waiter

	used float64 // of late, in a unit of the queue's own
	at   time.Time
}

// halfLife is the time in which what a flow has used counts half.
const halfLife = time.Second

// recent returns what the flow has used of late.
func (f *Flow) recent(now time.Time) float64 {
	if f.used == 0 {
		return 0
	}
	return f.used * math.Exp2(-float64(now.Sub(f.at))/float64(halfLife))
}

// charge adds to what the flow has used.
func (f *Flow) charge(used int) {
	if used > 0 {
		now := time.Now()
		f.used, f.at = f.recent(now)+float64(used), now
	}
}

// waiter is one run that waits. ready is closed when it was granted a place.
type waiter struct {
	urgency int
	granted bool
	yields  bool // it lets other goroutines go first
	ready   chan struct{}
}

func newFairQueue(size, share int, full func() bool) fairQueue {
	return fairQueue{size: size, share: share, full: full, flows: map[string]*Flow{}}
}

// Flow returns the entry of the flow with this name, always the same one.
func (q *fairQueue) Flow(name string) *Flow {
	q.mu.Lock()
	defer q.mu.Unlock()
	f := q.flows[name]
	if f == nil {
		f = &Flow{}
		q.flows[name] = f
	}
	return f
}

// may reports whether a flow may hold one more place. mu is held.
func (q *fairQueue) may(f *Flow) bool {
	switch free := q.size - q.used; {
	case q.size == 0:
		return true
	case free <= 0:
		return false
	default: // a flow with none may always take a free one
		return q.share >= 100 || f.held == 0 || f.held < q.size*q.share/100 && f.held*(100-q.share) < free*q.share
	}
}

// grants reports whether a run of the flow may have a place now. Overdue runs count: all of them for a run that waits
// patiently; for one that waits urgently in a flow that has some, only where they are as many as there are places. mu is held.
func (q *fairQueue) grants(f *Flow, urgency int) bool {
	if q.size > 0 && (q.overdue >= q.size && f.overdue > 0 || urgency == patiently && q.used+q.overdue >= q.size) {
		return false
	}
	return q.may(f)
}

// take takes a place at once and returns nil, or queues the run and returns its waiter.
func (q *fairQueue) take(f *Flow, urgency int) *waiter {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.ready[urgently])+len(q.ready[patiently]) == 0 && q.grants(f, urgency) && !q.full() {
		q.used++
		f.held++
		return nil
	}
	w := &waiter{urgency: urgency, ready: make(chan struct{})}
	if len(f.waiting[urgency]) == 0 {
		q.ready[urgency] = append(q.ready[urgency], f)
	}
	f.waiting[urgency] = append(f.waiting[urgency], w)
	q.noteUrgent(urgency, 1)
	q.serve()
	if w.granted {
		return nil
	}
	return w
}

// serve grants free places to waiting runs. mu is held.
func (q *fairQueue) serve() {
	for len(q.ready[urgently])+len(q.ready[patiently]) > 0 && !q.full() {
		first := urgently
		if q.granted%patientTurn == patientTurn-1 {
			first = patiently
		}
		if !q.serveOne(first) && !q.serveOne(1-first) {
			return
		}
		q.granted++
	}
}

// serveOne grants a free place to a run that waits so urgently, and reports whether there was one that may have it. mu
// is held.
func (q *fairQueue) serveOne(urgency int) bool {
	ready, next, least, now := q.ready[urgency], -1, 0.0, time.Now()
	for i, f := range ready {
		if !q.grants(f, urgency) {
			continue
		}
		if recent := f.recent(now); next < 0 || recent < least {
			next, least = i, recent
		}
	}
	if next < 0 {
		return false
	}
	f := ready[next]
	q.ready[urgency] = append(slices.Delete(ready, next, next+1), f)
	w := f.waiting[urgency][0]
	f.waiting[urgency] = f.waiting[urgency][1:]
	if len(f.waiting[urgency]) == 0 {
		q.ready[urgency] = ready[:len(ready)-1]
	}
	q.used++
	f.held++
	q.noteUrgent(urgency, -1)
	w.granted, w.yields = true, q.granted%yieldEvery == 0
	close(w.ready)
	return true
}

func (q *fairQueue) noteUrgent(urgency, n int) {
	if urgency == urgently {
		q.urgent.Add(int32(n))
	}
}

// quit removes a waiter. It returns false when a place was granted meanwhile: the caller then holds it.
func (q *fairQueue) quit(f *Flow, w *waiter) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if w.granted {
		return false
	}
	f.waiting[w.urgency] = slices.DeleteFunc(f.waiting[w.urgency], func(other *waiter) bool { return other == w })
	if len(f.waiting[w.urgency]) == 0 {
		q.ready[w.urgency] = slices.DeleteFunc(q.ready[w.urgency], func(other *Flow) bool { return other == f })
	}
	q.noteUrgent(w.urgency, -1)
	return true
}

// State returns how many places there are (0 = unbounded), how many are taken, and how many runs wait for one.
func (q *fairQueue) State() (size, used, waiting int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for urgency, ready := range q.ready {
		for _, f := range ready {
			waiting += len(f.waiting[urgency])
		}
	}
	return q.size, q.used, waiting
}

// leave returns a place, of which the flow has used so much.
func (q *fairQueue) leave(f *Flow, used int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.free(f, used)
	q.serve()
}

// lapse is leave for a run that continues as if it had the place: it is overdue until settle.
func (q *fairQueue) lapse(f *Flow, used int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.free(f, used)
	q.overdue++
	f.overdue++
	q.serve()
}

// settle notes that a run is no longer overdue, and has used so much meanwhile.
func (q *fairQueue) settle(f *Flow, used int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	f.charge(used)
	q.overdue--
	f.overdue--
	q.serve()
}

// free takes the place from the flow. mu is held.
func (q *fairQueue) free(f *Flow, used int) {
	f.charge(used)
	if f.held == 0 { // it entered while places were not counted
		return
	}
	q.used--
	f.held--
}
