package history

import (
	"log/slog"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

const (
	// maxVisits is how many visits of one run are kept: the first half and the last half of them.
	maxVisits = 1000
	maxLines  = 200       // of log
	maxLine   = 2 << 10   // bytes of one line
	maxTexts  = 512 << 10 // bytes of payloads of one run
)

// Run is what is known of a live run: references, for the most part, that become rows only when the run is
// kept. It belongs to the run's goroutine; all methods may be called on nil.
type Run struct {
	rec     *Recorder
	policy  Policy
	chosen  bool // by the share
	app     string
	started time.Time

	visits  []visit
	visited int // all of them, in visits or not
	lines   []line
	input   []byte
	last    []byte // the payload that was noted last
	texts   int    // bytes of payloads
	lost    bool   // from here on payloads were not noted
}

type visit struct {
	node, next *graph.Node
	order      int
	at, took   time.Duration
	failed     bool
	noted      bool
	unread     bool   // the payload could not be noted
	payload    []byte // JSON, after the visit
}

// line is one line of a run's log.
type line struct {
	visit int // order of the visit that it belongs to; 0: before the first
	level slog.Level
	text  string
	at    int // line in the node's code; 0 when unknown
}

// Child returns the record of a run that this one forks or calls: it is kept as this one is.
func (r *Run) Child(started time.Time) *Run {
	if r == nil {
		return nil
	}
	c := r.rec.Begin(r.policy, r.app, "", started)
	c.chosen = r.chosen
	return c
}

// Follow makes a share keep the run when it keeps the run of that id, which this one continues.
func (r *Run) Follow(id string) {
	if r != nil {
		r.chosen = r.policy.chooses(id)
	}
}

// Payloads reports whether the payload is to be noted.
func (r *Run) Payloads() bool { return r != nil && r.policy.Payloads && r.chosen && !r.lost }

// Input notes the payload at the start. The run keeps text.
func (r *Run) Input(text []byte) {
	if r != nil && r.room(text) {
		r.input, r.last = text, text
	}
}

// room reports whether there is room for a payload; it is called once for each.
func (r *Run) room(text []byte) bool {
	r.texts += len(text)
	r.lost = r.lost || r.texts > maxTexts
	return !r.lost
}

// Visited notes the visit of a node that led to next, nil at an end.
func (r *Run) Visited(n, next *graph.Node, started time.Time, took time.Duration, failed bool) {
	if r == nil {
		return
	}
	r.visited++
	v := visit{node: n, next: next, order: r.visited, at: started.Sub(r.started), took: took, failed: failed}
	if len(r.visits) < maxVisits {
		r.visits = append(r.visits, v)
		return
	}
	const half = maxVisits / 2
	i := half + (r.visited-1-maxVisits)%half
	r.rec.counts.add(r.app, r.visits[i:i+1])
	r.visits[i] = v
}

// Payload notes the payload after the visit that was noted last; nil is one that cannot be noted. The run keeps text.
func (r *Run) Payload(text []byte) {
	if r == nil || len(r.visits) == 0 {
		return
	}
	v := r.current()
	if string(text) == string(r.last) && text != nil { // most nodes change nothing
		v.payload, v.noted = r.last, true
		return
	}
	if v.unread = text == nil || !r.room(text); !v.unread {
		v.payload, v.noted, r.last = text, true, text
	}
}

func (r *Run) current() *visit {
	if r.visited <= maxVisits {
		return &r.visits[len(r.visits)-1]
	}
	const half = maxVisits / 2
	return &r.visits[half+(r.visited-1-maxVisits)%half]
}

// Log notes a line of the log, of the node that is being visited.
func (r *Run) Log(level slog.Level, text string, at int) {
	if r == nil || len(r.lines) >= maxLines {
		return
	}
	if len(text) > maxLine+beyond { // cut to maxLine when secrets are hidden
		text = text[:maxLine+beyond]
	}
	r.lines = append(r.lines, line{r.visited + 1, level, text, at})
}

// Keeps reports whether the run is kept when it ends as it does; actionable says that the operator or the author has to act on the failure.
func (r *Run) Keeps(actionable bool) bool {
	return r != nil && (r.chosen || actionable && r.policy.Failures)
}

// Drop ends a run that is not kept.
func (r *Run) Drop() {
	if r == nil {
		return
	}
	r.rec.counts.add(r.app, r.visits)
	r.release()
}

// release lets another run use the record's memory.
func (r *Run) release() {
	clear(r.visits)
	clear(r.lines)
	*r = Run{rec: r.rec, visits: r.visits[:0], lines: r.lines[:0]}
	r.rec.spare.Put(r)
}

// Keep ends a run and has it written: head is the run without its visits, number of nodes and input.
func (r *Run) Keep(head *store.Run) {
	r.rec.counts.add(r.app, r.visits)
	head.Nodes, head.Instance = r.visited, r.rec.opts.Instance
	r.rec.writer.add(newRecord(r, head))
}
