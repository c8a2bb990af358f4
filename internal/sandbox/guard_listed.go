package sandbox

import (
	"slices"

	"github.com/dop251/goja"
)

// only returns an object with no more than the named properties, in the order of the names. They are read as they are written.
func (g *guards) only(o *goja.Object, names []string) *goja.Object {
	if o.ClassName() != "Object" {
		return o
	}
	return g.rt.NewDynamicObject(&listed{names, o})
}

// listed is an object whose keys keep the order of a list, numbers too.
type listed struct {
	names []string
	of    *goja.Object
}

// Get implements goja.DynamicObject, as the others do. Nothing writes to it.
func (l *listed) Get(name string) goja.Value {
	if v := l.of.Get(name); v != nil {
		return v
	}
	return goja.Undefined() // and not what objects inherit
}

// Has reports whether the list has the name.
func (l *listed) Has(name string) bool { return slices.Contains(l.names, name) }

// Keys lists the names.
func (l *listed) Keys() []string { return l.names }

// Set refuses.
func (l *listed) Set(string, goja.Value) bool { return false }

// Delete refuses.
func (l *listed) Delete(string) bool { return false }
