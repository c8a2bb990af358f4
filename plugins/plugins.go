// Package plugins is the contract between the runtime and what extends it with JavaScript functions and types of nodes.
//
// A plugin is a value with a name and a table of functions. It may also take its own section of the configuration, start
// and stop with the runtime, and bring types of nodes. A Go program hands it to engine.Runtime.Use before the runtime
// serves; a name that is taken panics there. What a function may use of the run that calls it is in [Run].
//
// The packages below this one are the plugins that come with the runtime; the engine registers them itself. Plugins know
// neither the engine nor each other.
package plugins

import (
	"context"
	"encoding/json"
	"log/slog"
)

// Plugin extends the runtime. Its functions are called by many runs concurrently.
type Plugin interface {
	// Name returns what it is called, in lower case: it is also its section of the configuration, [plugin.NAME].
	Name() string
	// Functions lists the global names that it adds to flow code.
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

	// Run does the node's work. data is the node's parameters as JSON, payload the running payload; it returns the
	// output to continue at ("" is output_1) and the new payload (nil keeps the old one).
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
