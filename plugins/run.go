package plugins

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/dop251/goja"
)

// Function is one global name that a plugin adds to flow code: a function, an object of functions, or a value.
type Function struct {
	Name string // the global's name
	Sig  string // how it is called, as in "convert(amount, from, to)"; the bare name for a value
	// Calls lists the signatures of the functions that the value has, in the form of Sig, as in "rates.of(currency)".
	// Defaults to none.
	Calls   []string
	Doc     string // one or two sentences for a flow author
	Example string // runnable JavaScript; empty for none
	Needs   string // the switch of [vm_pool] that allows it, as in "enable_network"; empty when always allowed

	// Bind makes the value for one run. It is called on the run's goroutine, when a script of the run first reads the name.
	// Func makes one of a function.
	Bind func(Run) goja.Value
}

// Func makes a Function's Bind from a function of the call. An error that it raises by Run.Throw is an Error in the
// script, with the script's own line and stack.
func Func(f func(r Run, call goja.FunctionCall) goja.Value) func(Run) goja.Value {
	return func(r Run) goja.Value {
		return r.Function(func(call goja.FunctionCall) goja.Value { return f(r, call) })
	}
}

// Run is what a plugin's function sees of the run that calls it. It belongs to the run's goroutine, on which functions are
// called, and must not be kept after the run: a goroutine of the function's own uses only the context. The engine makes it;
// methods may be added, so tests of a plugin run it in an engine.
type Run interface {
	// VM returns the JavaScript VM of the run.
	VM() *goja.Runtime
	// Context returns a context that is done, with a cause, when the run is killed or over its time.
	Context() context.Context
	// Log returns a log whose lines carry wid, flow and node.
	Log() *slog.Logger

	Wid() string  // the id of the run
	App() string  // the name of the app
	Flow() string // the name of the flow

	// Allow returns nil where [vm_pool] and the flow allow a capability, such as "enable_network", else an error whose text
	// names the setting.
	Allow(setting string) error

	// Throw raises err in the script, as an Error with the text of err. It does not return.
	Throw(err error)
	// Error makes the Error that Throw raises, to reject a promise with.
	Error(err error) *goja.Object

	// ToJS makes a JavaScript value of plain data: nil, booleans, texts, numbers, and slices and maps of them. Scripts get
	// copies.
	ToJS(v any) goja.Value
	// FromJS makes plain data of a JavaScript value by way of JSON: whole numbers are int64, others float64. The error is what
	// a script's own toJSON or getter threw, or says that the value has no JSON or holds half a surrogate pair.
	FromJS(v goja.Value) (any, error)
	// Function makes a JavaScript function of f.
	Function(f func(call goja.FunctionCall) goja.Value) goja.Value

	// Wait calls f, which waits for something outside. The wait is not counted as the run's work, and others may run
	// meanwhile. The context ends with the run.
	Wait(f func(ctx context.Context) error) error
	// Effect is Wait for what can come out differently another time, such as a call of a service: where the run is recorded,
	// so is what came of it, and where a recording is replayed, call is not called. kind is the plugin's name, key says what
	// is asked, without secrets. call leaves what it got in what result points to, which must survive JSON; result may be nil.
	Effect(kind, key string, result any, call func(ctx context.Context) error) error
	// Go calls work on a goroutine of its own and returns a promise. work must not touch the VM; what it returns is called on
	// the run's goroutine and makes the value. An error rejects the promise.
	Go(work func(ctx context.Context) (func() goja.Value, error)) goja.Value

	// Now returns the time that the script sees, Random n random bytes fit for keys, and UUID a random UUID. A recording
	// keeps them.
	Now() time.Time
	Random(n int) []byte
	UUID() string
	// IdempotencyKey returns the next key of the run, for a call that a service must not do twice: a replay of the run makes
	// the same keys.
	IdempotencyKey() string

	// Charge charges a function that is about to do steps of work, each up to a tenth of a microsecond long, and to allocate
	// bytes. It returns an error when the run was stopped or is over its limits: then the function returns as soon as it can.
	// Functions whose work is as large as what scripts pass them call it at least once in a millisecond.
	Charge(steps int, bytes int64) error
	// PassTrace puts the trace of the run, as W3C Trace Context has it, into the headers of a call to another service.
	PassTrace(h http.Header)
	// Kept returns what a plugin remembers of this run: what build returns at the first call with that key, the same at all
	// others. The key is the plugin's own, such as its pointer.
	Kept(key any, build func() any) any
}
