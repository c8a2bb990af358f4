package sandbox

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// maxStack is the depth of calls at which a script gets a RangeError. goja unwinds deep native recursion in quadratic
// time; at 512 that stays under a millisecond.
const maxStack = 512

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
	rt        *goja.Runtime
	names     *goja.Object // prototype of the global object: serves the host's
	host      Host
	makeError func(*goja.Runtime, error) *goja.Object
	loop      loop
	meter     meter
	ticks     *goja.Object // the meter as programs see it; made when one asks for it

	mapped []*Program // programs with source maps that ran: see authorNames
}

// New makes a VM. It costs about a microsecond: names are bound when a script first reads them.
func New(o Options) *VM {
	vm := &VM{rt: goja.New(), host: o.Host, makeError: o.Error}
	vm.loop.vm = vm
	learned().giveStack(vm.rt)
	vm.rt.SetMaxCallStackSize(maxStack)
	vm.rt.SetParserOptions(refuseParsing(parser.Option(nil), vm.rt))
	vm.names = vm.rt.NewDynamicObject((*names)(vm))
	_ = vm.rt.GlobalObject().SetPrototype(vm.names) // only a frozen object refuses
	vm.meter.prepare(vm.rt, o.Host, o.Limits)
	vm.meter.guards.arm()
	vm.meter.guards.objectPrototype = vm.names.Prototype() // no script has touched it yet
	return vm
}

// Runtime gives the VM to host functions and custom steps.
func (vm *VM) Runtime() *goja.Runtime { return vm.rt }

// Loop gives host functions a way to finish later.
func (vm *VM) Loop() *loop { return &vm.loop }

func (vm *VM) errorOf(err error) *goja.Object {
	if vm.makeError == nil {
		return vm.rt.NewGoError(fault.ForUser(err))
	}
	return vm.makeError(vm.rt, err)
}

// Interrupt ends the script that runs, or the next one, with the cause. It may be called from any goroutine.
func (vm *VM) Interrupt(cause error) { vm.meter.stop(cause) }

// Blocked says that the script waits for a call of the host, until the function that it answers is called: so long it
// answers to nobody. What the calls before have brought is measured then.
func (vm *VM) Blocked() (done func()) {
	vm.meter.returned()
	vm.meter.watch.idle.Store(true)
	return func() {
		vm.meter.watch.idle.Store(false)
		vm.meter.returned()
	}
}

// Waited tells how long the VM has waited for promises of the host.
func (vm *VM) Waited() time.Duration { return vm.loop.waited }

// Usage tells what the run has used so far.
func (vm *VM) Usage() Usage { return vm.meter.usage() }

// Run runs a program: its top level, then its main() if it defines one, waiting for a promise that main answers. The
// value is what main returned, nil without main. Errors are a *ScriptError for what the script threw, a *Panic for a
// Go panic below it, or the cause of an interrupt.
func (vm *VM) Run(p *Program) (result goja.Value, err error) {
	defer vm.recovered(&err)
	vm.meter.begin()
	defer vm.meter.end(&err)
	if vm.meter.stopped() != nil {
		return nil, nil // end answers the cause
	}
	if err := vm.intact(p.counted.metered); err != nil {
		return nil, err
	}
	if vm.meter.tick(int64(p.counted.weight)); vm.meter.stopped() != nil {
		return nil, nil
	}
	for _, name := range p.declares {
		if v, ok := vm.host.Own(name); ok {
			vm.Define(name, v)
		}
	}
	if p.mapped != "" {
		vm.mapped = append(vm.mapped, p)
	}
	v, err := vm.rt.RunProgram(p.code)
	if err != nil {
		return nil, vm.failure(err)
	}
	if !p.calls {
		return nil, nil
	}
	return vm.loop.settle(v)
}

// intact sees to it that programs get their meter: those that use it look it up when they start. What a script has put in
// front of it goes; to read it would not do, for a getter may answer one thing here and another to the program.
func (vm *VM) intact(metered bool) error {
	global := vm.rt.GlobalObject()
	if global.Prototype() != vm.names || metered && global.Delete(meterName) != nil {
		return fault.New(fault.Script, "the prototype of the global object was replaced: the run cannot go on")
	}
	return nil
}

// RunCode runs other compiled code, such as a module, in the middle of a script. Errors are goja's own.
func (vm *VM) RunCode(p *goja.Program) (goja.Value, error) {
	if err := vm.intact(true); err != nil {
		return nil, err
	}
	return vm.rt.RunProgram(p)
}

