package hostfn

import (
	"reflect"
	"strconv"

	"github.com/dop251/goja"
)

// Foreign makes the value that flow code sees of one of a Go program, such as a global name that a plugin adds. No value of Go
// reaches the script: lists and maps are copies, structs and what has methods are objects that hand out their exported fields and methods one
// by one, see foreignObject. What runs share is read-only for them.
//
// goja converts the arguments of a Go function itself: it makes room for as many elements as an object says it has, and looks
// at no limit. So such a function gets copies of objects that are charged first, and what it returns is converted here.
// Functions that take goja's own values get what they were called with.
func (r *Run) Foreign(value any) goja.Value {
	f := foreigner{run: r, shared: true, known: map[listOfGo]goja.Value{}}
	return f.value(reflect.ValueOf(value), 0)
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
	o, ok := v.(*goja.Object)
	if !ok || t == nil || t == reflect.TypeFor[goja.Value]() || t.Implements(reflect.TypeFor[goja.Value]()) {
		return v
	}
	if t.Kind() == reflect.Func {
		if call, ok := goja.AssertFunction(o); ok && !takesCall(t) && t != reflect.TypeFor[goja.Callable]() {
			return c.run.VM.ToValue(c.run.callback(call, t))
		}
		return v
	}
	c.typed = t.Kind() != reflect.Interface
	data := c.data(v)
	if f, ok := data.(func(goja.FunctionCall) goja.Value); ok {
		return c.run.VM.ToValue(f)
	}
	if out, ok := c.converted(data, t, 0); ok {
		return c.run.VM.ToValue(out.Interface())
	}
	return c.run.VM.ToValue(data)
}

// converted makes a list or a map of type t of a copy. goja would do it in one step, which nothing stops. It is not ok where
// goja has nothing to convert, or where t is something else.
func (c *copier) converted(data any, t reflect.Type, depth int) (out reflect.Value, ok bool) {
	from := reflect.ValueOf(data)
	if !from.IsValid() || from.Type().AssignableTo(t) || from.Kind() == t.Kind() && from.CanConvert(t) {
		return out, false
	}
	if depth > deepJSON {
		c.run.Throw(errForeignDeep)
	}
	switch {
	case t.Kind() == reflect.Slice && from.Kind() == reflect.Slice:
		c.run.Spend(0, int64(from.Len())*int64(t.Elem().Size()))
		out = reflect.MakeSlice(t, from.Len(), from.Len())
		for i := range from.Len() {
			c.convert(from.Index(i), out.Index(i), depth+1)
		}
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.String && from.Kind() == reflect.Map:
		out = reflect.MakeMap(t)
		for it := from.MapRange(); it.Next(); {
			c.run.Spend(0, jsonEntry)
			to := reflect.New(t.Elem()).Elem()
			c.convert(it.Value(), to, depth+1)
			out.SetMapIndex(it.Key().Convert(t.Key()), to)
		}
	default:
		return out, false
	}
	return out, true
}

// convert sets to to what goja makes of a copy.
func (c *copier) convert(from, to reflect.Value, depth int) {
	c.run.Spend(10, 0)
	if out, ok := c.converted(from.Interface(), to.Type(), depth); ok {
		to.Set(out)
	} else if err := c.run.VM.ExportTo(c.run.VM.ToValue(from.Interface()), to.Addr().Interface()); err != nil {
		c.run.Throw(err)
	}
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
	case t == reflect.TypeFor[*foreignObject]():
		return o.Export().(*foreignObject).value.Interface()
	case class == "Function" && c.typed:
		return c.function(o)
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

// function returns a function inside of an argument: goja makes one of Go of it, and converts what it returns.
func (c *copier) function(o *goja.Object) any {
	call, ok := goja.AssertFunction(o)
	if !ok {
		return o.Export()
	}
	return func(inner goja.FunctionCall) goja.Value {
		v, err := call(inner.This, inner.Arguments...)
		if err != nil {
			c.run.Rethrow(err)
		}
		copies := copier{run: c.run, known: map[*goja.Object]any{}}
		return copies.argument(v, reflect.TypeFor[[]any]())
	}
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
