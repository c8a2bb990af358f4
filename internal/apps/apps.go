// Package apps holds the apps that a runtime has loaded: it reads an app from its source, compiles it whole, and swaps it in
// unless that would break a flow which serves. Runs keep the version that they began with.
//
// The engine calls it for the version of an app that serves now, and for what is wrong with it. It knows nothing of runs or
// requests.
package apps

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/admission"
	"github.com/arturoeanton/nflow-runtime/internal/cors"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/history"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
	"github.com/arturoeanton/nflow-runtime/internal/source"
	"github.com/arturoeanton/nflow-runtime/model"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

// Options say what Apps work with. All but Standard and Meter are needed.
type Options struct {
	Source   func(app string) source.Source
	Sessions func(ctx context.Context, name, appName string) syncsession.Store // of one app; name is what Source got
	StepType func(name string) bool                                            // reports whether a data.type has a step
	// Standard returns the program to run for code that a node has, which is that of a standard module where the engine
	// knows another way to do it. Defaults to what was compiled.
	Standard       func(code string, compiled *compile.Program) any
	Globals        *hostfn.Table              // names of flow code, for what it needs
	Allow          func(setting string) error // reports whether [vm_pool] opens a capability
	AllowedModules []string                   // npm packages that flows may load
	BigInt         bool
	Analysis       bool                                              // the log tells of warnings, too
	History        history.Policy                                    // of starters that say nothing
	Meter          func(flow string, types []string) model.FlowMeter // what counts the runs of a flow. Defaults to none
	Places         *admission.Places
	Slots          *admission.Slots
	Forks          *admission.Forks
	Log            *slog.Logger
}

// Apps are the apps of a runtime. Its methods may be called from any goroutine.
type Apps struct {
	opts         Options
	hits, misses atomic.Int64 // of Current

	mu   sync.RWMutex
	apps map[string]*served
}

// New returns Apps that have loaded none.
func New(o Options) *Apps { return &Apps{opts: o, apps: map[string]*served{}} }

// served is an app that is loaded, or is to be. Requests read version; loading replaces it whole.
type served struct {
	name    string
	source  source.Source
	version atomic.Pointer[Version]

	sessions syncsession.Store // of the visitors of this app; set at the first load

	mu       sync.Mutex  // one load at a time
	refused  atomic.Bool // the last change was not used
	problems atomic.Pointer[[]graph.Problem]
}

// Load loads an app, so that its first request need not wait. Loading an app again takes what has changed. An app that
// cannot be read at all is an error; flows with errors in them do not serve, the others do: see Problems.
func (a *Apps) Load(ctx context.Context, app string) error { return a.load(ctx, a.app(app)) }

// app returns the place of an app, loaded or not.
func (a *Apps) app(name string) *served {
	a.mu.RLock()
	s := a.apps[name]
	a.mu.RUnlock()
	if s != nil {
		return s
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.apps[name] == nil {
		a.apps[name] = &served{name: name, source: a.opts.Source(name)}
	}
	return a.apps[name]
}

// Current returns the version of an app that serves now, loading it when this is the first request.
func (a *Apps) Current(ctx context.Context, name string) (*Version, error) {
	s := a.app(name)
	if v := s.version.Load(); v != nil {
		a.hits.Add(1)
		return v, nil
	}
	a.misses.Add(1)
	if err := a.load(ctx, s); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "app %q cannot be loaded", name)
	}
	return s.version.Load(), nil
}

// Stats returns how often Current found the app compiled, and how often it had to load it.
func (a *Apps) Stats() (hits, misses int64) { return a.hits.Load(), a.misses.Load() }

// Serving returns the version of an app that serves now; nil before it is loaded.
func (a *Apps) Serving(app string) *Version { return a.app(app).version.Load() }

// Loaded returns the versions of the apps that serve, by the names that they were loaded by.
func (a *Apps) Loaded() map[string]*Version {
	a.mu.RLock()
	defer a.mu.RUnlock()
	all := map[string]*Version{}
	for name, s := range a.apps {
		if v := s.version.Load(); v != nil {
			all[name] = v
		}
	}
	return all
}

