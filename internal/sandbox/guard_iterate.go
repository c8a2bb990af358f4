package sandbox

import (
	"reflect"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// perElement is about what an element costs that a native has taken from an iterator.
const perElement = 64

// stoppable returns what "..." shall iterate in place of v: v itself when iterating it ends, or when it is script code
// that ticks, and else an iterable that notices a stop between two elements.
func (g *guards) stoppable(v goja.Value) goja.Value {
	o, ok := v.(*goja.Object)
	if !ok {
		return v // a string has its own guard
	}
	if values, dense := g.known.Dense(o); dense {
		g.room(16 * float64(len(values)))
		if g.plainIterator(o) {
			return v
		}
	}
	return g.iterable(o, g.stoppableIterator)
}

// iterable returns what iterates as o does, with each of its iterators guarded.
func (g *guards) iterable(o *goja.Object, guarded func(iterator *goja.Object) goja.Value) goja.Value {
	method, ok := goja.AssertFunction(o.GetSymbol(goja.SymIterator))
	if !ok {
		return o // the language complains
	}
	result := g.rt.NewObject()
	_ = result.SetSymbol(goja.SymIterator, func(goja.FunctionCall) goja.Value {
		iterator, ok := g.must(method(o)).(*goja.Object)
		if !ok {
			panic(g.rt.NewTypeError("the iterator is not an object"))
		}
		return guarded(iterator)
	})
	return result
}

func (g *guards) stoppableIterator(iterator *goja.Object) goja.Value {
	next, ok := goja.AssertFunction(iterator.Get("next"))
	if !ok {
		panic(g.rt.NewTypeError("iterator.next is not a function"))
	}
	guarded := g.rt.NewObject()
	_ = guarded.Set("next", func(call goja.FunctionCall) goja.Value {
		g.count(1)
		g.check()
		return g.must(next(iterator, call.Arguments...))
	})
	_ = guarded.Set("return", func(call goja.FunctionCall) goja.Value {
		if end, ok := goja.AssertFunction(iterator.Get("return")); ok {
			return g.must(end(iterator, call.Arguments...))
		}
		return g.rt.NewObject()
	})
	return guarded
}

// delegate returns what yield* shall hand over to in place of v: generators that delegate to one another are natives
// inside natives, as deep as the chain is long.
func (g *guards) delegate(v goja.Value) goja.Value {
	o, ok := v.(*goja.Object)
	if !ok {
		return v
	}
	if _, dense := g.known.Dense(o); dense && g.plainIterator(o) {
		return v
	}
	return g.iterable(o, g.delegatedIterator)
}

func (g *guards) delegatedIterator(iterator *goja.Object) goja.Value {
	guarded := g.rt.NewObject()
	for _, name := range []string{"next", "return", "throw"} {
		f, ok := goja.AssertFunction(iterator.Get(name))
		if !ok {
			continue
		}
		_ = guarded.Set(name, func(call goja.FunctionCall) goja.Value {
			g.count(1)
			g.enter()
			defer g.leave()
			return g.must(f(iterator, call.Arguments...))
		})
	}
	return guarded
}

// plainIterator reports whether an array iterates as the language says: nothing of the script's runs.
func (g *guards) plainIterator(o *goja.Object) bool {
	f, ok := o.GetSymbol(goja.SymIterator).(*goja.Object)
	return ok && f == g.arrayValues
}

// guardArrayIterator guards what the iterators of arrays share: an array-like can grow while it is iterated.
func (g *guards) guardArrayIterator(values *goja.Object) {
	if !g.iterators {
		g.iterators = g.guardNext(values, g.rt.NewArray())
	}
}

// guardNext has the iterators that a method makes notice a stop at each element: natives that take all of them do not. A
// long text takes microseconds for each character.
func (g *guards) guardNext(method *goja.Object, of goja.Value) bool {
	call, _ := g.known.Callable(method)
	if call == nil || *call == nil {
		return false
	}
	if iterator, ok := (*call)(goja.FunctionCall{This: of}).(*goja.Object); ok {
		if next, ok := iterator.Prototype().Get("next").(*goja.Object); ok {
			g.put("next", next)
		}
	}
	return true
}

// drain takes all elements of an iterable, where a native would do it out of sight.
func (g *guards) drain(v goja.Value) goja.Value {
	o, ok := v.(*goja.Object)
	if !ok {
		if s, ok := v.(goja.String); ok {
			g.room(perElement * float64(s.Length()))
		}
		return v
	}
	if values, dense := g.known.Dense(o); dense && g.plainIterator(o) {
		g.room(perElement * float64(len(values)))
		return v
	}
	method := o.GetSymbol(goja.SymIterator)
	if method == nil || goja.IsUndefined(method) || goja.IsNull(method) {
		return v
	}
	if f, ok := goja.AssertFunction(method); ok && isProxy(o) { // whose traps would see it read twice
		proxy, once := o, g.rt.NewObject()
		_ = once.SetSymbol(goja.SymIterator, func(goja.FunctionCall) goja.Value { return g.must(f(proxy)) })
		o = once
	}
	held := g.inFlight
	defer func() { g.inFlight = held }()
	var list []any
	g.rt.ForOf(o, func(element goja.Value) bool {
		if len(list)&255 == 0 {
			g.hold(256 * perElement)
		}
		g.count(1)
		g.check()
		list = append(list, element)
		return true
	})
	return g.rt.NewArray(list...)
}

func guardDrained(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	if len(call.Arguments) > 0 {
		setArgument(&call, 0, g.drain(call.Arguments[0]))
	}
	return next(call)
}

func (g *guards) newCollection(args []goja.Value) []goja.Value {
	if len(args) == 0 {
		return args
	}
	list := g.drain(args[0])
	if o, ok := list.(*goja.Object); ok {
		if values, dense := g.known.Dense(o); dense {
			g.room(128 * float64(len(values)))
		} else if !g.known.Patched() {
			g.room(128 * float64(g.elements(o)))
		}
	}
	return append([]goja.Value{list}, args[1:]...)
}

func guardFrom(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	if len(call.Arguments) == 0 {
		return next(call)
	}
	list := g.listed(g.drain(call.Arguments[0]), maxLike)
	if o, ok := list.(*goja.Object); ok {
		n := g.elements(o)
		g.room(16 * float64(n))
		if _, dense := g.known.Dense(o); !dense && n > 64 && goja.IsUndefined(call.Argument(1)) {
			g.check()
		}
	}
	setArgument(&call, 0, list)
	if !goja.IsUndefined(call.Argument(1)) {
		g.callback(&call, 1)
	}
	return next(call)
}

// copied looks at a value whose properties the language is about to copy.
func (g *guards) copied(v goja.Value) {
	g.room(perKey * float64(g.keys(v)))
}

// perKey is about what listing a property costs.
const perKey = 96

// keys returns how many indexes an object has, at least.
func (g *guards) keys(v goja.Value) int64 {
	switch v := v.(type) {
	case goja.String:
		return int64(v.Length())
	case *goja.Object:
		if v = unwrapped(v); v == nil {
			return 0
		}
		if values, dense := g.known.Dense(v); dense {
			return int64(len(values))
		}
		switch v.ClassName() {
		case "String", "Array":
			return v.Get("length").ToInteger()
		case "Object":
			return elementsOf(v)
		}
	}
	return 0
}

// unwrapped returns what proxies wrap, which goja lists whatever their traps say; nil for one that was revoked.
func unwrapped(o *goja.Object) *goja.Object {
	for o != nil && o.ExportType() == reflect.TypeFor[goja.Proxy]() {
		p, ok := o.Export().(goja.Proxy)
		if !ok {
			break
		}
		o = p.Target()
	}
	return o
}

func guardKeys(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	if len(call.Arguments) > 0 {
		g.room(2 * perKey * float64(g.keys(call.Arguments[0])))
	}
	return next(call)
}

func guardAssign(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	n := 0.0
	for i := 1; i < len(call.Arguments); i++ {
		n += perKey * float64(g.keys(call.Arguments[i]))
	}
	g.room(n)
	return next(call)
}

func (g *guards) newProxy(args []goja.Value) []goja.Value {
	depth := 0
	for i := range min(2, len(args)) {
		o, ok := args[i].(*goja.Object)
		for ok && o != nil && o.ExportType() == reflect.TypeFor[goja.Proxy]() {
			if depth++; depth > maxWrapped {
				g.rangeError("an object is wrapped in proxies again and again")
			}
			p, isProxy := o.Export().(goja.Proxy)
			if !isProxy {
				break
			}
			o = p.Target()
		}
	}
	return args
}
