package sandbox

import (
	"cmp"
	"math"
	"math/big"
	"reflect"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// newBuffer looks at the arguments of ArrayBuffer and the typed arrays: a length, a list, an iterable, or a buffer.
func (g *guards) newBuffer(args []goja.Value, size float64) []goja.Value {
	if len(args) == 0 {
		return args
	}
	o, ok := args[0].(*goja.Object)
	if !ok {
		g.sized(args[0].ToFloat(), size)
		return args
	}
	if o.ExportType() == reflect.TypeFor[goja.ArrayBuffer]() { // Export would make room for what a list says is its length
		return args
	}
	list := g.typedSource(g.listed(g.drain(o), maxLike))
	g.keep(list)
	if lo, ok := list.(*goja.Object); ok {
		g.room(size * float64(g.elements(lo)))
	}
	return append([]goja.Value{list}, args[1:]...)
}

// sized reserves the memory of so many elements.
func (g *guards) sized(n, size float64) {
	if !(n > 0) || n*size > 1<<50 { // the native refuses more than a machine can address
		return
	}
	if n*size > 1<<40 {
		g.rangeError("Invalid array buffer length: no machine has so much memory")
	}
	g.room(n * size)
}

// newBytes looks at the length of an ArrayBuffer.
func (g *guards) newBytes(args []goja.Value) []goja.Value {
	if len(args) == 0 {
		return args
	}
	n := numeric(args[0])
	g.sized(n.ToFloat(), 1)
	return append([]goja.Value{n}, args[1:]...)
}

func (g *guards) newBigBuffer(args []goja.Value) []goja.Value {
	g.needBigInt()
	return g.newBuffer(args, 8)
}

// guardTypedCopy stands before natives of typed arrays and buffers that make another of the same length.
func guardTypedCopy(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	if o, ok := call.This.(*goja.Object); ok {
		if n := elementsOf(o); n > 0 {
			g.room(float64(n) * float64(o.ExportType().Elem().Size()))
		}
		if o.ExportType() == reflect.TypeFor[goja.ArrayBuffer]() {
			if b, ok := o.Export().(goja.ArrayBuffer); ok {
				g.room(float64(len(b.Bytes())))
			}
		}
		g.callback(&call, 0)
	}
	return next(call)
}

// guardTyped leaves what is no typed array, or has no elements, to the native, which complains or is done.
func guardTyped(guarded guard) guard {
	return func(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
		if o, ok := call.This.(*goja.Object); !ok || elementsOf(o) == 0 {
			return next(call)
		}
		return guarded(g, call, next)
	}
}

func guardTypedSort(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	o, ok := call.This.(*goja.Object)
	if !ok {
		return next(call)
	}
	if elementsOf(o) < 1<<20 {
		g.callback(&call, 0)
		return guardTypedCopy(g, call, next)
	}
	if goja.IsUndefined(call.Argument(0)) {
		call.Arguments = []goja.Value{g.rt.ToValue(func(c goja.FunctionCall) goja.Value {
			g.check()
			return g.rt.ToValue(order(c.Arguments[0].ToFloat(), c.Arguments[1].ToFloat()))
		})}
	}
	return guardTypedCopy(g, call, next)
}

// order is how typed arrays sort: NaN comes last, -0 before 0.
func order(a, b float64) int {
	switch {
	case math.IsNaN(a) || math.IsNaN(b):
		return cmp.Compare(b, a) // Go has NaN first
	case a == 0 && b == 0:
		return cmp.Compare(math.Copysign(1, a), math.Copysign(1, b))
	}
	return cmp.Compare(a, b)
}

// guardTypedSet has the elements of what is no plain array read and converted one by one, in sight.
func guardTypedSet(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	source, ok := call.Argument(0).(*goja.Object)
	if !ok || isTyped(source) {
		return next(call)
	}
	if values, dense := g.known.Dense(source); dense {
		g.fewTexts(values)
		return next(call)
	}
	from := g.number(&call, 1)
	set := func(from float64, values ...any) {
		next(goja.FunctionCall{This: call.This, Arguments: []goja.Value{g.rt.NewArray(values...), g.rt.ToValue(from)}})
	}
	set(from) // it complains of all else
	target, ok := call.This.(*goja.Object)
	n, _ := g.length(source)
	if !ok || float64(n)+math.Trunc(from) > float64(elementsOf(target)) {
		g.rangeError("Source is too large")
	}
	for i := range n {
		g.count(1)
		g.check()
		v := g.element(source, i)
		if v == nil {
			v = goja.Undefined()
		}
		if elementsOf(target) > 0 { // it may be detached by now
			set(math.Trunc(from)+float64(i), v)
		}
	}
	return goja.Undefined()
}

func guardTypedFrom(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	if f := call.Argument(1); !goja.IsUndefined(f) {
		if _, ok := goja.AssertFunction(f); !ok {
			return next(call) // it is refused before anything is read
		}
	}
	if len(call.Arguments) > 0 {
		list := call.Arguments[0]
		if !isObject(list) && !goja.IsUndefined(list) && !goja.IsNull(list) {
			list = list.ToObject(g.rt)
		}
		defer g.release(g.holds())
		list = g.typedSource(g.listed(g.drain(list), maxLike))
		if o, ok := list.(*goja.Object); ok {
			g.room(8 * float64(g.elements(o)))
		}
		g.keep(list)
		setArgument(&call, 0, list)
		g.callback(&call, 1)
	}
	return next(call)
}

// Sizes of BigInts, where they are on. Operands within them make results of a few megabytes at most.
const (
	maxBigBits     = 1 << 16 // of an operand of * and <<
	maxBigBase     = 1 << 12 // bits of the left operand of **
	maxBigExponent = 1 << 14
	maxBigShift    = 1 << 20
	maxBigDigits   = 20000 // of a text that becomes one
)

func (g *guards) needBigInt() {
	if !g.limits.BigInt {
		panic(g.rt.NewTypeError("BigInt is off here: set [vm_pool] enable_bigint to use it"))
	}
}

func guardBigIntOff(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	g.needBigInt()
	if g.number(&call, 0) > 1<<20 {
		g.rangeError("too many bits")
	}
	return next(call)
}

func guardBigInt(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	g.needBigInt()
	if o, ok := call.Argument(0).(*goja.Object); ok {
		call.Arguments = []goja.Value{o.ToNumber()}
	}
	if s, ok := call.Argument(0).(goja.String); ok && s.Length() > maxBigDigits {
		g.rangeError("the BigInt has too many digits")
	}
	return next(call)
}

// bigOperand bounds an operand of an operator that makes large BigInts of small ones.
func (g *guards) bigOperand(slot int, v goja.Value) {
	if v == nil || isObject(v) {
		return
	}
	b, ok := v.Export().(*big.Int)
	if !ok {
		return
	}
	tooLarge := false
	switch slot {
	case compile.SlotFactor:
		tooLarge = b.BitLen() > maxBigBits
	case compile.SlotBase:
		tooLarge = b.BitLen() > maxBigBase
	case compile.SlotExponent:
		tooLarge = !b.IsInt64() || b.Int64() > maxBigExponent
	case compile.SlotShift:
		tooLarge = !b.IsInt64() || b.Int64() > maxBigShift
	}
	if tooLarge {
		g.rangeError("the BigInt is too large to calculate with here")
	}
}
