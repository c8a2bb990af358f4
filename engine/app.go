package engine

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/history"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/source"
)

// servedApp is an app that is loaded. Requests read version; loading replaces it whole.
type servedApp struct {
	name    string
	source  source.Source
	version atomic.Pointer[version]

	mu       sync.Mutex  // one load at a time
	refused  atomic.Bool // the last change was not used
	problems atomic.Pointer[[]graph.Problem]
}

// version is an app as it was at one moment. Runs keep the one that they began with.
type version struct {
	graph     *graph.Graph
	templates map[string]string
	modules   *moduleSet
	policies  map[*graph.Starter]history.Policy // of starters that say what is kept of their runs
	data      sync.Map                          // *graph.Node → hostfn.Maker of its parameters, once it was visited
	header    []string                          // its hash, as header Nflow-Version says it
	packages  string                            // stamp of the npm packages; see source.Bundle
	flows     map[*graph.Flow]*flow
}

// dataOf makes the parameters of a node for scripts.
func (v *version) dataOf(n *graph.Node) hostfn.Maker {
	if made, ok := v.data.Load(n); ok {
		return made.(hostfn.Maker)
	}
	made := hostfn.Prepare(n.Data)
	v.data.Store(n, made)
	return made
}

// newVersion makes a version of what was compiled.
func (rt *Runtime) newVersion(g *graph.Graph, b *source.Bundle) *version {
	return &version{
		graph: g, templates: b.Templates, modules: rt.newModuleSet(b, g), policies: rt.policies(g), flows: rt.flows(g),
		header: []string{g.Version}, packages: b.Packages,
	}
}

// Version gives the hash of the content of an app as it serves now, "" while it is not loaded.
func (rt *Runtime) Version(app string) string {
	if v := rt.app(app).version.Load(); v != nil {
		return v.header[0]
	}
	return ""
}

// Load loads an app, so that its first request need not wait. Loading an app again takes what has changed. An app that
// cannot be read at all is an error; flows with errors in them do not serve, the others do: see Problems.
func (rt *Runtime) Load(ctx context.Context, app string) error {
	a := rt.app(app)
	return a.load(ctx, rt)
}

// app gives the place of an app, loaded or not.
func (rt *Runtime) app(name string) *servedApp {
	rt.mu.RLock()
	a := rt.apps[name]
	rt.mu.RUnlock()
	if a != nil {
		return a
	}
	rt.mu.Lock()
	defer rt.mu.Unlock()
	if rt.apps[name] == nil {
		rt.apps[name] = &servedApp{name: name, source: rt.opts.Source(name)}
	}
	return rt.apps[name]
}

// current gives the version of an app that serves now, loading it when this is the first request.
func (rt *Runtime) current(ctx context.Context, name string) (*version, error) {
	a := rt.app(name)
	if v := a.version.Load(); v != nil {
		rt.hits.Add(1)
		return v, nil
	}
	rt.misses.Add(1)
	if err := a.load(ctx, rt); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "app %q cannot be loaded", name)
	}
	return a.version.Load(), nil
}

// load reads and compiles the app and swaps it in, unless that would break a flow which serves now.
func (a *servedApp) load(ctx context.Context, rt *Runtime) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	bundle, err := a.source.Load(ctx)
	if err != nil {
		return err
	}
	old := a.version.Load()
	var before *graph.Graph
	if old != nil {
		before = old.graph
	}
	g, err := rt.compile(bundle.App, before)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "app %q: %v", a.name, err)
	}
	a.problems.Store(&g.Problems)
	if p := newlyBroken(before, g); p != nil {
		return fault.New(fault.Unavailable, "the new version of app %q is not used: %s", a.name, describe(p))
	}
	if old != nil && old.graph.Version == g.Version && old.packages == bundle.Packages && slices.Equal(old.graph.Problems, g.Problems) {
		if a.refused.Swap(false) {
			rt.log.Info("the app is in order again", "app", a.name, "version", g.Version)
		}
		return nil // another app of the database changed
	}
	a.version.Store(rt.newVersion(g, bundle))
	a.refused.Store(false)
	rt.logProblems(g, old == nil)
	return nil
}

func (rt *Runtime) compile(app graph.App, before *graph.Graph) (*graph.Graph, error) {
	return graph.Compile(app, graph.Options{
		Compiler: compiler{rt, app.Modules},
		StepType: func(name string) bool { return rt.step(name) != nil },
		History:  func(text string) bool { _, ok := history.ParsePolicy(text); return ok },
		Previous: before,
	})
}

// newlyBroken finds a flow that the serving graph runs and the new one would not.
func newlyBroken(before, after *graph.Graph) *graph.Problem {
	if before == nil {
		return nil
	}
	for _, f := range after.Flows {
		old := before.Flow(f.Name)
		if f.Broken != nil && old != nil && old.Broken == nil {
			return f.Broken
		}
	}
	for _, f := range before.Flows { // a flow may have another name and keep its paths
		for _, s := range f.Starters {
			if m, ok := after.Match(s.Method, s.Pattern); ok && f.Broken == nil && m.Starter.Node.Flow.Broken != nil {
				return m.Starter.Node.Flow.Broken
			}
		}
	}
	return nil
}

