package sandbox

import (
	"reflect"
	"unsafe"

	"github.com/dop251/goja"
)

// This file gives a VM its stack in one piece; patch.go finds where it lies.

// machineOf gives the type of what Runtime.vm points to, whose stack is a slice of values.
func machineOf() reflect.Type {
	f, _ := reflect.TypeFor[goja.Runtime]().FieldByName("vm")
	t := f.Type.Elem()
	if stack, _ := t.FieldByName("stack"); !stack.Type.ConvertibleTo(reflect.TypeFor[[]goja.Value]()) {
		panic("the stack is a " + stack.Type.String())
	}
	return t
}

// firstStack is the room that the stack of a new VM has, in values. goja would begin with one value and double it.
const firstStack = 16

// giveStack gives a new VM its stack.
func (l *layout) giveStack(rt *goja.Runtime) {
	if l.patched {
		machine := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(rt), l.machine))
		*(*[]goja.Value)(unsafe.Add(machine, l.stack)) = make([]goja.Value, 0, firstStack)
	}
}
