package sandbox

import (
	"github.com/dop251/goja"
)

// What the parts of a JSON text become, in bytes.
const (
	jsonObject  = 480
	jsonArray   = 200
	jsonElement = 32
)

// guardParse looks at a text before it is parsed: goja's parser calls itself for what is nested.
func guardParse(g *guards, call goja.FunctionCall, next native) goja.Value {
	s := g.text(&call, 0)
	if s == nil || s.Length() < fewBytes/4 {
		g.callback(&call, 1)
		return next(call)
	}
	depth, deepest, size := 0, 0, 5*int64(s.Length())
	text := s.String()
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{':
			depth, size = depth+1, size+jsonObject
		case c == '[':
			depth, size = depth+1, size+jsonArray
		case c == ',':
			size += jsonElement
		case c == '}' || c == ']':
			depth--
		}
		deepest = max(deepest, depth)
	}
	if deepest > maxNesting {
		g.rangeError("the JSON text is nested more than 1000 deep")
	}
	g.room(float64(size))
	g.callback(&call, 1)
	return next(call)
}

// smallNodes is how much data the native takes at once: its work is not counted.
const smallNodes = 500

// guardStringify follows the work through a replacer of its own: shared objects make the text exponentially longer than
// the data, and deep ones overflow the stack. Small plain data is left to the native at once.
func guardStringify(g *guards, call goja.FunctionCall, next native) goja.Value {
	if nodes := smallNodes; goja.IsUndefined(call.Argument(1)) && g.small(call.Argument(0), &nodes, 0) {
		return next(call)
	}
	w := jsonWalk{g: g, held: g.inFlight}
	switch replacer := call.Argument(1).(type) {
	case *goja.Object:
		if f, ok := goja.AssertFunction(replacer); ok {
			w.replacer = f
		} else if replacer.ClassName() == "Array" {
			w.only = g.names(replacer)
		}
	}
	args := []goja.Value{call.Argument(0), g.rt.ToValue(w.replace)}
	if len(call.Arguments) > 2 {
		args = append(args, call.Arguments[2])
		w.gap = 10
	}
	g.enter()
	defer func() { g.inFlight = w.held; g.leave() }()
	call.Arguments = args
	return next(call)
}

// small tells data that the native can take at once: no accessors, no classes, few nodes, each counted as often as it
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
	if values, ok := g.known.dense(o); ok {
		if n := o.Get("length").ToInteger(); n != int64(len(values)) || !g.plainPrototype(o, true) {
			return false
		}
		for _, v := range values {
			if v != nil && (g.known.isProperty(v) || !g.small(v, nodes, depth+1)) {
				return false
			}
		}
		return true
	}
	properties, ok := g.known.propertiesOf(o)
	if !ok || !g.plainPrototype(o, false) {
		return false
	}
	for name, v := range properties {
		if *nodes -= len(name) / 64; v == nil || g.known.isProperty(v) || !g.small(v, nodes, depth+1) {
			return false
		}
	}
	return true
}

func (g *guards) plainPrototype(o *goja.Object, array bool) bool {
	return o.Prototype() == g.prototypeOf(array)
}

// prototypeOf gives the prototype of plain arrays or objects.
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
		v := g.element(list, i)
		if v == nil || isObject(v) && v.(*goja.Object).ClassName() != "String" && v.(*goja.Object).ClassName() != "Number" {
			continue
		}
		if name := v.String(); !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	if names == nil {
		names = []string{}
	}
	return names
}

// jsonWalk follows JSON.stringify through its data.
type jsonWalk struct {
	g        *guards
	replacer goja.Callable
	only     []string
	gap      int64
	held     int64
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
		if w.only != nil && v.ClassName() != "Array" {
			o = g.only(v, w.only)
		}
		w.holders = append(w.holders, o)
		g.holdGrowing(size)
		g.check()
		return o
	}
	g.holdGrowing(size)
	g.check()
	return v
}

// quoted answers the bytes of a text in JSON: what is escaped takes six.
func (g *guards) quoted(s goja.String) int64 {
	n := g.bytes(s)
	if n <= fewBytes {
		return 6 * n
	}
	if n > g.limits.Memory && g.limits.Memory > 0 {
		return n
	}
	for i := range s.Length() {
		if c := s.CharAt(i); c < ' ' || c == '"' || c == '\\' || c >= 0xD800 && c < 0xE000 {
			n += 5
		} else if c >= 0x800 {
			n++ // in UTF-8
		}
	}
	return n
}

// only answers an object with no more than the named properties, in the order of the names.
func (g *guards) only(o *goja.Object, names []string) *goja.Object {
	if o.ClassName() != "Object" {
		return o
	}
	out := g.rt.NewObject()
	for _, name := range names {
		if v := o.Get(name); v != nil {
			_ = out.Set(name, v)
		}
	}
	return out
}
