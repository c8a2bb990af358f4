package sandbox

import (
	"cmp"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
)

// Options of a VM.
type Options struct {
	Host Host
	// Error makes what a script catches of a Go error. Defaults to goja's own GoError.
	Error  func(*goja.Runtime, error) *goja.Object
	Limits Limits
}

// VM runs the programs of one run. Its methods belong to the run's goroutine; only Interrupt may be called from
// elsewhere.
type VM struct {
	names     *goja.Object // prototype of the global object: serves the host's
	makeError func(*goja.Runtime, error) *goja.Object
	loop      loop
	meter     meter
	ticks     *goja.Object // the meter as programs see it; made when one asks for it

	mapped []*compile.Program // programs with source maps that ran: see authorNames
}

// New makes a VM. It costs about a microsecond: names are bound when a script first reads them. Where Degraded says
// something, it costs a hundred times as much.
func New(o Options) *VM { return newVM(o, checked()) }

func newVM(o Options, f finding) *VM {
	known := f.known
	rt := goja.New()
	vm := &VM{makeError: o.Error}
	vm.loop.vm = vm
	known.GiveStack(rt)
	rt.SetMaxCallStackSize(unreadCalls)
	if known.ReadsDepth() {
		rt.SetMaxCallStackSize(lastCalls)
	}
	rt.SetParserOptions(refuseParsing(parser.Option(nil), rt))
	vm.names = rt.NewDynamicObject((*names)(vm))
	_ = rt.GlobalObject().SetPrototype(vm.names) // only a frozen object refuses
	if !known.Patched() && o.Limits.Memory > 0 && o.Limits.Budget == nil {
		o.Limits.Budget = watchman()
	}
	vm.meter.prepare(rt, o.Host, o.Limits)
	vm.meter.guards.arm(known)
	if f.remove != nil { // behind the guards: it has natives made
		if _, err := rt.RunProgram(f.remove); err != nil {
			vm.meter.stop(fault.Wrap(fault.Internal, err, "the sandbox cannot guard this version of goja")) // no script runs
		}
	}
	vm.meter.guards.objectPrototype = vm.names.Prototype() // no script has touched it yet
	return vm
}

// Runtime returns the goja runtime, for host functions and custom steps.
func (vm *VM) Runtime() *goja.Runtime { return vm.meter.rt }

// Loop returns the way in which host functions finish later.
func (vm *VM) Loop() *loop { return &vm.loop }

func (vm *VM) errorOf(err error) *goja.Object {
	if vm.makeError == nil {
		return vm.meter.rt.NewGoError(fault.ForUser(err))
	}
	return vm.makeError(vm.meter.rt, err)
}

// Interrupt ends the script that runs, or the next one, with the cause. It may be called from any goroutine.
func (vm *VM) Interrupt(cause error) { vm.meter.stop(cause) }

// Blocked notes that the script waits for a call of the host, until the function that it returns is called: so long it
// does not respond to audits. The results of earlier calls are measured then.
func (vm *VM) Blocked() (done func()) {
	vm.meter.returned()
	vm.meter.watch.idle.Store(true)
	return func() {
		vm.meter.watch.idle.Store(false)
		vm.meter.returned()
	}
}

// Waited returns how long the VM has waited for promises of the host.
func (vm *VM) Waited() time.Duration { return vm.loop.waited }

// Usage returns what the run has used so far.
func (vm *VM) Usage() Usage { return vm.meter.usage() }

// Run runs a program: its top level, then its main() if it defines one, waiting for a promise that main returns. The
// value is what main returned, nil without main. Errors are a *ScriptError for what the script threw, a *Panic for a
// Go panic below it, or the cause of an interrupt.
func (vm *VM) Run(p *compile.Program) (result goja.Value, err error) {
	defer vm.recovered(&err)
	vm.meter.begin()
	defer vm.meter.end(&err)
	if vm.meter.stopped() != nil {
		return nil, nil // end returns the cause
	}
	if err := vm.intact(p.Metered()); err != nil {
		return nil, err
	}
	if vm.meter.tick(int64(p.Weight())); vm.meter.stopped() != nil {
		return nil, nil
	}
	for _, name := range p.Declares() {
		if v, ok := vm.meter.host.Own(name); ok {
			vm.Define(name, v)
		}
	}
	if p.MappedName() != "" {
		vm.mapped = append(vm.mapped, p)
	}
	if p.HasPatterns() {
		vm.meter.guards.regExps().Add(p)
	}
	v, err := vm.meter.rt.RunProgram(p.Code())
	if err != nil {
		vm.meter.rejections.forget()
		return nil, vm.failure(err)
	}
	if !p.CallsMain() {
		v = nil
	}
	return vm.loop.settle(v)
}

