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
// Functions that take goja's own values get what they were called with. Half a surrogate pair is what WTF-8 makes of it, in both
// directions.
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

// setOf is the copy of a Set, where goja converts it again.
type setOf []any

// copier copies the objects of one argument into Go data.
type copier struct {
	run   *Run
	known map[*goja.Object]any // what was copied already: objects may be shared, and hold themselves
	typed bool                 // goja converts the copy again, to a type that may hold lists
}

// argument returns what a Go function gets for a parameter of type t.
func (c *copier) argument(v goja.Value, t reflect.Type) goja.Value {
	o, ok := v.(*goja.Object)
	if !ok && t != nil && (t.Kind() == reflect.String || t.Kind() == reflect.Interface) && c.run.HasHalf(v) {
		return c.run.VM.ToValue(c.run.Wide(v))
	}
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
	list, named := from.Kind() == reflect.Slice, from.Kind() == reflect.Map && from.Type().Key().Kind() == reflect.String
	switch {
	case t.Kind() == reflect.Slice && list:
		out = c.room(t, from.Len())
		for i := range from.Len() {
			c.convert(from.Index(i).Interface(), out.Index(i), depth+1)
		}
	case t.Kind() == reflect.Slice && named:
		return c.listLike(from, t, depth)
	case t.Kind() == reflect.Map && list:
		out = reflect.MakeMap(t)
		for i := range from.Len() {
			switch item := from.Index(i).Interface().(type) {
			case [2]any:
				c.entry(out, item[0], item[1], depth)
			default:
				if _, ok := data.(setOf); ok {
					c.entry(out, item, reflect.Zero(t.Elem()).Interface(), depth)
				} else {
					c.entry(out, strconv.Itoa(i), item, depth)
				}
			}
		}
	case t.Kind() == reflect.Map && named:
		out = reflect.MakeMap(t)
		for it := from.MapRange(); it.Next(); {
			c.entry(out, it.Key().String(), it.Value().Interface(), depth)
		}
	default:
		return out, false
	}
	return out, true
}

// room makes a list of type t.
func (c *copier) room(t reflect.Type, n int) reflect.Value {
	c.run.Spend(0, int64(n)*int64(t.Elem().Size()))
	return reflect.MakeSlice(t, n, n)
}

// entry adds what a key and a value become to a map.
func (c *copier) entry(out reflect.Value, name, v any, depth int) {
	c.run.Spend(0, jsonEntry)
	key, value := reflect.New(out.Type().Key()).Elem(), reflect.New(out.Type().Elem()).Elem()
	c.convert(name, key, depth+1)
	c.convert(v, value, depth+1)
	out.SetMapIndex(key, value)
}

// listLike makes a list of the copy of an object with a length. It is not ok for one without.
func (c *copier) listLike(from reflect.Value, t reflect.Type, depth int) (out reflect.Value, ok bool) {
	m, ok := from.Interface().(map[string]any)
	if !ok || m["length"] == nil {
		return out, false
	}
	n := int(c.length(m["length"]))
	c.run.Spend(0, jsonItem*int64(n))
	out = c.room(t, n)
	for i := range n {
		if v, ok := m[strconv.Itoa(i)]; ok {
			c.convert(v, out.Index(i), depth+1)
		} else {
			c.convert(goja.Undefined(), out.Index(i), depth+1)
		}
	}
	return out, true
}

// convert sets to to what goja makes of a copy.
func (c *copier) convert(from any, to reflect.Value, depth int) {
	c.run.Spend(10, 0)
	if out, ok := c.converted(from, to.Type(), depth); ok {
		to.Set(out)
	} else if err := c.run.VM.ExportTo(c.run.VM.ToValue(from), to.Addr().Interface()); err != nil {
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
		if c.run.HasHalf(v) {
			return c.run.Wide(v)
		}
		return c.run.Plain(v)
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
	keys := c.run.WideKeys(o)
	c.run.Spend(3, jsonMap)
	m := make(map[string]any, len(keys))
	c.known[o] = m
	for _, key := range keys {
		c.run.Spend(4, jsonEntry+int64(len(key)))
		m[key] = c.data(c.run.WideProperty(o, key))
	}
	if n := m["length"]; n != nil && c.typed { // goja may make a list of it, where a field of a struct is one
		c.run.Spend(0, jsonItem*c.length(n))
	}
	return m
}

// length returns how many elements an object says it has.
func (c *copier) length(v any) int64 { return min(max(c.run.VM.ToValue(v).ToInteger(), 0), 1<<53) }

// collection copies a Map as pairs, and a Set as a list.
func (c *copier) collection(o *goja.Object) any {
	var list []any
	var pairs [][2]any
	isMap := o.ExportType() == reflect.TypeFor[[][2]any]()
	c.known[o] = []any{} // of one that holds itself
	ForOf(c.run.VM, o, func(item goja.Value) bool {
		c.run.Spend(5, 2*jsonItem)
		if pair, ok := item.(*goja.Object); ok && isMap {
			pairs = append(pairs, [2]any{c.data(Property(pair, "0")), c.data(Property(pair, "1"))})
		} else {
			list = append(list, c.data(item))
		}
		return true
	})
	switch {
	case isMap:
		return pairs
	case c.typed:
		return setOf(list)
	}
	return list
}
