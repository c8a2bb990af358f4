package layout

import (
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// selfOf returns what implements an object. Where goja is not known it has a type word that no type has.
func (l *Layout) selfOf(o *goja.Object) iface {
	if !l.readable {
		return iface{typ: unsafe.Pointer(l)}
	}
	return *(*iface)(unsafe.Add(unsafe.Pointer(o), l.self))
}

// Callable returns where a native function keeps its code and its constructor, or nil.
func (l *Layout) Callable(o *goja.Object) (call *Native, make *Construct) {
	self := l.selfOf(o)
	f, ok := l.funcs[self.typ]
	if !ok {
		return nil, nil
	}
	return (*Native)(unsafe.Add(self.data, f.call)), (*Construct)(unsafe.Add(self.data, f.construct))
}

// IsScript reports whether a function is code of a script, and no native: calling it ticks.
func (l *Layout) IsScript(o *goja.Object) bool { return l.scripts[l.selfOf(o).typ] }

// Dense returns the elements of an array without accessors or a huge hole; a nil among them is a hole.
func (l *Layout) Dense(o *goja.Object) ([]goja.Value, bool) {
	self := l.selfOf(o)
	if self.typ != l.array {
		return nil, false
	}
	return *(*[]goja.Value)(unsafe.Add(self.data, l.values)), true
}

// Properties returns what a plain object holds.
func (l *Layout) Properties(o *goja.Object) (map[unistring.String]goja.Value, bool) {
	self := l.selfOf(o)
	if self.typ != l.plain {
		return nil, false
	}
	return *(*map[unistring.String]goja.Value)(unsafe.Add(self.data, l.fields)), true
}

// OrderedProperties returns what a plain object holds, and the names in the order in which they came.
func (l *Layout) OrderedProperties(o *goja.Object) ([]unistring.String, map[unistring.String]goja.Value, bool) {
	self := l.selfOf(o)
	if self.typ != l.plain {
		return nil, nil, false
	}
	return *(*[]unistring.String)(unsafe.Add(self.data, l.names)), *(*map[unistring.String]goja.Value)(unsafe.Add(self.data, l.fields)), true
}

// IsProperty reports whether v is an accessor, or a property with attributes, that stands among the elements of an array.
func (l *Layout) IsProperty(v goja.Value) bool {
	return (*iface)(unsafe.Pointer(&v)).typ == l.properties
}

// Method returns the object that an own property of an object holds, whatever its attributes are; nil for none and where goja is not
// known.
func (l *Layout) Method(o *goja.Object, name unistring.String) *goja.Object {
	self := l.selfOf(o)
	h, ok := l.holders[self.typ]
	if !ok || h.byGo {
		return nil
	}
	v := (*(*propertyMap)(unsafe.Add(self.data, h.properties)))[name]
	if f, ok := v.(*goja.Object); ok {
		return f
	}
	return l.propertyValue(v)
}

// BoundDepth counts the functions that are bound into one another, up to a limit.
func (l *Layout) BoundDepth(o *goja.Object, limit int) (n int) {
	for ; n < limit && o != nil && l.selfOf(o).typ == l.bound; n++ {
		o = *(**goja.Object)(unsafe.Add(l.selfOf(o).data, l.wrapped))
	}
	return n
}

// IsASCII reports whether a string is held as ASCII.
func (l *Layout) IsASCII(s goja.Value) bool { return (*iface)(unsafe.Pointer(&s)).typ == l.ascii }
