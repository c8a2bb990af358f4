// Package kit is the built-in plugin of everyday helpers: crypto, jwt, csv, xml, yaml, date, validate, kv, secrets, log,
// flow, rules, and the modules of require.
//
// The engine makes it with New and its Options and uses it as any other plugin. It knows neither the engine nor the
// store nor the network: what it needs of them are functions in Options, and what is nil says so when a flow calls it.
//
// Texts that these functions read come from strangers. Each has a limit on the size of what it reads, on how deep that
// is nested and on how many values it makes, and what it makes is a plain JavaScript value whose keys are data, also
// when one is called __proto__.
package kit

import (
	"context"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins"
)

// What one call may read and make.
const (
	maxText   = 8 << 20 // bytes of a text to be parsed, or that is made
	maxValues = 500_000 // values that a text may hold
	maxDepth  = 200     // of values in values
)

// Options of the plugin. All functions may be called by many runs at once.
type Options struct {
	// KV keeps the values of kv.
	KV KV

	// LookupEnv reads the environment: NFLOW_SECRET_NAME holds secret NAME. Defaults to no environment.
	LookupEnv func(name string) (string, bool)
	// SecretsDir is a directory with one file for each secret. "" for none.
	SecretsDir string
	// Secret reads a secret of the database; an error of kind NotFound says that there is none.
	Secret func(ctx context.Context, name string) (string, error)
	// Mask is told each secret that a run reads, before the run gets it, so that its log can hide the value.
	Mask func(r *hostfn.Run, value string)

	// Call runs another flow of the run's app, named by path or name, and answers its payload.
	Call func(ctx context.Context, r *hostfn.Run, target string, payload map[string]any) (map[string]any, error)

	// Fetch reads the key set of a URL for jwt.verify, a megabyte at most, from where flows may connect to.
	Fetch func(ctx context.Context, r *hostfn.Run, url string) ([]byte, error)

	// Module gives a module of the app, or of a package that [vm_pool] allowed_modules names; nil when there is none of
	// that name.
	Module func(r *hostfn.Run, name string) (*Module, error)
	// Compile makes such a program of the code of a module that comes with the runtime. It is called once for
	// each, when a flow first requires it. Defaults to one that counts no operations.
	Compile func(name, code string) (*goja.Program, error)
}

// Module is what require loads. The program's value is a function (exports, require, module).
type Module struct {
	Program *goja.Program
	// Package is the npm package that the module is an entry of, "" for a module that stands alone. A package runs once
	// for all of its entries, and exports for each, by its name, a function that answers what the entry exports.
	Package string
}

// KV keeps small values of apps, as JSON. Its methods may be called by many runs at once.
type KV interface {
	KVGet(ctx context.Context, app, key string, now time.Time) (value string, found bool, err error)
	// KVSet keeps a value until expires; the zero time is never.
	KVSet(ctx context.Context, app, key, value string, expires time.Time) error
	// KVIncr adds to a whole number, atomically, and answers the sum. A number that is new expires then.
	KVIncr(ctx context.Context, app, key string, by int64, expires, now time.Time) (int64, error)
	KVDelete(ctx context.Context, app, key string, now time.Time) (found bool, err error)
}

// kit is what the functions share.
type kit struct {
	Options
	schemas  *hostfn.Pool[schema]
	keySets  *keySets
	programs map[string]func() (*goja.Program, error) // the modules that come with the runtime

	functions *goja.Symbol // of the global object: what rule_add_fx was given
}

var _ plugins.Plugin = (*kit)(nil)

// New makes the plugin.
func New(o Options) plugins.Plugin {
	if o.Compile == nil {
		o.Compile = func(name, code string) (*goja.Program, error) {
			return goja.Compile(name, "(function (exports, require, module) { "+code+"\n})", false)
		}
	}
	return &kit{
		Options: o, schemas: newSchemas(), keySets: newKeySets(), programs: modules(o.Compile), functions: goja.NewSymbol("nflow.rules"),
	}
}

