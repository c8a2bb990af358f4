package admin

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/process"
)

const (
	maxText    = 200 // bytes of a filter
	maxRelated = 100 // runs of a story, or below a run
	running    = "running"
)

// page is the response of GET /runs.
type page struct {
	Runs []RunView `json:"runs"`
	Next string    `json:"next,omitempty"`
	Lost int64     `json:"lost"` // dropped history records of this process since its start

	Degraded string `json:"degraded,omitempty"` // why the sandbox of this process is
}

// runs lists runs: live ones first, then recorded ones, the last to end first.
func (a *API) runs(_ http.ResponseWriter, r *http.Request) (any, error) {
	f, status, err := filter(r.URL.Query())
	if err != nil {
		return nil, err
	}
	p := page{Runs: []RunView{}, Lost: a.opts.Lost(), Degraded: a.opts.Degraded}
	if f.Before == 0 && (status == "" || status == running) {
		live, err := a.opts.Live(r.Context())
		if err != nil {
			return nil, err
		}
		for _, i := range live {
			if fits(f, i) && len(p.Runs) < f.Limit {
				p.Runs = append(p.Runs, liveView(i, a.opts.Now()))
			}
		}
		slices.Reverse(p.Runs)
	}
	if status == running {
		return p, nil
	}
	kept, err := a.opts.Runs.Runs(r.Context(), f)
	if err != nil {
		return nil, err
	}
	lives := map[string]bool{}
	for i := range p.Runs {
		lives[p.Runs[i].Wid] = true
	}
	for i := range kept.Runs {
		if !lives[kept.Runs[i].Wid] {
			p.Runs = append(p.Runs, View(&kept.Runs[i]))
		}
	}
	if kept.Next > 0 {
		p.Next = Cursor(kept.Next)
	}
	return p, nil
}

// filter reads the parameters of GET /runs. Unknown ones are refused: a filter that is misspelt must not choose all.
func filter(q url.Values) (f store.RunFilter, status string, err error) {
	f.Limit = 50
	texts := map[string]*string{
		"app": &f.App, "flow": &f.Flow, "user": &f.User, "node": &f.Node, "text": &f.Text, "parent": &f.Parent, "story": &f.Story, "status": &status,
	}
	for name, values := range q {
		value := values[0]
		if len(values) > 1 || len(value) > maxText {
			return f, "", invalid("%s: give it once, with at most %d bytes", brief(name), maxText)
		}
		if value == "" {
			continue
		}
		if to := texts[name]; to != nil {
			*to = strings.ToValidUTF8(strings.ReplaceAll(value, "\x00", ""), "\uFFFD")
			continue
		}
		var ok bool
		want := ""
		switch name {
		case "from":
			f.From, ok, want = moment(value)
		case "to":
			f.To, ok, want = moment(value)
		case "limit":
			f.Limit, err = strconv.Atoi(value)
			ok, want = err == nil && f.Limit >= 1 && f.Limit <= 1000, "a number from 1 to 1000"
		case "cursor":
			f.Before, ok = ParseCursor(value)
			want = "the next value of the previous page"
		default:
			want = "one of app, flow, user, node, text, parent, story, status, from, to, limit, cursor"
			return f, "", invalid("unknown filter %q: want %s", brief(name), want)
		}
		if !ok {
			return f, "", invalid("%s=%s is not accepted: want %s", name, brief(value), want)
		}
	}
	switch status {
	case "", running, "ok", "error", "limit", "killed", "waiting":
	default:
		return f, "", invalid("status=%s is not accepted: want running, ok, error, limit, killed or waiting", brief(status))
	}
	if status != running {
		f.Status = store.RunStatus(status)
	}
	return f, status, nil
}

func moment(text string) (t time.Time, ok bool, want string) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t, err = time.Parse(time.DateOnly, text)
	}
	ok = err == nil && t.Year() >= 1970 && t.Year() <= 2100
	return t, ok, "a time as in 2026-01-31T12:00:00Z, or a day"
}

// Cursor writes a cursor.
func Cursor(id int64) string { return strconv.FormatInt(id, 36) }

// ParseCursor reads a cursor.
func ParseCursor(text string) (id int64, ok bool) {
	id, err := strconv.ParseInt(text, 36, 64)
	return id, err == nil && id > 0
}

// fits reports whether a live run matches a filter.
func fits(f store.RunFilter, i process.Info) bool {
	return (f.App == "" || f.App == i.App) && (f.Flow == "" || f.Flow == i.Flow) && (f.Node == "" || f.Node == i.Node) &&
		(f.Parent == "" || f.Parent == i.Parent) && (f.Text == "" || strings.Contains(strings.ToLower(i.Wid), strings.ToLower(f.Text))) &&
		f.User == "" && f.Story == "" && (f.To.IsZero() || i.Started.Before(f.To))
}

// run returns all that is known of a run.
func (a *API) run(_ http.ResponseWriter, r *http.Request) (any, error) {
	wid := r.PathValue("wid")
	live, err := a.opts.Live(r.Context())
	if err != nil {
		return nil, err
	}
	for _, i := range live {
		if i.Wid == wid {
			return Detail{RunView: liveView(i, a.opts.Now()), Visits: []VisitView{}}, nil
		}
	}
	kept, err := a.opts.Runs.Run(r.Context(), wid)
	if err != nil {
		return nil, err
	}
	return Whole(r.Context(), a.opts.Runs, kept)
}

// kill ends a run.
func (a *API) kill(w http.ResponseWriter, r *http.Request) (any, error) {
	wid := r.PathValue("wid")
	lived, err := a.opts.Kill(r.Context(), wid)
	if err != nil {
		return nil, err
	}
	if !lived {
		return nil, fault.New(fault.NotFound, "no running run %q", brief(wid))
	}
	a.opts.Log.Info("a run is killed through the runs API", "wid", wid)
	write(w, http.StatusAccepted, map[string]any{"wid": wid, "killed": true})
	return nil, nil
}
