package hostfn

import (
	"fmt"
	"reflect"
	"runtime"
	"sync/atomic"

	"github.com/dop251/goja"
)

// foreignObject shows a script a value of a Go program that is no plain data: exported fields as they are at that moment, each converted as Foreign
// does, and exported methods. Handed back to a function of the program it is the value again.
type foreignObject struct {
	run    *Run
	value  reflect.Value
	fields reflect.Value // the struct, invalid where there is none
	shared bool
	made   map[string]goja.Value // methods, at their first read
	weight *atomic.Int64         // bytes that the run is charged for while the script holds the object
}

var _ goja.DynamicObject = (*foreignObject)(nil)

// view makes the object of a value, which counts as memory of the run until it is garbage.
func (f *foreigner) view(v reflect.Value) goja.Value {
	if v.Kind() == reflect.Struct { // methods of its pointer are its own, too
		at := v
		if !v.CanAddr() {
			at = reflect.New(v.Type()).Elem()
			at.Set(v)
		}
		v = at.Addr()
	}
	f.run.Spend(10, heavyObject)
	o := &foreignObject{run: f.run, value: v, shared: f.shared, made: map[string]goja.Value{}}
	if v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct {
		o.fields = v.Elem()
	}
	if !f.shared {
		o.weigh()
	}
	return f.run.VM.NewDynamicObject(o)
}

// weigh charges what the value holds itself. It is the program's where runs share it.
func (o *foreignObject) weigh() {
	beside := o.run.Beside()
	if o.weight == nil {
		o.weight = new(atomic.Int64)
		runtime.AddCleanup(o, func(weight *atomic.Int64) { _ = beside(-weight.Load()) }, o.weight)
	}
	n := heavyObject + weightOf(o.value, 3)
	if err := beside(n - o.weight.Swap(n)); err != nil {
		o.run.Throw(err)
	}
}

// weightOf estimates the bytes of a value, of what it leads to so many steps deep.
func weightOf(v reflect.Value, deep int) int64 {
	switch v.Kind() {
	case reflect.String:
		return int64(v.Len())
	case reflect.Slice:
		n := int64(v.Cap()) * int64(v.Type().Elem().Size())
		return n + weightOfSome(v.Len(), deep, v.Index)
	case reflect.Map:
		return int64(v.Len()) * int64(16+v.Type().Key().Size()+v.Type().Elem().Size())
	case reflect.Array:
		return weightOfSome(v.Len(), deep, v.Index)
	case reflect.Struct:
		return weightOfSome(v.NumField(), deep, v.Field)
	case reflect.Pointer, reflect.Interface:
		if e := v.Elem(); deep > 0 && e.IsValid() {
			return int64(e.Type().Size()) + weightOf(e, deep-1)
		}
	}
	return 0
}

// weightOfSome weighs n parts by the first hundred of them.
func weightOfSome(n, deep int, part func(int) reflect.Value) int64 {
	some := min(n, 100)
	if deep == 0 || some == 0 {
		return 0
	}
	var sum int64
	for i := range some {
		sum += weightOf(part(i), deep-1)
	}
	return sum / int64(some) * int64(n)
}

// field returns an exported field, also of a struct that the struct embeds.
func (o *foreignObject) field(name string) (field reflect.Value, ok bool) {
	if !o.fields.IsValid() {
		return field, false
	}
	f, ok := o.fields.Type().FieldByName(name)
	if !ok || !f.IsExported() {
		return field, false
	}
	field, err := o.fields.FieldByIndexErr(f.Index)
	return field, err == nil && field.CanInterface()
}

// Get makes a field or a method.
func (o *foreignObject) Get(name string) goja.Value {
	if v := o.made[name]; v != nil {
		return v
	}
	if field, ok := o.field(name); ok {
		if field.Kind() == reflect.Struct && field.CanAddr() {
			field = field.Addr()
		}
		outer := o.run.Enter(nil)
		defer o.run.Leave(outer)
		f := foreigner{run: o.run, shared: o.shared, known: map[listOfGo]goja.Value{}}
		return f.value(field, 0)
	}
	v := o.method(name)
	if v != nil {
		o.made[name] = Named(o.run.VM, name, v)
	}
	return v
}

func (o *foreignObject) method(name string) goja.Value {
	if m := o.value.MethodByName(name); m.IsValid() {
		return o.run.function(m)
	}
	var text func() string
	switch x := o.value.Interface().(type) {
	case fmt.Stringer:
		text = x.String
	case error:
		text = x.Error
	}
	basic := basicOf(o.value.Kind())
	switch {
	case name == "toString" && text != nil:
		return o.run.Function(func(goja.FunctionCall) goja.Value { return o.run.VM.ToValue(text()) })
	case name == "valueOf" && basic != nil:
		return o.run.Function(func(goja.FunctionCall) goja.Value {
			return o.run.VM.ToValue(o.value.Convert(basic).Interface())
		})
	}
	return nil
}

// Set assigns to a field of a value that is not shared with other runs.
func (o *foreignObject) Set(name string, v goja.Value) bool {
	field, ok := o.field(name)
	if !ok || o.shared || !field.CanSet() {
		return false
	}
	outer := o.run.Enter([]goja.Value{v})
	defer o.run.Leave(outer)
	to := reflect.New(field.Type()).Elem()
	if err := o.run.export(v, to); err != nil {
		o.run.Throw(err)
	}
	field.Set(to)
	o.weigh()
	return true
}

// Has reports whether there is such a field or method.
func (o *foreignObject) Has(name string) bool {
	if _, ok := o.field(name); ok {
		return true
	}
	return o.value.MethodByName(name).IsValid()
}

// Delete takes nothing away.
func (o *foreignObject) Delete(name string) bool { return !o.Has(name) }

// Keys lists fields, in their order, and methods.
func (o *foreignObject) Keys() []string {
	var keys []string
	if o.fields.IsValid() {
		for _, f := range reflect.VisibleFields(o.fields.Type()) {
			if _, ok := o.field(f.Name); ok && !f.Anonymous {
				keys = append(keys, f.Name)
			}
		}
	}
	t := o.value.Type()
	for i := range t.NumMethod() {
		keys = append(keys, t.Method(i).Name)
	}
	return keys
}
