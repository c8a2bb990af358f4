// Package intls is Intl in a VM, with the methods of numbers, dates, texts and arrays that write or compare as a language does.
//
// The sandbox puts it into place when a run first names it. The constructors are JavaScript of our own in js, which reads options
// as ECMA-402 says and is metered as code of flows; what is written and compared internal/intl does. A formatter of a script holds
// its options as a text, by which internal/intl finds its own. The package knows nothing of limits: what it needs its Host does.
package intls

import (
	"embed"
	"encoding/json"
	"strconv"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/intl"
)

// Host bounds what the natives do. Its methods unwind a native of a run that was stopped.
type Host interface {
	// Step counts operations.
	Step(n int)
	// Reserve is called before so many bytes are allocated for the script.
	Reserve(bytes float64)
	// Text turns a value into a string as the language does.
	Text(v goja.Value) goja.String
	// RangeError throws one.
	RangeError(text string)
	// Module runs a module of Parts with these members of module, and returns what it exports.
	Module(part Part, members map[string]goja.Value) *goja.Object
}

// Part is a module of the constructors.
type Part int

// The parts.
const (
	Common Part = iota
	Numbers
	Dates
	Texts
	Parts // how many there are
)

//go:embed js
var files embed.FS

// Name returns the name that stands in stacks.
func (p Part) Name() string { return "native:intl/" + p.file() }

func (p Part) file() string { return [...]string{"common", "number", "date", "text"}[p] }

// Code returns the source of a part, as the body of a module.
func (p Part) Code() (string, error) {
	code, err := files.ReadFile("js/" + p.file() + ".js")
	return string(code), err
}

// Intl is the Intl of one VM.
type Intl struct {
	rt      *goja.Runtime
	host    Host
	library *intl.Library
	parts   [Parts]*goja.Object // what they export, once they were needed
	object  *goja.Object        // Intl itself
	native  *goja.Object        // module.native of the parts
}

// New returns the Intl of a VM. Nothing of it is made before it is needed.
func New(rt *goja.Runtime, host Host, library *intl.Library) *Intl {
	return &Intl{rt: rt, host: host, library: library}
}

// part returns what a part exports.
func (i *Intl) part(p Part) *goja.Object {
	if i.parts[p] == nil {
		members := map[string]goja.Value{"native": i.natives()}
		if p != Common {
			members["common"] = i.part(Common)
		}
		if p == Texts {
			members["numbers"] = i.part(Numbers)
		}
		i.parts[p] = i.host.Module(p, members)
	}
	return i.parts[p]
}

// Object returns Intl.
func (i *Intl) Object() *goja.Object {
	if i.object != nil {
		return i.object
	}
	o := i.rt.NewObject()
	i.object = o
	_ = o.DefineDataPropertySymbol(goja.SymToStringTag, i.rt.ToValue("Intl"), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	i.own(o, "getCanonicalLocales", i.part(Common).Get("getCanonicalLocales"))
	i.own(o, "supportedValuesOf", i.part(Common).Get("supportedValuesOf"))
	i.own(o, "NumberFormat", i.part(Numbers).Get("NumberFormat"))
	i.own(o, "DateTimeFormat", i.part(Dates).Get("DateTimeFormat"))
	for _, name := range []string{"PluralRules", "RelativeTimeFormat", "ListFormat", "Collator"} {
		i.own(o, name, i.part(Texts).Get(name))
	}
	return o
}

func (i *Intl) own(o *goja.Object, name string, v goja.Value) {
	_ = o.DefineDataProperty(name, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
}

// call calls what a part exports.
func (i *Intl) call(p Part, name string, args ...goja.Value) goja.Value {
	f, _ := goja.AssertFunction(i.part(p).Get(name))
	v, err := f(goja.Undefined(), args...)
	if err != nil {
		panic(err)
	}
	return v
}

// natives returns module.native, the functions that the parts are built on.
func (i *Intl) natives() *goja.Object {
	if i.native != nil {
		return i.native
	}
	i.native = i.rt.CreateObject(nil)
	for _, family := range []map[string]func(goja.FunctionCall) goja.Value{i.tagNatives(), i.numberNatives(), i.dateNatives(), i.textNatives()} {
		for name, f := range family {
			i.own(i.native, name, i.rt.ToValue(f))
		}
	}
	return i.native
}

// key returns resolved options as the text by which internal/intl finds a formatter.
func (i *Intl) key(call goja.FunctionCall) goja.Value {
	i.host.Step(costOfFormatter)
	text, err := json.Marshal(call.Argument(0).Export())
	if err != nil {
		panic(i.rt.NewTypeError("the options cannot be read"))
	}
	i.host.Reserve(float64(len(text)))
	return i.rt.ToValue(string(text))
}

// Operations that count for what takes about as long in Go.
const (
	costOfFormatter = 200
	costOfText      = 20
)

// strings returns the texts of an array that a part has made.
func (i *Intl) strings(v goja.Value) (list []string) {
	given := v.ToObject(i.rt)
	n := int(given.Get("length").ToInteger())
	i.host.Step(n)
	bytes := 200 * float64(n)
	i.host.Reserve(bytes)
	for at := range n {
		text := i.host.Text(given.Get(strconv.Itoa(at))) // a list may hold one text often
		i.host.Step(text.Length() / 16)
		bytes += 12 * float64(text.Length())
		i.host.Reserve(bytes)
		list = append(list, text.String())
	}
	return list
}

func (i *Intl) array(list []string) goja.Value {
	values := make([]any, len(list))
	for n, s := range list {
		values[n] = s
	}
	return i.rt.NewArray(values...)
}

// text returns what was formatted, as a string of the script's.
func (i *Intl) text(s string) goja.Value {
	i.host.Step(costOfText + len(s)/8)
	i.host.Reserve(2 * float64(len(s)))
	return i.rt.ToValue(s)
}

// pieces returns parts as formatToParts does.
func (i *Intl) pieces(parts []intl.Part) goja.Value {
	i.host.Step(costOfText + 4*len(parts))
	i.host.Reserve(400 * float64(len(parts)))
	list := make([]any, len(parts))
	for n, p := range parts {
		o := i.rt.NewObject()
		i.shown(o, "type", p.Type)
		i.shown(o, "value", p.Value)
		if p.Source != "" {
			i.shown(o, "source", p.Source)
		}
		if p.Unit != "" {
			i.shown(o, "unit", p.Unit)
		}
		list[n] = o
	}
	return i.rt.NewArray(list...)
}

func (i *Intl) shown(o *goja.Object, name, text string) {
	_ = o.DefineDataProperty(name, i.rt.ToValue(text), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
}
