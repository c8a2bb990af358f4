package sandbox

import (
	"runtime"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// guardMergedSets is guardSets for methods that hold what keys() of the other set brings until they return.
func guardMergedSets(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	other, ok := call.Argument(0).(*goja.Object)
	if !ok || g.isPlainSet(other) {
		return guardSets(g, call, next)
	}
	defer g.release(g.holds())
	setArgument(&call, 0, g.setInSight(other))
	return guardSets(g, call, next)
}

// isPlainSet reports whether an object has the methods of Set.
func (g *guards) isPlainSet(o *goja.Object) bool {
	return g.setPrototype != nil && !g.known.Computes(o) && o.Prototype() == g.setPrototype &&
		g.known.Method(o, "has") == nil && g.known.Method(o, "keys") == nil &&
		g.known.Method(g.setPrototype, "has") == g.setHas && g.known.Method(g.setPrototype, "keys") == g.setKeys
}

// setInSight returns an object to merge in place of another: it is read and called as that is, and what its keys() brings is kept.
func (g *guards) setInSight(other *goja.Object) *goja.Object {
	instead := g.rt.NewObject()
	define := func(name string, made func(goja.Value) goja.Value) {
		read := func(goja.FunctionCall) goja.Value {
			v := other.Get(name)
			if v == nil {
				return goja.Undefined()
			}
			return made(v)
		}
		_ = instead.DefineAccessorProperty(name, g.rt.ToValue(read), nil, goja.FLAG_FALSE, goja.FLAG_FALSE)
	}
	method := func(called func(goja.Value) goja.Value) func(goja.Value) goja.Value {
		return func(v goja.Value) goja.Value {
			f, ok := goja.AssertFunction(v)
			if !ok {
				return v // the native complains
			}
			return g.rt.ToValue(func(c goja.FunctionCall) goja.Value { return called(g.must(f(other, c.Arguments...))) })
		}
	}
	same := func(v goja.Value) goja.Value { return v }
	define("size", same)
	define("has", method(same))
	define("keys", method(func(v goja.Value) goja.Value {
		if iterator, ok := v.(*goja.Object); ok {
			return g.stoppableIterator(iterator, nil, g.keepWhole)
		}
		return v
	}))
	return instead
}

// guardSets stands before methods that take another set, whose keys() may return an iterator without next: goja panics then, and its
// stacks are as they were by the time the panic leaves the native.
func guardSets(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	defer func() {
		if x := recover(); x != nil {
			if _, bug := x.(runtime.Error); bug && withoutNext() {
				x = g.rt.NewTypeError("iterator.next is not a function")
			}
			panic(x)
		}
	}()
	return next(call)
}

// withoutNext reports whether the panic that is being recovered was goja's call of a method next that is not there.
func withoutNext() bool {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		frame, more := frames.Next()
		if frame.Function == "runtime.sigpanic" {
			frame, _ = frames.Next()
			return strings.Contains(frame.Function, "goja.(*iteratorRecord).step")
		}
		if !more {
			return false
		}
	}
}
