package layout

import (
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// NameFunction sets the name of a function of Go's, which no script has seen yet, to the one that scripts know it by, for their stacks;
// goja names it as Go does. The name is a text. Defining the property anew, as where goja is laid out in another way, would
// cost as much as making the function.
func NameFunction(o *goja.Object, name goja.Value) {
	_ = learned().name(o, name) // only a frozen object refuses
}

func (l *Layout) name(o *goja.Object, name goja.Value) error {
	if place := l.nameOf(o); place != nil {
		*place = name
		return nil
	}
	return o.DefineDataProperty("name", name, goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE)
}

// nameOf returns where a native function keeps its name, or nil.
func (l *Layout) nameOf(o *goja.Object) *goja.Value {
	if !l.readable {
		return nil
	}
	self := l.selfOf(o)
	f, ok := l.funcs[self.typ]
	if !ok {
		return nil
	}
	property := (*(*map[unistring.String]goja.Value)(unsafe.Add(self.data, f.properties)))["name"]
	w := (*iface)(unsafe.Pointer(&property))
	if w.typ != l.properties || w.data == nil {
		return nil
	}
	return (*goja.Value)(unsafe.Add(w.data, l.property))
}
