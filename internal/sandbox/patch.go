package sandbox

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/dlclark/regexp2/v2"
	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// This file, with audit.go, stack.go and name.go, is all that knows how goja is laid out in memory. goja has no way to bound its natives, and
// replacing forty of them in each VM costs more than most runs. But goja makes them when a script first reads them, from
// templates that all VMs of the process share: each template is given factories that put a guard into the native they
// made. Runtimes that are not ours, such as those of a program that embeds the engine, get natives without guards.
//
// go.mod pins the version of goja. What is assumed of it is checked once, at first use; when it does not hold, guards are
// put on eagerly and audits are coarse.

// learned is the one thing this package keeps for the process: patching a template twice would guard natives twice.
var learned = sync.OnceValue(learn)

// Learn finds out now how goja is laid out, and guards its natives. Else the first VM does, or the first function that is
// named; where a Runtime that is not ours is at work by then, both touch goja's templates at once.
func Learn() { learned() }

type (
	native    = func(goja.FunctionCall) goja.Value
	construct = func([]goja.Value, *goja.Object) *goja.Object
	factory   = func(*goja.Runtime) goja.Value
)

// layout is what was learned of goja in this process.
type layout struct {
	patched   bool   // natives are guarded when they are made
	auditable bool   // audits can be trusted
	why       string // what did not hold; "" when all did

	self     uintptr // offset of Object.self
	mapper   uintptr // offset of Runtime.fieldNameMapper
	property uintptr // offset of valueProperty.value
	machine  uintptr // offset of Runtime.vm
	stack    uintptr // offset of vm.stack

	properties unsafe.Pointer // type word of a property as factories make them

	funcs   map[unsafe.Pointer]funcLayout // by type word of self
	scripts map[unsafe.Pointer]bool       // type words of functions that are code of a script
	array   unsafe.Pointer                // type word of a dense array
	values  uintptr                       // offset of its values
	wrapped uintptr                       // offset of the function that a bound one wraps
	bound   unsafe.Pointer                // type word of a bound function
	ascii   unsafe.Pointer                // type word of a string of ASCII
	plain   unsafe.Pointer                // type word of a plain object
	fields  uintptr                       // offset of its properties
	names   uintptr                       // offset of their names, in order
	regexp  regexpLayout

	auditors *sync.Pool
	pace     *pacer
}

type funcLayout struct{ call, construct, properties uintptr }

type regexpLayout struct {
	typ                                      unsafe.Pointer
	pattern, source, linear, wrapper, engine uintptr
	flags                                    [6]uintptr
}

// mark ties a Runtime to its guards. It is a FieldNameMapper because that is a place in a Runtime that scripts cannot
// reach. Names stay as goja has them without one. Host code must not set another mapper in a VM of ours.
type mark struct{ guards *guards }

func (*mark) FieldName(_ reflect.Type, f reflect.StructField) string { return f.Name }
func (*mark) MethodName(_ reflect.Type, m reflect.Method) string     { return m.Name }

func learn() *layout {
	boundPatterns()
	l := &layout{auditors: &sync.Pool{New: func() any { return newAuditor() }}, pace: &pacer{heaps: map[*Budget]int64{}}}
	if err := l.offsets(); err != nil {
		l.why = err.Error()
		return l
	}
	if err := l.patchTemplates(); err != nil {
		l.why = err.Error()
		return l
	}
	l.patched = true
	if err := l.checkAudit(); err != nil {
		l.why = err.Error()
		return l
	}
	l.auditable = true
	return l
}

func (l *layout) offsets() (err error) {
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
	l.self = field(reflect.TypeFor[goja.Object](), "self")
	l.mapper = field(reflect.TypeFor[goja.Runtime](), "fieldNameMapper")
	l.machine = field(reflect.TypeFor[goja.Runtime](), "vm")
	l.stack = field(machineOf(), "stack")
	l.funcs, l.scripts = map[unsafe.Pointer]funcLayout{}, map[unsafe.Pointer]bool{}
	for _, code := range []string{"''.repeat", "Object", "(function(){}).bind()", "Function.prototype"} {
		typ, t := l.impl(eval(code))
		l.funcs[typ] = funcLayout{field(t, "f"), field(t, "construct"), field(t, "values")}
	}
	for _, code := range []string{
		"(function(){})", "(()=>1)", "(async()=>1)", "(async function(){})", "(function*(){})", "(class{})", "({m(){}}).m", "({async m(){}}).m", "({*m(){}}).m",
	} {
		typ, t := l.impl(eval(code))
		field(t, "prg")
		l.scripts[typ] = true
	}
	var t reflect.Type
	l.array, t = l.impl(eval("[1]"))
	l.values = field(t, "values")
	l.bound, t = l.impl(eval("(function(){}).bind()"))
	l.wrapped = field(t, "wrapped")
	l.plain, t = l.impl(eval("({})"))
	l.fields, l.names = field(t, "values"), field(t, "propNames")
	l.regexp.typ, t = l.impl(eval("/a/"))
	l.regexp.pattern = field(t, "pattern")
	pattern, _ := t.FieldByName("pattern")
	t = pattern.Type.Elem()
	l.regexp.source, l.regexp.linear, l.regexp.wrapper = field(t, "src"), field(t, "regexpWrapper"), field(t, "regexp2Wrapper")
	for i, name := range []string{"global", "ignoreCase", "multiline", "dotAll", "sticky", "unicode"} {
		l.regexp.flags[i] = field(t, name)
	}
	wrapper, _ := t.FieldByName("regexp2Wrapper")
	l.regexp.engine = field(wrapper.Type.Elem(), "rx")
	word := rt.ToValue("a")
	l.ascii = (*iface)(unsafe.Pointer(&word)).typ
	return nil
}

