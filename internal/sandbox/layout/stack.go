package layout

import (
	"unsafe"

	"github.com/dop251/goja"
)

// firstStack is the room that the stack of a new VM has, in values. goja would begin with one value and double it.
const firstStack = 16

// GiveStack sets the stack of a new VM.
func (l *Layout) GiveStack(rt *goja.Runtime) {
	if l.readable {
		machine := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(rt), l.machine))
		*(*[]goja.Value)(unsafe.Add(machine, l.stack)) = make([]goja.Value, 0, firstStack)
	}
}
