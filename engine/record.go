package engine

import (
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/history"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// Keys of a starter that say what is kept of the runs that it starts, before [history].
const (
	historyKey  = "history"          // off, errors, all or sample:N%
	payloadsKey = "history_payloads" // true or false
)

// mostNoted is how many bytes a run may hold outside its VM for its payload to be noted before it has one.
const mostNoted = 256 << 10

// openHistory starts the recorder that [history] asks for. It is there also when that is off: a starter may want more.
func (rt *Runtime) openHistory() *history.Recorder {
	c := &rt.config.History
	p, _ := history.ParsePolicy(c.Record) // the configuration was checked
	p.Payloads = c.Payloads
	o := history.Options{Store: rt.store, Policy: p, Mask: rt.mask.Mask, Instance: rt.opts.Instance, Now: rt.clock.Now, Log: rt.log, Prune: rt.store.PruneRuns}
	o.Retention = func(now time.Time) (r store.Retention) {
		if days := c.RetentionDays.Int64(); days > 0 {
			r.Before = now.Add(-time.Duration(days) * 24 * time.Hour)
		}
		r.MaxRuns, r.MaxBytes = c.MaxRuns.Int64(), c.MaxMB.Int64()<<20
		return r
	}
	return history.NewRecorder(o)
}

// History gives the recorder of runs.
func (rt *Runtime) History() *history.Recorder { return rt.history }

// policies reads what the starters of a graph say of their history; most say nothing.
func (rt *Runtime) policies(g *graph.Graph) map[*graph.Starter]history.Policy {
	var own map[*graph.Starter]history.Policy
	for _, f := range g.Flows {
		for _, s := range f.Starters {
			record, payloads := s.Node.Text(historyKey), s.Node.Text(payloadsKey)
			if record == "" && payloads == "" {
				continue
			}
			p := rt.history.Policy()
			if wanted, ok := history.ParsePolicy(record); ok {
				wanted.Payloads = p.Payloads
				p = wanted
			}
			if payloads != "" {
				p.Payloads = payloads == "true"
			}
			if own == nil {
				own = map[*graph.Starter]history.Policy{}
			}
			own[s] = p
		}
	}
	return own
}

// record begins the record of the run. What a run forks or calls is kept as it is itself.
func (r *run) record(parent *run) {
	h := r.rt.history
	if parent != nil {
		r.history = parent.history.Child(r.started)
	} else {
		p, own := r.version.policies[r.web.match.Starter]
		if !own {
			p = h.Policy()
		}
		r.history = h.Begin(p, r.version.graph.AppName, r.wid, r.started)
	}
	if h.Watched() {
		h.Tell(true, r.head(nil))
	}
}

// noteInput notes the payload that the run starts with.
func (r *run) noteInput() {
	if r.history.Payloads() {
		r.history.Input(r.payloadJSON())
	}
}

// noteVisit notes what a node did.
func (r *run) noteVisit(n, next *graph.Node, started time.Time, took time.Duration, err error) {
	if r.history == nil {
		return
	}
	if r.waiting {
		next = nil // it is offered, not taken
	}
	r.history.Visited(n, next, started, took, err != nil)
	if r.history.Payloads() {
		r.history.Payload(r.payloadJSON())
	}
}

// payloadJSON gives the payload as who only looks on may see it; nil when it is too large or more than plain data.
func (r *run) payloadJSON() []byte {
	if r.payload.js != nil {
		text, _ := r.scope.vm.PlainJSON(r.payload.js)
		return text
	}
	if r.scope.HostMemory() > mostNoted {
		return nil
	}
	if r.payload.data == nil {
		return []byte("{}")
	}
	text, err := hostfn.Encode(r.payload.data)
	if err != nil {
		return nil
	}
	return text
}

// ended notes how the run ended, for its record, and tells who counts and traces.
func (r *run) ended(err error) {
	r.outcome, r.over = err, true
	r.measured(err)
}

// keep ends the record of the run.
func (r *run) keep() {
	var f *fault.Error
	switch {
	case r.outcome != nil:
		f = asFault(r.outcome)
	case !r.over:
		f = fault.New(fault.Internal, "the run ended unexpectedly")
	}
	kept, watched := r.history.Keeps(f != nil && acute(f)), r.rt.history.Watched()
	if kept || watched {
		head := r.head(f)
		if watched {
			copied := *head
			r.rt.history.Tell(false, &copied)
		}
		if kept {
			r.history.Keep(head)
			return
		}
	}
	r.history.Drop()
}

// head describes the run.
func (r *run) head(f *fault.Error) *store.Run {
	u, q := r.sandboxUsage(), r.web.echo.Request()
	h := &store.Run{
		Wid: r.wid, Parent: r.proc.ParentUUID, Story: r.story, App: r.version.graph.AppName, Flow: r.flow.Name, Version: r.version.graph.Version,
		Kind: r.proc.Type, Method: q.Method, Path: q.URL.Path, User: r.session.knownUser(), Started: r.started, Took: r.rt.since(r.started),
		Status: store.RunOK, Operations: u.Operations, PeakMemory: u.PeakMemory, InVM: r.used.inVM, Nodes: r.used.nodes,
	}
	if s := r.web.match.Starter; s != nil {
		h.Starter = s.Node.ID
	}
	h.Answer = r.web.held.status
	switch {
	case f != nil:
		h.Status, h.Error, h.Exceeded = statusOf(f), f.Text, f.Limit
		if f.Cause != nil {
			h.Stack = f.Cause.Error()
		}
		if f.Node != nil {
			h.FailedAt = f.Node.ID
		}
	case r.waiting:
		h.Status = store.RunWaiting
	}
	return h
}

func statusOf(f *fault.Error) store.RunStatus {
	switch f.Kind {
	case fault.Limit:
		return store.RunLimit
	case fault.Killed:
		return store.RunKilled
	}
	return store.RunError
}

// acute tells failures that somebody has to act on from mistakes of visitors.
func acute(f *fault.Error) bool {
	switch f.Kind {
	case fault.NotFound, fault.Invalid, fault.Conflict, fault.TooLarge:
		return false
	}
	return true
}
