package layout

import (
	"fmt"
	"reflect"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// The types of the fields that unsafe code reads or writes, as unsafe code takes them.
type (
	propertyMap  = map[unistring.String]goja.Value
	propertyList = []unistring.String
	anyPointer   struct{} // a pointer to a struct
	anyInterface struct{} // an interface with methods
)

// findFields finds every field that the package reads or writes through unsafe, and checks its name, its type and that it
// lies within its struct. Offsets are those of the linked goja: a field that has moved is found.
func (l *Layout) findFields() (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("goja is laid out in an unknown way: %v", x)
		}
	}()
	rt := goja.New()
	eval := func(code string) *goja.Object {
		v, err := rt.RunString(code)
		if err != nil {
			panic(err)
		}
		return v.(*goja.Object)
	}
	l.self = field[anyInterface](reflect.TypeFor[goja.Object](), "self")
	runtime := reflect.TypeFor[goja.Runtime]()
	l.mapper = field[goja.FieldNameMapper](runtime, "fieldNameMapper")
	l.machine = field[anyPointer](runtime, "vm")
	l.stack = field[[]goja.Value](pointee(runtime, "vm"), "stack")
	l.findCalls(pointee(runtime, "vm"))
	l.findBeginnings(pointee(runtime, "vm"))
	l.jobs = field[[]func()](runtime, "jobQueue")
	l.funcs, l.scripts = map[unsafe.Pointer]funcLayout{}, map[unsafe.Pointer]bool{}
	for _, code := range []string{"''.repeat", "Object", "(function(){}).bind()", "Function.prototype"} {
		typ, t := l.impl(eval(code))
		l.funcs[typ] = funcLayout{field[Native](t, "f"), field[Construct](t, "construct"), field[propertyMap](t, "values")}
	}
	for _, code := range scriptFunctions() {
		typ, t := l.impl(eval("(" + code + ")"))
		field[*goja.Program](t, "prg")
		l.scripts[typ] = true
	}
	var t reflect.Type
	l.array, t = l.impl(eval("[1]"))
	l.values = field[[]goja.Value](t, "values")
	l.bound, t = l.impl(eval("(function(){}).bind()"))
	l.wrapped = field[*goja.Object](t, "wrapped")
	l.plain, t = l.impl(eval("({})"))
	l.fields, l.names = field[propertyMap](t, "values"), field[propertyList](t, "propNames")
	l.findRegExp(eval("/a/"), eval("RegExp.prototype"))
	l.findProperty(eval("Object.prototype"))
	l.findTexts(rt)
	l.findHolders(rt, eval)
	return nil
}

// scriptFunctions are one function of each kind that a script can write.
func scriptFunctions() []string {
	return []string{
		"function(){}", "()=>1", "async()=>1", "async function(){}", "function*(){}", "class{}", "{m(){}}.m", "{async m(){}}.m", "{*m(){}}.m",
	}
}

// template describes the template of an object.
type template struct {
	at             unsafe.Pointer
	props, symbols uintptr
}

// templateOf finds the template of an object that makes its natives lazily.
func (l *Layout) templateOf(o *goja.Object) template {
	_, t := l.impl(o)
	tmpl := pointee(t, "tmpl")
	return template{
		at:      *(*unsafe.Pointer)(unsafe.Add(l.implAt(o).data, field[anyPointer](t, "tmpl"))),
		props:   field[map[unistring.String]factory](tmpl, "props"),
		symbols: field[map[*goja.Symbol]factory](tmpl, "symProps"),
	}
}

// findProperty finds how properties look that factories of a template make.
func (l *Layout) findProperty(owner *goja.Object) {
	tmpl := l.templateOf(owner)
	props := *(*map[unistring.String]factory)(unsafe.Add(tmpl.at, tmpl.props))
	sample := props["constructor"]
	if sample == nil {
		panic("a template has no constructor")
	}
	v := sample(goja.New())
	t := reflect.TypeOf(v)
	if t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		panic("properties are " + t.String())
	}
	l.properties = (*iface)(unsafe.Pointer(&v)).typ
	l.property = field[goja.Value](t.Elem(), "value")
	l.accessor = field[bool](t.Elem(), "accessor")
}

// field returns the offset of a field, which may be one of an embedded struct. It panics when there is none of that name
// and of a type that is laid out as T.
func field[T any](t reflect.Type, name string) uintptr {
	f, ok := t.FieldByName(name)
	if !ok {
		panic(t.String() + " has no " + name)
	}
	switch want := reflect.TypeFor[T](); want {
	case reflect.TypeFor[anyPointer]():
		ok = f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct
	case reflect.TypeFor[anyInterface]():
		ok = f.Type.Kind() == reflect.Interface && f.Type.NumMethod() > 0
	default:
		ok = alike(f.Type, want)
	}
	if !ok {
		panic(t.String() + "." + name + " is a " + f.Type.String())
	}
	owner := t
	var offset uintptr
	for _, i := range f.Index {
		if t.Kind() != reflect.Struct {
			panic(t.String() + " is embedded by pointer")
		}
		offset += t.Field(i).Offset
		t = t.Field(i).Type
	}
	if offset+f.Type.Size() > owner.Size() || offset%uintptr(f.Type.Align()) != 0 {
		panic(owner.String() + "." + name + " lies outside of its struct")
	}
	return offset
}

// pointee returns the struct that a field points to.
func pointee(t reflect.Type, name string) reflect.Type {
	field[anyPointer](t, name)
	f, _ := t.FieldByName(name)
	return f.Type.Elem()
}

// alike reports whether values of both types are the same in memory and mean the same to Go: what goja names, unsafe code
// takes for its underlying type.
func alike(t, want reflect.Type) bool {
	if t == want {
		return true
	}
	if t.Kind() != want.Kind() {
		return false
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return alike(t.Elem(), want.Elem())
	case reflect.Map:
		return alike(t.Key(), want.Key()) && alike(t.Elem(), want.Elem())
	}
	return t.ConvertibleTo(want) && want.ConvertibleTo(t)
}

// implAt returns where the implementation of an object is noted, before it is known whether all fields hold.
func (l *Layout) implAt(o *goja.Object) iface {
	return *(*iface)(unsafe.Add(unsafe.Pointer(o), l.self))
}

// impl returns the type word and the struct type of what implements an object.
func (l *Layout) impl(o *goja.Object) (unsafe.Pointer, reflect.Type) {
	t := reflect.ValueOf(o).Elem().FieldByName("self").Elem().Type()
	if t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		panic("an object is implemented by " + t.String())
	}
	return l.implAt(o).typ, t.Elem()
}
