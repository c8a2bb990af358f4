package layout

import (
	"reflect"
	"strconv"
	"strings"
	"unsafe"

	"github.com/dop251/goja"
)

// holder says where objects of one type keep what may be accessors. Go's own have none, and are without offsets.
type holder struct {
	byGo                             bool
	properties, symbols, inherits    uintptr // offsets of the properties by name, those by symbol, and the prototype
	sparse                           bool
	special, elements, count, length uintptr // of arrays: offsets of how many elements are special, of these, how many there are and the length; 0 for others
}

// findHolders learns this of all types of objects that scripts meet.
func (l *Layout) findHolders(rt *goja.Runtime, eval func(string) *goja.Object) {
	l.holders = map[unsafe.Pointer]holder{}
	samples := append(scriptFunctions(),
		"{}", "[1]", "Array.prototype", "Object.prototype", "Math", "Object.assign([], {9999999: 1})", "(function () { return arguments })(1)",
		"Object(1)", "Object('a')", "new Date(0)", "/a/", "new Error()", "new Map()", "new Set()", "new WeakMap()", "new WeakSet()",
		"Promise.resolve()", "(function*(){})()", "[].values()", "new Map().values()", "new Set().values()",
		"''[Symbol.iterator]()", "new ArrayBuffer(1)", "new Uint8Array(1)",
		"new DataView(new ArrayBuffer(1))", "''.repeat", "Object", "(function(){}).bind()", "Function.prototype", "Symbol.prototype",
		"Map", "RegExp.prototype", "Number.prototype", "String.prototype", "Error.prototype",
	)
	list := eval("[" + strings.Join(samples, ", ") + "]")
	for i := range samples {
		typ, t := l.impl(list.Get(strconv.Itoa(i)).(*goja.Object))
		if _, known := l.holders[typ]; known {
			continue
		}
		base, at := t, uintptr(0)
		if f, ok := t.FieldByName("baseObject"); ok {
			base, at = f.Type, embedded(t, f)
		}
		h := holder{
			properties: at + field[propertyMap](base, "values"), symbols: at + field[anyPointer](base, "symValues"),
			inherits: at + field[*goja.Object](base, "prototype"),
		}
		if _, ok := t.FieldByName("propValueCount"); ok {
			h.special = field[int](t, "propValueCount")
			if _, h.sparse = t.FieldByName("items"); !h.sparse {
				h.elements, h.count, h.length = field[[]goja.Value](t, "values"), field[int](t, "objCount"), field[uint32](t, "length")
			}
		}
		l.holders[typ] = h
	}
	for _, v := range []any{map[string]any{}, []any{}, struct{}{}, &struct{}{}, []int{}, map[int]int{}, [1]int{}} {
		typ, _ := l.impl(rt.ToValue(v).(*goja.Object))
		l.holders[typ] = holder{byGo: true}
	}
}

// embedded returns the offset of an embedded struct. It panics where that is embedded by pointer.
func embedded(t reflect.Type, f reflect.StructField) (offset uintptr) {
	for _, i := range f.Index {
		if t.Kind() != reflect.Struct {
			panic(t.String() + " is embedded by pointer")
		}
		offset += t.Field(i).Offset
		t = t.Field(i).Type
	}
	return offset
}

// Computes reports whether reading the own properties of an object may run code of a script: an accessor or, which it does not look
// at, properties whose names are symbols. It reports so of proxies, and of objects that it does not know.
func (l *Layout) Computes(o *goja.Object) bool {
	if !l.readable {
		return false
	}
	self := l.selfOf(o)
	h, ok := l.holders[self.typ]
	return !ok || !h.byGo && (*(*unsafe.Pointer)(unsafe.Add(self.data, h.symbols)) != nil || l.specialElements(self, h) || l.accessors(self, h, false))
}

