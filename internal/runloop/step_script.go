package runloop

import (
	"fmt"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
)

// step runs the nodes of one data.type.
type step interface {
	// run does the node's work and returns the node to continue at, nil to end the run.
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
	program, ok := n.Program.(*compile.Program)
	if standard, is := n.Program.(*standardProgram); is {
		if next, done, err := runNative(r, n, standard.native); done || err != nil {
			return next, err
		}
		program, ok = standard.Program, true
	}
	if !ok {
		return n.Out("output_1"), nil
	}
	vm, err := r.scope.vmForScript()
	if err != nil {
		return nil, err
	}
	r.showSavedForm()
	r.scope.prepare()
	returned, err := r.scope.runProgram(vm, program)
	if err != nil {
		return nil, err
	}
	var output string
	err = vm.Guard(func() error {
		output = readBack(r, vm.Runtime(), returned)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if name := program.Misspelt(); name != "" {
		r.warn(fmt.Sprintf("the code has %q and no main(): nothing calls it", name), n.LineOf(name))
	}
	return r.leave(n, output), nil
}

// leave returns the node that an output of n leads to, nil at the end of the run. It warns where the output was chosen and
// nothing is connected to it: at the first one many a flow ends, and "" says that it ends.
func (r *run) leave(n *graph.Node, output string) *graph.Node {
	next := n.Out(output)
	if next == nil && output != "" && output != "output_1" {
		r.warn(fmt.Sprintf("next is %.80q, an output without a connection: the run ends", output), n.LineOfText(output))
	}
	return next
}

// readBack takes payload and next from the script, and the object that main returned, which wins over payload.
func readBack(r *run, rt *goja.Runtime, returned goja.Value) (output string) {
	left, next := r.scope.result()
	if o, ok := returned.(*goja.Object); ok {
		left = o
	}
	if left == nil {
		left = goja.Null()
	}
	if left != unread {
		r.payload.Replace(&r.scope.host, left)
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

// showSavedForm shows in the payload what a script has saved into the session nflow_form.
func (r *run) showSavedForm() {
	form := r.session.SavedForm()
	if form == nil {
		return
	}
	o := r.payload.Object(&r.scope.host)
	for k, v := range form.All() {
		made, err := r.scope.host.Make(v)
		if err != nil { // the run is over
			return
		}
		hostfn.SetOwn(o, k, made)
	}
}
