package engine

import (
	"context"
	"maps"
	"slices"

	"github.com/arturoeanton/nflow-runtime/internal/admission"
	"github.com/arturoeanton/nflow-runtime/internal/apps"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/source"
	"github.com/arturoeanton/nflow-runtime/model"
)

// appsOptions returns the options that apps are loaded with.
func (rt *Runtime) appsOptions() apps.Options {
	vm := &rt.config.VMPoolConfig
	o := apps.Options{
		Source: func(app string) source.Source { return rt.opts.Source(app) }, Sessions: rt.sessionsFor, StepType: rt.loop.HasStep,
		Standard: rt.loop.Standard, Globals: rt.globals, Allow: rt.Allow, AllowedModules: vm.AllowedModules,
		BigInt: rt.limits.VM.BigInt, Analysis: rt.config.Security.EnableStaticAnalysis,
		History: rt.history.Policy(), Places: rt.places, Slots: rt.slots,
		Forks: admission.NewForks(vm.MaxWaitingForks.Int64(), vm.MaxWaitingForksMB.Int64()<<20), Log: rt.log,
	}
	if rt.opts.Meter != nil {
		o.Meter = rt.opts.Meter.Flow
	}
	return o
}

// Load loads an app, so that its first request need not wait. Loading an app again takes what has changed. An app that
// cannot be read at all is an error; flows with errors in them do not serve, the others do: see Problems.
func (rt *Runtime) Load(ctx context.Context, app string) error { return rt.apps.Load(ctx, app) }

// Watch reloads an app when it changes, until ctx is done. A version that cannot be used is logged and the one that
// serves keeps serving.
func (rt *Runtime) Watch(ctx context.Context, app string) error { return rt.apps.Watch(ctx, app) }

// follow watches an app until the runtime closes.
func (rt *Runtime) follow(app string) {
	rt.loop.Go(func() {
		if err := rt.Watch(rt.loop.Base(), app); err != nil {
			rt.log.Warn("app changes are no longer watched", "app", app, "error", err)
		}
	})
}

// Version returns the hash of the content of an app as it serves now, "" while it is not loaded.
func (rt *Runtime) Version(app string) string {
	if v := rt.apps.Serving(app); v != nil {
		return v.Header[0]
	}
	return ""
}

// Problems lists what is wrong in the version of an app that was loaded last, whether it serves or not.
func (rt *Runtime) Problems(app string) []model.Problem { return rt.masked(rt.apps.Problems(app)) }

// masked hides secrets in problems, which may quote code.
func (rt *Runtime) masked(list []model.Problem) []model.Problem {
	for i := range list {
		list[i].Text = rt.mask.Mask(list[i].Text)
	}
	return list
}

// Lint compiles an app without serving it and lists what is wrong with it. The error is a [*model.SyntaxError]: the app is not
// JSON.
func (rt *Runtime) Lint(app model.App) ([]model.Problem, error) { return rt.apps.Lint(app) }

// Starters lists the routable starters of a loaded app, by pattern.
func (rt *Runtime) Starters(app string) []model.Starter {
	v := rt.apps.Serving(app)
	if v == nil {
		return nil
	}
	return starters(v.Starters())
}

// Graph describes the version of a loaded app that serves now; nil before it is loaded.
func (rt *Runtime) Graph(app string) *model.Graph {
	v := rt.apps.Serving(app)
	if v == nil {
		return nil
	}
	g := &model.Graph{App: v.Graph.AppName, Version: v.Graph.Version, Problems: rt.masked(slices.Clone(v.Graph.Problems))}
	for _, f := range v.Graph.Flows {
		flow := model.Flow{Name: f.Name, Starters: starters(f.Starters)}
		if f.Broken != nil {
			flow.Broken = &rt.masked([]model.Problem{*f.Broken})[0]
		}
		for _, id := range slices.Sorted(maps.Keys(f.Nodes)) {
			flow.Nodes = append(flow.Nodes, describe(f.Nodes[id]))
		}
		g.Flows = append(g.Flows, flow)
	}
	return g
}

func starters(list []*graph.Starter) []model.Starter {
	all := make([]model.Starter, len(list))
	for i, s := range list {
		all[i] = model.Starter{Flow: s.Node.Flow.Name, Node: s.Node.ID, Method: s.Method, Pattern: s.Pattern}
	}
	return all
}

func describe(n *graph.Node) model.FlowNode {
	node := model.FlowNode{ID: n.ID, Name: n.Label, Type: n.Type}
	for _, o := range n.Outs {
		node.Outputs = append(node.Outputs, model.FlowOutput{Name: o.Name, To: o.To.ID})
	}
	return node
}

// Describe lists the global names of flow code with their documentation, sorted by name.
func (rt *Runtime) Describe() ([]model.Global, error) {
	return rt.loop.Describe(rt.apps.NewFlow("", &graph.Flow{}))
}
