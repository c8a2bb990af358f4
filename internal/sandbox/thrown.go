package sandbox

import (
	"runtime/debug"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

const (
	unreadable = "an error was thrown whose message cannot be read" // of a value whose getters throw
	tooDeep    = "RangeError: too many nested calls"
)

// Recovered makes an error of what was recovered. What a script threw is not read: its getters would run, outside of the VM.
func Recovered(x any) error {
	switch x := x.(type) {
	case *goja.InterruptedError:
		if cause, ok := x.Value().(error); ok {
			return cause
		}
		return x
	case *goja.StackOverflowError:
		return &ScriptError{Message: tooDeep, Stack: tooDeep, cause: x}
	case *goja.Exception, goja.Value:
		return &ScriptError{Message: unreadable, Stack: unreadable}
	}
	return &Panic{Value: x, Stack: debug.Stack()}
}

// messageOf returns the text of what was thrown.
func (vm *VM) messageOf(thrown goja.Value) (text string) {
	if ex := vm.meter.rt.Try(func() { text = textOf(thrown) }); ex != nil { // a script may have put getters there
		return unreadable
	}
	return text
}

// Panic is a Go panic that happened below a script.
type Panic struct {
	Value any
	Stack []byte
}

// Error returns value and stack, for the log.
func (p *Panic) Error() string { return "panic: " + fault.Print(p.Value) + "\n" + string(p.Stack) }
