package engine

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins"
)

// Use adds a plugin: its functions, its types of nodes, and starts it. It must be called before the runtime serves. A
// name that is taken panics: that is a mistake of the program. An error is the plugin's own.
func (rt *Runtime) Use(ctx context.Context, p plugins.Plugin) error {
	rt.mu.Lock()
	for _, other := range rt.used {
		if other.Name() == p.Name() {
			rt.mu.Unlock()
			panic("engine: plugin " + p.Name() + " is used twice")
		}
	}
	rt.used = append(rt.used, p)
	rt.mu.Unlock()
	rt.globals.Add(rt.counted(p)...)
	if s, ok := p.(plugins.Stepper); ok {
		for _, t := range s.Steps() {
			rt.addStep(t.Name, typedStep{t, p.Name()})
		}
	}
	if s, ok := p.(plugins.Starter); ok {
		env := plugins.Env{Config: rt.config.PluginConfig.Sections[p.Name()], Log: rt.log.With("plugin", p.Name())}
		if err := s.Start(ctx, env); err != nil {
			return fault.Wrap(fault.Invalid, err, "plugin %s cannot start: look at [plugin.%s]", p.Name(), p.Name())
		}
	}
	return nil
}

// counted gives the functions of a plugin. Where somebody counts, each tells when a run first reads it.
func (rt *Runtime) counted(p plugins.Plugin) []hostfn.Row {
	rows := slices.Clone(p.Functions())
	if rt.opts.Meter == nil {
		return rows
	}
	for i := range rows {
		bind := rows[i].Bind
		rows[i].Bind = func(r *hostfn.Run) goja.Value {
			rt.opts.Meter.Use(p.Name())
			return bind(r)
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
			rt.log.Warn("a plugin did not stop well", "plugin", used[i].Name(), "error", err)
		}
	}
}

// stepDone is what a plugin's step answered, as a recording of the run keeps it.
type stepDone struct {
	Output string
	Result map[string]any
}

// typedStep runs a plugin's type of node.
type typedStep struct {
	plugins.StepType
	plugin string
}

func (s typedStep) run(r *run, n *graph.Node) (*graph.Node, error) {
	in, err := r.payload.export(r)
	if err != nil {
		return nil, err
	}
	done, err := hostfn.Do(r.effects, "step", n.ID, func() (done stepDone, err error) {
		err = r.wait(func(ctx context.Context) (err error) {
			done.Output, done.Result, err = s.Run(ctx, n.RawData, in)
			return err
		})
		return done, err
	})
	r.rt.called(s.plugin, err)
	if err != nil {
		return nil, err
	}
	if done.Result != nil {
		r.payload.put(done.Result)
	}
	return n.Out(cmp.Or(done.Output, "output_1")), nil
}
