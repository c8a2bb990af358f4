package admin

import (
	"context"
	"encoding/json"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/process"
)

// RunView is a run as the API shows it. Durations are in microseconds.
type RunView struct {
	Wid        string     `json:"wid"`
	Parent     string     `json:"parent,omitempty"`
	Story      string     `json:"story,omitempty"`
	App        string     `json:"app"`
	Flow       string     `json:"flow"`
	Version    string     `json:"version,omitempty"`
	Instance   string     `json:"instance,omitempty"`
	Kind       string     `json:"kind"`
	Starter    string     `json:"starter,omitempty"`
	Method     string     `json:"method,omitempty"`
	Path       string     `json:"path,omitempty"`
	User       string     `json:"user,omitempty"`
	Started    time.Time  `json:"started"`
	Ended      *time.Time `json:"ended,omitempty"`
	Took       int64      `json:"duration_us"`
	Status     string     `json:"status"`
	Answer     int        `json:"answer,omitempty"`
	Operations int64      `json:"operations"`
	PeakMemory int64      `json:"peak_memory"`
	InVM       int64      `json:"vm_us"`
	Nodes      int        `json:"nodes"`
	Node       string     `json:"node,omitempty"` // node that a live run is at
	Error      *ErrorView `json:"error,omitempty"`
}

// ErrorView reports why a run failed.
type ErrorView struct {
	Text  string `json:"text"`
	Node  string `json:"node,omitempty"`
	Limit string `json:"limit,omitempty"`
	Stack string `json:"stack,omitempty"` // of a whole run only
}

// VisitView is the visit of a node.
type VisitView struct {
	Order   int             `json:"order"`
	Node    string          `json:"node"`
	Name    string          `json:"name"`
	Type    string          `json:"type"`
	At      int64           `json:"at_us"` // since the run's start
	Took    int64           `json:"duration_us"`
	Output  string          `json:"output,omitempty"`
	Status  string          `json:"status"`
	Changes json.RawMessage `json:"changes,omitempty"`
	Logs    json.RawMessage `json:"logs,omitempty"`
}

// Detail is a run, whole.
type Detail struct {
	RunView
	Input    json.RawMessage `json:"input,omitempty"`
	Visits   []VisitView     `json:"visits"`
	Children []RunView       `json:"children,omitempty"`   // that it forked or called
	Others   []RunView       `json:"story_runs,omitempty"` // of its form, in order of time, this one too
}

// View shows a kept run.
func View(r *store.Run) RunView {
	ended := store.RunEnd(r.ID).UTC()
	v := RunView{
		Wid: r.Wid, Parent: r.Parent, Story: r.Story, App: r.App, Flow: r.Flow, Version: r.Version, Instance: r.Instance, Kind: r.Kind,
		Starter: r.Starter, Method: r.Method, Path: r.Path, User: r.User, Started: r.Started, Ended: &ended, Took: r.Took.Microseconds(),
		Status: string(r.Status), Answer: r.Answer, Operations: r.Operations, PeakMemory: r.PeakMemory, InVM: r.InVM.Microseconds(), Nodes: r.Nodes,
	}
	if r.Error != "" {
		v.Error = &ErrorView{Text: r.Error, Node: r.FailedAt, Limit: r.Exceeded, Stack: r.Stack}
	}
	return v
}

func liveView(i process.Info, now time.Time) RunView {
	return RunView{
		Wid: i.Wid, Parent: i.Parent, App: i.App, Flow: i.Flow, Kind: i.Type, Started: i.Started.UTC(), Took: now.Sub(i.Started).Microseconds(),
		Status: running, Node: i.Node,
	}
}

// Whole shows a kept run with its visits and the runs around it.
func Whole(ctx context.Context, runs store.History, r *store.Run) (Detail, error) {
	d := Detail{RunView: View(r), Input: r.Input, Visits: make([]VisitView, len(r.Visits))}
	if len(r.Input) == 0 {
		d.Input = nil
	}
	for i := range r.Visits {
		v := &r.Visits[i]
		d.Visits[i] = VisitView{
			Order: v.Order, Node: v.Place.Node, Name: v.Place.Name, Type: v.Place.Type, At: v.At.Microseconds(), Took: v.Took.Microseconds(),
			Output: v.Output, Status: string(v.Status), Changes: orNil(v.Changes), Logs: orNil(v.Logs),
		}
	}
	below, err := runs.Runs(ctx, store.RunFilter{Parent: r.Wid, Limit: maxRelated})
	if err != nil {
		return d, err
	}
	d.Children = views(below.Runs)
	if r.Story != "" {
		story, err := runs.Runs(ctx, store.RunFilter{Story: r.Story, Limit: maxRelated})
		if err != nil {
			return d, err
		}
		d.Others = views(story.Runs)
	}
	return d, nil
}

// views shows runs, the first to end first.
func views(runs []store.Run) []RunView {
	list := make([]RunView, len(runs))
	for i := range runs {
		list[len(runs)-1-i] = View(&runs[i])
	}
	return list
}

func orNil(b []byte) json.RawMessage {
	if len(b) == 0 {
		return nil
	}
	return b
}
