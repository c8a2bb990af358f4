package runloop

import (
	"cmp"
	"context"

	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins"
)

// stepDone is what a plugin's step answered, as a recording of the run keeps it.
type stepDone struct {
	Output string
	Result map[string]any
}

// AddPluginStep makes nodes of a plugin's type run. A name that is taken panics.
func (l *Loop) AddPluginStep(t plugins.StepType, plugin string) {
	l.addStep(t.Name, typedStep{t, plugin})
}

// typedStep runs a plugin's type of node.
type typedStep struct {
	plugins.StepType
	plugin string
}

func (s typedStep) run(r *run, n *graph.Node) (*graph.Node, error) {
	in, err := r.exportPayload()
	if err != nil {
		return nil, err
	}
	done, err := hostfn.Do(r.effects.Effects, "step", n.ID, func() (done stepDone, err error) {
		err = r.wait(func(ctx context.Context) (err error) {
			done.Output, done.Result, err = s.Run(ctx, n.RawData, in.Map())
			return err
		})
		return done, err
	})
	r.loop.called(s.plugin, err)
	if err != nil {
		return nil, err
	}
	if done.Result != nil {
		if err := r.payload.Put(&r.scope.host, in, done.Result); err != nil {
			return nil, err
		}
	}
	return r.leave(n, cmp.Or(done.Output, "output_1")), nil
}
