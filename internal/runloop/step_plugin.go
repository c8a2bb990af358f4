package runloop

import (
	"context"
	"fmt"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

// Plugin is a plugin in Go that a node names: see engine.NflowPlugin.
type Plugin interface {
	Run(c echo.Context, vars map[string]string, payloadIn any, data string, callback chan string) (payload any, next string, err error)
	Name() string
	AddFeatureJS() map[string]any
}

// AddPlugin adds a plugin. A name that is taken, by a plugin or a global, panics, and nothing is added.
func (l *Loop) AddPlugin(p Plugin) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.plugins[p.Name()] != nil {
		panic("engine: plugin " + p.Name() + " is registered twice")
	}
	var rows []hostfn.Row
	for name, value := range p.AddFeatureJS() {
		rows = append(rows, hostfn.Row{
			Name: name, Sig: name, Doc: "From plugin " + p.Name() + ".",
			Bind: func(r *hostfn.Run) goja.Value { return r.Foreign(value) },
		})
	}
	l.Globals.Add(rows...)
	l.plugins[p.Name()] = p
}

// plugin returns the plugin that a node names.
func (l *Loop) plugin(n *graph.Node) (Plugin, error) {
	name := n.Text("dromedary_name")
	l.mu.RLock()
	defer l.mu.RUnlock()
	if p := l.plugins[name]; p != nil {
		return p, nil
	}
	return nil, fault.New(fault.Internal, "node %q names plugin %q, which is not registered", n.Label, name)
}

// pluginStep calls a plugin and continues at the output that it returns.
type pluginStep struct{}

func (pluginStep) run(r *run, n *graph.Node) (*graph.Node, error) {
	p, err := r.loop.plugin(n)
	if err != nil {
		return nil, err
	}
	vm, err := r.scope.vmForScript()
	if err != nil {
		return nil, err
	}
	r.showSavedForm()
	r.scope.prepare()
	output := "output_1"
	err = vm.Guard(func() error {
		var in goja.Value = r.payload.Object(&r.scope.host)
		out, next, err := p.Run(r.web.Context(), r.web.Vars(), &in, string(n.RawData), make(chan string, 1))
		if err != nil {
			return err
		}
		if next != "" {
			output = next
		}
		defer r.scope.host.Leave(r.scope.host.Enter(nil))
		r.payload.Replace(&r.scope.host, pluginPayload(&r.scope.host, in, out))
		return nil
	})
	r.loop.called(p.Name(), err)
	if err != nil {
		return nil, err
	}
	return r.leave(n, output), nil
}

// pluginPayload takes the payload as plugins have always answered it: a value of the VM, a pointer to one, or Go data.
func pluginPayload(host *hostfn.Run, in goja.Value, out any) goja.Value {
	switch out := out.(type) {
	case nil:
		return in
	case goja.Value:
		return out
	case *goja.Value:
		if out == nil || *out == nil {
			return in
		}
		return *out
	}
	return host.ToJS(out)
}

// callbackStep starts a plugin in a run of its own. Each JSON text that the plugin sends runs the branch once, until one
// holds error_exit, the plugin ends, or the run is killed.
type callbackStep struct{}

func (callbackStep) run(r *run, n *graph.Node) (*graph.Node, error) {
	p, err := r.loop.plugin(n)
	if err != nil {
		return nil, err
	}
	branch, onward := "output_2", n.Out("output_1")
	if n.Out("output_2") == nil {
		branch, onward = "output_1", nil
	}
	return onward, r.startFork(n, kindCallback, func(listening *run) {
		l := listener{run: listening, node: n, plugin: p, branch: branch}
		listening.reportEnd(l.listen(listening.proc.Callback()))
	})
}

// listener is a run that a callback plugin sends messages to.
type listener struct {
	run    *run
	node   *graph.Node
	plugin Plugin
	branch string // output that each message runs
}

// listen calls the plugin and runs the branch for each message.
func (l *listener) listen(messages chan string) (err error) {
	r, n := l.run, l.node
	v := visit{node: n, started: r.loop.Clock.Now()}
	r.observer.walkStarted()
	defer func() {
		v.took = r.loop.since(v.started)
		r.observer.recordVisit(&v, nil, err)
	}()
	text, err := hostfn.Encode(r.payload.Data())
	if err != nil {
		return failure(n, err)
	}
	r.enter(n)
	defer r.proc.Close()
	done := make(chan error, 1)
	go func() { done <- l.call(string(text), messages) }()
	ctx := r.life.Context()
	for {
		select {
		case text := <-messages:
			if l.message(text) {
				return nil
			}
		case err := <-done:
			for len(messages) > 0 { // what it sent before it ended
				if l.message(<-messages) {
					break
				}
			}
			if err != nil {
				return failure(n, err)
			}
			return nil
		case <-r.proc.Done():
			return nil
		case <-ctx.Done():
			return failure(n, context.Cause(ctx))
		}
	}
}

// call runs the plugin until it ends.
func (l *listener) call(payload string, messages chan string) (err error) {
	defer recovered(&err)
	_, _, err = l.plugin.Run(l.run.web.Context(), l.run.web.Vars(), payload, string(l.node.RawData), messages)
	l.run.loop.called(l.plugin.Name(), err)
	return err
}

// message runs the branch once, in a run of its own, and reports whether the text says to exit.
func (l *listener) message(text string) (exit bool) {
	data, err := ordered.Parse([]byte(text))
	if err != nil {
		l.run.nodeLog().Warn("a callback message is not a JSON object: it is dropped", "bytes", len(text))
		return false
	}
	if data.Has("error_exit") {
		return true
	}
	branch := l.branch
	if next, ok := data.Get("next").(string); ok && next != "" {
		branch = next
		data.Delete("next")
	}
	once, err := l.run.fork(l.node, kindMessage)
	if err != nil {
		l.run.reportEnd(fmt.Errorf("callback: %w", err))
		return true
	}
	defer once.release()
	for k, v := range data.All() {
		once.payload.Data().Set(k, v)
	}
	once.node = l.node
	once.reportEnd(once.walkPlaced(once.leave(l.node, branch)))
	return false
}