// intact sees to it that programs get their meter: those that use it look it up when they start. What a script has put in
// front of it goes; to read it would not do, for a getter may return one thing here and another to the program.
func (vm *VM) intact(metered bool) error {
	global := vm.meter.rt.GlobalObject()
	if global.Prototype() != vm.names || metered && global.Delete(compile.MeterName) != nil {
		return fault.New(fault.Script, "the prototype of the global object was replaced: the run cannot continue")
	}
	return nil
}

// RunCode runs other compiled code, such as a module, in the middle of a script. Errors are goja's own.
func (vm *VM) RunCode(p *goja.Program) (goja.Value, error) {
	if err := vm.intact(true); err != nil {
		return nil, err
	}
	return vm.meter.rt.RunProgram(p)
}

// Call calls a function of the script's, waits for its promise as Run does, and returns the same errors.
func (vm *VM) Call(fn goja.Callable, args ...goja.Value) (result goja.Value, err error) {
	defer vm.recovered(&err)
	vm.meter.begin()
	defer vm.meter.end(&err)
	v, err := fn(goja.Undefined(), args...)
	if err != nil {
		vm.meter.rejections.forget()
		return nil, vm.failure(err)
	}
	return vm.loop.settle(v)
}

// Guard runs Go code that reads the VM's values, whose getters may be the script's, and returns errors as Run does.
func (vm *VM) Guard(f func() error) (err error) {
	defer vm.recovered(&err)
	var inner error
	if ex := vm.meter.rt.Try(func() { inner = f() }); ex != nil {
		inner = vm.failure(ex)
	}
	vm.meter.settle()
	if cause := vm.meter.stopped(); cause != nil && inner != nil {
		return cause
	}
	return inner
}

// Stringify is JSON.stringify for the host, and returns what it throws. Large or clever data goes through the guarded
// native: toJSON, getters and shared objects can make it loop or grow without bound.
func (vm *VM) Stringify(o *goja.Object) (text []byte, err error) {
	if text, ok := vm.meter.guards.appendPlain(make([]byte, 0, 128), o); ok {
		return text, nil
	}
	if ex := vm.meter.rt.Try(func() { text, err = vm.stringify(o) }); ex != nil {
		return nil, ex
	}
	return text, err
}

func (vm *VM) stringify(o *goja.Object) ([]byte, error) {
	json, ok := vm.Global("JSON").(*goja.Object)
	if !ok {
		return nil, fault.New(fault.Script, "the script removed JSON: its data cannot be written")
	}
	stringify, ok := goja.AssertFunction(json.Get("stringify"))
	if !ok {
		return nil, fault.New(fault.Script, "the script removed JSON.stringify: its data cannot be written")
	}
	text, err := stringify(json, o)
	if err != nil {
		return nil, err
	}
	if s, ok := text.(goja.String); ok {
		return vm.meter.guards.utf8(s), nil
	}
	return []byte("null"), nil
}

