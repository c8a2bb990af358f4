package history

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// liveBuffer is how many events a slow reader may be behind before it misses some.
const liveBuffer = 256

// Event reports that a run of this process began or ended.
type Event = store.RunEvent

// live sends events to subscribers.
type live struct {
	watched atomic.Int32
	mu      sync.Mutex
	readers map[*reader]bool
	closed  bool
}

type reader struct {
	events chan Event
	lost   int64
}

// Watched reports whether there is a subscriber: without one no event is made.
func (r *Recorder) Watched() bool { return r != nil && r.live.watched.Load() > 0 }

// Tell sends an event to all watchers. It never waits.
func (r *Recorder) Tell(began bool, run *store.Run) {
	r.live.mu.Lock()
	defer r.live.mu.Unlock()
	m := masker{r.opts.Mask}
	run.Path, run.Error, run.Stack = m.text(run.Path), m.text(run.Error), m.text(run.Stack)
	for reader := range r.live.readers {
		select {
		case reader.events <- Event{Began: began, Run: run, Lost: reader.lost}:
			reader.lost = 0
		default:
			reader.lost++
		}
	}
}

// Watch returns the events from now on. The channel is closed when ctx is done or the recorder closes.
func (r *Recorder) Watch(ctx context.Context) <-chan Event {
	w := &reader{events: make(chan Event, liveBuffer)}
	if r == nil {
		close(w.events)
		return w.events
	}
	l := &r.live
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		close(w.events)
		return w.events
	}
	if l.readers == nil {
		l.readers = map[*reader]bool{}
	}
	l.readers[w] = true
	l.watched.Add(1)
	context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.drop(w)
	})
	return w.events
}

func (l *live) drop(r *reader) {
	if l.readers[r] {
		delete(l.readers, r)
		l.watched.Add(-1)
		close(r.events)
	}
}

func (l *live) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for r := range l.readers {
		l.drop(r)
	}
}
