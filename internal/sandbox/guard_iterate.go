package sandbox

import (
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
	return g.iterable(o, func(iterator *goja.Object) goja.Value { return g.stoppableIterator(iterator, nil, nil) })
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

// stoppableIterator returns an iterator that counts its elements. Where they are not nil, it calls each before it takes an element,
// and take with the element.
func (g *guards) stoppableIterator(iterator *goja.Object, each func(), take taker) goja.Value {
	guarded := g.rt.NewObject()
	next := g.nextOf(iterator)
	_ = guarded.Set("next", func(call goja.FunctionCall) goja.Value {
		if each != nil {
			each()
		}
		g.count(1)
		g.check()
		step := g.must(next(iterator, call.Arguments...))
		if take != nil {
			return g.taken(step, take)
		}
		return step
	})
	_ = guarded.Set("return", func(call goja.FunctionCall) goja.Value {
		method := iterator.Get("return")
		if method == nil || goja.IsUndefined(method) || goja.IsNull(method) {
			return g.rt.NewObject()
		}
		end, ok := goja.AssertFunction(method)
		if !ok {
			panic(g.rt.NewTypeError("iterator.return is not a function"))
		}
		return g.must(end(iterator, call.Arguments...))
	})
	return guarded
}

// nextOf returns the method next of an iterator. One that is none throws when it is called: goja would panic.
func (g *guards) nextOf(iterator *goja.Object) goja.Callable {
	if next, ok := goja.AssertFunction(iterator.Get("next")); ok {
		return next
	}
	return func(goja.Value, ...goja.Value) (goja.Value, error) {
		panic(g.rt.NewTypeError("iterator.next is not a function"))
	}
}

// result returns what next() of an async iterator has returned, and throws where that is no object.
func (g *guards) result(v goja.Value) goja.Value {
	if _, ok := v.(*goja.Object); ok {
		return v
	}
	text := "a symbol"
	if _, isSymbol := v.(*goja.Symbol); v != nil && !isSymbol {
		text = v.String()
	}
	panic(g.rt.NewTypeError("Iterator result " + text + " is not an object"))
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
	calling := func(f goja.Callable) goja.Value {
		return g.rt.ToValue(func(call goja.FunctionCall) goja.Value {
			g.count(1)
			g.enter()
			defer g.leave()
			return g.must(f(iterator, call.Arguments...))
		})
	}
	pass := func(method goja.Value) goja.Value {
		if f, ok := goja.AssertFunction(method); ok {
			return calling(f)
		}
		return method // the language complains where it must be a function
	}
	_ = guarded.Set("next", calling(g.nextOf(iterator)))
	for _, name := range []string{"return", "throw"} { // which are read when they are called
		get := func(goja.FunctionCall) goja.Value { return pass(iterator.Get(name)) }
		_ = guarded.DefineAccessorProperty(name, g.rt.ToValue(get), nil, goja.FLAG_FALSE, goja.FLAG_FALSE)
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
	if values, dense := g.known.Dense(o); dense && g.plainIterator(o) && !g.known.ComputesElements(o) {
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
	defer g.release(g.holds())
	var list []any
	g.forOf(o, func(element goja.Value) bool {
		if len(list)&255 == 0 {
			g.hold(256 * perElement)
		}
		g.count(1)
		g.check()
		g.keep(element)
		list = append(list, element)
		return true
	})
	return g.rt.NewArray(list...)
}

// forOf takes the elements of an iterable while each wants more.
func (g *guards) forOf(o *goja.Object, each func(goja.Value) bool) {
	g.rt.ForOf(g.iterable(o, func(iterator *goja.Object) goja.Value { return g.stoppableIterator(iterator, nil, nil) }), each)
}

// metered returns what a native shall iterate in place of v: it takes the elements one by one, as it would without, each is counted,
// and bytes are held for it until the native returns. Take, where it is not nil, is called with each that a script may have made.
func (g *guards) metered(v goja.Value, bytes int64, take taker) goja.Value {
	o, ok := v.(*goja.Object)
	if !ok {
		if s, ok := v.(goja.String); ok {
			g.room(float64(bytes) * float64(s.Length()))
		}
		return v
	}
	if values, dense := g.known.Dense(o); dense && g.plainIterator(o) && !g.longTexts(values) && !g.known.ComputesElements(o) {
		g.room(float64(bytes) * float64(len(values)))
		return v
	}
	return g.iterated(o, bytes, take)
}

// iterated is metered for an object, whatever is in it.
func (g *guards) iterated(o *goja.Object, bytes int64, take taker) goja.Value {
	result := g.rt.NewObject()
	_ = result.DefineAccessorPropertySymbol(goja.SymIterator, g.rt.ToValue(func(goja.FunctionCall) goja.Value {
		v := o.GetSymbol(goja.SymIterator)
		method, ok := goja.AssertFunction(v)
		if !ok {
			return v // the native complains
		}
		return g.meteredMethod(o, method, bytes, take)
	}), nil, goja.FLAG_TRUE, goja.FLAG_FALSE)
	return result
}

// meteredMethod returns the method that makes the iterators of metered.
func (g *guards) meteredMethod(o *goja.Object, method goja.Callable, bytes int64, take taker) goja.Value {
	return g.rt.ToValue(func(goja.FunctionCall) goja.Value {
		iterator, ok := g.must(method(o)).(*goja.Object)
		if !ok {
			panic(g.rt.NewTypeError("the iterator is not an object"))
		}
		n := 0
		return g.stoppableIterator(iterator, func() {
			if n&255 == 0 {
				g.hold(256 * bytes)
			}
			n++
		}, take)
	})
}

// guardMetered stands before natives that take all elements of their first argument.
func guardMetered(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	defer g.release(g.holds())
	g.meterFirst(&call, g.keepWhole)
	return next(call)
}

// guardFromEntries stands before Object.fromEntries, which reads keys and values of pairs.
func guardFromEntries(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	defer g.release(g.holds())
	if len(call.Arguments) > 0 {
		setArgument(&call, 0, g.meteredPairs(call.Arguments[0], perElement, g.keepNamed))
	}
	return next(call)
}

// meterFirst has a native take the elements of its first argument in sight.
func (g *guards) meterFirst(call *goja.FunctionCall, take taker) {
	if len(call.Arguments) == 0 {
		return
	}
	items := call.Arguments[0]
	if g.rt.Try(func() { items = g.metered(items, perElement, take) }) != nil {
		g.check() // a getter threw: the native throws or rejects as it must
	}
	setArgument(call, 0, items)
}

// newCollection is followed by the end of what is held.
func (g *guards) newCollection(args []goja.Value) []goja.Value {
	if len(args) == 0 {
		return args
	}
	return append([]goja.Value{g.metered(args[0], perElement+128, g.keepWhole)}, args[1:]...)
}

// newEntries is newCollection for those of pairs.
func (g *guards) newEntries(args []goja.Value) []goja.Value {
	if len(args) == 0 {
		return args
	}
	return append([]goja.Value{g.meteredPairs(args[0], perElement+128, g.keepPair)}, args[1:]...)
}

// isPlainArray reports whether o is an array that iterates as the language says.
func isPlainArray(g *guards, o *goja.Object) bool {
	_, dense := g.known.Dense(o)
	return dense && g.plainIterator(o)
}
