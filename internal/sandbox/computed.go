package sandbox

import (
	_ "embed"
	"reflect"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// A native reads the length of what it works on and loops out of the meter's sight. That is bounded where the length is plain:
// the guard reads it first. Where a script computes it, behind a Proxy or a getter, the next reading may be another; there the
// methods of arrays are code of our own that reads it once and is metered.

// computedCode holds these methods, as the body of a module.
//
//go:embed computed.js
var computedCode string

// computed stands before a method of arrays that computed.js has, and before its guard.
func computed(name string, guarded guard) guard {
	method := strings.TrimPrefix(name, "Array.prototype.")
	return func(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
		o, ok := call.This.(*goja.Object)
		if !ok {
			return guarded(g, call, next)
		}
		getters := gathers(method) && g.known.ComputesElements(o) // what they return would be held in Go, too
		if _, dense := g.known.Dense(o); dense && !getters {
			return guarded(g, call, next)
		}
		if f := call.Argument(0); (method == "sort" || method == "toSorted") && !goja.IsUndefined(f) {
			if _, ok := goja.AssertFunction(f); !ok {
				return next(call) // it is refused before the length is read
			}
		}
		n, ran := g.length(o)
		if !ran && !getters && n <= longest(o) {
			return guarded(g, call, next)
		}
		call.Arguments = append([]goja.Value{g.rt.ToValue(n)}, call.Arguments...)
		return g.computedMethod(method, call)
	}
}

// gathers reports whether a method holds elements as it reads them, until it returns.
func gathers(method string) bool {
	switch method {
	case "slice", "splice", "with", "toReversed", "toSpliced", "sort", "toSorted":
		return true
	}
	return false
}

// longest is how many elements of an array-like a native may loop over. What is longer is mostly holes, and metered.
func longest(o *goja.Object) int64 {
	if o.ClassName() == "Array" {
		return maxElements
	}
	return maxLike
}

// guardArrayValues lets iterators read a length that is computed: they do so between two elements, where the meter looks.
func guardArrayValues(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	if isProxy(call.This) {
		return next(call)
	}
	if o, ok := call.This.(*goja.Object); ok {
		if _, ran := g.length(o); ran {
			return next(call)
		}
	}
	return guardLoop(g, call, next)
}

// computedMethod calls a method of computed.js.
func (g *guards) computedMethod(name string, call goja.FunctionCall) goja.Value {
	if g.computed == nil {
		g.computed = g.exported("the methods of arrays", computedProgram, nil)
	}
	f, ok := goja.AssertFunction(g.computed.Get(name))
	if !ok {
		panic(g.rt.NewTypeError("%s does not work on an array whose length is computed", name))
	}
	return g.must(f(call.This, call.Arguments...))
}

// listed returns an array of what is in an array-like whose length or elements are computed, and other values as they are. What it
// has read is kept until its caller releases it.
func (g *guards) listed(v goja.Value, most int64) goja.Value {
	o, ok := v.(*goja.Object)
	if !ok {
		return v
	}
	getters := g.known.ComputesElements(o)
	if _, dense := g.known.Dense(o); dense && !getters {
		return v
	}
	n, ran := g.length(o)
	if !ran && !getters {
		return v
	}
	if n > most {
		g.rangeError("the length is too large for one call of a native")
	}
	return g.rt.NewArray(g.gathered(o, n)...)
}

// gathered returns the first n elements of an array-like, and keeps them.
func (g *guards) gathered(o *goja.Object, n int64) (list []any) {
	for i := range n {
		if i&255 == 0 {
			g.hold(256 * perElement)
		}
		g.count(1)
		g.check()
		v := g.element(o, i)
		if v == nil {
			v = goja.Undefined()
		}
		g.keep(v)
		list = append(list, v)
	}
	return list
}

// isProxy reports whether an object is one, whatever it wraps.
func isProxy(v goja.Value) bool {
	o, ok := v.(*goja.Object)
	return ok && o.ExportType() == reflect.TypeFor[goja.Proxy]()
}
