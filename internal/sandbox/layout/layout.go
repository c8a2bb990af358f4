// Package layout is all that knows how goja is laid out in memory, and the only package that imports unsafe.
//
// goja has no way to bound its natives, and replacing a hundred of them in each VM costs more than most runs. But goja makes
// them when a script first reads them, from templates that all VMs of the process share: each template is given factories
// that put a guard into the native they made. Runtimes that are not the sandbox's, such as those of a program that embeds
// the engine, get natives without guards. The audits of a VM's memory and the naming of Go's functions read goja's structs.
//
// The sandbox calls it. go.mod pins the version of goja, but a program that embeds the engine may link another: what is
// assumed is checked once, at first use. The package knows neither guards nor limits.
package layout

import (
	"reflect"
	"sync"
	"unsafe"

	"github.com/dop251/goja"
)

// learned is what this package keeps for the process: patching a template twice would guard natives twice.
var learned = sync.OnceValue(learn)

// Learned finds out, at the first call, how goja is laid out, and patches its templates. Where a Runtime that is not the
// sandbox's is at work by then, both touch goja's templates at once: call it early.
func Learned() *Layout { return learned() }

type (
	// Native is a function of goja's.
	Native = func(goja.FunctionCall) goja.Value
	// Construct is the form of a function of goja's as a constructor.
	Construct = func([]goja.Value, *goja.Object) *goja.Object

	factory = func(*goja.Runtime) goja.Value
)

// Layout is what was learned of goja in this process. It is immutable.
type Layout struct {
	readable  bool   // the fields are as expected
	none      int    // 0, what Depth says where they are not
	patched   bool   // natives are guarded when they are made
	auditable bool   // audits can be trusted
	why       string // what did not hold; "" when all did

	self     uintptr // offset of Object.self
	mapper   uintptr // offset of Runtime.fieldNameMapper
	property uintptr // offset of valueProperty.value
	accessor uintptr // offset of valueProperty.accessor
	machine  uintptr // offset of Runtime.vm
	stack    uintptr // offset of vm.stack
	jobs     uintptr // offset of Runtime.jobQueue
	calls    uintptr // offset of vm.callStack
	tries    triesLayout
	begins   beginnings

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
	text    textLayout
	holders map[unsafe.Pointer]holder // by type word of what may have accessors

	auditors *sync.Pool
}

type funcLayout struct{ call, construct, properties uintptr }

// Installer puts the guards of one VM into its natives.
type Installer interface {
	// Install is called on the VM's goroutine when a template has made o. Names are as in "String.prototype.repeat".
	Install(name string, o *goja.Object)
}

// Mark ties a Runtime to its guards: see Tie. It is a FieldNameMapper because that is a place in a Runtime that scripts
// cannot reach. Names stay as goja has them without one.
type Mark struct{ Guards Installer }

// FieldName returns the name of the field as it is.
func (*Mark) FieldName(_ reflect.Type, f reflect.StructField) string { return f.Name }

// MethodName returns the name of the method as it is.
func (*Mark) MethodName(_ reflect.Type, m reflect.Method) string { return m.Name }

// Tie has a VM's natives guarded by m.Guards from when it is called, before any script runs. m must live as long as the VM,
// and host code must not set another field name mapper.
func (l *Layout) Tie(rt *goja.Runtime, m *Mark) { rt.SetFieldNameMapper(m) }

// Patched reports whether natives are guarded when they are made.
func (l *Layout) Patched() bool { return l.patched }

// Missing returns what does not hold of the linked goja, "" when all does.
func (l *Layout) Missing() string { return l.why }

// Unknown returns the layout of a goja of which nothing is known: nothing is read, patched or audited.
func Unknown() *Layout { return &Layout{why: "goja is not known"} }

func learn() *Layout {
	l := &Layout{auditors: &sync.Pool{New: func() any { return newAuditor() }}}
	if err := l.findFields(); err != nil {
		l.why = err.Error()
		return l
	}
	l.readable = true
	if err := l.checkReads(); err != nil {
		l.readable, l.why = false, err.Error()
		return l
	}
	if err := l.checkBeginnings(); err != nil {
		l.readable, l.why = false, err.Error()
		return l
	}
	if err := l.patchTemplates(); err != nil {
		l.why = err.Error()
		return l
	}
	if err := l.checkPatches(); err != nil {
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
