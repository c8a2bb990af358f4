package sandbox

import (
	"strconv"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

func guardLoop(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	if g.elements(call.This) > 64 {
		g.callback(&call, 0)
	}
	return next(call)
}

// guardCopy stands before natives that make an array about as long as the one they work on.
func guardCopy(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	if n := g.elements(call.This); n > 64 {
		g.room(16 * float64(n))
		g.callback(&call, 0)
	}
	return next(call)
}

// guardMap stands before map, which holds what the function returns.
func guardMap(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	if n := g.elements(call.This); n > 64 {
		g.room(16 * float64(n))
		g.callback(&call, 0)
	}
	return g.keeping(call, 0, false, next)
}

// guardFilter stands before filter, which holds what the function chooses: the array may have lost it.
func guardFilter(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	if n := g.elements(call.This); n > 64 {
		g.room(16 * float64(n))
		g.callback(&call, 0)
	}
	return g.keeping(call, 0, true, next)
}

// guardFill fills a long array in parts: goja lets one that is empty grow step by step, and what it outgrew stays behind
// as garbage, several times its size.
func guardFill(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	const part = 1 << 16
	n := g.elements(call.This)
	if n <= part || len(call.Arguments) != 1 {
		return guardCopy(g, call, next)
	}
	g.room(16 * float64(n))
	value := call.Argument(0)
	for from := int64(0); from < n; from += part {
		g.charge(4 * 16 * part)
		g.check()
		next(goja.FunctionCall{This: call.This, Arguments: []goja.Value{value, g.rt.ToValue(from), g.rt.ToValue(min(from+part, n))}})
	}
	return call.This
}

// guardSort makes comparators notice a stop, the default one too: sorting millions takes a while.
func guardSort(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	n := g.elements(call.This)
	g.room(16 * float64(n))
	if n < fewBytes {
		return next(call)
	}
	if goja.IsUndefined(call.Argument(0)) {
		call.Arguments = []goja.Value{g.rt.ToValue(func(c goja.FunctionCall) goja.Value {
			g.check()
			return g.rt.ToValue(g.string(c.Arguments[0]).CompareTo(g.string(c.Arguments[1])))
		})}
	} else {
		g.callback(&call, 0)
	}
	return next(call)
}

func guardConcat(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	n := int64(0)
	for _, v := range append([]goja.Value{call.This}, call.Arguments...) {
		more, ok := g.concatenated(v)
		if !ok {
			return g.computedMethod("concat", call)
		}
		n += more
	}
	g.room(16 * float64(n))
	return next(call)
}

// concatenated returns how many elements concat makes of a value; not ok where a script computes that.
func (g *guards) concatenated(v goja.Value) (n int64, ok bool) {
	o, ok := v.(*goja.Object)
	if !ok {
		return 1, true
	}
	if isProxy(o) || o.ClassName() == "Array" && g.known.ComputesElements(o) {
		return 0, false
	}
	if values, dense := g.known.Dense(o); dense && len(values) < fewBytes {
		return g.elements(o), true
	}
	if o.ClassName() != "Array" {
		before := g.operations
		spread := o.GetSymbol(goja.SymIsConcatSpreadable)
		if g.operations != before {
			return 0, false
		}
		if spread == nil || !spread.ToBoolean() {
			return 1, true
		}
	}
	if n, ran := g.length(o); ran || n > longest(o) || g.known.ComputesElements(o) {
		return 0, false
	}
	return g.elements(o), true
}

func guardJoin(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	return g.join(call.This, func() goja.String {
		if goja.IsUndefined(call.Argument(0)) {
			return g.rt.ToValue(",").(goja.String)
		}
		return g.text(&call, 0)
	}, g.string)
}

func guardLocaleJoin(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	comma := func() goja.String { return g.rt.ToValue(",").(goja.String) }
	return g.join(call.This, comma, func(v goja.Value) goja.String {
		o := v.ToObject(g.rt)
		f, ok := goja.AssertFunction(o.Get("toLocaleString"))
		if !ok {
			panic(g.rt.NewTypeError("toLocaleString is not a function"))
		}
		return g.string(g.must(f(v, call.Argument(0), call.Argument(1))))
	})
}

// join does the work of Array.prototype.join itself: what its elements turn into is not known before.
func (g *guards) join(this goja.Value, between func() goja.String, text func(goja.Value) goja.String) goja.Value {
	o := this.ToObject(g.rt)
	for _, outer := range g.joining {
		if outer == o {
			return g.rt.ToValue("")
		}
	}
	n := elementsOf(o)
	if n == 0 {
		n = g.within(o)
	}
	separator := between()
	g.enter()
	g.joining = append(g.joining, o)
	held := g.holds()
	defer func() {
		g.joining = g.joining[:len(g.joining)-1]
		g.release(held)
		g.leave()
	}()
	var out goja.StringBuilder
	size := g.bytes(separator) * max(n-1, 0)
	g.hold(size)
	for i := range n {
		if i > 0 {
			out.WriteString(separator)
		}
		if i&1023 == 0 {
			g.check()
		}
		v := g.element(o, i)
		if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
			continue
		}
		s := text(v)
		if b := g.bytes(s); b > 0 {
			g.holdGrowing(b)
			size += b
		}
		out.WriteString(s)
	}
	return g.finished(&out, size)
}

