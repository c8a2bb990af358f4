package sandbox

import (
	"errors"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/natives"
)

// putNatives puts a family of natives into place that goja has not. What a script has put there before stays.
func (m *meter) putNatives(f natives.Family) {
	if m.families[f] {
		return
	}
	m.families[f] = true
	before := m.operations
	defer func() { m.operations = before }() // what the runtime itself defines is not the script's
	program, err := familyPrograms[f]()
	if err != nil {
		m.stop(fault.Wrap(fault.Internal, err, "the natives of %s cannot be compiled", f.Name()))
		m.check()
	}
	if m.rt.GlobalObject().Delete(compile.MeterName) != nil {
		return // a script hides the meter: intact ends the run
	}
	v, err := m.rt.RunProgram(program)
	if err == nil {
		if body, ok := goja.AssertFunction(v); ok {
			module := m.rt.NewObject()
			m.guards.own(module, "define", m.rt.ToValue(m.define))
			_, err = body(goja.Undefined(), goja.Undefined(), goja.Undefined(), module)
		}
	}
	if err != nil {
		m.rethrow(err)
	}
}

// define is define(object, members, replace) of natives.
func (m *meter) define(call goja.FunctionCall) goja.Value {
	object, ok := call.Argument(0).(*goja.Object)
	members, isObject := call.Argument(1).(*goja.Object)
	if !ok || !isObject {
		return goja.Undefined() // a script has put something else in place of a constructor
	}
	for _, name := range members.Keys() {
		if there := object.Get(name); call.Argument(2).ToBoolean() || there == nil || goja.IsUndefined(there) {
			m.guards.own(object, name, members.Get(name))
		}
	}
	return goja.Undefined()
}

// own defines a property that is not enumerable; an object that is frozen stays as it is.
func (g *guards) own(o *goja.Object, name string, v goja.Value) {
	_ = o.DefineDataProperty(name, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
}

// rethrow raises an error of code that ran in the middle of a script.
func (m *meter) rethrow(err error) {
	if cause := m.stopped(); cause != nil {
		m.stop(cause) // goja has forgotten the interrupt
	}
	if ex, ok := errors.AsType[*goja.Exception](err); ok {
		panic(ex.Value())
	}
	panic(err) // an interrupt or too many calls, which no script catches
}
