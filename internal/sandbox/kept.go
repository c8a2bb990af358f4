package sandbox

import (
	"math/big"
	"reflect"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// A native of goja's makes its result on Go's stack, and no audit sees it there before the native returns. What scripts give it
// meanwhile is kept beside, among the roots of the audits.

// fewValues is for how many values the place stays when none is kept.
const fewValues = 1 << 12

// holding is what natives hold at a moment, the innermost last.
type holding struct {
	bytes  int64
	values int
}

// holds returns what natives hold now. One that is to hold or keep more defers the release of it.
func (m *meter) holds() holding { return holding{m.inFlight, len(m.inNatives)} }

// release ends all that was held and kept since.
func (m *meter) release(before holding) {
	m.inFlight = before.bytes
	m.keepOnly(before.values)
}

// keepOnly drops all but the first values that are kept.
func (m *meter) keepOnly(n int) {
	switch {
	case n == 0 && cap(m.inNatives) > fewValues:
		m.inNatives = nil
	case n < len(m.inNatives):
		clear(m.inNatives[n:])
		m.inNatives = m.inNatives[:n]
	}
}

// hold is allocate for bytes that stay out of the audits' sight.
func (m *meter) hold(n int64) {
	m.inFlight += n
	if limit := m.limits.Memory; limit > 0 && m.inFlight > limit {
		m.tooMuchMemory()
	}
	m.charge(n)
}

// holdGrowing is hold for pieces of a text that is built: it is copied whenever it outgrows its place, and what it
// outgrew is garbage for a while.
func (m *meter) holdGrowing(n int64) { m.hold(2 * n) }

// keep has audits see a value that a native holds until it returns. Numbers are as small as their places, which guards count.
func (m *meter) keep(v goja.Value) {
	switch v.(type) {
	case *goja.Object, goja.String:
	case nil:
		return
	default:
		if v.ExportType() != reflect.TypeFor[*big.Int]() {
			return
		}
	}
	m.inNatives = append(m.inNatives, v)
}

// keeper stands in for a function that a native of goja's calls, and keeps what the native does.
type keeper struct {
	guards   *guards
	function goja.Value // of the keeper
	call     layout.Native
	chosen   bool // the native keeps the first argument where the function returns true, and else what it returns
}

func (k *keeper) called(c goja.FunctionCall) goja.Value {
	v := k.call(c)
	if !k.chosen {
		k.guards.keep(v)
	} else if v.ToBoolean() {
		k.guards.keep(c.Argument(0))
	}
	return v
}

// keeping calls a native that is given a function, argument i, and holds in Go what it returns or, where that is chosen, what it is
// asked about.
func (g *guards) keeping(call goja.FunctionCall, i int, chosen bool, next layout.Native) goja.Value {
	f := g.direct(call.Argument(i))
	if f == nil {
		return next(call)
	}
	before := g.holds()
	defer g.release(before)
	if g.keepers == len(g.keeperPool) {
		k := &keeper{guards: g}
		k.function = g.rt.ToValue(k.called)
		g.keeperPool = append(g.keeperPool, k)
	}
	k := g.keeperPool[g.keepers]
	g.keepers++
	defer func() {
		g.keepers--
		k.call = nil
	}()
	k.call, k.chosen = f, chosen
	setArgument(&call, i, k.function)
	return next(call)
}

// direct returns how a function is called; nil for what is none.
func (g *guards) direct(v goja.Value) layout.Native {
	o, ok := v.(*goja.Object)
	if !ok {
		return nil
	}
	if g.known.IsScript(o) {
		if f, ok := o.Export().(layout.Native); ok {
			return f
		}
	} else if native, _ := g.known.Callable(o); native != nil && *native != nil {
		return *native
	}
	f, ok := goja.AssertFunction(o)
	if !ok {
		return nil
	}
	return func(c goja.FunctionCall) goja.Value { return g.must(f(c.This, c.Arguments...)) }
}
