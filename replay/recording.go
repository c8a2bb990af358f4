package replay

import (
	"fmt"
	"sync"
	"time"
)

// Event is one effect of a recorded run.
type Event struct {
	Kind    string  `json:"kind"` // see [Effects]
	Key     string  `json:"key"`  // what was requested
	Outcome Outcome `json:"outcome"`
}

// String returns kind and key.
func (e Event) String() string { return fmt.Sprintf("%s %s", e.Kind, e.Key) }

// Recorder is an Effects that keeps a run's effects in memory, in their order. It may be used from any goroutine.
type Recorder struct {
	mu     sync.Mutex
	events []*Event
}

// Events returns what was recorded so far. It is whole once the run has answered, and what the run does beside that has ended.
func (t *Recorder) Events() []Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]Event, len(t.events))
	for i, e := range t.events {
		all[i] = *e
	}
	return all
}

// Begin implements [Effects].
func (t *Recorder) Begin(kind, key string) Effect {
	e := &Event{Kind: kind, Key: key}
	t.mu.Lock()
	t.events = append(t.events, e)
	t.mu.Unlock()
	return &recording{t, e}
}

// May implements [Effects].
func (t *Recorder) May(string, string) bool { return true }

// Replays implements [Effects].
func (t *Recorder) Replays() bool { return false }

type recording struct {
	recorder *Recorder
	event    *Event
}

func (r *recording) Replay() (Outcome, bool) { return Outcome{}, false }

func (r *recording) Keep(o Outcome) {
	r.recorder.mu.Lock()
	defer r.recorder.mu.Unlock()
	r.event.Outcome = o
}

// stuckAfter is how long a replay waits for a promise or timer whose turn does not come: the code has changed.
const stuckAfter = 2 * time.Second

// Replayer is an Effects that returns what a recording holds. Nothing happens outside. It may be used from any goroutine.
type Replayer struct {
	mu         sync.Mutex
	events     []Event
	at         int
	moved      time.Time
	difference *Difference
}

// Difference is the first place where a run did not do what the recording says.
type Difference struct {
	At   int    // how many events were the same
	Node string // the node that was being visited
	Want string // of the recording; "" at its end
	Got  string // of the run; "" when it ended
}

// Error returns where and how the run differs.
func (d *Difference) Error() string {
	want, got := d.Want, d.Got
	if want == "" {
		want = "its end"
	}
	if got == "" {
		got = "its end"
	}
	return fmt.Sprintf("replay: event %d, at node %q: the recorded run had %s, this one %s", d.At+1, d.Node, want, got)
}

// NewReplayer makes a Replayer of a recording, which it does not change.
func NewReplayer(events []Event) *Replayer { return &Replayer{events: events, moved: time.Now()} }

// Difference returns the first difference, nil while there is none. After the run's end it also reports what the run
// left out.
func (t *Replayer) Difference(ended bool) *Difference {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ended && t.difference == nil && t.at < len(t.events) {
		t.differ("")
	}
	return t.difference
}

// differ notes the first difference; mu is held.
func (t *Replayer) differ(got string) {
	if t.difference != nil {
		return
	}
	d := &Difference{At: t.at, Got: got}
	if t.at < len(t.events) {
		d.Want = t.events[t.at].String()
	}
	for _, e := range t.events[:t.at] {
		if e.Kind == "node" {
			d.Node = e.Key
		}
	}
	t.difference = d
}

// Begin implements [Effects].
func (t *Replayer) Begin(kind, key string) Effect {
	t.mu.Lock()
	defer t.mu.Unlock()
	asked := Event{Kind: kind, Key: key}
	if t.difference == nil && (t.at == len(t.events) || t.events[t.at].Kind != kind || t.events[t.at].Key != key) {
		t.differ(asked.String())
	}
	if t.difference != nil {
		return replaying{Outcome{Err: &Failure{Text: t.difference.Error(), Kind: "conflict"}}}
	}
	t.at++
	t.moved = time.Now()
	return replaying{t.events[t.at-1].Outcome}
}

// May implements [Effects].
func (t *Replayer) May(kind, key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.difference == nil && time.Since(t.moved) > stuckAfter {
		t.differ("nothing: " + kind + " " + key + " is still pending")
	}
	return t.difference != nil || t.at < len(t.events) && t.events[t.at].Kind == kind && t.events[t.at].Key == key
}

// Replays implements [Effects].
func (t *Replayer) Replays() bool { return true }

type replaying struct{ outcome Outcome }

func (r replaying) Replay() (Outcome, bool) { return r.outcome, true }
func (r replaying) Keep(Outcome)            {}
