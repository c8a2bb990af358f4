package layout

import (
	"math/bits"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/dop251/goja"
)

const gojaPath = "github.com/dop251/goja"

// plan is how things of one type are walked.
type plan struct {
	size  uintptr
	parts []part
	box   boxKind
	skip  bool // not data of a script: goja's code, host types, channels
}

// part is a place inside a thing that may lead to others.
type part struct {
	kind         partKind
	offset       uintptr
	typ          reflect.Type
	elem, key    *plan
	stringValues bool // a map from strings to goja values, which are read without reflection
	locked       bool // a map that other goroutines change, under the mutex at offset lock
	lock         uintptr
}

type partKind uint8

const (
	isPointer partKind = iota
	isSlice
	isString
	isInterface
	isMap
	isFunc
)

type boxKind uint8

const (
	notBoxed boxKind = iota
	boxedInt
	boxedFloat
	boxedOther
)

func (a *auditor) plan(t reflect.Type) *plan {
	if p := a.plans[t]; p != nil {
		return p
	}
	p := &plan{size: t.Size()}
	a.plans[t] = p
	if path := t.PkgPath(); path != "" && !walked(path) || path == gojaPath && isShared(t.Name()) {
		p.skip = true
		return p
	}
	if t.PkgPath() == gojaPath {
		switch {
		case t.Name() == "valueInt" && t.Kind() == reflect.Int64:
			p.box = boxedInt
		case t.Name() == "valueFloat" && t.Kind() == reflect.Float64:
			p.box = boxedFloat
		}
		a.named[t.Name()] = p
	}
	a.addParts(p, t, 0)
	return p
}

func walked(path string) bool {
	return path == gojaPath || path == gojaPath+"/unistring" || path == "math/big"
}

// isShared reports whether one of goja's types belongs to the process and not to a VM.
func isShared(name string) bool {
	switch name {
	case "Program", "objectTemplate", "reflectFieldsInfo", "reflectMethodsInfo", "profTracker":
		return true
	}
	return false
}

func (a *auditor) addParts(p *plan, t reflect.Type, offset uintptr) {
	add := func(part part) {
		part.offset, part.typ = offset, t
		p.parts = append(p.parts, part)
	}
	switch t.Kind() {
	case reflect.Pointer:
		if e := a.plan(t.Elem()); !e.skip {
			add(part{kind: isPointer, elem: e})
		}
	case reflect.Slice:
		add(part{kind: isSlice, elem: a.plan(t.Elem())})
	case reflect.String:
		add(part{kind: isString})
	case reflect.Interface:
		add(part{kind: isInterface})
	case reflect.Func:
		add(part{kind: isFunc})
	case reflect.Map:
		key, elem := a.plan(t.Key()), a.plan(t.Elem())
		values := t.Key().Kind() == reflect.String && t.Elem() == reflect.TypeFor[goja.Value]()
		add(part{kind: isMap, key: key, elem: elem, stringValues: values})
	case reflect.Struct:
		first := len(p.parts)
		for i := range t.NumField() {
			f := t.Field(i)
			if f.Name == "interruptVal" { // other goroutines write it, under a lock of goja's
				continue
			}
			if path := f.Type.PkgPath(); path == "" || walked(path) { // no sync.Mutex, time.Time, reflect.Value
				a.addParts(p, f.Type, offset+f.Offset)
			}
		}
		if m, ok := t.FieldByName("Mutex"); ok && m.Anonymous && m.Type == reflect.TypeFor[sync.Mutex]() {
			lockMaps(p.parts[first:], offset+m.Offset)
		}
	case reflect.Array:
		for i := range min(t.Len(), 4096) {
			a.addParts(p, t.Elem(), offset+uintptr(i)*t.Elem().Size())
		}
	}
}

// lockMaps has the maps of a struct read under the mutex that it embeds: the garbage collector's goroutine takes keys out of
// goja's weakMap that nothing else holds.
func lockMaps(parts []part, lock uintptr) {
	for i := range parts {
		if parts[i].kind == isMap {
			parts[i].locked, parts[i].lock = true, lock
		}
	}
}

// planOfBox finds the plan for the dynamic type of an interface.
func (a *auditor) planOfBox(static reflect.Type, v *iface) *plan {
	t := reflect.NewAt(static, unsafe.Pointer(v)).Elem().Elem().Type()
	switch t.Kind() {
	case reflect.Pointer:
		if t.PkgPath() == "" {
			return a.plan(t.Elem())
		}
	default:
		if storedDirectly(t) {
			return &plan{skip: true}
		}
	}
	p := a.plan(t)
	if p.box == notBoxed && !p.skip {
		p.box = boxedOther
	}
	return p
}

