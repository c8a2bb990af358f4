package hostfn

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"math/big"
	"slices"

	"github.com/dop251/goja"
)

// ToJS makes a plain JavaScript value of plain Go data: nil, bool, string, the number types, time-free maps and slices
// of them. The script gets copies; no Go value ever reaches it raw. Keys of maps come sorted.
func ToJS(vm *goja.Runtime, v any) goja.Value {
	switch v := v.(type) {
	case nil:
		return goja.Null()
	case goja.Value:
		return v
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return vm.ToValue(i)
		}
		f, _ := v.Float64()
		return vm.ToValue(f)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = ToJS(vm, v[i])
		}
		return vm.NewArray(list...)
	case []string:
		list := make([]any, len(v))
		for i := range v {
			list[i] = v[i]
		}
		return vm.NewArray(list...)
	case map[string]any:
		o := vm.NewObject()
		for _, k := range slices.Sorted(maps.Keys(v)) {
			SetOwn(o, k, ToJS(vm, v[k]))
		}
		return o
	case map[string]string:
		o := vm.NewObject()
		for _, k := range slices.Sorted(maps.Keys(v)) {
			SetOwn(o, k, vm.ToValue(v[k]))
		}
		return o
	case map[string][]string:
		o := vm.NewObject()
		for _, k := range slices.Sorted(maps.Keys(v)) {
			SetOwn(o, k, ToJS(vm, v[k]))
		}
		return o
	}
	return vm.ToValue(v)
}

// Maker makes copies of one plain value, each for another VM. It may be used by many goroutines at once.
type Maker func(vm *goja.Runtime) goja.Value

// Prepare does once what making a JavaScript value of plain data by ToJS does each time: it sorts names and keeps text
// and numbers, which VMs may share. The data must not change afterwards.
func Prepare(v any) Maker { return prepare(goja.New(), v) }

func prepare(vm *goja.Runtime, v any) Maker {
	switch v := v.(type) {
	case map[string]any:
		names := slices.Sorted(maps.Keys(v))
		makers := make([]Maker, len(names))
		for i, name := range names {
			makers[i] = prepare(vm, v[name])
		}
		return func(vm *goja.Runtime) goja.Value {
			o := vm.NewObject()
			for i, name := range names {
				addOwn(o, name, makers[i](vm))
			}
			return o
		}
	case []any:
		makers := make([]Maker, len(v))
		for i := range v {
			makers[i] = prepare(vm, v[i])
		}
		return func(vm *goja.Runtime) goja.Value {
			list := make([]any, len(makers))
			for i := range makers {
				list[i] = makers[i](vm)
			}
			return vm.NewArray(list...)
		}
	}
	value := ToJS(vm, v)
	if s, ok := value.(goja.String); ok {
		s.Length() // goja looks once whether text is ASCII, and notes it in the value
	}
	return func(*goja.Runtime) goja.Value { return value }
}

// addOwn is SetOwn for a property that the object does not have, at half the cost where it inherits none of that name.
func addOwn(o *goja.Object, key string, v goja.Value) {
	if o.Get(key) != nil || o.Set(key, v) != nil {
		SetOwn(o, key, v)
	}
}

// SetOwn sets a property of the object itself, whatever its name: "__proto__" from a request is data like any other.
func SetOwn(o *goja.Object, key string, v goja.Value) {
	_ = o.DefineDataProperty(key, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
}

// Stringify is JSON.stringify: the one way from a JavaScript value to bytes. undefined and functions give null. It may
// run the value's own toJSON and getters, so it belongs to the run's goroutine, and answers what they throw.
func (r *Run) Stringify(v goja.Value) (text []byte, err error) {
	if v == nil || goja.IsUndefined(v) {
		return []byte("null"), nil
	}
	if o, ok := v.(*goja.Object); ok {
		if text, err = r.Host.Stringify(o); err != nil {
			return nil, err
		}
		if err == nil && len(text) == 0 {
			text = []byte("null")
		}
		return text, err
	}
	switch x := v.Export().(type) {
	case *big.Int:
		return nil, errors.New("a BigInt cannot become JSON")
	case string, bool, int64, float64, nil:
		if b, err := Encode(x); err == nil {
			return b, nil
		}
	}
	return []byte("null"), nil // NaN, the infinities, symbols
}

// Encode writes Go data as JSON without the HTML escapes of encoding/json, as JSON.stringify does.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// FromJS makes plain Go data of a JavaScript value by way of JSON: maps, slices, strings, bools, nil, int64 for
// integers that fit, float64 for other numbers.
func (r *Run) FromJS(v goja.Value) (any, error) {
	text, err := r.Stringify(v)
	if err != nil {
		return nil, err
	}
	return Decode(text)
}

// Decode reads JSON text into plain Go data, as FromJS does.
func Decode(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return normal(v), nil
}

// normal turns json.Number into int64 or float64, in place.
func normal(v any) any {
	switch v := v.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		f, _ := v.Float64()
		return f
	case []any:
		for i := range v {
			v[i] = normal(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = normal(v[k])
		}
	}
	return v
}
