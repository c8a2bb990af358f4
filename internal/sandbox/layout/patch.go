package layout

import (
	"fmt"
	"strings"
	"sync/atomic"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// guardsOf returns the guards of a Runtime, nil when it is not ours.
func (l *Layout) guardsOf(rt *goja.Runtime) Installer {
	if m, ok := (*(*goja.FieldNameMapper)(unsafe.Add(unsafe.Pointer(rt), l.mapper))).(*Mark); ok {
		return m.Guards
	}
	return nil
}

// Templates lists the owners of natives that goja makes lazily, by the expression that reads them.
func Templates() []string {
	return []string{
		"String.prototype", "Array.prototype", "Function.prototype", "Object", "Object.prototype", "globalThis",
		"Object.getPrototypeOf(Uint8Array.prototype)", "DataView.prototype", "Math", "Date", "Date.prototype",
		"Number.prototype", "BigInt.prototype",
	}
}

func (l *Layout) patchTemplates() (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("goja's templates are laid out in an unknown way: %v", x)
		}
	}()
	rt := goja.New()
	for _, owner := range Templates() {
		v, err := rt.RunString(owner)
		if err != nil {
			return err
		}
		if err := l.patchTemplate(OwnerName(owner), v.(*goja.Object)); err != nil {
			return err
		}
	}
	return nil
}

// OwnerName returns the name by which guards know an owner of Templates.
func OwnerName(owner string) string {
	if strings.HasPrefix(owner, "Object.getPrototypeOf") {
		return "TypedArray.prototype"
	}
	return owner
}

// patchTemplate sets new factories in one template. Other goroutines may read the old maps at the same time, so the maps
// are replaced, not changed.
func (l *Layout) patchTemplate(owner string, o *goja.Object) error {
	t := l.templateOf(o)
	props := (*map[unistring.String]factory)(unsafe.Add(t.at, t.props))
	if len(*props) == 0 {
		return fmt.Errorf("the template of %s is empty", owner)
	}
	patched := make(map[unistring.String]factory, len(*props))
	for name, make := range *props {
		patched[name] = l.guarded(owner+"."+name.String(), make)
	}
	replaceMap(unsafe.Pointer(props), unsafe.Pointer(&patched))

	symbols := (*map[*goja.Symbol]factory)(unsafe.Add(t.at, t.symbols))
	if *symbols == nil {
		return nil
	}
	patchedSymbols := make(map[*goja.Symbol]factory, len(*symbols))
	for name, make := range *symbols {
		patchedSymbols[name] = l.guarded(owner+"."+name.String(), make)
	}
	replaceMap(unsafe.Pointer(symbols), unsafe.Pointer(&patchedSymbols))
	return nil
}

func replaceMap(old, new unsafe.Pointer) {
	atomic.StorePointer((*unsafe.Pointer)(old), *(*unsafe.Pointer)(new))
}

// guarded is a factory that puts guards into what another made, in our own VMs.
func (l *Layout) guarded(name string, old factory) factory {
	return func(rt *goja.Runtime) goja.Value {
		v := old(rt)
		if g := l.guardsOf(rt); g != nil {
			if o := l.propertyValue(v); o != nil {
				g.Install(name, o)
			}
		}
		return v
	}
}

// propertyValue returns the object in a data property that a factory made, or nil.
func (l *Layout) propertyValue(v goja.Value) *goja.Object {
	w := (*iface)(unsafe.Pointer(&v))
	if w.typ != l.properties || w.data == nil {
		return nil
	}
	o, _ := (*(*goja.Value)(unsafe.Add(w.data, l.property))).(*goja.Object)
	return o
}
