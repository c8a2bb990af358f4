package hostfn

import (
	"encoding/binary"
	"errors"
	"reflect"

	"github.com/dop251/goja"
)

// Define puts a function on an object under the name that scripts know it by, also in their stacks; goja would show
// Go's own.
func Define(r *Run, o *goja.Object, name string, f func(goja.FunctionCall) goja.Value) {
	SetOwn(o, name, Named(r.VM, name, r.Declared(name, f)))
}

// Named sets the name that a function of Go has in scripts; another value stays as it is.
func Named(vm *goja.Runtime, name string, v goja.Value) goja.Value {
	if o, ok := v.(*goja.Object); ok && o.ClassName() == "Function" {
		_ = o.DefineDataProperty("name", vm.ToValue(name), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	}
	return v
}

// Bytes copies the bytes of an ArrayBuffer, a typed array, of wider numbers as they lie in memory, or a DataView; false for any
// other value.
func (r *Run) Bytes(v goja.Value) ([]byte, bool) {
	o, ok := v.(*goja.Object)
	if !ok {
		return nil, false
	}
	switch t := o.ExportType(); {
	case t == reflect.TypeFor[goja.ArrayBuffer]():
		return r.copyOf(o.Export().(goja.ArrayBuffer).Bytes()), true
	case t == reflect.TypeFor[[]byte]():
		return r.copyOf(o.Export().([]byte)), true
	case typedArray(t):
		numbers := o.Export()
		n := binary.Size(numbers)
		r.Spend(n>>8, int64(n))
		b, err := binary.Append(make([]byte, 0, n), binary.LittleEndian, numbers) // what the standard says of all machines that matter
		return b, err == nil
	}
	if tag := o.GetSymbol(goja.SymToStringTag); tag != nil && tag.String() == "DataView" { // which exports as a plain object does
		return r.viewed(o)
	}
	return nil, false
}

// viewed copies what a DataView shows of its buffer.
func (r *Run) viewed(o *goja.Object) ([]byte, bool) {
	buffer, ok := Property(o, "buffer").(*goja.Object)
	if !ok || buffer.ExportType() != reflect.TypeFor[goja.ArrayBuffer]() {
		return nil, false
	}
	b := buffer.Export().(goja.ArrayBuffer).Bytes()
	from, n := Property(o, "byteOffset").ToInteger(), Property(o, "byteLength").ToInteger()
	if from < 0 || n < 0 || from > int64(len(b)) || n > int64(len(b))-from {
		return nil, false
	}
	return r.copyOf(b[from : from+n]), true
}

func (r *Run) copyOf(b []byte) []byte {
	r.Spend(len(b)>>10, int64(len(b)))
	return append([]byte{}, b...)
}

// Keys lists the own enumerable properties of an object whose keys are strings. It charges those that goja makes of what
// has no keys of its own: of arrays, typed arrays and wrapped texts, also behind proxies.
func (r *Run) Keys(o *goja.Object) []string {
	r.list(o)
	keys := o.Keys()
	r.Spend(len(keys), 16*int64(len(keys)))
	return keys
}

// Names is Keys with the properties that are not enumerable.
func (r *Run) Names(o *goja.Object) []string {
	r.list(o)
	names := o.GetOwnPropertyNames()
	r.Spend(len(names), 16*int64(len(names)))
	return names
}

// list charges the names of elements, which goja makes when an object is listed.
func (r *Run) list(o *goja.Object) {
	for o != nil && o.ExportType() == reflect.TypeFor[goja.Proxy]() { // goja lists its target, too, whatever its traps say
		r.Spend(1, 0)
		o = o.Export().(goja.Proxy).Target()
	}
	if o == nil { // of a proxy that was revoked
		return
	}
	var n int64
	switch class := o.ClassName(); {
	case typedArray(o.ExportType()):
		n = int64(reflect.ValueOf(o.Export()).Len()) // whatever a script made of its length
	case class == "Array", class == "String":
		if n = Property(o, "length").ToInteger(); n > 1<<24 && class == "Array" {
			return // it is sparse, or too large itself
		}
	}
	r.Spend(int(n), 40*n)
}

// Construct makes an object with a constructor of the global scope, such as Date or Uint8Array.
func (r *Run) Construct(name string, args ...goja.Value) *goja.Object {
	o, err := r.VM.New(r.VM.GlobalObject().Get(name), args...)
	if err != nil {
		r.Rethrow(err)
	}
	return o
}

// Uint8Array passes bytes to the script, which owns them from then on.
func (r *Run) Uint8Array(b []byte) *goja.Object {
	return r.Construct("Uint8Array", r.VM.ToValue(r.VM.NewArrayBuffer(b)))
}

// Rethrow raises what a script threw inside a host function as it was, lets an interrupt continue, and throws any other
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
