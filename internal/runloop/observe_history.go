package runloop

import (
	"cmp"
	"log/slog"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// maxNoted is how many bytes a run may hold outside its VM for its payload to be noted before it has one.
const maxNoted = 256 << 10

// startHistory begins the record of the run. What a run forks or calls is kept as it is itself.
func (o *observer) startHistory(parent *run) {
	r, h := o.run, o.run.loop.history
	if parent != nil {
		o.history = parent.observer.history.Child(r.life.started)
	} else {
		p, own := r.version.Policies[r.web.Starter()]
		if !own {
			p = h.Policy()
		}
		o.history = h.Begin(p, r.version.Graph.AppName, r.wid, r.life.started)
	}
	if h.Watched() {
		h.Tell(true, o.describe(nil))
	}
}

// follow notes that the run continues with the form that a run of this wid began, "" where it was not recorded.
func (o *observer) follow(story string) {
	if o.story = story; story != "" {
		o.history.Follow(story)
	}
}

// waits returns the wid of the run that began the form which this run leaves behind, "" where no history is kept.
func (o *observer) waits() string {
	if o.history != nil {
		o.story = cmp.Or(o.story, o.run.wid)
	}
	return o.story
}

// recordVisit notes what a node did.
func (o *observer) recordVisit(v *visit, next *graph.Node, err error) {
	if o.history == nil {
		return
	}
	if o.run.waiting {
		next = nil // it is offered, not taken
	}
	o.history.Visited(v.node, next, v.started, v.took, err != nil)
	if o.history.Payloads() {
		o.history.Payload(o.payloadJSON())
	}
}

// payloadJSON returns the payload without running code of the flow; nil when it is too large or more than plain data.
func (o *observer) payloadJSON() []byte {
	p, s := &o.run.payload, &o.run.scope
	if v := p.Value(); v != nil {
		text, _ := s.vm.PlainJSON(v)
		return text
	}
	if s.HostMemory() > maxNoted {
		return nil
	}
	if p.Data() == nil {
		return []byte("{}")
	}
	text, err := hostfn.Encode(p.Data())
	if err != nil {
		return nil
	}
	return text
}

// writeHistory ends the record of the run, which failed with f where that is not nil.
func (o *observer) writeHistory(f *fault.Error) {
	h := o.run.loop.history
	kept, watched := o.history.Keeps(f != nil && actionable(f)), h.Watched()
	if kept || watched {
		head := o.describe(f)
		if watched {
			copied := *head
			h.Tell(false, &copied)
		}
		if kept {
			o.history.Keep(head)
			return
		}
	}
	o.history.Drop()
}

// describe returns the row of the run.
func (o *observer) describe(f *fault.Error) *store.Run {
	r := o.run
	u, q := r.scope.usage(), r.web.Request()
	h := &store.Run{
		Wid: r.wid, Parent: r.proc.ParentUUID, Story: o.story, App: r.version.Graph.AppName, Flow: r.flow.Name, Version: r.version.Graph.Version,
		Kind: r.proc.Type, Method: q.Method, Path: q.URL.Path, User: r.session.KnownUser(), Started: r.life.started, Took: r.loop.since(r.life.started),
		Status: store.RunOK, Operations: u.Operations, PeakMemory: u.PeakMemory, InVM: r.scope.inVM, Nodes: o.nodes,
	}
	if s := r.web.Starter(); s != nil {
		h.Starter = s.Node.ID
	}
	h.Answer = r.web.Status()
	switch {
	case f != nil:
		h.Status, h.Error, h.Exceeded = statusOf(f), f.Text, f.Limit
		if f.Cause != nil {
			h.Stack = fault.Print(f.Cause)
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

// actionable reports whether a failure needs action, in contrast to mistakes of visitors.
func actionable(f *fault.Error) bool { return levelOf(f) > slog.LevelDebug }