// load reads and compiles the app and swaps it in, unless that would break a flow which serves now.
func (a *Apps) load(ctx context.Context, s *served) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	bundle, err := s.source.Load(ctx)
	if err != nil {
		return err
	}
	if bundle.App.Version == "" { // a source of the program's own
		bundle.App.Version = source.VersionOf(bundle)
	}
	old := s.version.Load()
	var before *graph.Graph
	if old != nil {
		before = old.Graph
	}
	g, err := a.compile(bundle.App, before)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "app %q: %v", s.name, err)
	}
	s.problems.Store(&g.Problems)
	if p := newlyBroken(before, g); p != nil {
		return fault.New(fault.Unavailable, "the new version of app %q is not used: %s", s.name, p.Sentence())
	}
	if old != nil && old.Graph.Version == g.Version && old.packages == bundle.Packages && slices.Equal(old.Graph.Problems, g.Problems) {
		if s.refused.Swap(false) {
			a.opts.Log.Info("the app is in order again", "app", s.name, "version", g.Version)
		}
		return nil // another app of the database changed
	}
	if s.sessions == nil {
		s.sessions = a.opts.Sessions(ctx, s.name, g.AppName)
	}
	v := a.newVersion(g, bundle)
	v.Sessions = s.sessions
	s.version.Store(v)
	s.refused.Store(false)
	a.logProblems(g, old == nil)
	return nil
}

func (a *Apps) compile(app graph.App, before *graph.Graph) (*graph.Graph, error) {
	return graph.Compile(app, graph.Options{
		Compiler: compiler{&a.opts, app.Modules},
		StepType: a.opts.StepType,
		CORS:     cors.Wrong,
		History:  func(text string) bool { _, ok := history.ParsePolicy(text); return ok },
		Previous: before,
	})
}

// newlyBroken finds a starter that the serving graph runs and the new one would not: at the path, or the same node.
func newlyBroken(before, after *graph.Graph) *graph.Problem {
	if before == nil {
		return nil
	}
	for _, f := range before.Flows {
		for _, s := range f.Starters {
			if s.Broken != nil {
				continue
			}
			if m, ok := after.Match(s.Method, s.Pattern); ok && m.Starter.Broken != nil {
				return m.Starter.Broken
			}
			if p := brokenStarter(after.Flow(f.Name), s.Node.ID); p != nil {
				return p
			}
		}
	}
	return nil
}

// brokenStarter returns the error that a starter of the flow leads to; nil for none, and when there is no such starter.
func brokenStarter(f *graph.Flow, id string) *graph.Problem {
	if f == nil {
		return nil
	}
	for _, s := range f.Starters {
		if s.Node.ID == id {
			return s.Broken
		}
	}
	return nil
}

func (a *Apps) logProblems(g *graph.Graph, first bool) {
	what := "app reloaded"
	if first {
		what = "app loaded"
	}
	starters := 0
	for _, f := range g.Flows {
		starters += len(f.Starters)
	}
	a.opts.Log.Info(what, "app", g.AppName, "version", g.Version, "flows", len(g.Flows), "starters", starters, "problems", len(g.Problems))
	for i := range g.Problems {
		p := &g.Problems[i]
		level := slog.LevelDebug
		if p.Level == graph.LevelError || a.opts.Analysis && p.Level == graph.LevelWarning {
			level = slog.LevelWarn
		}
		a.opts.Log.Log(context.Background(), level, "problem in app",
			"app", g.AppName, "level", p.Level, "rule", p.Rule, "where", p.Place(), "text", p.Text)
	}
}

// Problems lists what is wrong in the version of an app that was loaded last, whether it serves or not.
func (a *Apps) Problems(app string) []graph.Problem {
	if p := a.app(app).problems.Load(); p != nil {
		return slices.Clone(*p)
	}
	return nil
}

// Lint compiles an app without serving it and lists what is wrong with it.
func (a *Apps) Lint(app graph.App) ([]graph.Problem, error) {
	g, err := a.compile(app, nil)
	if err != nil {
		return nil, err
	}
	return g.Problems, nil
}

// Watch reloads an app when it changes, until ctx is done. A version that cannot be used is logged and the one that
// serves keeps serving.
func (a *Apps) Watch(ctx context.Context, app string) error {
	s := a.app(app)
	return s.source.Watch(ctx, func() {
		if err := a.load(ctx, s); err != nil && ctx.Err() == nil {
			s.refused.Store(true)
			a.opts.Log.Warn("the changed app was not loaded; the previous version keeps serving", "app", app, "error", err)
		}
	})
}

// Recompile loads again what is loaded, after a step was registered.
func (a *Apps) Recompile(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for name := range a.Loaded() {
		if err := a.Load(ctx, name); err != nil {
			a.opts.Log.Warn("the app was not compiled again", "app", name, "error", err)
		}
	}
}