// Name is "kit".
func (k *kit) Name() string { return "kit" }

// Functions lists the globals.
func (k *kit) Functions() []plugins.Function {
	return []plugins.Function{
		k.cryptoRow(), k.jwtRow(), csvRow(), xmlRow(), yamlRow(), dateRow(), k.validateRow(), k.kvRow(), k.secretsRow(),
		logRow("log"), logRow("logger"), k.flowRow(), k.rulesRow(), k.ruleAddRow(), k.ruleRunRow(), k.requireRow(),
	}
}

// method is one function of an object.
type method struct {
	name string
	call func(r *hostfn.Run, call goja.FunctionCall) goja.Value
}

// object is a Bind of an object with methods.
func object(methods ...method) func(*hostfn.Run) goja.Value {
	return func(r *hostfn.Run) goja.Value {
		o := r.VM.NewObject()
		for _, m := range methods {
			hostfn.Define(r.VM, o, m.name, func(call goja.FunctionCall) goja.Value { return m.call(r, call) })
		}
		return o
	}
}

// fail throws an error of a function of the kit.
func fail(r *hostfn.Run, fn, format string, args ...any) {
	r.Throwf(fn+": "+format, args...)
}

// text gives argument i, which must be text of a bearable size.
func text(r *hostfn.Run, fn string, call goja.FunctionCall, i int) string {
	s, ok := call.Argument(i).Export().(string)
	if !ok {
		fail(r, fn, "argument %d must be text", i+1)
	}
	if len(s) > maxText {
		fail(r, fn, "the text is longer than %d MiB", maxText>>20)
	}
	return s
}

// data makes Go data of a value; what its toJSON throws is thrown on.
func data(r *hostfn.Run, v goja.Value) any {
	d, err := r.FromJS(v)
	if err != nil {
		r.Rethrow(err)
	}
	return d
}

// options reads argument i as an object of settings; none is an empty one.
func options(r *hostfn.Run, fn string, call goja.FunctionCall, i int) settings {
	switch d := data(r, call.Argument(i)).(type) {
	case nil:
		return settings{r, fn, nil}
	case map[string]any:
		return settings{r, fn, d}
	}
	fail(r, fn, "argument %d must be an object of options", i+1)
	return settings{}
}

// settings are the options of a call.
type settings struct {
	r      *hostfn.Run
	fn     string
	values map[string]any
}

func (s settings) text(name, otherwise string) string {
	switch v := s.values[name].(type) {
	case nil:
		return otherwise
	case string:
		return v
	}
	fail(s.r, s.fn, "option %s must be text", name)
	return ""
}

func (s settings) flag(name string, otherwise bool) bool {
	switch v := s.values[name].(type) {
	case nil:
		return otherwise
	case bool:
		return v
	}
	fail(s.r, s.fn, "option %s must be true or false", name)
	return false
}

// texts reads a text or a list of them.
func (s settings) texts(name string) []string {
	switch v := s.values[name].(type) {
	case nil:
		return nil
	case string:
		return []string{v}
	case []any:
		list := make([]string, len(v))
		for i := range v {
			var ok bool
			if list[i], ok = v[i].(string); !ok {
				fail(s.r, s.fn, "option %s must be a list of texts", name)
			}
		}
		return list
	}
	fail(s.r, s.fn, "option %s must be text or a list of texts", name)
	return nil
}

// char reads an option that is one ASCII character.
func (s settings) char(name string, otherwise rune) rune {
	v := s.text(name, string(otherwise))
	if len(v) != 1 || v == "\n" || v == "\r" || v == `"` {
		fail(s.r, s.fn, "option %s must be one character", name)
	}
	return rune(v[0])
}

// counter bounds what one parser makes.
type counter struct{ values int }

func (c *counter) add(depth int) error {
	if c.values++; c.values > maxValues {
		return fault.New(fault.Script, "the text holds more than %d values", maxValues)
	}
	if depth > maxDepth {
		return fault.New(fault.Script, "the text is nested more than %d deep", maxDepth)
	}
	return nil
}