// Call calls a function of the script's, waits for its promise as Run does, and answers the same errors.
func (vm *VM) Call(fn goja.Callable, args ...goja.Value) (result goja.Value, err error) {
	defer vm.recovered(&err)
	vm.meter.begin()
	defer vm.meter.end(&err)
	v, err := fn(goja.Undefined(), args...)
	if err != nil {
		return nil, vm.failure(err)
	}
	return vm.loop.settle(v)
}

// Guard runs Go code that reads the VM's values, whose getters may be the script's, and answers errors as Run does.
func (vm *VM) Guard(f func() error) (err error) {
	defer vm.recovered(&err)
	var inner error
	if ex := vm.rt.Try(func() { inner = f() }); ex != nil {
		inner = vm.failure(ex)
	}
	vm.meter.settle()
	if cause := vm.meter.stopped(); cause != nil && inner != nil {
		return cause
	}
	return inner
}

// Stringify is JSON.stringify for the host, and answers what it throws. Large or clever data goes through the guarded
// native: toJSON, getters and shared objects can make it loop or grow without bound.
func (vm *VM) Stringify(o *goja.Object) (text []byte, err error) {
	if text, ok := vm.meter.guards.appendPlain(make([]byte, 0, 128), o); ok {
		return text, nil
	}
	if ex := vm.rt.Try(func() { text, err = vm.stringify(o) }); ex != nil {
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
		return []byte(s.String()), nil
	}
	return []byte("null"), nil
}

// Define makes name a property of the global object, as an assignment of the script's would.
func (vm *VM) Define(name string, v goja.Value) {
	_ = vm.rt.GlobalObject().DefineDataProperty(name, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
}

// Global reads a name of the global scope.
func (vm *VM) Global(name string) goja.Value { return vm.rt.GlobalObject().Get(name) }

func (vm *VM) recovered(err *error) {
	if x := recover(); x != nil {
		*err = &Panic{Value: x, Stack: debug.Stack()}
	}
}

// failure turns goja's errors into the package's.
func (vm *VM) failure(err error) error {
	if i, ok := errors.AsType[*goja.InterruptedError](err); ok {
		if cause, ok := i.Value().(error); ok {
			return cause
		}
		return err
	}
	if e, ok := errors.AsType[*goja.Exception](err); ok {
		return &ScriptError{Message: textOf(e.Value()), Stack: vm.authorNames(e.String()), cause: e}
	}
	if s, ok := errors.AsType[*goja.StackOverflowError](err); ok {
		return &ScriptError{Message: "RangeError: too many nested calls", Stack: "RangeError: too many nested calls" + vm.authorNames(s.String()), cause: s}
	}
	return err
}

// authorNames gives programs with source maps their own names back: goja writes those as escaped URLs.
func (vm *VM) authorNames(stack string) string {
	for _, p := range vm.mapped {
		stack = strings.ReplaceAll(stack, p.mapped+":", p.name+":")
	}
	return stack
}

// textOf describes a thrown value without running the script's own toString.
func textOf(v goja.Value) string {
	o, ok := v.(*goja.Object)
	if !ok {
		if v == nil {
			return "undefined"
		}
		return v.String()
	}
	if o.ClassName() != "Error" {
		return "an object was thrown"
	}
	return plain(o.Get("name")) + ": " + plain(o.Get("message"))
}

func plain(v goja.Value) string {
	if _, isObject := v.(*goja.Object); isObject || v == nil {
		return ""
	}
	return v.String()
}

// ScriptError is what a script threw and did not catch.
type ScriptError struct {
	Message string // as in "TypeError: x is not a function"
	Stack   string // with the author's names, lines and columns
	cause   error
}

// Error gives the stack: a script error's text is where it happened.
func (e *ScriptError) Error() string { return e.Stack }

// Unwrap finds the Go error that a host function threw.
func (e *ScriptError) Unwrap() error { return e.cause }

// Panic is a Go panic that happened below a script.
type Panic struct {
	Value any
	Stack []byte
}

// Error gives value and stack, for the log.
func (p *Panic) Error() string { return fmt.Sprintf("panic: %v\n%s", p.Value, p.Stack) }

// names serves the VM's Globals as the prototype of the global object.
type names VM

func (n *names) Get(name string) goja.Value {
	switch name {
	case globalName:
		return n.rt.GlobalObject()
	case meterName:
		if n.ticks == nil {
			n.ticks = n.meter.ticks()
		}
		return n.ticks
	}
	return n.host.Get(name)
}

func (n *names) Has(name string) bool { return n.host.Has(name) }

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
