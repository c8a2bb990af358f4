package engine

import (
	"os"
	"strconv"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/history"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// trackSession holds the visitor's log_id and how many nodes were counted, over requests.
const trackSession = "nflow_track"

// StartTracker writes a row of table tracker for each node that is visited from now on, with so many writers (0 means
// [tracker] workers). A second call changes nothing.
func (rt *Runtime) StartTracker(workers int) {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	if rt.tracker.Load() != nil {
		return
	}
	c := &rt.config.TrackerConfig
	if workers <= 0 {
		workers = c.Workers
	}
	rt.tracker.Store(history.NewTracker(history.TrackerOptions{
		Write: rt.store.Track, Mask: rt.mask.Mask, Workers: workers, Batch: c.BatchSize, Flush: c.FlushInterval.Duration(),
		Buffer: c.ChannelBuffer, Stats: c.StatsInterval.Duration(), Verbose: c.VerboseLogging, Log: rt.log,
	}))
}

// track notes a visit in table tracker, when that is on.
func (r *run) track(n, next *graph.Node, took time.Duration) {
	t := r.rt.tracker.Load()
	if t == nil || r.replays() {
		return
	}
	id, order := r.session.count(r.resetsCount())
	q := r.web.echo.Request()
	row := store.TrackRow{
		LogID: id, BoxID: n.ID, BoxName: n.Name, BoxType: n.Type, URL: q.URL.Path, Username: r.session.username(),
		Duration: strconv.FormatInt(took.Milliseconds(), 10) + "m", OrderBox: order, Payload: r.payloadText(),
		IP: q.RemoteAddr, RealIP: r.web.echo.RealIP(), UserAgent: q.UserAgent(), QueryParam: q.URL.RawQuery, Host: q.Host,
	}
	row.Hostname, _ = os.Hostname()
	if next != nil {
		row.ConnectionNext = next.ID
	}
	t.Add(row)
}

// resetsCount tells whether this visit is the first of a GET on a starter that starts the count anew.
func (r *run) resetsCount() bool {
	s := r.web.match.Starter
	return r.before == nil && s != nil && s.Node.Text("reset_order_box") == "true" &&
		r.web.echo.Request().Method == "GET" && r.web.next() == ""
}

func (r *run) payloadText() string {
	data, err := r.payload.export(r)
	if err != nil {
		return ""
	}
	text, err := hostfn.Encode(data)
	if err != nil {
		return ""
	}
	return string(text)
}

// count answers the visitor's log_id and the number of this node, both kept in the session.
func (s *session) count(reset bool) (id string, order int) {
	v, err := s.load()
	if err != nil {
		return "", 0
	}
	entry := v.Get(trackSession)
	id, _ = entry["log_id"].(string)
	n, _ := entry["order_box"].(int64)
	if id == "" {
		id = s.run.rt.newID()
	}
	if reset {
		n = 0
	}
	n++
	if err := v.Set(trackSession, map[string]any{"log_id": id, "order_box": n}); err != nil {
		s.run.logger().Debug("the visit was not counted", "error", err)
	}
	return id, int(n)
}

// username gives the name in the visitor's profile, "" for nobody.
func (s *session) username() string {
	profile, err := s.Open("auth_session")
	if err != nil {
		return ""
	}
	return usernameIn(profile)
}
