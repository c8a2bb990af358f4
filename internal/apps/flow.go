package apps

import (
	"slices"

	"github.com/arturoeanton/nflow-runtime/internal/admission"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/model"
)

// Flow is a flow of one version with what is kept for its runs, found once and not at each run.
type Flow struct {
	*graph.Flow
	Meter    model.FlowMeter // nil for none
	Asked    Queues          // of runs with a client
	Detached Queues
	Forks    *admission.ForkQuota // of the app
}

// Queues are where runs of a flow wait for places and for slots. Those without a client have their own: however many there
// are, they hold up no client of the flow.
type Queues struct{ Places, Slots *admission.Flow }

func (a *Apps) queues(name string) Queues {
	return Queues{a.opts.Places.Flow(name), a.opts.Slots.Flow(name)}
}

// NewFlow makes ready to run a flow of an app, without counting its runs.
func (a *Apps) NewFlow(app string, f *graph.Flow) *Flow {
	o := &a.opts
	return &Flow{Flow: f, Asked: a.queues(f.Name), Detached: a.queues(f.Name + "\x00"), Forks: o.Forks.Quota(app)}
}

// flows makes those of a graph ready, with what counts their runs.
func (a *Apps) flows(g *graph.Graph) map[*graph.Flow]*Flow {
	all := make(map[*graph.Flow]*Flow, len(g.Flows))
	for _, f := range g.Flows {
		all[f] = a.NewFlow(g.AppName, f)
		if a.opts.Meter != nil {
			all[f].Meter = a.opts.Meter(f.Name, a.typesOf(f))
		}
	}
	return all
}

// typesOf lists the types of a flow's nodes that have a step.
func (a *Apps) typesOf(f *graph.Flow) (types []string) {
	for _, n := range f.Nodes {
		if !slices.Contains(types, n.Type) && a.opts.StepType(n.Type) {
			types = append(types, n.Type)
		}
	}
	slices.Sort(types)
	return types
}
