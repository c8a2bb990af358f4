package sandbox

import (
	"runtime"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

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
