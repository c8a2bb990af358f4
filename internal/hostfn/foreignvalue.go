package hostfn

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"slices"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

// foreigner makes values for a script of one value of a Go program.
type foreigner struct {
	run    *Run
	shared bool // with other runs: what a script assigns would reach them
	known  map[listOfGo]goja.Value
}

// listOfGo is a list or a map that was copied already: they may hold themselves.
type listOfGo struct {
	at  uintptr
	n   int
	typ reflect.Type
}

var errForeignDeep = errors.New("a value of the Go program is nested too deep")

func (f *foreigner) value(v reflect.Value, depth int) goja.Value {
	for v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if depth > deepJSON {
		f.run.Throw(errForeignDeep)
	}
	if !v.IsValid() || nilable(v.Kind()) && v.IsNil() {
		return goja.Null()
	}
	switch x := v.Interface().(type) {
	case goja.Value, func(goja.FunctionCall) goja.Value, func(goja.FunctionCall, *goja.Runtime) goja.Value,
		func(goja.ConstructorCall) *goja.Object, func(goja.ConstructorCall, *goja.Runtime) *goja.Object:
		return f.run.VM.ToValue(x)
	case *big.Int: // no limit bounds the operators of BigInt
		if x.IsInt64() && x.Int64() == int64(float64(x.Int64())) {
			return f.run.VM.ToValue(x.Int64())
		}
		return f.run.VM.ToValue(x.String())
	case *ordered.Object, json.RawMessage, json.Number:
		return f.run.ToJS(x)
	}
	if v.Kind() == reflect.String && v.NumMethod() == 0 {
		return wideToJS(f.run.VM, v.String())
	}
	if basic := basicOf(v.Kind()); basic != nil && v.NumMethod() == 0 {
		return f.run.VM.ToValue(v.Convert(basic).Interface())
	}
	switch v.Kind() {
	case reflect.Func:
		return f.run.function(v)
	case reflect.Slice, reflect.Array:
		return f.list(v, depth)
	case reflect.Map:
		if v.NumMethod() == 0 {
			return f.object(v, depth)
		}
	case reflect.Pointer:
		if v.NumMethod() == 0 && v.Elem().Kind() != reflect.Struct {
			return f.value(v.Elem(), depth+1)
		}
	}
	return f.view(v)
}

func nilable(k reflect.Kind) bool {
	return k == reflect.Pointer || k == reflect.Map || k == reflect.Slice || k == reflect.Func || k == reflect.Chan || k == reflect.UnsafePointer
}

// basicOf returns the type that scripts have for values of a kind, nil where there is none.
func basicOf(k reflect.Kind) reflect.Type {
	switch k {
	case reflect.Bool:
		return reflect.TypeFor[bool]()
	case reflect.String:
		return reflect.TypeFor[string]()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return reflect.TypeFor[int64]()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return reflect.TypeFor[uint64]()
	case reflect.Float32, reflect.Float64:
		return reflect.TypeFor[float64]()
	}
	return nil
}

