// Package plugins is the contract between the runtime and what extends it with JavaScript functions and node types.
//
// A plugin is a value with a name and a table of functions. It may also take its own section of the configuration,
// start and stop with the runtime, and bring types of nodes. The engine registers the built-in ones (in the packages
// below this one) and those that a Go program hands it; a name that is taken panics at registration. Plugins know
// neither the engine nor each other: what they may use of a run is in Run.
package plugins

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// Function is one global name that a plugin gives to flow code: a function, or an object of functions.
type Function = hostfn.Row

// Run is what a function sees of the run that calls it: its VM, its context, its log.
type Run = hostfn.Run

// Func makes a Function's Bind from a function of the call. What it panics with by Run.Throw is an Error in the script.
func Func(f func(r *Run, call goja.FunctionCall) goja.Value) func(*Run) goja.Value {
	return hostfn.Func(f)
}

// ToJS makes a plain JavaScript value of plain Go data; see hostfn.ToJS.
func ToJS(r *Run, v any) goja.Value { return hostfn.ToJS(r.VM, v) }

// FromJS makes plain Go data of a JavaScript value by way of JSON.
func FromJS(r *Run, v goja.Value) (any, error) { return r.FromJS(v) }

// Plugin extends the runtime. Its functions are called by many runs at once.
type Plugin interface {
	// Name says what it is, in lower case: it is also its section of the configuration, [plugin.NAME].
	Name() string
	// Functions lists the global names that it gives to flow code.
	Functions() []Function
}

// Env is what a plugin gets when it starts.
type Env struct {
	Config map[string]any // its section of the configuration, as TOML gave it; nil without one
	Log    *slog.Logger   // carries the plugin's name
}

// Starter is a plugin that has something to do before the first run, such as reading its configuration. An error keeps
// the runtime from starting.
type Starter interface {
	Start(ctx context.Context, env Env) error
}

// Stopper is a plugin that has something to give back when the runtime closes. No run lives then.
type Stopper interface {
	Stop(ctx context.Context) error
}

// Stepper is a plugin that brings types of nodes.
type Stepper interface {
	Steps() []StepType
}

// StepType is a type of node: data.type names it.
type StepType struct {
	Name string // unique over all plugins
	Doc  string // one or two sentences for a flow author

	// Run does the node's work. data is the node's parameters as JSON, payload the running payload; it answers the
	// output to go on at ("" is output_1) and the new payload (nil keeps the old one).
	Run func(ctx context.Context, data json.RawMessage, payload map[string]any) (output string, result map[string]any, err error)
}

// NewStep makes a StepType whose parameters are read into a Settings by their JSON names.
func NewStep[Settings any](name, doc string, run func(ctx context.Context, s Settings, payload map[string]any) (string, map[string]any, error)) StepType {
	return StepType{Name: name, Doc: doc, Run: func(ctx context.Context, data json.RawMessage, payload map[string]any) (string, map[string]any, error) {
		var s Settings
		if err := json.Unmarshal(data, &s); err != nil {
			return "", nil, err
		}
		return run(ctx, s, payload)
	}}
}
