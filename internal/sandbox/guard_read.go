package sandbox

import (
	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// A getter, or a trap of a proxy, may make something new each time it is read, and a native that reads many holds what they made.
// Natives read in sight: what they hold is kept meanwhile, or it is code of our own that reads, which keeps it on the VM's stack.

// taker is called with an element that a native takes. It may return an object to hand over in its place, nil for none.
type taker func(goja.Value) *goja.Object

func (g *guards) keepWhole(v goja.Value) *goja.Object {
	g.keep(v)
	return nil
}

// keepPair keeps what a native reads from a pair: the object itself is garbage soon.
func (g *guards) keepPair(v goja.Value) *goja.Object { return g.readPair(v, false) }

// keepNamed is keepPair where the first of a pair becomes the name of a property.
func (g *guards) keepNamed(v goja.Value) *goja.Object { return g.readPair(v, true) }

func (g *guards) readPair(v goja.Value, named bool) *goja.Object {
	o, ok := v.(*goja.Object)
	if !ok {
		return nil
	}
	if parts, plain := g.plainPair(o, named); plain {
		g.keep(parts[0])
		g.keep(parts[1])
		return nil
	}
	g.check()
	pair := g.rt.NewObject()
	part := func(name string, made func(goja.Value) goja.Value) {
		get := func(goja.FunctionCall) goja.Value {
			v := o.Get(name)
			if v == nil {
				return goja.Undefined()
			}
			g.keep(v)
			return made(v)
		}
		_ = pair.DefineAccessorProperty(name, g.rt.ToValue(get), nil, goja.FLAG_FALSE, goja.FLAG_FALSE)
	}
	part("0", func(v goja.Value) goja.Value {
		if named && isObject(v) {
			return g.name(v)
		}
		return v
	})
	part("1", func(v goja.Value) goja.Value { return v })
	return pair
}

// name returns an object that becomes the name of a property as another would, and keeps the name.
func (g *guards) name(of goja.Value) goja.Value {
	name := g.rt.NewObject()
	_ = name.SetSymbol(goja.SymToPrimitive, func(goja.FunctionCall) goja.Value {
		v := g.computedMethod("name", goja.FunctionCall{Arguments: []goja.Value{of}})
		g.keep(v)
		return v
	})
	return name
}

// plainPair returns the elements of an array of two or more that is read without code of a script. Where it is named, that holds of
// making a name of the first, too.
func (g *guards) plainPair(o *goja.Object, named bool) ([]goja.Value, bool) {
	parts, dense := g.known.Dense(o)
	if !dense || len(parts) < 2 || g.known.ComputesElements(o) || g.known.IsProperty(parts[0]) || g.known.IsProperty(parts[1]) {
		return nil, false
	}
	return parts, !named || !isObject(parts[0])
}

// meteredPairs is metered for natives that read pairs.
func (g *guards) meteredPairs(v goja.Value, bytes int64, take taker) goja.Value {
	if o, ok := v.(*goja.Object); ok {
		values, _ := g.known.Dense(o)
		for _, v := range values {
			if pair, ok := v.(*goja.Object); !ok {
				continue
			} else if _, plain := g.plainPair(pair, true); !plain {
				return g.iterated(o, bytes, take)
			}
		}
	}
	return g.metered(v, bytes, take)
}

// taken calls take with the element of a step, which is read once.
func (g *guards) taken(step goja.Value, take taker) goja.Value {
	o, ok := step.(*goja.Object)
	if !ok {
		return step // the language complains
	}
	if properties, ok := g.known.Properties(o); ok {
		if v := properties["value"]; v != nil && !g.known.IsProperty(v) && !g.known.Computes(o) {
			if done := o.Get("done"); done != nil && done.ToBoolean() {
				return step
			}
			if instead := take(v); instead != nil {
				return g.stepOf(instead)
			}
			return step
		}
	}
	if done := o.Get("done"); done != nil && done.ToBoolean() {
		result := g.rt.NewObject()
		_ = result.Set("done", true)
		return result
	}
	v := o.Get("value")
	if v == nil {
		v = goja.Undefined()
	}
	if instead := take(v); instead != nil {
		v = instead
	}
	return g.stepOf(v)
}

// stepOf returns what next() of an iterator returns with an element.
func (g *guards) stepOf(v goja.Value) goja.Value {
	result := g.rt.NewObject()
	_ = result.Set("value", v)
	return result
}

func guardFrom(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	if len(call.Arguments) == 0 {
		return next(call)
	}
	defer g.release(g.holds())
	take := g.keepWhole // but what a function makes of it instead
	if f := call.Argument(1); !goja.IsUndefined(f) {
		if _, ok := goja.AssertFunction(f); !ok {
			return next(call) // it is refused before anything is read
		}
		take = nil
	}
	items := call.Arguments[0]
	if o, ok := items.(*goja.Object); !ok || isPlainArray(g, o) {
		setArgument(&call, 0, g.metered(items, perElement, take))
	} else if method := o.GetSymbol(goja.SymIterator); method != nil && !goja.IsUndefined(method) && !goja.IsNull(method) {
		iterated := g.rt.NewObject()
		if f, callable := goja.AssertFunction(method); callable {
			method = g.meteredMethod(o, f, perElement, take)
		}
		_ = iterated.SetSymbol(goja.SymIterator, method)
		setArgument(&call, 0, iterated)
	} else {
		n, ran := g.length(o)
		if ran || n > maxLike || g.known.ComputesElements(o) {
			_, constructs := goja.AssertConstructor(call.This)
			args := []goja.Value{o, g.rt.ToValue(n), g.rt.ToValue(constructs), call.Argument(1), call.Argument(2)}
			return g.computedMethod("from", goja.FunctionCall{This: call.This, Arguments: args})
		}
		g.room(16 * float64(n))
	}
	if !goja.IsUndefined(call.Argument(1)) {
		g.callback(&call, 1)
	}
	return g.keeping(call, 1, false, next)
}

// guardValues stands before Object.values, and Object.entries where that is set.
func guardValues(entries bool) guard {
	return func(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
		if o, ok := call.Argument(0).(*goja.Object); ok && g.known.Computes(o) {
			return g.computedMethod("values", goja.FunctionCall{Arguments: []goja.Value{o, g.rt.ToValue(entries)}})
		}
		return guardKeys(g, call, next)
	}
}

// guardDescriptors stands before Object.getOwnPropertyDescriptors: what the trap of a proxy returns is new.
func guardDescriptors(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	if isProxy(call.Argument(0)) {
		return g.computedMethod("descriptors", call)
	}
	return guardKeys(g, call, next)
}

// guardDefine stands before Object.defineProperties and Object.create, which read all descriptors before they define a property.
func guardDefine(create bool) guard {
	return func(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
		props, ok := call.Argument(1).(*goja.Object)
		if !ok || !g.computedDescriptors(props) {
			return guardAssign(g, call, next)
		}
		if create {
			call.Arguments = []goja.Value{next(goja.FunctionCall{This: call.This, Arguments: call.Arguments[:1]}), props}
		} else if !isObject(call.Arguments[0]) {
			return next(call) // which complains
		}
		return g.computedMethod("define", call)
	}
}

// computedDescriptors reports whether reading descriptors of properties may run code of a script.
func (g *guards) computedDescriptors(props *goja.Object) bool {
	if g.known.Computes(props) {
		return true
	}
	properties, ok := g.known.Properties(props)
	if !ok {
		return g.known.Patched()
	}
	for _, v := range properties {
		if g.known.IsProperty(v) {
			return true
		}
		if o, ok := v.(*goja.Object); ok && g.known.ComputesNamed(o) {
			return true
		}
	}
	return false
}