// finished ends a text that was built under hold.
func (g *guards) finished(out *goja.StringBuilder, size int64) goja.Value {
	if size > fewBytes {
		g.allocate(size)
	}
	return out.String()
}

// element reads one element; nil is a hole.
func (g *guards) element(o *goja.Object, i int64) goja.Value {
	if values, ok := g.known.Dense(o); ok && i < int64(len(values)) {
		if v := values[i]; v != nil && !g.known.IsProperty(v) {
			return v
		}
	}
	return o.Get(strconv.FormatInt(i, 10))
}

func guardFlat(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	o := call.This.ToObject(g.rt)
	depth := 1.0
	if !goja.IsUndefined(call.Argument(0)) {
		depth = g.number(&call, 0)
	}
	var out []any
	defer g.release(g.holds())
	g.flatten(&out, o, depth)
	return g.kept(o, out)
}

// kept returns an array of what flat or flatMap made of o: of o's constructor, as the language says.
func (g *guards) kept(o *goja.Object, list []any) goja.Value {
	result := g.rt.NewArray(list...)
	if o.ClassName() == "Array" && o.Get("constructor") != g.rt.GlobalObject().Get("Array") {
		return g.computedMethod("kept", goja.FunctionCall{This: o, Arguments: []goja.Value{result}})
	}
	return result
}

func guardFlatMap(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	f, ok := goja.AssertFunction(call.Argument(0))
	if !ok {
		return next(call)
	}
	o := call.This.ToObject(g.rt)
	n := g.within(o)
	var out []any
	defer g.release(g.holds())
	for i := range n {
		g.check()
		v := g.element(o, i)
		if v == nil {
			continue
		}
		g.flattened(&out, g.must(f(call.Argument(1), v, g.rt.ToValue(i), o)), 1)
	}
	return g.kept(o, out)
}

// flatten does the work of flat: shared arrays make it exponential, deep ones recursive.
func (g *guards) flatten(out *[]any, o *goja.Object, depth float64) {
	n := g.within(o)
	g.enter()
	defer g.leave()
	for i := range n {
		if v := g.element(o, i); v != nil {
			g.flattened(out, v, depth)
		}
	}
}

func (g *guards) flattened(out *[]any, v goja.Value, depth float64) {
	if o, ok := v.(*goja.Object); ok && depth >= 1 && o.ClassName() == "Array" {
		g.flatten(out, o, depth-1)
		return
	}
	if len(*out)&255 == 0 {
		g.hold(256 * 48)
		g.check()
	}
	g.keep(v)
	*out = append(*out, v)
	if len(*out) > maxElements {
		g.rangeError("the array becomes too long")
	}
}

// guardApply bounds the arguments that come from an array-like, and keeps what it reads for them until the function has returned.
func guardApply(i int) guard {
	return func(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
		if len(call.Arguments) <= i {
			return next(call)
		}
		defer g.release(g.holds())
		list := g.listed(call.Arguments[i], maxArgs)
		if o, ok := list.(*goja.Object); ok && g.elements(o) > maxArgs {
			g.rangeError("too many arguments")
		}
		if list != call.Arguments[i] {
			setArgument(&call, i, list)
		}
		return next(call)
	}
}

func guardBind(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	o, ok := call.This.(*goja.Object)
	if ok && g.boundDepth(o) >= maxWrapped {
		g.rangeError("a function is bound again and again")
	}
	v := next(call)
	if bound, isObject := v.(*goja.Object); isObject && ok {
		if g.known.Patched() {
			g.put("bound", bound)
		} else {
			g.charge(perElement)
			g.bound[bound] = g.boundDepth(o) + 1
		}
	}
	return v
}

// boundDepth counts the functions that are bound into one another. Where it cannot be read, the guard has counted.
func (g *guards) boundDepth(o *goja.Object) int {
	if g.known.Patched() {
		return g.known.BoundDepth(o, maxWrapped)
	}
	if g.bound == nil {
		g.bound = map[*goja.Object]int{}
	}
	return g.bound[o]
}
