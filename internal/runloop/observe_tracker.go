package runloop

import (
	"os"
	"strconv"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// track writes a row of a visit to table tracker, when that is on.
func (o *observer) track(v *visit, next *graph.Node) {
	t := o.run.loop.tracker.Load()
	if t == nil || o.run.effects.replays() {
		return
	}
	defer func() { // nothing here may end a run
		if x := recover(); x != nil {
			o.run.nodeLog().Error("the visit was not tracked", "panic", fault.Print(x))
		}
	}()
	r, n := o.run, v.node
	id, order := r.session.Count(o.resetsCount(), r.loop.NewID)
	q := r.web.Request()
	row := store.TrackRow{
		LogID: id, BoxID: n.ID, BoxName: n.Name, BoxType: n.Type, URL: q.URL.Path, Username: r.session.Username(),
		Duration: strconv.FormatInt(v.took.Milliseconds(), 10) + "m", OrderBox: order, Payload: o.payloadText(),
		IP: q.RemoteAddr, RealIP: r.web.Context().RealIP(), UserAgent: q.UserAgent(), QueryParam: q.URL.RawQuery, Host: q.Host,
	}
	row.Hostname, _ = os.Hostname()
	if next != nil {
		row.ConnectionNext = next.ID
	}
	t.Add(row)
}

// resetsCount reports whether this visit is the first of a GET on a starter that starts the count anew.
func (o *observer) resetsCount() bool {
	s := o.run.web.Starter()
	return o.run.before == nil && s != nil && s.Node.Text("reset_order_box") == "true" &&
		o.run.web.Request().Method == "GET" && o.run.web.Next() == ""
}

func (o *observer) payloadText() string {
	data, err := o.run.exportPayload()
	if err != nil {
		return ""
	}
	text, err := hostfn.Encode(data)
	if err != nil {
		return ""
	}
	return string(text)
}
