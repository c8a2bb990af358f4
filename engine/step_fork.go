package engine

import (
	"net/http"
	"strconv"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// forkStep starts the node on output_2 as a run of its own and goes on at output_1 at once.
type forkStep struct{}

func (forkStep) run(r *run, n *graph.Node) (*graph.Node, error) {
	if branch := n.Out("output_2"); branch != nil {
		if err := r.startFork(n, kindFork, func(fork *run) { fork.finish(fork.walkPlaced(branch)) }); err != nil {
			return nil, err
		}
	}
	return n.Out("output_1"), nil
}

// startFork begins a run of its own that does work. A replay names it to the client and begins none.
func (r *run) startFork(n *graph.Node, kind string, work func(fork *run)) error {
	wid, err := hostfn.Do(r.effects, "fork", n.ID, func() (string, error) {
		fork, err := r.fork(n, kind)
		if err != nil {
			return "", err
		}
		r.rt.background.Go(func() {
			defer fork.close()
			work(fork)
		})
		return fork.wid, nil
	})
	if err == nil && r.replays() {
		r.announce(wid)
	}
	return err
}

// walkPlaced waits for a place of the admission and walks. A fork takes one of its own: it has a VM like any run.
func (r *run) walkPlaced(n *graph.Node) error {
	if err := r.rt.places.enter(r.context(), r.flow.places); err != nil {
		return err
	}
	r.placed = true
	return r.walk(n)
}

// fork makes a run of its own: a deep copy of the payload, its own VM, the request without its cookies, and an answer
// that refuses. Its id goes to the client in a header of its own.
func (r *run) fork(n *graph.Node, kind string) (*run, error) {
	if r.rt.isDraining() {
		return nil, fault.New(fault.Unavailable, "the server is stopping: no fork is started")
	}
	data, err := r.payload.export(r)
	if err != nil {
		return nil, err
	}
	f := r.rt.newRun(r.version, r.flow, r.web.detach(), kind, r)
	f.payload.data = data
	f.before = n
	r.session.copyFor(f)
	r.announce(f.wid)
	return f, nil
}

// announce names a fork to the client, while the answer has not left. Forks of forks have no client to tell.
func (r *run) announce(wid string) {
	if r.web.detached || r.web.held.sent {
		return
	}
	r.forks++
	r.web.echo.Response().Header()["Dromedary-Wid-"+strconv.Itoa(r.forks+1)] = []string{wid}
}

// finish logs how a run without a client ended: nobody else hears of it.
func (r *run) finish(err error) {
	r.ended(err)
	if err == nil {
		r.logRun("kind", r.proc.Type)
		return
	}
	f := fault.From(err)
	args := []any{"text", f.Text}
	if f.Node != nil {
		args = append(args, "node", f.Node.ID, "name", f.Node.Name)
	}
	if f.Cause != nil {
		args = append(args, "error", f.Cause.Error())
	}
	r.logger().Log(r.rt.base, levelOf(f), "fork failed", args...)
}

// detach gives forks the request without what belongs to the client alone.
func (x *exchange) detach() exchange {
	q := x.echo.Request().Clone(x.run.rt.base)
	q.Body = http.NoBody
	q.Header.Del("Cookie")
	q.Header.Del("Authorization")
	q.MultipartForm = nil
	c := x.echo.Echo().NewContext(q, refusingWriter{})
	c.SetPath(x.echo.Path())
	return exchange{
		echo: c, match: x.match, detached: true,
		form: x.form, posted: x.posted, body: x.body, bodyRead: true,
	}
}

// refusingWriter is the answer of a fork: nothing written to it goes anywhere.
type refusingWriter struct{}

func (refusingWriter) Header() http.Header { return http.Header{} }

func (refusingWriter) Write([]byte) (int, error) {
	return 0, fault.New(fault.Script, "a fork cannot answer the client: answer on output_1")
}

func (refusingWriter) WriteHeader(int) {}

// copyData makes a deep copy of Go data by way of JSON, the form in which it may leave a run.
func copyData(data map[string]any) (map[string]any, error) {
	text, err := hostfn.Encode(data)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the payload cannot be copied")
	}
	v, err := hostfn.Decode(text)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the payload cannot be copied")
	}
	m, _ := v.(map[string]any)
	return m, nil
}