func (rt *Runtime) logProblems(g *graph.Graph, first bool) {
	what := "app reloaded"
	if first {
		what = "app loaded"
	}
	starters := 0
	for _, f := range g.Flows {
		starters += len(f.Starters)
	}
	rt.log.Info(what, "app", g.AppName, "version", g.Version, "flows", len(g.Flows), "starters", starters, "problems", len(g.Problems))
	for i := range g.Problems {
		p := &g.Problems[i]
		level := slog.LevelDebug
		if p.Level == graph.LevelError {
			level = slog.LevelWarn
		}
		rt.log.Log(context.Background(), level, "problem in app",
			"app", g.AppName, "level", p.Level, "rule", p.Rule, "where", where(p), "text", p.Text)
	}
}

// Problems lists what is wrong in the version of an app that was loaded last, whether it serves or not.
func (rt *Runtime) Problems(app string) []graph.Problem {
	if p := rt.app(app).problems.Load(); p != nil {
		return slices.Clone(*p)
	}
	return nil
}

// Graph gives the version of a loaded app that serves now; nil before it is loaded.
func (rt *Runtime) Graph(app string) *graph.Graph {
	if v := rt.app(app).version.Load(); v != nil {
		return v.graph
	}
	return nil
}

// Lint compiles an app without serving it and lists what is wrong with it.
func (rt *Runtime) Lint(app graph.App) ([]graph.Problem, error) {
	g, err := rt.compile(app, nil)
	if err != nil {
		return nil, err
	}
	return g.Problems, nil
}

// Starters lists the routable starters of a loaded app, by pattern.
func (rt *Runtime) Starters(app string) []*graph.Starter {
	v := rt.app(app).version.Load()
	if v == nil {
		return nil
	}
	var all []*graph.Starter
	for _, f := range v.graph.Flows {
		all = append(all, f.Starters...)
	}
	slices.SortFunc(all, func(a, b *graph.Starter) int {
		return cmp.Or(cmp.Compare(a.Pattern, b.Pattern), cmp.Compare(a.Method, b.Method))
	})
	return all
}

// Methods lists the methods that a path of a loaded app answers; none when it has no starter.
func (rt *Runtime) Methods(app, path string) (methods []string) {
	v := rt.app(app).version.Load()
	if v == nil {
		return nil
	}
	for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		if _, ok := v.graph.Match(m, path); ok {
			methods = append(methods, m)
			if m == "GET" {
				methods = append(methods, "HEAD")
			}
		}
	}
	return methods
}

// Watch reloads an app when it changes, until ctx is done. A version that cannot be used is logged and the one that
// serves goes on serving.
func (rt *Runtime) Watch(ctx context.Context, app string) error {
	a := rt.app(app)
	return a.source.Watch(ctx, func() {
		if err := a.load(ctx, rt); err != nil && ctx.Err() == nil {
			a.refused.Store(true)
			rt.log.Warn("the app changed and was not reloaded; the version before goes on serving", "app", app, "error", err)
		}
	})
}

// follow watches an app until the runtime closes.
func (rt *Runtime) follow(app string) {
	rt.background.Go(func() {
		if err := rt.Watch(rt.base, app); err != nil {
			rt.log.Warn("changes of the app are not noticed any more", "app", app, "error", err)
		}
	})
}

// recompile loads again what is loaded, after a step was registered.
func (rt *Runtime) recompile() {
	rt.mu.RLock()
	var loaded []*servedApp
	for _, a := range rt.apps {
		if a.version.Load() != nil {
			loaded = append(loaded, a)
		}
	}
	rt.mu.RUnlock()
	ctx, cancel := context.WithTimeout(rt.base, 30*time.Second)
	defer cancel()
	for _, a := range loaded {
		if err := a.load(ctx, rt); err != nil {
			rt.log.Warn("the app was not compiled again", "app", a.name, "error", err)
		}
	}
}

// describe tells of a problem in one sentence with its place.
func describe(p *graph.Problem) string { return where(p) + ": " + p.Text }

func where(p *graph.Problem) string {
	var b strings.Builder
	if p.Node == "" {
		b.WriteString(p.Key)
	} else {
		b.WriteString("flow " + quoted(p.Flow) + ", node " + quoted(p.Name) + " (" + p.Node + ")")
		if p.Key != "" {
			b.WriteString(", " + p.Key)
		}
	}
	if p.Line > 0 && (p.Rule == "code" || p.Node == "") {
		b.WriteString(" at " + position(p))
	}
	return b.String()
}

// errBroken is what a request to a flow with an error in it gets.
func errBroken(f *graph.Flow) error {
	return fault.New(fault.Unavailable, "flow %q cannot run: %s", f.Name, describe(f.Broken))
}

var errDraining = errors.New("draining")