func (f *foreigner) list(v reflect.Value, depth int) goja.Value {
	n := v.Len()
	f.run.Spend(2+n, heavyArray+int64(n)*heavyElement)
	var key listOfGo
	if v.Kind() == reflect.Slice {
		key = listOfGo{v.Pointer(), n, v.Type()}
	}
	if made := f.known[key]; made != nil && n > 0 {
		return made
	}
	items := make([]any, n)
	for i := range items {
		items[i] = goja.Undefined()
	}
	list := f.run.VM.NewArray(items...)
	if v.Kind() == reflect.Slice {
		f.known[key] = list
	}
	for i := range n {
		_ = list.DefineDataProperty(fmt.Sprint(i), f.value(v.Index(i), depth+1), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
	}
	return list
}

func (f *foreigner) object(v reflect.Value, depth int) goja.Value {
	key := listOfGo{v.Pointer(), 0, v.Type()}
	if made := f.known[key]; made != nil {
		return made
	}
	f.run.Spend(2+v.Len(), heavyObject+int64(v.Len())*heavyProperty)
	type entry struct {
		name  string
		value reflect.Value
	}
	var entries []entry
	if basic := basicOf(v.Type().Key().Kind()); basic != nil {
		for it := v.MapRange(); it.Next(); {
			entries = append(entries, entry{fmt.Sprint(it.Key().Convert(basic).Interface()), it.Value()})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	o := f.run.VM.NewObject()
	f.known[key] = o
	for _, e := range entries {
		f.run.SetWide(o, e.name, f.value(e.value, depth+1))
	}
	return o
}

// function makes a function of the script of one of a Go program.
func (r *Run) function(f reflect.Value) goja.Value {
	t := f.Type()
	if takesCall(t) { // and returns something of its own
		return r.VM.ToValue(f.Interface())
	}
	in := make([]reflect.Type, t.NumIn())
	for i := range in {
		in[i] = t.In(i)
	}
	value := reflect.TypeFor[goja.Value]()
	converted := reflect.MakeFunc(reflect.FuncOf(in, []reflect.Type{value}, t.IsVariadic()), func(args []reflect.Value) []reflect.Value {
		call := f.Call
		if t.IsVariadic() {
			call = f.CallSlice
		}
		result := reflect.New(value).Elem()
		result.Set(reflect.ValueOf(r.result(call(args))))
		return []reflect.Value{result}
	})
	call, _ := goja.AssertFunction(r.VM.ToValue(converted.Interface()))
	return r.Function(func(c goja.FunctionCall) goja.Value {
		args := make([]goja.Value, len(c.Arguments))
		for i, v := range c.Arguments {
			copies := copier{run: r, known: map[*goja.Object]any{}}
			args[i] = copies.argument(v, parameter(t, i))
		}
		v, err := call(c.This, args...)
		if err != nil {
			r.Rethrow(err)
		}
		return v
	})
}

// result makes a value of what a Go function returned; an error is thrown.
func (r *Run) result(out []reflect.Value) goja.Value {
	if n := len(out) - 1; n >= 0 && out[n].Type() == reflect.TypeFor[error]() {
		if err, ok := out[n].Interface().(error); ok {
			r.throwForeign(err)
		}
		out = out[:n]
	}
	f := foreigner{run: r, known: map[listOfGo]goja.Value{}}
	switch len(out) {
	case 0:
		return goja.Undefined()
	case 1:
		return f.value(out[0], 0)
	}
	values := make([]any, len(out))
	for i := range out {
		values[i] = f.value(out[i], 0)
	}
	return r.VM.NewArray(values...)
}

// throwForeign throws an error of a Go program under the name that goja has for such.
func (r *Run) throwForeign(err error) {
	_, thrown := errors.AsType[*goja.Exception](err)
	_, interrupted := errors.AsType[*goja.InterruptedError](err)
	_, deep := errors.AsType[*goja.StackOverflowError](err)
	if thrown || interrupted || deep {
		r.Rethrow(err)
	}
	e := r.Error(err)
	SetOwn(e, "name", r.VM.ToValue("GoError"))
	panic(e)
}

// callback makes a Go function of type t of one of the script's, for a Go function that takes one.
func (r *Run) callback(call goja.Callable, t reflect.Type) any {
	return reflect.MakeFunc(t, func(in []reflect.Value) []reflect.Value {
		var args []goja.Value
		f := foreigner{run: r, known: map[listOfGo]goja.Value{}}
		for i, v := range in {
			if t.IsVariadic() && i == len(in)-1 {
				for j := range v.Len() {
					args = append(args, f.value(v.Index(j), 0))
				}
				break
			}
			args = append(args, f.value(v, 0))
		}
		v, err := call(goja.Undefined(), args...)
		out := make([]reflect.Value, t.NumOut())
		for i := range out {
			out[i] = reflect.New(t.Out(i)).Elem()
		}
		if n := len(out); err == nil && n > 0 && t.Out(0) != reflect.TypeFor[error]() {
			err = r.export(v, out[0])
		}
		if err == nil {
			return out
		}
		if n := len(out) - 1; n >= 0 && t.Out(n) == reflect.TypeFor[error]() {
			out[n].Set(reflect.ValueOf(err))
			return out
		}
		r.Rethrow(err)
		return nil
	}).Interface()
}

// export sets to, of Go, to a value of the script.
func (r *Run) export(v goja.Value, to reflect.Value) error {
	if n := copied(v); n > 0 {
		if err := r.Charge(1, 2*n); err != nil { // the letters and the text
			return err
		}
	}
	copies := copier{run: r, known: map[*goja.Object]any{}}
	return r.VM.ExportTo(copies.argument(v, to.Type()), to.Addr().Interface())
}
