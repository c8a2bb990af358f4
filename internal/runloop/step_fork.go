package runloop

import (
	"github.com/arturoeanton/nflow-runtime/internal/admission"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/payload"
)

// forkStep starts the node on output_2 as a run of its own and continues at output_1 at once.
type forkStep struct{}

func (forkStep) run(r *run, n *graph.Node) (*graph.Node, error) {
	if branch := n.Out("output_2"); branch != nil {
		if err := r.slot.Take(); err != nil { // the copy takes as long as the payload is large
			return nil, err
		}
		if err := r.startFork(n, kindFork, func(fork *run) { fork.reportEnd(fork.walkPlaced(branch)) }); err != nil {
			return nil, err
		}
	}
	return n.Out("output_1"), nil
}

// startFork begins a run of its own that does work. A replay names it to the client and begins none.
func (r *run) startFork(n *graph.Node, kind string, work func(fork *run)) error {
	wid, err := hostfn.Do(r.effects.Effects, "fork", n.ID, func() (string, error) {
		fork, err := r.fork(n, kind)
		if err != nil {
			return "", err
		}
		r.loop.background.Go(func() {
			defer fork.release()
			work(fork)
		})
		return fork.wid, nil
	})
	if err == nil && r.effects.replays() {
		r.web.Announce(wid)
	}
	return err
}

// walkPlaced waits for a place of the admission and walks. A fork takes one of its own: it has a VM like any run.
func (r *run) walkPlaced(n *graph.Node) error {
	err := r.place.Take(r.life.Context())
	r.forkHold.Leave()
	if err != nil {
		return err
	}
	return r.walk(n)
}

// fork makes a run of its own: a deep copy of the payload, its own VM, the request without its cookies, and a response
// that refuses. Its id goes to the client in a header of its own.
func (r *run) fork(n *graph.Node, kind string) (*run, error) {
	hold, err := r.enterFork(kind)
	if err != nil {
		return nil, err
	}
	data, err := r.exportPayload()
	if err == nil {
		err = hold.Grow(payload.Weigh(data) + r.web.InputMemory() + r.session.CopyWeight())
	}
	if err != nil {
		hold.Leave()
		return nil, err
	}
	f := r.loop.newRun(r.version, r.flow, kind, r, nil, r.web.Match())
	f.payload = payload.Of(data)
	f.before, f.forkHold = n, hold
	r.session.CopyTo(&f.session)
	r.web.Announce(f.wid)
	return f, nil
}

// enterFork counts a fork, unless it is one too many, for the request or for the app. A message is not counted: its
// listener is, and gets one message at a time.
func (r *run) enterFork(kind string) (admission.Fork, error) {
	if r.loop.isDraining() {
		return admission.Fork{}, fault.New(fault.Unavailable, "the server is stopping: no fork is started")
	}
	if err := r.lineage.mayDescend(r.loop.Limits.Depth, "fork"); err != nil {
		return admission.Fork{}, err
	}
	if kind == kindMessage {
		return admission.Fork{}, nil
	}
	if err := r.lineage.mayFork(r.loop.Limits.Forks); err != nil {
		return admission.Fork{}, err
	}
	return r.flow.Forks.Enter()
}

// reportEnd reports how a run without a client ended, to history and log: there is no answer that could show it.
func (r *run) reportEnd(err error) {
	r.observer.runFinished(err)
	if err == nil {
		r.observer.logRun("kind", r.proc.Type)
		return
	}
	f := fault.From(err)
	args := []any{"text", f.Text}
	if f.Node != nil {
		args = append(args, "node", f.Node.ID, "name", f.Node.Name)
	}
	if f.Cause != nil {
		args = append(args, "error", fault.Print(f.Cause))
	}
	r.log.own().Log(r.loop.base, levelOf(f), "fork failed", args...)
}