// storedDirectly reports whether Go stores values of a type in the interface itself, as it does with all that is one pointer.
func storedDirectly(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return true
	case reflect.Struct:
		fits := func(f reflect.StructField) bool { return f.Type.Size() == word && storedDirectly(f.Type) }
		return t.Size() == word && slices.ContainsFunc(reflect.VisibleFields(t), fits)
	case reflect.Array:
		return t.Len() == 1 && storedDirectly(t.Elem())
	}
	return false
}

// closure returns what a func holds behind its code address.
type closure struct {
	size     uintptr
	captures []capture
}

// capture is a captured variable; without a plan it is passed over.
type capture struct {
	size    uintptr
	plan    *plan
	pointer bool
}

// closureAt recognises a func by the name of its code: x.Method is its receiver, and some of goja's closures hold script
// values. Others, host functions above all, return nil.
func (a *auditor) closureAt(code uintptr) *closure {
	name, ok := strings.CutPrefix(runtime.FuncForPC(code).Name(), gojaPath+".(*")
	if !ok {
		return nil
	}
	if method, ok := strings.CutSuffix(name, "-fm"); ok {
		receiver, _, _ := strings.Cut(method, ").")
		if p := a.named[receiver]; p != nil && receiver != "Runtime" {
			return &closure{size: 2 * word, captures: []capture{{size: word, plan: p, pointer: true}}}
		}
		return nil
	}
	if layout := capturesOf(closureName(code)); layout != "" {
		return a.captured(layout)
	}
	return nil
}

// capturesOf lists the variables that one of goja's closures captures, in their order in memory, as of the pinned
// version: v a value, s a slice of values, f a func, "." any word, and a type's name for a pointer to it; &v and &s point to one.
// checkClosures looks whether that holds.
func capturesOf(maker string) string {
	switch maker {
	case "promise_all++", "promise_any++":
		return ". &s . . promiseCapability ."
	case "promise_allSettled+++":
		return ". . . . . . &s . . promiseCapability"
	case "promiseProto_finally":
		return "f . Object"
	case "promiseProto_finally+":
		return "v"
	case "newPromiseCapability":
		return "&v . &v"
	case "builtin_proxy_revocable":
		return "proxyObject"
	case "boundCallable":
		return "s f v"
	case "createResolvingFunctions":
		return ". Promise"
	case "newPromiseReactionJob":
		return "promiseReaction v"
	case "newPromiseResolveThenableJob":
		return "Promise . jobCallback v"
	}
	return ""
}

func (a *auditor) captured(layout string) *closure {
	c := &closure{size: word}
	for kind := range strings.FieldsSeq(layout) {
		v := capture{size: captureSize(kind)}
		switch kind {
		case ".":
		case "v":
			v.plan = a.plan(reflect.TypeFor[struct{ V goja.Value }]())
		case "s":
			v.plan = a.plan(reflect.TypeFor[struct{ V []goja.Value }]())
		case "f":
			v.plan = a.plan(reflect.TypeFor[struct{ F func() }]())
		case "&v":
			v.plan, v.pointer = a.plan(reflect.TypeFor[struct{ V goja.Value }]()), true
		case "&s":
			v.plan, v.pointer = a.plan(reflect.TypeFor[struct{ V []goja.Value }]()), true
		default:
			v.plan, v.pointer = a.named[kind], true
		}
		c.captures = append(c.captures, v)
		c.size += v.size
	}
	return c
}

// rounded returns what Go's allocator takes for n bytes; its size classes are at most an eighth apart.
func rounded(n uintptr) int64 {
	switch {
	case n == 0:
		return 0
	case n <= 8:
		return 8
	case n <= 128:
		return int64((n + 15) &^ 15)
	case n <= 32768:
		shift := bits.Len64(uint64(n-1)) - 4
		return int64((n + 1<<shift - 1) >> shift << shift)
	}
	return int64((n + 8191) &^ 8191)
}

// mapSize returns the bytes of a map of n entries: groups of eight, filled to seven eighths.
func mapSize(n int, key, elem uintptr) int64 {
	group := 8 + 8*(key+elem)
	switch {
	case n == 0:
		return 48
	case n <= 8:
		return 48 + rounded(group)
	}
	slots := int64(1) << bits.Len64(uint64(n)*8/7-1)
	return 48 + slots/8*int64(group)
}
