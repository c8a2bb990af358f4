// Package hostfn is the vocabulary of the functions that flow code can call: a row of their table, the run they are
// called in, and the ways they may wait.
//
// internal/jsapi and the plugins declare rows; the engine serves them to the VM of each run, one name at a time, when a
// script first reads it. This package knows neither the engine nor any family of functions.
package hostfn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/replay"
)

// Row is one name that flow code can use, with all that a manual, an editor and the runtime need to know of it.
type Row struct {
	Name string // the global's name
	Sig  string // how it is called, as in "sleep(ms)"; the bare name for a value
	// Calls are the signatures of the functions that the value has, and of what these return, in the form of Sig: for each an
	// expression that leads to the function, and its parameters. A test calls all of them with hostile arguments of the kinds
	// that the parameters' names say: see hosttest.ParseSig.
	Calls   []string
	Doc     string // one or two sentences for a flow author
	Example string // runnable JavaScript; empty for none
	Needs   string // the switch that allows it, as in "enable_filesystem"; empty when always allowed

	// Bind makes the value for one run. It runs on the run's goroutine, at the first read of the name.
	Bind func(*Run) goja.Value
}

// Func makes a Bind from a function of the call. It may panic with a value made by Throw; the script sees an Error
// with its own line and stack. An object behind the arguments of the row's signature is refused: see [Signature.Check].
func Func(f func(r *Run, call goja.FunctionCall) goja.Value) func(*Run) goja.Value {
	return func(r *Run) goja.Value {
		return r.Declared("", func(call goja.FunctionCall) goja.Value { return f(r, call) })
	}
}

// Plugin adds rows for flow code: one of those that come with the runtime. See package plugins for what else it may do.
type Plugin interface {
	Name() string // also of its section of the configuration, [plugin.NAME]
	Functions() []Row
}

// Table is a set of rows by name. It may be read and added to from any goroutine.
type Table struct {
	mu   sync.Mutex // held while a row is added
	rows atomic.Pointer[map[string]*Row]
}

// NewTable collects families of rows. A name that is given twice, or without Bind, is a mistake of the programmer and
// panics.
func NewTable(families ...[]Row) *Table {
	t := &Table{}
	t.rows.Store(&map[string]*Row{})
	t.Add(slices.Concat(families...)...)
	return t
}

// Add puts more rows in, all or none; it panics as NewTable does. Runs see them from their next read of a name.
func (t *Table) Add(rows ...Row) {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := maps.Clone(*t.rows.Load())
	for i := range rows {
		r := &rows[i]
		if all[r.Name] != nil {
			panic(fmt.Sprintf("hostfn: global %q is declared twice", r.Name))
		}
		if r.Bind == nil {
			panic(fmt.Sprintf("hostfn: global %q has no Bind", r.Name))
		}
		named, bind := *r, &binding{r.Name, Declare(append([]string{r.Sig}, r.Calls...)...)}
		named.Bind = func(run *Run) goja.Value {
			outer, before := run.Enter(nil), run.binding // what a value is made of is held while it is made
			defer run.Leave(outer)
			run.binding = bind
			defer func() { run.binding = before }()
			return Named(run.VM, r.Name, r.Bind(run))
		}
		all[r.Name] = &named
	}
	t.rows.Store(&all)
}

// Find returns the row of a name, or nil.
func (t *Table) Find(name string) *Row { return (*t.rows.Load())[name] }

// Names lists all names, sorted.
func (t *Table) Names() []string { return slices.Sorted(maps.Keys(*t.rows.Load())) }

// Capabilities reports which switches are on in a run.
type Capabilities interface {
	// Allow returns nil, or a fault of kind Denied whose text names the setting.
	Allow(setting string) error
}

// ErrNarrowed is the cause of a denial by the flow itself: its starter names the capabilities that it wants.
var ErrNarrowed = errors.New("the capabilities of the starter do not include it")

// Denied makes the error of a function that err, a result of Allow, disables.
func Denied(fn, setting string, err error) error {
	text := fn + " is off: set [vm_pool] " + setting + " = true"
	if errors.Is(err, ErrNarrowed) {
		text = fn + " is off in this flow: the capabilities of its starter do not include " + setting
	}
	return &fault.Error{Kind: fault.Denied, Text: text, Cause: err}
}

// Clock is where a run's time comes from; tests inject one.
type Clock interface {
	Now() time.Time
	// Sleep waits for d or until ctx is done, and then returns its cause.
	Sleep(ctx context.Context, d time.Duration) error
}

// Loop lets host functions finish later: the VM's goroutine waits in it while main() is a pending promise.
type Loop interface {
	// Go runs work on a goroutine of its own and returns a promise. The function that work returns is called on the
	// VM's goroutine and makes the value; work itself must not touch the VM.
	Go(work func(ctx context.Context) (func() goja.Value, error)) goja.Value
	// After calls fn on the VM's goroutine after d, unless cancel is called first. An error of fn ends the run. Holds are
	// the values that fn keeps alive, which count as the run's memory.
	After(d time.Duration, holds []goja.Value, fn func() error) (cancel func())
}

// Lines takes lines of log, of the node that is being visited. at is the line in its code, 0 when that is unknown.
type Lines interface {
	Log(level slog.Level, text string, at int)
}

