package engine

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
)

// NflowPlugin is a plugin in Go. Nodes of type dromedary and dromedary_callback name it in dromedary_name and call its
// Run; what AddFeatureJS answers is there for every script as a global name.
//
// Run gets the request, the pattern's variables, the payload (a *goja.Value of the run's VM; in a callback run the
// payload as JSON text), the node's data as JSON text, and a channel on which a callback plugin sends a JSON text for
// each time that the branch shall run. It answers the payload (nil keeps it) and the output to go on at ("" is
// output_1).
type NflowPlugin interface {
	Run(c echo.Context, vars map[string]string, payloadIn interface{}, dromedary_data string, callback chan string) (payload_out interface{}, next string, err error)
	Name() string
	AddFeatureJS() map[string]interface{}
}

// RegisterPlugin adds a plugin. It must be called before the runtime serves; a name that is taken, by a plugin or a
// global, panics.
func (rt *Runtime) RegisterPlugin(p NflowPlugin) {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	if rt.plugins[p.Name()] != nil {
		panic("engine: plugin " + p.Name() + " is registered twice")
	}
	rt.plugins[p.Name()] = p
	for name, value := range p.AddFeatureJS() {
		rt.globals.Add(hostfn.Row{
			Name: name, Sig: name, Doc: "From plugin " + p.Name() + ".",
			Bind: func(r *hostfn.Run) goja.Value { return r.VM.ToValue(value) },
		})
	}
}

// plugin finds the plugin that a node names.
func (r *run) plugin(n *graph.Node) (NflowPlugin, error) {
	name := n.Text("dromedary_name")
	r.rt.mu.RLock()
	defer r.rt.mu.RUnlock()
	if p := r.rt.plugins[name]; p != nil {
		return p, nil
	}
	return nil, fault.New(fault.Internal, "node %q names plugin %q, which is not registered", n.Label, name)
}

// pluginStep calls a plugin and goes on at the output that it answers.
type pluginStep struct{}

func (pluginStep) run(r *run, n *graph.Node) (*graph.Node, error) {
	p, err := r.plugin(n)
	if err != nil {
		return nil, err
	}
	vm, err := r.vm()
	if err != nil {
		return nil, err
	}
	r.takeSavedForm()
	r.scope.prepare()
	rt := vm.Runtime()
	output := "output_1"
	err = vm.Guard(func() error {
		var in goja.Value = r.payload.object(rt)
		out, next, err := p.Run(r.web.echo, r.web.match.Vars, &in, string(n.RawData), make(chan string, 1))
		if err != nil {
			return err
		}
		if next != "" {
			output = next
		}
		r.payload.replace(rt, pluginPayload(rt, in, out))
		return nil
	})
	r.rt.called(p.Name(), err)
	return n.Out(output), err
}

// pluginPayload takes the payload as plugins have always answered it: a value of the VM, a pointer to one, or Go data.
func pluginPayload(rt *goja.Runtime, in goja.Value, out any) goja.Value {
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
	return hostfn.ToJS(rt, out)
}

// callbackStep starts a plugin in a run of its own. Each JSON text that the plugin sends runs the branch once, until one
// holds error_exit, the plugin ends, or the run is killed.
type callbackStep struct{}

func (callbackStep) run(r *run, n *graph.Node) (*graph.Node, error) {
	p, err := r.plugin(n)
	if err != nil {
		return nil, err
	}
	branch, onward := "output_2", n.Out("output_1")
	if n.Out("output_2") == nil {
		branch, onward = "output_1", nil
	}
	return onward, r.startFork(n, kindCallback, func(listener *run) {
		listener.finish(listener.listen(n, p, branch, listener.proc.Callback()))
	})
}

// listen calls the plugin and runs the branch for each message.
func (r *run) listen(n *graph.Node, p NflowPlugin, branch string, messages chan string) (err error) {
	started := r.rt.clock.Now()
	r.noteInput()
	defer func() { r.noteVisit(n, nil, started, r.rt.since(started), err) }()
	payload, err := hostfn.Encode(r.payload.data)
	if err != nil {
		return failure(n, err)
	}
	r.enter(n)
	defer r.proc.Close()
	done := make(chan error, 1)
	go func() { done <- callPlugin(p, r, string(payload), string(n.RawData), messages) }()
	ctx := r.context()
	for {
		select {
		case text := <-messages:
			if r.message(n, branch, text) {
				return nil
			}
		case err := <-done:
			for len(messages) > 0 { // what it sent before it ended
				if r.message(n, branch, <-messages) {
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

func callPlugin(p NflowPlugin, r *run, payload, data string, messages chan string) (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = &sandbox.Panic{Value: x, Stack: debug.Stack()}
		}
	}()
	_, _, err = p.Run(r.web.echo, r.web.match.Vars, payload, data, messages)
	r.rt.called(p.Name(), err)
	return err
}

// message runs the branch once, in a run of its own, and tells whether the text asked to exit.
func (r *run) message(n *graph.Node, branch, text string) (exit bool) {
	v, err := hostfn.Decode([]byte(text))
	data, ok := v.(map[string]any)
	if err != nil || !ok {
		r.nodeLog().Warn("a callback message is not a JSON object: it is dropped", "bytes", len(text))
		return false
	}
	if _, exit := data["error_exit"]; exit {
		return true
	}
	if next, ok := data["next"].(string); ok && next != "" {
		branch = next
		delete(data, "next")
	}
	once, err := r.fork(n, kindMessage)
	if err != nil {
		r.finish(fmt.Errorf("callback: %w", err))
		return true
	}
	defer once.close()
	for k, v := range data {
		once.payload.data[k] = v
	}
	once.finish(once.walk(n.Out(branch)))
	return false
}
