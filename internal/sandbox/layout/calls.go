package layout

import (
	"reflect"
	"unsafe"

	"github.com/dop251/goja"
)

// triesLayout is where goja notes what a throw unwinds to: blocks of try, and Go code that called a function.
type triesLayout struct {
	offset, size, caught uintptr // of vm.tryStack, of one of its frames, and of catchPos in it
}

// byGo is the catchPos of a frame of Go code, -2 in goja.
const byGo = -2

// findCalls finds how deep calls are nested.
func (l *Layout) findCalls(machine reflect.Type) {
	f, _ := machine.FieldByName("callStack")
	l.calls = sliceOfStructs(machine, "callStack")
	field[int](f.Type.Elem(), "pc")
	f, _ = machine.FieldByName("tryStack")
	l.tries = triesLayout{sliceOfStructs(machine, "tryStack"), f.Type.Elem().Size(), field[int32](f.Type.Elem(), "catchPos")}
}

// sliceOfStructs returns the offset of a field that is one. It panics when there is none of that name.
func sliceOfStructs(t reflect.Type, name string) uintptr {
	f, ok := t.FieldByName(name)
	if !ok || f.Type.Kind() != reflect.Slice || f.Type.Elem().Kind() != reflect.Struct {
		panic(t.String() + " has no list " + name)
	}
	return f.Offset
}

// ReadsDepth reports whether Depth and Natives say how deep calls are nested; where not, both return 0.
func (l *Layout) ReadsDepth() bool { return l.readable }

// Depth is where a VM counts how many calls are nested, and how many blocks of try and calls by Go code: at least as many as
// Natives. It is looked at in each round of a loop.
type Depth struct{ calls, tries *int }

// Depth returns that of a VM, as long as which it may be used.
func (l *Layout) Depth(rt *goja.Runtime) Depth {
	if !l.readable {
		return Depth{&l.none, &l.none}
	}
	machine := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(rt), l.machine))
	return Depth{&(*slice)(unsafe.Add(machine, l.calls)).len, &(*slice)(unsafe.Add(machine, l.tries.offset)).len}
}

// Beyond reports whether one of both is more than n.
func (d Depth) Beyond(n int) bool { return *d.calls > n || *d.tries > n }

// Now returns both.
func (d Depth) Now() (calls, tries int) { return *d.calls, *d.tries }

// Natives counts the calls that lie on Go's stack.
func (l *Layout) Natives(rt *goja.Runtime) (n int) {
	if !l.readable {
		return 0
	}
	machine := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(rt), l.machine))
	frames := (*slice)(unsafe.Add(machine, l.tries.offset))
	for i := range frames.len {
		if *(*int32)(unsafe.Add(frames.data, uintptr(i)*l.tries.size+l.tries.caught)) == byGo {
			n++
		}
	}
	return n
}

// checkCalls reads the depth of calls that are known.
func (l *Layout) checkCalls(rt *goja.Runtime, eval func(string) *goja.Object, must func(bool, string)) {
	var calls, tries, natives [2]int
	for i, code := range []string{"[depth()]", "((f) => { try { return [f()] } finally {} })(() => [1].map(() => depth()))"} {
		_ = rt.Set("depth", func(goja.FunctionCall) goja.Value {
			calls[i], tries[i] = l.Depth(rt).Now()
			natives[i] = l.Natives(rt)
			return goja.Undefined()
		})
		eval(code)
	}
	must(calls[1] == calls[0]+4 && tries[1] == tries[0]+2 && natives[1] == natives[0]+1, "the depth of calls")
}