// Define makes name a property of the global object, as an assignment of the script's would.
func (vm *VM) Define(name string, v goja.Value) {
	_ = vm.meter.rt.GlobalObject().DefineDataProperty(name, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
}

// Global reads a name of the global scope.
func (vm *VM) Global(name string) goja.Value { return vm.meter.rt.GlobalObject().Get(name) }

func (vm *VM) recovered(err *error) {
	if x := recover(); x != nil {
		*err = Recovered(x)
	}
}

// failure turns goja's errors into the package's.
func (vm *VM) failure(err error) error {
	if e, ok := err.(*goja.Exception); ok { //nolint:errorlint // errors.As would unwrap it, see causeOf
		s := &ScriptError{Message: vm.messageOf(e.Value()), Stack: unreadable, cause: vm.causeOf(e.Value())}
		_ = vm.meter.rt.Try(func() { s.Stack = vm.authorNames(stackOf(e)) }) // a script may have put getters there
		s.Code, s.Text = vm.answerOf(e.Value())
		return s
	}
	if i, ok := errors.AsType[*goja.InterruptedError](err); ok {
		if cause, ok := i.Value().(error); ok {
			return cause
		}
		return err
	}
	if s, ok := errors.AsType[*goja.StackOverflowError](err); ok {
		return &ScriptError{Message: tooDeep, Stack: vm.authorNames(tooDeep + "\n" + s.String()), cause: s}
	}
	return err
}

// causeOf returns the Go error that an Error of the host holds. goja's own Unwrap asks any value for its form in Go, and makes
// room there for what a script's list says is its length.
func (vm *VM) causeOf(thrown goja.Value) (cause error) {
	o, ok := thrown.(*goja.Object)
	if !ok {
		return nil
	}
	_ = vm.meter.rt.Try(func() { // a script may have put a getter there
		if v := o.Get("value"); v != nil && v.ExportType() != nil && v.ExportType().Implements(reflect.TypeFor[error]()) {
			cause, _ = v.Export().(error)
		}
	})
	return cause
}

// answerOf returns the status, 400 to 599, and the message of a thrown object that has both; 0 where it has not. A plain object, or
// an Error, without a message has the words of its status.
func (vm *VM) answerOf(thrown goja.Value) (status int, message string) {
	o, ok := thrown.(*goja.Object)
	if !ok {
		return 0, ""
	}
	_ = vm.meter.rt.Try(func() { // a script may have put getters there
		code, text := o.Get("status"), o.Get("message")
		if code == nil || code.ExportType() == nil {
			return
		}
		n, number := code.Export().(int64)
		if _, object := code.(*goja.Object); object || !number || n < 400 || n > 599 {
			return
		}
		s, isText := text.(goja.String)
		switch {
		case isText && s.Length() > 0:
			status, message = int(n), startOf(s)
		case (isText || text == nil || goja.IsUndefined(text) || goja.IsNull(text)) && (o.ClassName() == "Error" || isPlain(o)): // no Response of fetch
			status, message = int(n), cmp.Or(http.StatusText(int(n)), "error")
		}
	})
	return status, message
}

// isPlain reports whether an object is of no class.
func isPlain(o *goja.Object) bool { return o.Prototype() == nil || o.Prototype().Prototype() == nil }

// authorNames restores the names of programs with source maps, which goja writes as escaped URLs, in a stack that it may shorten.
func (vm *VM) authorNames(stack string) string {
	stack = shortStack(stack)
	for _, p := range vm.mapped {
		stack = strings.ReplaceAll(stack, p.MappedName()+":", p.Name()+":")
	}
	return stack
}

// ScriptError is what a script threw and did not catch.
type ScriptError struct {
	Message string // as in "TypeError: x is not a function"
	Stack   string // with the author's names, lines and columns
	cause   error

	Code int    // the HTTP status that the script threw with a message, as in throw {status: 404, message: "…"}; 0 for none
	Text string // that message
}

// Error returns the stack: a script error's text is where it happened.
func (e *ScriptError) Error() string { return e.Stack }

// Unwrap finds the Go error that a host function threw.
func (e *ScriptError) Unwrap() error { return e.cause }

// names serves the VM's Globals as the prototype of the global object.
type names VM

func (n *names) Get(name string) goja.Value {
	switch name {
	case compile.GlobalName:
		return n.meter.rt.GlobalObject()
	case compile.MeterName:
		if n.ticks == nil {
			n.ticks = n.meter.ticks()
		}
		return n.ticks
	case intlName:
		return n.meter.guards.intl().Object()
	}
	return n.meter.host.Get(name)
}

func (n *names) Has(name string) bool { return name == intlName || n.meter.host.Has(name) }

// Set is never reached by an assignment: those land on the global object itself.
func (n *names) Set(string, goja.Value) bool { return false }
func (n *names) Delete(string) bool          { return false }
func (n *names) Keys() []string              { return nil }

// refuseParsing is a parser option that closes every way from a string to code. The compiler of the host does not use
// the VM's options; eval, the function constructors and all their aliases do. O is inferred because goja does not
// export the type that the option works on.
func refuseParsing[O ~func(*T), T any](_ O, rt *goja.Runtime) O {
	return func(*T) {
		panic(rt.NewTypeError("code from strings is not allowed here (eval, Function): put the code into a node or a module"))
	}
}
