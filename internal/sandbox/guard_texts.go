package sandbox

import (
	"reflect"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// A list holds one long text thousands of times for nothing. A native that compares, hashes or converts each of its elements
// would work for the length of all of them, out of the meter's sight.

// textsAtOnce is how much text such a native may take in one call, in units of UTF-16: some hundredths of a second.
const textsAtOnce = 1 << 24

// longTexts reports whether a list holds more text than that, as elements or, in a list of entries, as their first elements.
func (g *guards) longTexts(values []goja.Value) bool {
	units := 0
	for _, v := range values {
		if o, ok := v.(*goja.Object); ok {
			if entry, dense := g.known.Dense(o); dense && len(entry) > 0 {
				v = entry[0]
			} else if o.ClassName() == "String" {
				units += int(o.Get("length").ToInteger()) // which scripts cannot change
			}
		}
		if s, ok := v.(goja.String); ok {
			units += s.Length()
		}
		if units > textsAtOnce {
			return true
		}
	}
	return false
}

// fewTexts refuses a list of texts that a native would convert for long.
func (g *guards) fewTexts(values []goja.Value) {
	if g.longTexts(values) {
		g.rangeError("a built-in function was called with too much text at once")
	}
}

// typedSource returns what a typed array shall be filled with in place of v, which it converts to numbers: an array where v is
// array-like, so that its elements are read once and in sight.
func (g *guards) typedSource(v goja.Value) goja.Value {
	o, ok := v.(*goja.Object)
	if !ok {
		return v
	}
	values, dense := g.known.Dense(o)
	if getters := g.known.ComputesElements(o); !dense || getters {
		if kind := o.ExportType(); kind.Kind() == reflect.Slice && kind.Elem().Kind() != reflect.Interface {
			return v // a typed array
		}
		defer g.release(g.holds())
		list := g.gathered(o, g.elements(o))
		values = nil
		for _, element := range list {
			values = append(values, element.(goja.Value))
		}
		v = g.rt.NewArray(list...)
	}
	g.fewTexts(values)
	return v
}

// guardArguments stands before natives that convert as many arguments as they are given.
func guardArguments(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	if len(call.Arguments) > 2 {
		g.fewTexts(call.Arguments)
	}
	return next(call)
}

// guardFind stands before methods of arrays that look for a value. Long texts are compared by code that is metered.
func guardFind(method string) guard {
	return func(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
		o, ok := call.This.(*goja.Object)
		if what, isText := call.Argument(0).(goja.String); !ok || !isText || what.Length() < fewBytes {
			return guardLoop(g, call, next)
		}
		call.Arguments = append([]goja.Value{g.rt.ToValue(g.elements(o))}, call.Arguments...)
		return g.computedMethod(method, call)
	}
}
