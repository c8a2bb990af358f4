package jsapi

import (
	"encoding/json"
	"reflect"
	"strconv"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// maxBytes is what one array of numbers may become.
const maxBytes = 16 << 20

// bytesOf reads the bytes of a string (as UTF-8), an ArrayBuffer, a typed array or an array of numbers.
func bytesOf(r *hostfn.Run, fn string, v goja.Value) []byte {
	if goja.IsUndefined(v) || goja.IsNull(v) {
		return nil
	}
	o, ok := v.(*goja.Object)
	if !ok {
		return []byte(v.String())
	}
	t := o.ExportType()
	switch {
	case t == reflect.TypeFor[goja.ArrayBuffer]():
		return append([]byte(nil), o.Export().(goja.ArrayBuffer).Bytes()...)
	case t == reflect.TypeFor[[]byte]():
		return append([]byte(nil), o.Export().([]byte)...)
	case o.ClassName() == "Array" || typedArray(t):
		return numbers(r, fn, o)
	}
	typeError(r, "%s takes text, an ArrayBuffer, a Uint8Array or an array of numbers", fn)
	return nil
}

func numbers(r *hostfn.Run, fn string, o *goja.Object) []byte {
	n := property(o, "length").ToInteger()
	if n > maxBytes {
		typeError(r, "%s: an array of %d numbers is too long; use a Uint8Array", fn, n)
	}
	out := make([]byte, n)
	for i := range out {
		if v := o.Get(strconv.Itoa(i)); v != nil {
			out[i] = byte(v.ToInteger())
		}
	}
	return out
}

// typedArray tells whether a Go type is what a typed array exports.
func typedArray(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() >= reflect.Int && t.Elem().Kind() <= reflect.Float64
}

// property reads a property that a script may have taken away.
func property(o *goja.Object, name string) goja.Value {
	if v := o.Get(name); v != nil {
		return v
	}
	return goja.Undefined()
}

// textOf writes plain data as the text that flows expect of a parameter or a session value: text as it is, nothing for
// null, JSON for the rest.
func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}