// ComputesElements reports whether reading the elements of an array, or of what is like one, may run code of a script: an accessor,
// its own or of a prototype where it has a hole, or a proxy.
func (l *Layout) ComputesElements(o *goja.Object) bool {
	if !l.readable {
		return false
	}
	for first := true; o != nil; first = false {
		self := l.selfOf(o)
		h, ok := l.holders[self.typ]
		switch {
		case !ok:
			return true
		case h.byGo:
			return false
		case l.specialElements(self, h):
			return true
		case first && h.elements != 0 && *(*int)(unsafe.Add(self.data, h.count)) == int(*(*uint32)(unsafe.Add(self.data, h.length))): // no holes
			return false
		case l.accessors(self, h, true):
			return true
		}
		o = *(**goja.Object)(unsafe.Add(self.data, h.inherits))
	}
	return false
}

// ComputesNamed reports whether reading any property of an object but its __proto__ may run code of a script.
func (l *Layout) ComputesNamed(o *goja.Object) bool {
	if !l.readable {
		return false
	}
	for o != nil {
		self := l.selfOf(o)
		h, ok := l.holders[self.typ]
		if !ok || !h.byGo && l.accessors(self, h, false) {
			return true
		}
		if h.byGo {
			return false
		}
		o = *(**goja.Object)(unsafe.Add(self.data, h.inherits))
	}
	return false
}

// specialElements reports whether an element of an array is an accessor.
func (l *Layout) specialElements(self iface, h holder) bool {
	if h.special == 0 || *(*int)(unsafe.Add(self.data, h.special)) == 0 {
		return false
	}
	if h.sparse {
		return true
	}
	for _, v := range *(*[]goja.Value)(unsafe.Add(self.data, h.elements)) {
		if l.isAccessor(v) {
			return true
		}
	}
	return false
}

// accessors reports whether a property is an accessor, of all or of those whose names are indexes.
func (l *Layout) accessors(self iface, h holder, indexes bool) bool {
	for name, v := range *(*propertyMap)(unsafe.Add(self.data, h.properties)) {
		if indexes && (name == "" || name[0] < '0' || name[0] > '9') {
			continue
		}
		if l.isAccessor(v) && name != "__proto__" {
			return true
		}
	}
	return false
}

func (l *Layout) isAccessor(v goja.Value) bool {
	return l.IsProperty(v) && *(*bool)(unsafe.Add((*iface)(unsafe.Pointer(&v)).data, l.accessor))
}

// checkGetters looks at objects of which it is known whether they have accessors.
func (l *Layout) checkGetters(eval func(string) *goja.Object, must func(bool, string)) {
	each := func(list string, ok func(o *goja.Object) bool, what string) {
		o := eval("[" + list + "]")
		for i := range o.Get("length").ToInteger() {
			must(ok(o.Get(strconv.FormatInt(i, 10)).(*goja.Object)), what)
		}
	}
	plain := "Object.freeze([7, 8, 'b']), {a: 1}, Object.freeze({a: 1}), Object.assign([], {9999999: 1}), new Uint8Array(9), new Date(0), () => 1"
	each(plain, func(o *goja.Object) bool {
		return !l.Computes(o) && !l.ComputesElements(o)
	}, "an object without accessors")
	each(`...[[7], {}, Object.assign([], {9999999: 1}), (function () { return arguments })(1), new Date(0), () => 1, new Error(), Math,
		''.repeat, Object, class {}, /a/, Promise.resolve()].map(o => Object.defineProperty(o, 0, {get: () => 1, configurable: true}))`, func(o *goja.Object) bool {
		return l.Computes(o) && l.ComputesElements(o)
	}, "an accessor")
	each(`Object.setPrototypeOf([1,,2], Object.defineProperty([], 1, {get: () => 1})), Object.setPrototypeOf(Array(5), {get 4() { return 1 }}),
		Object.create(Object.create({get 5() { return 1 }})), new Proxy([], {})`, l.ComputesElements, "an accessor in place of a hole")
	each("(function () { return arguments })(1), Array(5), {get a() { return 1 }}",
		func(o *goja.Object) bool { return !l.ComputesElements(o) }, "elements without accessors")
	each("new (class { get value() { return 1 } })(), {get a() { return 1 }}, new Proxy({}, {})", l.ComputesNamed, "an accessor of a class")
	each("{a: 1}, []", func(o *goja.Object) bool { return !l.ComputesNamed(o) }, "properties without accessors")
}
