package hostfn

import (
	"errors"
	"reflect"

	"github.com/dop251/goja"
)

// Define puts a function on an object under the name that scripts know it by, also in their stacks; goja would show
// Go's own.
func Define(vm *goja.Runtime, o *goja.Object, name string, f func(goja.FunctionCall) goja.Value) {
	SetOwn(o, name, Named(vm, name, vm.ToValue(f)))
}

// Named gives a function of Go its name in scripts; another value stays as it is.
func Named(vm *goja.Runtime, name string, v goja.Value) goja.Value {
	if o, ok := v.(*goja.Object); ok && o.ClassName() == "Function" {
		_ = o.DefineDataProperty("name", vm.ToValue(name), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	}
	return v
}

// Bytes copies the bytes of an ArrayBuffer or a Uint8Array; false for any other value.
func Bytes(v goja.Value) ([]byte, bool) {
	o, ok := v.(*goja.Object)
	if !ok {
		return nil, false
	}
	switch o.ExportType() {
	case reflect.TypeFor[goja.ArrayBuffer]():
		return append([]byte{}, o.Export().(goja.ArrayBuffer).Bytes()...), true
	case reflect.TypeFor[[]byte]():
		return append([]byte{}, o.Export().([]byte)...), true
	}
	return nil, false
}

// Construct makes an object with a constructor of the global scope, such as Date or Uint8Array.
func (r *Run) Construct(name string, args ...goja.Value) *goja.Object {
	o, err := r.VM.New(r.VM.GlobalObject().Get(name), args...)
	if err != nil {
		r.Rethrow(err)
	}
	return o
}

// Uint8Array hands bytes to the script, which owns them from then on.
func (r *Run) Uint8Array(b []byte) *goja.Object {
	return r.Construct("Uint8Array", r.VM.ToValue(r.VM.NewArrayBuffer(b)))
}

// Rethrow raises what a script threw inside a host function as it was, lets an interrupt go on, and throws any other
// error as Throw does.
func (r *Run) Rethrow(err error) {
	if ex, ok := errors.AsType[*goja.Exception](err); ok {
		panic(ex.Value())
	}
	if i, ok := errors.AsType[*goja.InterruptedError](err); ok {
		panic(i)
	}
	if s, ok := errors.AsType[*goja.StackOverflowError](err); ok {
		panic(s)
	}
	r.Throw(err)
}
