// Package kit is the built-in plugin of everyday helpers. It puts the families together that the packages below it are, and
// has log and flow itself.
//
// The engine makes it with New and its Options and uses it as any other plugin. It and its families know neither the
// engine nor the store nor the network: what they need of them are functions in Options, and what is nil says so when a
// flow calls it. What they make is a plain JavaScript value whose keys are data, also when one is called __proto__.
package kit

import (
	"context"
	"slices"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/codec"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/crypto"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/date"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/nodejs"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/rules"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/state"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/token"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/validate"
)

// Options of the plugin. All functions may be called by many runs concurrently.
type Options struct {
	// State is what kv and secrets need.
	State state.Options
	// Node are the modules of Node and of browsers. Defaults to those without any of an app.
	Node *nodejs.Modules

	// Call runs another flow of the run's app, named by path or name, and returns its payload.
	Call func(ctx context.Context, r *hostfn.Run, target string, payload *ordered.Object) (*ordered.Object, error)
	// Fetch reads the key set of a URL for jwt.verify, a megabyte at most, from where flows may connect to.
	Fetch token.Fetch
}

// kit is the plugin with its rows.
type kit struct{ rows []hostfn.Row }

var _ hostfn.Plugin = (*kit)(nil)

// New makes the plugin.
func New(o Options) hostfn.Plugin {
	if o.Node == nil {
		o.Node = nodejs.New(nodejs.Options{})
	}
	return &kit{slices.Concat(
		crypto.Rows(), token.Rows(o.Fetch), codec.Rows(), date.Rows(), []hostfn.Row{validate.New().Row()}, state.Rows(o.State),
		[]hostfn.Row{logRow("log"), logRow("logger"), flowRow(o.Call)}, rules.Rows(), o.Node.Rows(),
	)}
}

// Name is "kit".
func (k *kit) Name() string { return "kit" }

// Functions lists the globals.
func (k *kit) Functions() []hostfn.Row { return k.rows }
