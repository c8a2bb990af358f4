package engine

import (
	"context"
	"errors"
	"slices"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins"
)

// named is a plugin, whatever else it is.
type named interface{ Name() string }

// Use adds a plugin: its functions, its types of nodes, and starts it. It must be called before the runtime serves. A
// name that is taken panics: that is a mistake of the program. An error is the plugin's own.
func (rt *Runtime) Use(ctx context.Context, p plugins.Plugin) error {
	return rt.use(ctx, p, rowsOf(p.Functions()))
}

// use adds a plugin with its rows.
func (rt *Runtime) use(ctx context.Context, p named, rows []hostfn.Row) error {
	rt.mu.Lock()
	for _, other := range rt.used {
		if other.Name() == p.Name() {
			rt.mu.Unlock()
			panic("engine: plugin " + p.Name() + " is used twice")
		}
	}
	rt.used = append(rt.used, p)
	rt.mu.Unlock()
	rt.globals.Add(rt.counted(p.Name(), rows)...)
	if s, ok := p.(plugins.Stepper); ok {
		for _, t := range s.Steps() {
			rt.loop.AddPluginStep(t, p.Name())
		}
	}
	if s, ok := p.(plugins.Starter); ok {
		env := plugins.Env{Config: rt.config.PluginConfig.Sections[p.Name()], Log: rt.log.With("plugin", p.Name())}
		if err := s.Start(ctx, env); err != nil {
			return fault.Wrap(fault.Invalid, err, "plugin %s cannot start: check [plugin.%s]", p.Name(), p.Name())
		}
	}
	return nil
}

// counted returns the rows of a plugin. Where metrics are on, each counts its first read by a run.
func (rt *Runtime) counted(plugin string, rows []hostfn.Row) []hostfn.Row {
	if rt.opts.Meter == nil {
		return rows
	}
	rows = slices.Clone(rows)
	for i := range rows {
		if bind := rows[i].Bind; bind != nil {
			rows[i].Bind = func(r *hostfn.Run) goja.Value {
				rt.opts.Meter.Use(plugin)
				return bind(r)
			}
		}
	}
	return rows
}

// stopPlugins stops them in reverse order.
func (rt *Runtime) stopPlugins(ctx context.Context) {
	rt.mu.Lock()
	used := rt.used
	rt.used = nil
	rt.mu.Unlock()
	for i := len(used) - 1; i >= 0; i-- {
		s, ok := used[i].(plugins.Stopper)
		if !ok {
			continue
		}
		if err := s.Stop(ctx); err != nil && !errors.Is(err, context.Canceled) {
			rt.log.Warn("a plugin failed to stop", "plugin", used[i].Name(), "error", err)
		}
	}
}
