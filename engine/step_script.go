package engine

import (
	"maps"
	"slices"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
)

// step runs the nodes of one data.type.
type step interface {
	// run does the node's work and answers the node to go on at, nil to end the run.
	run(r *run, n *graph.Node) (next *graph.Node, err error)
}

// builtinSteps are the steps that the designer offers.
func builtinSteps() map[string]step {
	return map[string]step{
		"js":                 jsStep{},
		"gorutine":           forkStep{},
		"dromedary":          pluginStep{},
		"dromedary_callback": callbackStep{},
		"starter":            starterStep{},
	}
}

var outputOne = goja.New().ToValue("output_1")

// starterStep passes a starter that a connection leads to.
type starterStep struct{}

func (starterStep) run(_ *run, n *graph.Node) (*graph.Node, error) { return n.Out("output_1"), nil }

// jsStep runs a node's JavaScript.
type jsStep struct{}

func (jsStep) run(r *run, n *graph.Node) (*graph.Node, error) {
	program, ok := n.Program.(*sandbox.Program)
	if standard, is := n.Program.(*standardProgram); is {
		if next, done, err := r.runNative(n, standard.native); done || err != nil {
			return next, err
		}
		program, ok = standard.Program, true
	}
	if !ok {
		return n.Out("output_1"), nil
	}
	vm, err := r.vm()
	if err != nil {
		return nil, err
	}
	r.takeSavedForm()
	r.scope.prepare()
	returned, err := r.runProgram(vm, program)
	if err != nil {
		return nil, err
	}
	var output string
	err = vm.Guard(func() error {
		output = r.readBack(vm.Runtime(), returned)
		return nil
	})
	return n.Out(output), err
}

// readBack takes payload and next from the script, and the object that main returned, which wins over payload.
func (r *run) readBack(rt *goja.Runtime, returned goja.Value) (output string) {
	left, next := r.scope.result()
	if o, ok := returned.(*goja.Object); ok {
		left = o
	}
	if left == nil {
		left = goja.Null()
	}
	if left != untouched {
		r.payload.replace(rt, left)
	}
	output, _ = nameIn(next)
	return output
}

// nameIn reads the name that a script left in next. Objects and symbols are none; null and undefined are "".
func nameIn(v goja.Value) (name string, ok bool) {
	switch v.(type) {
	case *goja.Object, *goja.Symbol:
		return "", false
	}
	if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
		return "", true
	}
	return v.String(), true
}

// takeSavedForm shows in the payload what a script has saved into the session nflow_form.
func (r *run) takeSavedForm() {
	form := r.session.savedForm()
	if form == nil {
		return
	}
	rt := r.scope.vm.Runtime()
	o := r.payload.object(rt)
	for _, k := range slices.Sorted(maps.Keys(form)) {
		hostfn.SetOwn(o, k, hostfn.ToJS(rt, form[k]))
	}
}