// field answers the offset of a field, which may be one of an embedded struct; it panics when there is none.
func field(t reflect.Type, name string) uintptr {
	f, ok := t.FieldByName(name)
	if !ok {
		panic(t.String() + " has no " + name)
	}
	var offset uintptr
	for _, i := range f.Index {
		if t.Kind() != reflect.Struct {
			panic(t.String() + " is embedded by pointer")
		}
		offset += t.Field(i).Offset
		t = t.Field(i).Type
	}
	return offset
}

// impl answers the type word and the struct type of what implements an object.
func (l *layout) impl(o *goja.Object) (unsafe.Pointer, reflect.Type) {
	t := reflect.ValueOf(o).Elem().FieldByName("self").Elem().Type().Elem()
	return (*iface)(unsafe.Add(unsafe.Pointer(o), l.self)).typ, t
}

func (l *layout) selfOf(o *goja.Object) *iface {
	return (*iface)(unsafe.Add(unsafe.Pointer(o), l.self))
}

// callable answers where a native function keeps its code and its constructor, or nil.
func (l *layout) callable(o *goja.Object) (call *native, make *construct) {
	self := l.selfOf(o)
	f, ok := l.funcs[self.typ]
	if !ok {
		return nil, nil
	}
	return (*native)(unsafe.Add(self.data, f.call)), (*construct)(unsafe.Add(self.data, f.construct))
}

// isScript tells code of a script from natives: calling it ticks.
func (l *layout) isScript(o *goja.Object) bool { return l.scripts[l.selfOf(o).typ] }

// dense answers the elements of an array without accessors or a huge hole; a nil among them is a hole.
func (l *layout) dense(o *goja.Object) ([]goja.Value, bool) {
	self := l.selfOf(o)
	if self.typ != l.array {
		return nil, false
	}
	return *(*[]goja.Value)(unsafe.Add(self.data, l.values)), true
}

// properties answers what a plain object holds.
func (l *layout) propertiesOf(o *goja.Object) (map[unistring.String]goja.Value, bool) {
	self := l.selfOf(o)
	if self.typ != l.plain {
		return nil, false
	}
	return *(*map[unistring.String]goja.Value)(unsafe.Add(self.data, l.fields)), true
}

// orderedProperties answers what a plain object holds, and the names in the order in which they came.
func (l *layout) orderedProperties(o *goja.Object) ([]unistring.String, map[unistring.String]goja.Value, bool) {
	self := l.selfOf(o)
	if self.typ != l.plain {
		return nil, nil, false
	}
	return *(*[]unistring.String)(unsafe.Add(self.data, l.names)), *(*map[unistring.String]goja.Value)(unsafe.Add(self.data, l.fields)), true
}

// pattern is what goja compiled a regular expression to.
type pattern struct {
	linear                                                 *regexp.Regexp  // nil where only backtracking will do
	backtracking                                           *regexp2.Regexp // nil until it is needed
	source                                                 string
	global, ignoreCase, multiline, dotAll, sticky, unicode bool
}

// compile makes the backtracking form, as goja would.
func (p *pattern) compile() (*regexp2.Regexp, error) {
	options := regexp2.RegexOptions(regexp2.ECMAScript)
	for option, on := range map[regexp2.RegexOptions]bool{
		regexp2.Multiline: p.multiline, regexp2.Singleline: p.dotAll, regexp2.IgnoreCase: p.ignoreCase, regexp2.Unicode: p.unicode,
	} {
		if on {
			options |= option
		}
	}
	return regexp2.Compile(p.source, options)
}

// patternOf answers the pattern of a regular expression, nil for other objects.
func (l *layout) patternOf(o *goja.Object) *pattern {
	self := l.selfOf(o)
	if self.typ != l.regexp.typ {
		return nil
	}
	at := *(*unsafe.Pointer)(unsafe.Add(self.data, l.regexp.pattern))
	flag := func(i int) bool { return *(*bool)(unsafe.Add(at, l.regexp.flags[i])) }
	p := &pattern{
		linear: *(**regexp.Regexp)(unsafe.Add(at, l.regexp.linear)),
		source: *(*string)(unsafe.Add(at, l.regexp.source)),
		global: flag(0), ignoreCase: flag(1), multiline: flag(2), dotAll: flag(3), sticky: flag(4), unicode: flag(5),
	}
	if wrapper := *(*unsafe.Pointer)(unsafe.Add(at, l.regexp.wrapper)); wrapper != nil {
		p.backtracking = *(**regexp2.Regexp)(unsafe.Add(wrapper, l.regexp.engine))
	}
	return p
}

