package engine

import "github.com/arturoeanton/nflow-runtime/internal/graph"

// flow is a flow of one version with what a Runtime keeps for it, found once and not at each run.
type flow struct {
	*graph.Flow
	meter  FlowMeter // nil for none
	places *lane     // of the admission
	slots  *lane
}

// newFlow makes ready to run a flow whose runs are counted by the meter.
func (rt *Runtime) newFlow(f *graph.Flow, m FlowMeter) *flow {
	return &flow{Flow: f, meter: m, places: rt.places.lane(f.Name), slots: rt.slots.lane(f.Name)}
}

// flows makes those of a graph ready.
func (rt *Runtime) flows(g *graph.Graph) map[*graph.Flow]*flow {
	meters, all := rt.meters(g), make(map[*graph.Flow]*flow, len(g.Flows))
	for _, f := range g.Flows {
		all[f] = rt.newFlow(f, meters[f])
	}
	return all
}
