package sandbox

import (
	"bytes"
	"runtime/debug"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

const (
	unreadable = "an error was thrown whose message cannot be read" // of a value whose getters throw
	tooDeep    = "RangeError: too many nested calls"

	maxThrown = 16 << 10 // characters of what was thrown: it may be as long as a run's memory allows, and is copied on its way to the log
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

// textOf describes a thrown value without running the script's own toString.
func textOf(v goja.Value) string {
	o, ok := v.(*goja.Object)
	if !ok {
		if v == nil {
			return "undefined"
		}
		return startOf(v)
	}
	if o.ClassName() != "Error" {
		return "an object was thrown"
	}
	return plain(o.Get("name")) + ": " + plain(o.Get("message"))
}

func plain(v goja.Value) string {
	if _, isObject := v.(*goja.Object); isObject || v == nil {
		return ""
	}
	return startOf(v)
}

// startOf returns the start of a long text, and others as they are.
func startOf(v goja.Value) string {
	if s, ok := v.(goja.String); ok && s.Length() > maxThrown {
		return s.Substring(0, maxThrown).String() + "…"
	}
	return v.String()
}

// stackOf returns what was thrown, as the script says it, and where.
func stackOf(e *goja.Exception) string {
	var b bytes.Buffer
	switch v := e.Value().(type) {
	case nil:
	case *goja.Object:
		text := textOf(v)
		if len(text) <= maxThrown {
			text = startOf(v.ToString())
		}
		b.WriteString(text)
		b.WriteByte('\n')
	default:
		b.WriteString(startOf(v))
		b.WriteByte('\n')
	}
	for _, frame := range e.Stack() {
		b.WriteString("\tat ")
		frame.Write(&b)
		b.WriteByte('\n')
	}
	return b.String()
}

// Panic is a Go panic that happened below a script.
type Panic struct {
	Value any
	Stack []byte
}

// Error returns value and stack, for the log.
func (p *Panic) Error() string { return "panic: " + fault.Print(p.Value) + "\n" + string(p.Stack) }
