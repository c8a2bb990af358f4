package admin

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/history"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/model"
)

type starterView struct {
	Node    string `json:"node"`
	Method  string `json:"method"`
	Pattern string `json:"pattern"`
}

type flowView struct {
	App      string         `json:"app"`
	Flow     string         `json:"flow"`
	Version  string         `json:"version"` // of the app
	Starters []starterView  `json:"starters"`
	Nodes    int            `json:"nodes"`
	Broken   *model.Problem `json:"broken,omitempty"`
}

func (a *API) graph() (*model.Graph, error) {
	if g := a.opts.Graph(); g != nil {
		return g, nil
	}
	return nil, fault.New(fault.Unavailable, "the app is not loaded yet")
}

func viewFlow(g *model.Graph, f *model.Flow) flowView {
	v := flowView{App: g.App, Flow: f.Name, Version: g.Version, Starters: []starterView{}, Nodes: len(f.Nodes), Broken: f.Broken}
	for _, s := range f.Starters {
		v.Starters = append(v.Starters, starterView{s.Node, s.Method, s.Pattern})
	}
	return v
}

func (a *API) flows(http.ResponseWriter, *http.Request) (any, error) {
	g, err := a.graph()
	if err != nil {
		return nil, err
	}
	list := []flowView{}
	for i := range g.Flows {
		list = append(list, viewFlow(g, &g.Flows[i]))
	}
	return map[string]any{"flows": list}, nil
}

type outputView struct {
	Name string `json:"name"`
	To   string `json:"to"`
}

type nodeView struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"`
	Type    string       `json:"type"`
	Outputs []outputView `json:"outputs"`
	nodeCounts
}

// nodeCounts are what all visits since a time come to.
type nodeCounts struct {
	Visits    int64   `json:"visits"`
	Failed    int64   `json:"failed"`
	ErrorRate float64 `json:"error_rate"` // from 0 to 1
	P50       int64   `json:"p50_us"`
	P95       int64   `json:"p95_us"`
	P99       int64   `json:"p99_us"`
}

// flow returns the graph of a flow with the counts of its nodes: of all runs, whether they are kept or not.
func (a *API) flow(_ http.ResponseWriter, r *http.Request) (any, error) {
	g, err := a.graph()
	if err != nil {
		return nil, err
	}
	f := g.Flow(r.PathValue("flow"))
	if f == nil {
		return nil, fault.New(fault.NotFound, "the app has no flow %q", brief(r.PathValue("flow")))
	}
	back := 24 * time.Hour
	if text := r.URL.Query().Get("since"); text != "" {
		if days, err := strconv.ParseUint(strings.TrimSuffix(text, "d"), 10, 16); err == nil && strings.HasSuffix(text, "d") {
			text = fmt.Sprint(24*days, "h")
		}
		if back, err = time.ParseDuration(text); err != nil || back <= 0 || back > 10000*time.Hour {
			return nil, invalid("since=%s is not accepted: want a time back from now, as in 1h or 7d", brief(text))
		}
	}
	since := a.opts.Now().Add(-back).UTC()
	stats, err := a.opts.Runs.NodeStats(r.Context(), g.App, f.Name, since)
	if err != nil {
		return nil, err
	}
	counts := map[string][]store.NodeStat{}
	for _, s := range stats {
		counts[s.Place.Node] = append(counts[s.Place.Node], s)
	}
	nodes := []nodeView{}
	for _, n := range f.Nodes {
		v := nodeView{ID: n.ID, Name: n.Name, Type: n.Type, Outputs: []outputView{}, nodeCounts: summed(counts[n.ID])}
		for _, o := range n.Outputs {
			v.Outputs = append(v.Outputs, outputView(o))
		}
		nodes = append(nodes, v)
	}
	return struct {
		flowView
		Since time.Time  `json:"since"`
		Graph []nodeView `json:"graph"`
	}{viewFlow(g, f), since, nodes}, nil
}

// summed adds up what was counted of one node.
func summed(stats []store.NodeStat) (c nodeCounts) {
	slices.SortFunc(stats, func(a, b store.NodeStat) int { return cmp.Compare(a.Class, b.Class) })
	for _, s := range stats {
		c.Visits, c.Failed = c.Visits+s.Visits, c.Failed+s.Failed
	}
	if c.Visits == 0 {
		return c
	}
	c.ErrorRate = float64(c.Failed) / float64(c.Visits)
	at := func(share float64) int64 {
		rank, seen := int64(share*float64(c.Visits)+0.999999), int64(0)
		for _, s := range stats {
			if seen += s.Visits; seen >= rank {
				return history.ClassDuration(s.Class).Microseconds()
			}
		}
		return 0
	}
	c.P50, c.P95, c.P99 = at(0.50), at(0.95), at(0.99)
	return c
}

func (a *API) problems(http.ResponseWriter, *http.Request) (any, error) {
	return map[string]any{"problems": append([]model.Problem{}, a.opts.Problems()...)}, nil
}

func (a *API) instances(_ http.ResponseWriter, r *http.Request) (any, error) {
	list, err := a.opts.Instances(r.Context())
	return map[string]any{"instances": append([]Instance{}, list...)}, err
}

const heartbeat = 15 * time.Second

// live sends runs that begin and end as server-sent events until the client disconnects.
func (a *API) live(w http.ResponseWriter, r *http.Request) (any, error) {
	headers(w.Header(), "text/event-stream")
	w.WriteHeader(http.StatusOK)
	out := http.NewResponseController(w)
	say := func(format string, args ...any) bool {
		_, err := fmt.Fprintf(w, format, args...)
		return err == nil && out.Flush() == nil
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	events := a.opts.Watch(r.Context())
	for ok := say(": watching\n\n"); ok; {
		select {
		case e, open := <-events:
			if !open {
				return nil, nil
			}
			if e.Lost > 0 {
				ok = say("event: lost\ndata: {\"lost\":%d}\n\n", e.Lost)
			}
			name, v := "end", View(e.Run)
			ended := e.Run.Started.Add(e.Run.Took).UTC()
			v.Ended = &ended
			if e.Began {
				name, v.Status, v.Ended = "begin", running, nil
			}
			text, err := json.Marshal(v)
			ok = ok && err == nil && say("event: %s\ndata: %s\n\n", name, text)
		case <-beat.C:
			ok = say(": still watching\n\n")
		case <-r.Context().Done():
			return nil, nil
		}
	}
	return nil, nil
}
