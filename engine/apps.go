package engine

import (
	"context"

	"github.com/arturoeanton/nflow-runtime/internal/admission"
	"github.com/arturoeanton/nflow-runtime/internal/apps"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/jsapi"
)

// appsOptions returns the options that apps are loaded with.
func (rt *Runtime) appsOptions() apps.Options {
	vm := &rt.config.VMPoolConfig
	o := apps.Options{
		Source: rt.opts.Source, Sessions: rt.sessionsFor, StepType: rt.loop.HasStep,
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
func (rt *Runtime) Problems(app string) []graph.Problem {
	list := rt.apps.Problems(app)
	for i := range list {
		list[i].Text = rt.mask.Mask(list[i].Text) // it may quote the code
	}
	return list
}

// Graph returns the version of a loaded app that serves now; nil before it is loaded.
func (rt *Runtime) Graph(app string) *graph.Graph {
	if v := rt.apps.Serving(app); v != nil {
		return v.Graph
	}
	return nil
}

// Lint compiles an app without serving it and lists what is wrong with it.
func (rt *Runtime) Lint(app graph.App) ([]graph.Problem, error) { return rt.apps.Lint(app) }

// Starters lists the routable starters of a loaded app, by pattern.
func (rt *Runtime) Starters(app string) []*graph.Starter {
	if v := rt.apps.Serving(app); v != nil {
		return v.Starters()
	}
	return nil
}

// Describe lists the global names of flow code with their documentation, sorted by name.
func (rt *Runtime) Describe() ([]jsapi.Entry, error) {
	return rt.loop.Describe(rt.apps.NewFlow("", &graph.Flow{}))
}
