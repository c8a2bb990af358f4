package apps

import (
	"cmp"
	"slices"
	"sync"

	"github.com/arturoeanton/nflow-runtime/internal/cors"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/history"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
	"github.com/arturoeanton/nflow-runtime/internal/source"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/nodejs"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

// Version is an app as it was at one moment. It is read-only; runs keep the one that they began with.
type Version struct {
	Graph     *graph.Graph
	Flows     map[*graph.Flow]*Flow
	Sessions  syncsession.Store // of the app's visitors
	Templates map[string]string
	Policies  map[*graph.Starter]history.Policy // of starters that say what is kept of their runs
	CORS      map[*graph.Starter]*cors.Policy   // of starters that say which pages may use them
	Header    []string                          // its hash, as header Nflow-Version says it

	modules  *moduleSet
	data     sync.Map // *graph.Node → hostfn.Maker of its parameters, once it was visited
	packages string   // stamp of the npm packages; see source.Bundle
}

// newVersion makes a version of what was compiled.
func (a *Apps) newVersion(g *graph.Graph, b *source.Bundle) *Version {
	return &Version{
		Graph: g, Templates: b.Templates, modules: a.newModuleSet(b, g), Policies: a.policies(g), CORS: cors.OfStarters(g), Flows: a.flows(g),
		Header: []string{g.Version}, packages: b.Packages,
	}
}

// DataOf returns what makes the parameters of a node for scripts.
func (v *Version) DataOf(n *graph.Node) hostfn.Maker {
	if made, ok := v.data.Load(n); ok {
		return made.(hostfn.Maker)
	}
	var data any = n.Data
	if inOrder, err := ordered.Decode(n.RawData); err == nil { // it was read before; a node may have none
		data = inOrder
	}
	made := hostfn.Prepare(data)
	v.data.Store(n, made)
	return made
}

// Module returns a module that the app's code may require, nil when there is none of that name.
func (v *Version) Module(name string) (*nodejs.Module, error) { return v.modules.find(name) }

// Starters lists the routable starters of a version, by pattern.
func (v *Version) Starters() []*graph.Starter {
	var all []*graph.Starter
	for _, f := range v.Graph.Flows {
		all = append(all, f.Starters...)
	}
	slices.SortFunc(all, func(a, b *graph.Starter) int {
		return cmp.Or(cmp.Compare(a.Pattern, b.Pattern), cmp.Compare(a.Method, b.Method))
	})
	return all
}

// Keys of a starter that say what is kept of the runs that it starts, before [history].
const (
	historyKey  = "history"          // off, errors, all or sample:N%
	payloadsKey = "history_payloads" // true or false
)

// policies reads what the starters of a graph say of their history; most say nothing.
func (a *Apps) policies(g *graph.Graph) map[*graph.Starter]history.Policy {
	var own map[*graph.Starter]history.Policy
	for _, f := range g.Flows {
		for _, s := range f.Starters {
			record, payloads := s.Node.Text(historyKey), s.Node.Text(payloadsKey)
			if record == "" && payloads == "" {
				continue
			}
			p := a.opts.History
			if wanted, ok := history.ParsePolicy(record); ok {
				wanted.Payloads = p.Payloads
				p = wanted
			}
			if payloads != "" {
				p.Payloads = payloads == "true"
			}
			if own == nil {
				own = map[*graph.Starter]history.Policy{}
			}
			own[s] = p
		}
	}
	return own
}

// ErrBroken is what a request gets whose starter leads to a node with an error in it.
func ErrBroken(s *graph.Starter) error {
	return fault.New(fault.Unavailable, "flow %q cannot run: %s", s.Node.Flow.Name, s.Broken.Sentence())
}
