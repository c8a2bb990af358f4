package engine

import (
	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/model"
	"github.com/arturoeanton/nflow-runtime/process"
)

// Step is a type of node that a Go program brings. Run is called on the run's goroutine, from many runs concurrently.
//
// actor is the node; connection_next is the default output ("output_1"). The step
// returns the id of the node to continue at, as in actor.Outputs["output_1"].Connections[0].Node, or "" to end the
// run; and the payload, nil to keep it. vm is the run's own and must not be kept; it takes no code from strings, so a step
// that brings JavaScript compiles it once with goja.Compile and calls vm.RunProgram. c responds to the client; in a fork it
// refuses.
type Step interface {
	Run(cc *model.Controller, actor *model.Node, c echo.Context, vm *goja.Runtime, connection_next string, vars model.Vars,
		currentProcess *process.Process, payload goja.Value) (string, goja.Value, error)
}

// RegisterStep makes nodes whose data.type is name run step. A name that is taken panics: that is a mistake of the
// program. Apps that are loaded already are compiled again.
func (rt *Runtime) RegisterStep(name string, s Step) {
	rt.loop.AddStep(name, s)
	rt.apps.Recompile(rt.loop.Base())
}

// NflowPlugin is a plugin in Go. Nodes of type dromedary and dromedary_callback name it in dromedary_name and call its
// Run; the values of AddFeatureJS are global names of every script. Its functions, also those in maps, get copies
// of a script's objects, which count as memory of the run. Lists and maps reach a script as copies, too, also what functions return.
// Structs and values with methods are objects with their exported fields and methods; fields can be set in those that
// functions return, not in those that all runs share. A *big.Int is a number, or text where none is as exact. An error is
// thrown with its text. Runs read the values at any time: what the program changes meanwhile needs a lock in a method of its own.
//
// Run gets the request, the pattern's variables, the payload (a *goja.Value of the run's VM; in a callback run the
// payload as JSON text), the node's data as JSON text, and a channel on which a callback plugin sends a JSON text for
// each time that the branch shall run. It returns the payload (nil keeps it) and the output to continue at ("" is
// output_1).
type NflowPlugin interface {
	Run(c echo.Context, vars map[string]string, payloadIn interface{}, dromedary_data string, callback chan string) (payload_out interface{}, next string, err error)
	Name() string
	AddFeatureJS() map[string]interface{}
}

// RegisterPlugin adds a plugin, also while the runtime serves. A name that is taken, by a plugin or a global, panics: that
// is a mistake of the program. Apps that are loaded already are compiled again.
func (rt *Runtime) RegisterPlugin(p NflowPlugin) {
	rt.loop.AddPlugin(p)
	rt.apps.Recompile(rt.loop.Base())
}
