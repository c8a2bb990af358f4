package engine

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins"
)

// host is a hostfn.Run under a name that hides its fields, which are named as methods of plugins.Run are.
type host = hostfn.Run

// pluginRun is a run as a plugin of a Go program sees it.
type pluginRun struct{ *host }

var _ plugins.Run = pluginRun{}

// rowsOf returns the functions of a Go program's plugin as rows of the table.
func rowsOf(list []plugins.Function) []hostfn.Row {
	rows := make([]hostfn.Row, len(list))
	for i, f := range list {
		rows[i] = hostfn.Row{Name: f.Name, Sig: f.Sig, Calls: f.Calls, Doc: f.Doc, Example: f.Example, Needs: f.Needs}
		if bind := f.Bind; bind != nil { // the table refuses it else
			rows[i].Bind = func(r *hostfn.Run) goja.Value { return bind(pluginRun{r}) }
		}
	}
	return rows
}

// VM implements [plugins.Run], as the others do.
func (r pluginRun) VM() *goja.Runtime { return r.host.VM }

// FromJS makes plain data, which holds no half of a surrogate pair: Go's text cannot say it.
func (r pluginRun) FromJS(v goja.Value) (any, error) {
	text, err := r.Stringify(v)
	if err != nil {
		return nil, err
	}
	if hostfn.HalfInJSON(text) {
		return nil, fault.New(fault.Script, "the value holds half a surrogate pair, which UTF-8 cannot say")
	}
	return r.Decode(text)
}

// Context returns the run's context.
func (r pluginRun) Context() context.Context { return r.Ctx() }

// Log returns the run's log.
func (r pluginRun) Log() *slog.Logger { return r.host.Log() }

// Wid returns the run's id.
func (r pluginRun) Wid() string { return r.host.Wid }

// App returns the app's name.
func (r pluginRun) App() string { return r.host.App }

// Flow returns the flow's name.
func (r pluginRun) Flow() string { return r.host.Flow }

// Allow reports whether a capability is open.
func (r pluginRun) Allow(setting string) error { return r.Caps.Allow(setting) }

// Wait calls what waits.
func (r pluginRun) Wait(f func(ctx context.Context) error) error { return r.Block(f) }

// Effect calls what may come out differently another time.
func (r pluginRun) Effect(kind, key string, result any, call func(ctx context.Context) error) error {
	text, err := hostfn.Take(r.host, kind, hostfn.Words(key), func(ctx context.Context) (json.RawMessage, error) {
		if err := call(ctx); err != nil || r.Effects == nil || result == nil {
			return nil, err
		}
		return json.Marshal(result)
	})
	if err != nil || result == nil || r.Effects == nil || !r.Effects.Replays() {
		return err
	}
	return json.Unmarshal(text, result)
}

// Go makes a promise of work on a goroutine of its own.
func (r pluginRun) Go(work func(ctx context.Context) (func() goja.Value, error)) goja.Value {
	return r.Loop.Go(work)
}

// Kept returns what a plugin remembers of the run.
func (r pluginRun) Kept(key any, build func() any) any {
	return *hostfn.Kept(r.host, key, func() *any { v := build(); return &v })
}