// Host is what the engine does for the host functions of a run. It is one value and not a field of Run for each, so that
// a run without host functions makes none.
type Host interface {
	NewID() string                                  // a random UUID
	Log() *slog.Logger                              // carries wid, flow and node
	Context() context.Context                       // done, with a cause, when the run is killed or over its time
	Wait(call func(context.Context) error) error    // runs a call that blocks; see Run.Block
	Stringify(o *goja.Object) ([]byte, error)       // JSON.stringify of the VM, with its guards
	RunCode(code *goja.Program) (goja.Value, error) // in the middle of a script, with the script's limits
}

// Run is what host functions see of the run they are called in. It belongs to the run's goroutine.
type Run struct {
	VM   *goja.Runtime
	Loop Loop
	Caps Capabilities
	Time Clock

	Wid  string // id of the run
	App  string
	Flow string

	// Trace is the traceparent of the node's span, without tracing that of the request which started the run, "" for none,
	// and TraceState the tracestate that goes with it. Traced reports that the runtime made the span and that it is kept
	// it. What calls other services passes them on, see PassTrace.
	Trace, TraceState string
	Traced            bool

	// Lines takes a copy of what the flow's code logs, for the history of runs; nil when it is not recorded.
	Lines Lines

	// Effects records or replays what the run takes from outside. Nil while that is off.
	Effects replay.Effects

	// Called counts a call of a service; it may be called from any goroutine. Nil while calls are not counted.
	Called func(service string, failed bool)

	// Meter bounds what functions in Go may use; see Charge. Nil where nothing is bounded.
	Meter Meter

	// Host is the engine's own run. Only the functions that the engine passes to the families read more of it than Host
	// says.
	Host Host

	budget budget

	binding *binding // while a value is made

	keys int         // that IdempotencyKey made
	kept map[any]any // see Kept
}

// NewID makes a random UUID.
func (r *Run) NewID() string { return r.Host.NewID() }

// Log returns the run's log, which carries wid, flow and node.
func (r *Run) Log() *slog.Logger { return r.Host.Log() }

// Ctx returns the context that is done, with a cause, when the run is killed or over its time.
func (r *Run) Ctx() context.Context { return r.Host.Context() }

// RunCode runs compiled code, such as a module, in the middle of a script.
func (r *Run) RunCode(p *goja.Program) (goja.Value, error) { return r.Host.RunCode(p) }

// Kept is what a plugin remembers of one run, such as a setting that a flow changed: made at the first call, the same
// at all others. The key is the plugin's own, such as its pointer.
func Kept[T any](r *Run, key any, make func() *T) *T {
	if v, ok := r.kept[key].(*T); ok {
		return v
	}
	v := make()
	if r.kept == nil {
		r.kept = map[any]any{}
	}
	r.kept[key] = v
	return v
}

// Has reports whether a run keeps something under a key.
func Has[T any](r *Run, key any) bool {
	_, ok := r.kept[key].(*T)
	return ok
}

// IdempotencyKey makes the next key of the run for a call that another service must not do twice. The same run makes
// the same keys in the same order.
func (r *Run) IdempotencyKey() string {
	r.keys++
	return r.Wid + "-" + strconv.Itoa(r.keys)
}

// Throw raises err in the script as an Error whose message is the text a user may read. It does not return.
func (r *Run) Throw(err error) { panic(r.Error(err)) }

// Error makes the Error that Throw raises, to reject a promise with.
func (r *Run) Error(err error) *goja.Object { return NewError(r.VM, err) }

// TypeError makes such an Error that is a TypeError to scripts, as those of a network are in browsers.
func (r *Run) TypeError(err error) *goja.Object {
	o := r.Error(err)
	_ = o.SetPrototype(r.VM.NewTypeError().Prototype())
	_ = o.DefineDataProperty("name", r.VM.ToValue("TypeError"), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	return o
}

// Throwf raises an Error with a message of its own.
func (r *Run) Throwf(format string, args ...any) { r.Throw(fault.New(fault.Script, format, args...)) }

// DOMException makes an error of browsers, as those of functions that browsers have: what the name DOMException holds, which a
// script may have replaced, or else a TypeError.
func (r *Run) DOMException(name, text string) goja.Value {
	if made, err := r.VM.New(Property(r.VM.GlobalObject(), "DOMException"), r.VM.ToValue(text), r.VM.ToValue(name)); err == nil {
		return made
	}
	return r.VM.NewTypeError(text)
}

// ThrowDOM raises such an error. It does not return.
func (r *Run) ThrowDOM(name, text string) { panic(r.DOMException(name, text)) }

// Require raises a clear error unless the setting allows the call.
func (r *Run) Require(setting string) {
	if err := r.Caps.Allow(setting); err != nil {
		r.Throw(err)
	}
}

// Block runs a call that waits for something outside (time, a disk, a service). The run is not charged for the wait
// and the call's context ends with the run. A run that ended meanwhile does not come back to the script.
func (r *Run) Block(f func(ctx context.Context) error) error { return r.Host.Wait(f) }

// Line returns the line of the flow's code that called the host function which runs now, 0 when Go called it.
func Line(vm *goja.Runtime) int {
	if stack := vm.CaptureCallStack(2, nil); len(stack) > 1 {
		return stack[1].Position().Line
	}
	return 0
}

// String returns argument i as text, "" when it is missing, null or undefined.
func String(call goja.FunctionCall, i int) string {
	v := call.Argument(i)
	if goja.IsUndefined(v) || goja.IsNull(v) {
		return ""
	}
	return v.String()
}
