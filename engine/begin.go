package engine

import (
	"cmp"
	"maps"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
)

// nextField is the form field that names the node to continue at.
const nextField = "nflow_next_node_run"

// begin makes the run of a request and reads the request's parameters.
func (rt *Runtime) begin(c echo.Context, v *version, m graph.Match) (*run, error) {
	f := v.flows[m.Starter.Node.Flow]
	if err := rt.places.enter(c.Request().Context(), f.places); err != nil {
		return nil, err
	}
	r := rt.newRun(v, f, rt.newExchange(c, m), kindRequest, nil)
	r.placed = true
	c.Response().Header()[widHeader] = r.widHeader[:]
	c.Response().Header()[versionHeader] = v.header
	r.web.hold()
	if err := r.web.readParameters(rt.limits.body); err != nil {
		c.Response().Writer = r.web.held.ResponseWriter // the run answers nothing: the caller does
		r.ended(err)
		r.close()
		return nil, err
	}
	return r, nil
}

// serve runs the flow from the node that the request asks for, and sends the answer.
func (r *run) serve() error {
	err := r.serveFrom()
	r.leaveSlot() // the client may take its answer slowly
	r.ended(err)
	if err != nil {
		r.drop()
		r.rt.returnMemory(err, r.used.sandbox.PeakMemory)
		r.rt.HandleError(err, r.web.echo)
	}
	r.noteAnswer()
	status, bytes := r.web.release()
	if !r.logs() {
		return nil
	}
	q := r.web.echo.Request()
	r.logRun("method", q.Method, "path", shown(q.URL.Path), "status", status, "bytes", bytes, "client", r.web.echo.RealIP())
	return nil
}

func (r *run) serveFrom() error {
	first, start, err := r.entry()
	if err != nil {
		return err
	}
	start, err = r.authorize(first, start)
	if err != nil || start == nil && r.web.answered() {
		return err
	}
	if err := r.walk(start); err != nil {
		return err
	}
	if err := r.keepForm(); err != nil {
		r.web.withdraw() // a form that cannot go on must not look as if it could
		return err
	}
	return nil
}

// entry finds the node that asks for auth() (the starter, or the node continued at) and the node to start at, and puts
// form data and parameters into the payload.
func (r *run) entry() (first, start *graph.Node, err error) {
	starter := r.web.match.Starter
	next := r.web.next()
	if next == "" {
		r.payload.data = r.web.parameters()
		r.session.startForm(r.web.parameters())
		return starter.Node, starter.First, nil
	}
	n := r.flow.Nodes[next]
	if n == nil {
		return nil, nil, errNotOffered()
	}
	form, offered, err := r.session.continuation(n.ID)
	if err != nil {
		return nil, nil, err
	}
	if !offered && !n.Open {
		return nil, nil, errNotOffered()
	}
	for k, v := range r.web.parameters() {
		form[k] = v
	}
	if r.story = r.session.story(); r.story != "" {
		r.history.Follow(r.story)
	}
	r.session.form = maps.Clone(form)
	r.payload.data = form
	return n, n, nil
}

func errNotOffered() error {
	return fault.New(fault.Conflict, "this step was not offered to this browser, or its session has ended: start the flow again")
}

// keepForm keeps the form data and offers of a run that waits, and clears those of one that reached an end.
func (r *run) keepForm() error {
	if !r.waiting {
		return r.session.endForm()
	}
	data, err := r.payload.export(r)
	if err != nil {
		return failure(r.node, err)
	}
	var offers []string
	for _, o := range r.node.Outs {
		offers = append(offers, o.To.ID)
	}
	if r.history != nil {
		r.story = cmp.Or(r.story, r.wid)
	}
	if err := r.session.keepForm(data, offers, r.story); err != nil {
		return failure(r.node, err)
	}
	return nil
}

// bodyMethod tells whether a request of this method carries its parameters in the body.
func bodyMethod(method string) bool {
	return method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch
}
