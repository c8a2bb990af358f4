package hostfn

import (
	"reflect"
	"strconv"

	"github.com/dop251/goja"
)

// Foreign makes the value that flow code sees of one of a Go program, such as a function that a plugin adds as a global name.
// goja converts the arguments of a Go function itself: it makes room for as many elements as an object says it has, and looks
// at no limit. So such a function gets copies of objects that are charged first. Functions that take goja's own values get
// what they were called with.
func (r *Run) Foreign(value any) goja.Value {
	if names, ok := value.(map[string]any); ok {
		o := r.VM.NewObject()
		for name, v := range names {
			SetOwn(o, name, r.Foreign(v))
		}
		return o
	}
	made, t := r.VM.ToValue(value), reflect.TypeOf(value)
	if t == nil || t.Kind() != reflect.Func || takesCall(t) {
		return made
	}
	call, ok := goja.AssertFunction(made)
	if !ok {
		return made
	}
	return r.Function(func(c goja.FunctionCall) goja.Value {
		args := make([]goja.Value, len(c.Arguments))
		for i, v := range c.Arguments {
			copies := copier{run: r, known: map[*goja.Object]any{}}
			args[i] = copies.argument(v, parameter(t, i))
		}
		answer, err := call(c.This, args...)
		if err != nil {
			r.Rethrow(err)
		}
		return answer
	})
}

// takesCall reports whether a function takes a call as goja has it.
func takesCall(t reflect.Type) bool {
	return t.NumIn() > 0 && (t.In(0) == reflect.TypeFor[goja.FunctionCall]() || t.In(0) == reflect.TypeFor[goja.ConstructorCall]())
}

// parameter returns the type of parameter i, nil where a function has fewer.
func parameter(t reflect.Type, i int) reflect.Type {
	last := t.NumIn() - 1
	switch {
	case t.IsVariadic() && i >= last:
		return t.In(last).Elem()
	case i <= last:
		return t.In(i)
	}
	return nil
}

// copier copies the objects of one argument into Go data.
type copier struct {
	run   *Run
	known map[*goja.Object]any // what was copied already: objects may be shared, and hold themselves
	typed bool                 // goja converts the copy again, to a type that may hold lists
}

// argument returns what a Go function gets for a parameter of type t.
func (c *copier) argument(v goja.Value, t reflect.Type) goja.Value {
	if _, ok := v.(*goja.Object); !ok || t == nil || t.Kind() == reflect.Func ||
		t.Implements(reflect.TypeFor[goja.Value]()) || t == reflect.TypeFor[goja.Value]() {
		return v
	}
	c.typed = t.Kind() != reflect.Interface
	data := c.data(v)
	if f, ok := data.(func(goja.FunctionCall) goja.Value); ok {
		return c.run.VM.ToValue(f)
	}
	return c.run.VM.ToValue(data)
}

// data returns a value as goja exports it.
func (c *copier) data(v goja.Value) any {
	o, ok := v.(*goja.Object)
	if !ok {
		if v == nil {
			return nil
		}
		c.run.Spend(1, 32)
		return v.Export()
	}
	if known, ok := c.known[o]; ok {
		return known
	}
	t := o.ExportType()
	switch class := o.ClassName(); {
	case typedArray(t):
		n := reflect.ValueOf(o.Export()).Len()
		c.run.Spend(n, 40*int64(n)) // where the function takes a list of something else
		return o.Export()
	case class == "Array":
		return c.list(o)
	case t == reflect.TypeFor[[]any](), t == reflect.TypeFor[[][2]any]():
		return c.collection(o)
	case class == "Object" && (t == reflect.TypeFor[map[string]any]() || t == reflect.TypeFor[goja.Proxy]()), class == "Error":
		return c.object(o)
	}
	return o.Export() // it holds no values of the script's
}

func (c *copier) list(o *goja.Object) any {
	n := max(Property(o, "length").ToInteger(), 0)
	c.run.Spend(0, jsonList+jsonItem*n)
	list := make([]any, n)
	c.known[o] = list
	for i := range list {
		c.run.Spend(3, 0)
		list[i] = c.data(o.Get(strconv.Itoa(i)))
	}
	return list
}

func (c *copier) object(o *goja.Object) any {
	keys := c.run.Keys(o)
	c.run.Spend(3, jsonMap)
	m := make(map[string]any, len(keys))
	c.known[o] = m
	for _, key := range keys {
		c.run.Spend(4, jsonEntry+int64(len(key)))
		m[key] = c.data(o.Get(key))
	}
	if n, ok := m["length"]; ok && c.typed {
		c.listLike(m, n)
	}
	return m
}

// listLike charges the list that goja makes of an object with a length, where a list is wanted.
func (c *copier) listLike(m map[string]any, length any) {
	switch n := length.(type) {
	case int64:
		c.run.Spend(0, jsonItem*max(n, 0))
	case float64:
		c.run.Spend(0, int64(jsonItem*min(max(n, 0), 1<<53)))
	default:
		delete(m, "length")
	}
}

// collection copies a Map as pairs, and a Set as a list.
func (c *copier) collection(o *goja.Object) any {
	var list []any
	var pairs [][2]any
	isMap := o.ExportType() == reflect.TypeFor[[][2]any]()
	c.known[o] = []any{} // of one that holds itself
	c.run.VM.ForOf(o, func(item goja.Value) bool {
		c.run.Spend(5, 2*jsonItem)
		if pair, ok := item.(*goja.Object); ok && isMap {
			pairs = append(pairs, [2]any{c.data(Property(pair, "0")), c.data(Property(pair, "1"))})
		} else {
			list = append(list, c.data(item))
		}
		return true
	})
	if isMap {
		return pairs
	}
	return list
}
