package runloop

import (
	"errors"
	"runtime/debug"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/apps"
	"github.com/arturoeanton/nflow-runtime/internal/exchange"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/payload"
	"github.com/arturoeanton/nflow-runtime/internal/problem"
	"github.com/arturoeanton/nflow-runtime/internal/wire"
)

// Serve runs what a request matched and responds. On an error nothing was sent.
func (l *Loop) Serve(c echo.Context, v *apps.Version, m graph.Match) error {
	if m.Starter.Broken != nil {
		return apps.ErrBroken(m.Starter)
	}
	if l.isDraining() {
		return &fault.Error{Kind: fault.Unavailable, Text: "the server is stopping: try again", Cause: errDraining, Retry: retryAfterDrain}
	}
	r, err := l.begin(c, v, m)
	if err != nil {
		return err
	}
	defer r.release()
	r.execute()
	return nil
}

// begin makes the run of a request and reads the request's parameters.
func (l *Loop) begin(c echo.Context, v *apps.Version, m graph.Match) (*run, error) {
	f := v.Flows[m.Starter.Node.Flow]
	if err := l.Places.Enter(c.Request().Context(), f.Asked.Places); err != nil {
		return nil, err
	}
	if l.Places.Busy() && wire.Left(c.Request().Context()) { // while others wait, nobody else is served in vain
		l.Places.Leave(f.Asked.Places)
		return nil, fault.New(fault.Killed, "the client went away")
	}
	r := l.newRun(v, f, kindRequest, nil, c, m)
	r.place.Hold()
	c.Response().Header()[problem.WidHeader] = r.widHeader[:]
	c.Response().Header()[exchange.VersionHeader] = v.Header
	r.web.Hold()
	err := r.web.ReadParameters()
	if err == nil {
		err = r.resume(false)
	}
	if err != nil {
		r.web.Unhold() // the run sends no response: the caller does
		r.observer.runFinished(err)
		r.release()
		return nil, err
	}
	return r, nil
}

// execute runs the flow from the node that the request names, and sends the response.
func (r *run) execute() {
	err := r.walkFromEntry()
	if err == nil && r.node != nil && !r.web.Answered() {
		r.warn("the run sent no response: the client got an empty one; respond with c.JSON, c.HTML or another function of c", 0)
	}
	r.slot.Leave()
	r.observer.runFinished(err)
	if err != nil {
		r.scope.release()
		r.payload = payload.Payload{}
		r.loop.returnMemory(err, r.scope.last.PeakMemory)
		r.loop.HandleError(err, r.web.Context())
	}
	r.effects.noteAnswer(&r.web)
	r.place.Leave() // the client may take its response slowly
	status, bytes := r.web.Release()
	if !r.loop.logsRuns() {
		return
	}
	q := r.web.Request()
	r.observer.logRun("method", q.Method, "path", r.loop.shown(q.URL.Path), "status", status, "bytes", bytes, "client", r.web.Context().RealIP())
}

// walkFromEntry walks from the node that the request names, if auth() lets it, and keeps the form of a run that waits.
func (r *run) walkFromEntry() error {
	first, start, err := r.entry()
	if err != nil {
		return err
	}
	start, err = r.authorize(first, start)
	if err != nil || start == nil && r.web.Answered() {
		return err
	}
	if err := r.walk(start); err != nil {
		return err
	}
	if err := r.saveForm(); err != nil {
		r.web.Withdraw() // a form that cannot continue must not look as if it could
		return err
	}
	return nil
}

// entry finds the node that wants auth() (the starter, or the node continued at) and the node to start at, and puts
// form data and parameters into the payload.
func (r *run) entry() (first, start *graph.Node, err error) {
	starter := r.web.Starter()
	next := r.web.Next()
	if next == "" {
		r.payload = payload.Of(r.web.Parameters())
		r.session.StartForm(r.web.Parameters())
		return starter.Node, starter.First, nil
	}
	n := r.flow.Nodes[next]
	if n == nil {
		return nil, nil, errNotOffered()
	}
	form, offered, err := r.session.Continuation(n.ID)
	if err != nil {
		return nil, nil, err
	}
	if !offered && !n.Open {
		return nil, nil, errNotOffered()
	}
	for k, v := range r.web.Parameters().All() {
		form.Set(k, v)
	}
	r.observer.follow(r.session.Story())
	r.session.Continue(form)
	r.payload = payload.Of(form)
	return n, n, nil
}

func errNotOffered() error {
	return fault.New(fault.Conflict, "this step was not offered to this session, or the session has ended: start the flow again")
}

// saveForm keeps the form data and offers of a run that waits, and clears those of one that reached an end.
func (r *run) saveForm() error {
	if !r.waiting {
		return r.session.EndForm()
	}
	data, err := r.exportPayload()
	if err != nil {
		return failure(r.node, err)
	}
	var offers []string
	for _, o := range r.node.Outs {
		offers = append(offers, o.To.ID)
	}
	if err := r.session.KeepForm(data, offers, r.observer.waits()); err != nil {
		return failure(r.node, err)
	}
	return nil
}

// muchMemory is from where on what a run leaves behind is worth a collection, in bytes.
const muchMemory = 8 << 20

// returnMemory returns to the system what a run of so many bytes leaves behind that was stopped at a limit, before the
// next one comes: left to itself, Go keeps it for minutes. One run at a time does it.
func (l *Loop) returnMemory(err error, bytes int64) {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind != fault.Limit || bytes < muchMemory || !l.returning.TryLock() {
		return
	}
	defer l.returning.Unlock()
	debug.FreeOSMemory()
}
