package hostfn

import (
	"reflect"
	"strconv"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// maxNumbers is how long an array of numbers may be that stands for bytes.
const maxNumbers = 16 << 20

// BytesOf copies the bytes of a string (as UTF-8), an ArrayBuffer, a typed array or an array of numbers from 0 to 255; undefined and
// null have none. Other values are an error that says what is taken. Bytes is for what is bytes already.
func (r *Run) BytesOf(v goja.Value) ([]byte, error) {
	if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
		return nil, nil
	}
	if b, ok := r.Bytes(v); ok {
		return b, nil
	}
	o, ok := v.(*goja.Object)
	if !ok {
		text := r.Text(v)
		r.Spend(len(text)>>10, int64(len(text)))
		return []byte(text), nil
	}
	if o.ClassName() == "Array" {
		return r.numbers(o)
	}
	return nil, fault.New(fault.Script, "takes text, an ArrayBuffer, a typed array or an array of numbers")
}

func (r *Run) numbers(o *goja.Object) ([]byte, error) {
	n := Property(o, "length").ToInteger()
	if n > maxNumbers {
		return nil, fault.New(fault.Script, "an array of %d numbers is too long; use a Uint8Array", n)
	}
	if n < 0 {
		n = 0
	}
	r.Spend(0, n)
	out := make([]byte, n)
	for i := range out {
		r.Spend(3, 0)
		n, ok := Property(o, strconv.Itoa(i)).Export().(int64)
		if !ok || n < 0 || n > 255 {
			return nil, fault.New(fault.Script, "takes an array of whole numbers from 0 to 255, and element %d is not one", i)
		}
		out[i] = byte(n)
	}
	return out, nil
}

// typedArray reports whether a Go type is what a typed array exports.
func typedArray(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() >= reflect.Int && t.Elem().Kind() <= reflect.Float64
}

// Property reads a property; undefined when there is none.
func Property(o *goja.Object, name string) goja.Value {
	if v := o.Get(name); v != nil {
		return v
	}
	return goja.Undefined()
}
