package sandbox

import (
	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/natives"
)

// ticks makes the object that programs know as %t. It needs no prototype, which would have to be made first.
func (m *meter) ticks() *goja.Object { return goja.NewSharedDynamicArray((*ticks)(m)) }

// ticks is a meter as instrumented code sees it.
type ticks meter

// Get is a tick for positive indexes, which are its weight.
func (t *ticks) Get(i int) goja.Value {
	m := (*meter)(t)
	switch {
	case i > 0:
		m.block(int64(i))
	case i == compile.SlotRegExp:
		m.guards.armRegExp()
	case i == compile.SlotPromise:
		m.trackRejections()
		m.rt.GlobalObject().Get("Promise") // makes it, with its guards
	case i == compile.SlotPower:
		return m.powerFunction()
	case i <= compile.SlotNatives && i > compile.SlotNatives-int(natives.Families):
		m.putNatives(natives.Family(compile.SlotNatives - i))
	case i < compile.SlotLoops:
		return m.loopTick(int64(compile.SlotLoops - i))
	case i == compile.SlotIterable:
		if v := m.iterable; v != nil {
			m.iterable = nil
			return m.guards.stoppable(v)
		}
	case i == compile.SlotResult:
		v := m.iterable
		m.iterable = nil
		return m.guards.result(v)
	case i == compile.SlotDelegate:
		if v := m.iterable; v != nil {
			m.iterable = nil
			return m.guards.delegate(v)
		}
	}
	return goja.Undefined()
}

// Set looks at a value on its way.
func (t *ticks) Set(i int, v goja.Value) bool {
	m := (*meter)(t)
	switch i {
	case -compile.SlotIterable, -compile.SlotDelegate, -compile.SlotResult:
		m.iterable = v
	case compile.SlotListed:
		if o, ok := v.(*goja.Object); ok && unwrapped(o) != o { // it is asked for all of its keys at once
			m.guards.copied(v)
		}
	case compile.SlotKeyed:
		m.guards.copied(v)
	case compile.SlotFactor, compile.SlotBase, compile.SlotExponent, compile.SlotShift:
		m.guards.bigOperand(i, v)
	case compile.SlotText + 1, compile.SlotText + 2, compile.SlotText + 3, compile.SlotText + compile.MaxCopies:
		switch v := v.(type) {
		case goja.String:
			if v.Length() > fewBytes {
				m.copied(m.guards.bytes(v), int64(i-compile.SlotText))
			}
		case *goja.Object: // its text is unknown until its code runs
			m.sampleHeap(0)
			m.check()
		}
	}
	return true
}

// Len is 0: scripts that got hold of the object find nothing in it.
func (t *ticks) Len() int        { return 0 }
func (t *ticks) SetLen(int) bool { return false }

var _ goja.DynamicArray = (*ticks)(nil)

// loopTick is a value that is false, and a tick whenever it is asked. No script can reach one: %tW is no identifier, and
// the code that names it does nothing but ask.
type loopTick struct {
	goja.Value // undefined, whose methods nobody calls
	meter      *meter
	weight     int64
}

// ToBoolean is the cheapest call from a script into Go.
func (t *loopTick) ToBoolean() bool {
	t.meter.block(t.weight)
	return false
}

// loopTick returns the tick of a weight. Most programs need one.
func (m *meter) loopTick(weight int64) goja.Value {
	t := &m.loop
	if t.weight != 0 && t.weight != weight {
		t = new(loopTick)
	}
	*t = loopTick{goja.Undefined(), m, weight}
	return t
}

// block counts a piece of code that runs straight on, and looks how deep its calls are.
func (m *meter) block(weight int64) {
	m.tick(weight)
	if m.depth.Beyond(fewCalls) {
		calls, tries := m.depth.Now()
		m.deep(calls, tries, weight)
	}
}
