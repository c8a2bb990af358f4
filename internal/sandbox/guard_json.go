package sandbox

import (
	"reflect"
	"strconv"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/ordered"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// What the parts of a JSON text become, in bytes.
const (
	jsonObject  = 480
	jsonArray   = 200
	jsonElement = 32
)

// guardParse is JSON.parse. It looks at a large text before it reads it: what is nested is much larger than its text.
func guardParse(g *guards, call goja.FunctionCall, _ layout.Native) goja.Value {
	s := g.text(&call, 0)
	if s == nil {
		s = g.string(goja.Undefined())
	}
	if s.Length() >= fewBytes/4 {
		g.weighJSON(s)
	}
	v := g.parseJSON(s)
	g.callback(&call, 1)
	f, ok := goja.AssertFunction(call.Argument(1))
	if !ok {
		return v
	}
	defer g.release(g.holds())
	root := g.rt.NewObject()
	g.keep(root)
	_ = root.DefineDataProperty("", v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
	return reviver{g, f, call.Argument(1)}.revive(root, "")
}

// weighJSON reserves the memory of what a text holds.
func (g *guards) weighJSON(s goja.String) {
	depth, deepest, size := 0, 0, 5*int64(s.Length())
	for c := range ordered.Signs(g.goText(s)) {
		switch c {
		case '{':
			depth, size = depth+1, size+jsonObject
		case '[':
			depth, size = depth+1, size+jsonArray
		case ',':
			size += jsonElement
		case '}', ']':
			depth--
		}
		deepest = max(deepest, depth)
	}
	if deepest > maxNesting {
		g.rangeError("the JSON text is nested more than 1000 deep")
	}
	g.room(float64(size))
}

// smallNodes is how much data the native takes in one call: its work is not counted.
const smallNodes = 500

// guardStringify follows the work through a replacer of its own: shared objects make the text exponentially longer than
// the data, and deep ones overflow the stack. Small plain data is left to the native at once.
func guardStringify(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	if nodes := smallNodes; goja.IsUndefined(call.Argument(1)) && g.small(call.Argument(0), &nodes, 0) {
		return next(call)
	}
	w := jsonWalk{g: g}
	defer g.release(g.holds())
	switch replacer := call.Argument(1).(type) {
	case *goja.Object:
		if f, ok := goja.AssertFunction(replacer); ok {
			w.replacer = f
		} else if list := unwrapped(replacer); list == nil {
			panic(g.rt.NewTypeError("the list of properties is a proxy that was revoked"))
		} else if list.ClassName() == "Array" {
			list, _ := g.listed(replacer, maxLike).(*goja.Object) // kept until it returns, as the names are
			w.only = g.names(list)
		}
	}
	w.first = len(g.inNatives)
	args := []goja.Value{call.Argument(0), g.rt.ToValue(w.replace)}
	if len(call.Arguments) > 2 {
		args = append(args, call.Arguments[2])
		w.gap = 10
	}
	g.enter()
	defer g.leave()
	call.Arguments = args
	return next(call)
}

// small reports whether the native can take the data at once: no accessors, no classes, few nodes, each counted as often as it
// would be written.
func (g *guards) small(v goja.Value, nodes *int, depth int) bool {
	if *nodes--; *nodes < 0 || depth > 50 {
		return false
	}
	o, ok := v.(*goja.Object)
	if !ok {
		if s, ok := v.(goja.String); ok {
			*nodes -= s.Length() / 64
		}
		return *nodes >= 0
	}
	if depth == 0 && (g.inheritToJSON(false) || g.inheritToJSON(true)) {
		return false
	}
	if values, ok := g.known.Dense(o); ok {
		if n := o.Get("length").ToInteger(); n != int64(len(values)) || !g.plainPrototype(o, true) {
			return false
		}
		for _, v := range values {
			if v != nil && (g.known.IsProperty(v) || !g.small(v, nodes, depth+1)) {
				return false
			}
		}
		return true
	}
	properties, ok := g.known.Properties(o)
	if !ok || !g.plainPrototype(o, false) {
		return false
	}
	for name, v := range properties {
		if *nodes -= len(name) / 64; v == nil || g.known.IsProperty(v) || !g.small(v, nodes, depth+1) {
			return false
		}
	}
	return true
}

func (g *guards) plainPrototype(o *goja.Object, array bool) bool {
	return o.Prototype() == g.prototypeOf(array)
}

// prototypeOf returns the prototype of plain arrays or objects.
func (g *guards) prototypeOf(array bool) *goja.Object {
	if array {
		if g.arrayPrototype == nil {
			g.arrayPrototype = g.rt.NewArray().Prototype()
		}
		return g.arrayPrototype
	}
	if g.objectPrototype == nil {
		g.objectPrototype = g.rt.NewObject().Prototype()
	}
	return g.objectPrototype
}

// names reads the list of properties that JSON.stringify may be given.
func (g *guards) names(list *goja.Object) (names []string) {
	n := g.elements(list)
	if n > maxLike {
		g.rangeError("the list of properties is too long")
	}
	seen := map[string]bool{}
	for i := range n {
		g.step(int(i))
		if name, ok := g.listedName(g.element(list, i)); ok && !seen[name] {
			seen[name] = true
			g.hold(perElement + int64(len(name)))
			names = append(names, name)
		}
	}
	if names == nil {
		names = []string{}
	}
	return names
}

// listedName returns the name of a property that an element of such a list is: a text or a number, also as an object.
func (g *guards) listedName(v goja.Value) (name string, ok bool) {
	switch v := v.(type) {
	case nil, *goja.Symbol:
		return "", false
	case goja.String:
		return v.String(), true
	case *goja.Object:
		if class := v.ClassName(); class == "String" || class == "Number" {
			return g.string(v).String(), true
		}
		return "", false
	}
	kind := reflect.Invalid
	if t := v.ExportType(); t != nil {
		kind = t.Kind()
	}
	return v.String(), kind == reflect.Int64 || kind == reflect.Float64
}

// jsonWalk follows JSON.stringify through its data.
type jsonWalk struct {
	g        *guards
	replacer goja.Callable
	only     []string
	gap      int64
	first    int // what was kept before its holders
	holders  []*goja.Object
}

func (w *jsonWalk) replace(call goja.FunctionCall) goja.Value {
	g := w.g
	holder, ok := call.This.(*goja.Object)
	if !ok {
		return goja.Undefined()
	}
	for len(w.holders) > 0 && w.holders[len(w.holders)-1] != holder {
		w.holders = w.holders[:len(w.holders)-1]
	}
	if len(w.holders) == 0 {
		w.holders = append(w.holders, holder)
		g.keep(holder)
	}
	depth := int64(len(w.holders))
	if depth+int64(g.nested) > maxNesting {
		g.rangeError("the data is nested more than 1000 deep, or holds itself")
	}
	v := call.Arguments[1]
	if w.replacer != nil {
		v = g.must(w.replacer(holder, call.Arguments...))
	}
	size := 4 + w.gap*depth
	if key, ok := call.Arguments[0].(goja.String); ok {
		size += g.quoted(key)
	}
	switch v := v.(type) {
	case goja.String:
		size += g.quoted(v)
	case *goja.Object:
		o := v
		if n := madeKeys(o); n > fewBytes/4 { // the native makes a text of each index first
			g.hold(80 * n)
		}
		if w.only != nil && v.ClassName() != "Array" {
			o = g.only(v, w.only)
		}
		g.keysToQuote(o)
		g.keepOnly(w.first + len(w.holders))
		w.holders = append(w.holders, o)
		g.keep(v) // o may stand in for it
		g.holdGrowing(size)
		g.check()
		return o
	}
	g.holdGrowing(size)
	g.check()
	return v
}

// maxKey is how long a key may be in JSON, in bytes: the native quotes keys in one step.
const maxKey = 1 << 20

// keysToQuote refuses keys that are too long.
func (g *guards) keysToQuote(o *goja.Object) {
	properties, ok := g.known.Properties(o)
	if !ok {
		return
	}
	for name := range properties {
		if len(name) > maxKey {
			g.rangeError("a key is too long for JSON: it may have 1 MiB")
		}
	}
}

// madeKeys returns how many keys a native makes of an object that has none of its own: a typed array, or a text as object, also behind proxies.
func madeKeys(o *goja.Object) int64 {
	if o = unwrapped(o); o == nil {
		return 0
	}
	switch o.ClassName() {
	case "Array":
		return 0
	case "String":
		return o.Get("length").ToInteger()
	}
	return elementsOf(o)
}

// elementsOf returns how many elements a typed array has, whatever the script made of its length; 0 for other objects, and where the
// buffer was detached.
func elementsOf(o *goja.Object) (n int64) {
	if !isTyped(o) {
		return 0
	}
	defer func() {
		if recover() != nil { // goja reads what is no more
			n = 0
		}
	}()
	return int64(reflect.ValueOf(o.Export()).Len())
}

func isTyped(o *goja.Object) bool {
	t := o.ExportType()
	return t != nil && t.Kind() == reflect.Slice && t.Elem().Kind() >= reflect.Int && t.Elem().Kind() <= reflect.Float64
}

// quoted returns the bytes of a text in JSON: what is escaped takes six.
func (g *guards) quoted(s goja.String) int64 {
	n := g.bytes(s)
	if n <= fewBytes {
		return 6 * n
	}
	if n > g.limits.Memory && g.limits.Memory > 0 {
		return n
	}
	for i := range s.Length() {
		g.step(i)
		if c := s.CharAt(i); c < ' ' || c == '"' || c == '\\' || c >= 0xD800 && c < 0xE000 {
			n += 5
		} else if c >= 0x800 {
			n++ // in UTF-8
		}
	}
	return n
}

// reviver is what JSON.parse calls for each part of what was read.
type reviver struct {
	g     *guards
	f     goja.Callable
	value goja.Value
}

// revive calls the function for a part, the innermost first (ECMAScript, 25.5.1.1).
func (r reviver) revive(holder *goja.Object, key string) goja.Value {
	g := r.g
	g.check()
	v := holder.Get(key)
	if v == nil {
		v = goja.Undefined()
	}
	if isProxy(v) { // which only the function can have put there
		return g.computedMethod("revive", goja.FunctionCall{This: holder, Arguments: []goja.Value{g.rt.ToValue(key), v, r.value}})
	}
	if o, ok := v.(*goja.Object); ok {
		g.enter()
		before := g.holds()
		g.keep(o)
		if o.ClassName() == "Array" {
			for i := range g.elements(o) {
				r.into(o, strconv.FormatInt(i, 10))
			}
		} else {
			g.copied(o)
			for _, name := range o.Keys() {
				r.into(o, name)
			}
		}
		g.release(before)
		g.leave()
	}
	return g.must(r.f(holder, g.rt.ToValue(key), v))
}

func (r reviver) into(o *goja.Object, name string) {
	if v := r.revive(o, name); goja.IsUndefined(v) {
		_ = o.Delete(name)
	} else {
		_ = o.DefineDataProperty(name, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
	}
}
