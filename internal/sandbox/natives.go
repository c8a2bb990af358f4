package sandbox

import (
	"errors"
	"reflect"

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
	members := map[string]goja.Value{"define": m.rt.ToValue(m.define)}
	if f == natives.Buffers {
		members["detach"], members["detached"] = m.rt.ToValue(m.detach), m.rt.ToValue(m.detached)
	}
	m.module("the natives of "+f.Name(), familyPrograms[f], members)
}

// detach takes the bytes from an ArrayBuffer.
func (m *meter) detach(call goja.FunctionCall) goja.Value {
	if b, ok := bufferOf(call.Argument(0)); ok {
		b.Detach()
	}
	return goja.Undefined()
}

// detached reports whether an ArrayBuffer has no bytes any more; undefined for what is none.
func (m *meter) detached(call goja.FunctionCall) goja.Value {
	if b, ok := bufferOf(call.Argument(0)); ok {
		return m.rt.ToValue(b.Detached())
	}
	return goja.Undefined()
}

func bufferOf(v goja.Value) (b goja.ArrayBuffer, ok bool) {
	if o, isObject := v.(*goja.Object); isObject && o.ExportType() == reflect.TypeFor[goja.ArrayBuffer]() {
		b, ok = o.Export().(goja.ArrayBuffer)
	}
	return b, ok
}

// module runs a module of the runtime's own in the middle of a script, and returns it. What it defines counts as no operations
// of the script. It has members beside exports.
func (m *meter) module(what string, compiled func() (*goja.Program, error), members map[string]goja.Value) *goja.Object {
	before := m.operations
	defer func() { m.operations = before }()
	program, err := compiled()
	if err != nil {
		m.stop(fault.Wrap(fault.Internal, err, "%s cannot be compiled", what))
		m.check()
	}
	if m.rt.GlobalObject().Delete(compile.MeterName) != nil {
		panic(m.rt.NewTypeError("the prototype of the global object was replaced")) // see VM.intact
	}
	module := m.rt.NewObject()
	for name, v := range members {
		m.guards.own(module, name, v)
	}
	v, err := m.rt.RunProgram(program)
	if body, ok := goja.AssertFunction(v); ok && err == nil {
		_, err = body(goja.Undefined(), goja.Undefined(), goja.Undefined(), module)
	}
	if err != nil {
		m.rethrow(err)
	}
	return module
}

// exported runs a module of the runtime's own and returns what it exports.
func (m *meter) exported(what string, compiled func() (*goja.Program, error), members map[string]goja.Value) *goja.Object {
	exports, ok := m.module(what, compiled, members).Get("exports").(*goja.Object)
	if !ok {
		panic(m.rt.NewTypeError("%s cannot be made", what))
	}
	return exports
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