// isProperty tells an accessor, or a property with attributes, that stands among the elements of an array.
func (l *layout) isProperty(v goja.Value) bool {
	return (*iface)(unsafe.Pointer(&v)).typ == l.properties
}

// boundDepth counts the functions that are bound into one another, up to a limit.
func (l *layout) boundDepth(o *goja.Object, limit int) (n int) {
	for ; n < limit && o != nil && l.selfOf(o).typ == l.bound; n++ {
		o = *(**goja.Object)(unsafe.Add(l.selfOf(o).data, l.wrapped))
	}
	return n
}

func (l *layout) isASCII(s goja.Value) bool { return (*iface)(unsafe.Pointer(&s)).typ == l.ascii }

// guardsOf answers the guards of a Runtime, nil when it is not ours.
func (l *layout) guardsOf(rt *goja.Runtime) *guards {
	if m, ok := (*(*goja.FieldNameMapper)(unsafe.Add(unsafe.Pointer(rt), l.mapper))).(*mark); ok {
		return m.guards
	}
	return nil
}

// templates are the owners of natives that goja makes lazily, by the expression that reads them.
func templates() []string {
	return []string{
		"String.prototype", "Array.prototype", "Function.prototype", "Object", "Object.prototype", "globalThis",
		"Object.getPrototypeOf(Uint8Array.prototype)", "DataView.prototype",
	}
}

func (l *layout) patchTemplates() (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("goja's templates are laid out in an unknown way: %v", x)
		}
	}()
	rt := goja.New()
	for _, owner := range templates() {
		v, err := rt.RunString(owner)
		if err != nil {
			return err
		}
		if err := l.patchTemplate(ownerName(owner), v.(*goja.Object)); err != nil {
			return err
		}
	}
	return nil
}

func ownerName(owner string) string {
	if strings.HasPrefix(owner, "Object.getPrototypeOf") {
		return "TypedArray.prototype"
	}
	return owner
}

// patchTemplate gives one template new factories. Other goroutines may read the old maps at the same time, so the maps
// are replaced, not changed.
func (l *layout) patchTemplate(owner string, o *goja.Object) error {
	self := l.selfOf(o)
	_, t := l.impl(o)
	f, ok := t.FieldByName("tmpl")
	if !ok {
		return fmt.Errorf("%s has no template", owner)
	}
	tmpl := *(*unsafe.Pointer)(unsafe.Add(self.data, field(t, "tmpl")))
	tt := f.Type.Elem()

	props, _ := tt.FieldByName("props")
	if !props.Type.Elem().ConvertibleTo(reflect.TypeFor[factory]()) || props.Type.Key() != reflect.TypeFor[unistring.String]() {
		return fmt.Errorf("properties of %s are %v", owner, props.Type)
	}
	old := *(*map[unistring.String]factory)(unsafe.Add(tmpl, props.Offset))
	if sample := old["constructor"]; l.properties == nil && sample != nil {
		v := sample(goja.New())
		l.properties = (*iface)(unsafe.Pointer(&v)).typ
		l.property = field(reflect.TypeOf(v).Elem(), "value")
	}
	patched := make(map[unistring.String]factory, len(old))
	for name, make := range old {
		patched[name] = l.guarded(owner+"."+name.String(), make)
	}
	replaceMap(unsafe.Add(tmpl, props.Offset), unsafe.Pointer(&patched))

	symbols, _ := tt.FieldByName("symProps")
	if symbols.Type.Key() != reflect.TypeFor[*goja.Symbol]() {
		return fmt.Errorf("symbols of %s are %v", owner, symbols.Type)
	}
	oldSymbols := *(*map[*goja.Symbol]factory)(unsafe.Add(tmpl, symbols.Offset))
	if oldSymbols == nil {
		return nil
	}
	patchedSymbols := make(map[*goja.Symbol]factory, len(oldSymbols))
	for name, make := range oldSymbols {
		patchedSymbols[name] = l.guarded(owner+"."+name.String(), make)
	}
	replaceMap(unsafe.Add(tmpl, symbols.Offset), unsafe.Pointer(&patchedSymbols))
	return nil
}

func replaceMap(old, new unsafe.Pointer) {
	atomic.StorePointer((*unsafe.Pointer)(old), *(*unsafe.Pointer)(new))
}

// guarded is a factory that puts guards into what another made, in our own VMs.
func (l *layout) guarded(name string, old factory) factory {
	return func(rt *goja.Runtime) goja.Value {
		v := old(rt)
		if g := l.guardsOf(rt); g != nil {
			if o := l.propertyValue(v); o != nil {
				g.install(name, o)
			}
		}
		return v
	}
}

// propertyValue answers the object in a data property that a factory made, or nil.
func (l *layout) propertyValue(v goja.Value) *goja.Object {
	w := (*iface)(unsafe.Pointer(&v))
	if w.typ != l.properties || w.data == nil {
		return nil
	}
	o, _ := (*(*goja.Value)(unsafe.Add(w.data, l.property))).(*goja.Object)
	return o
}
