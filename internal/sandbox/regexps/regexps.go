// Package regexps is RegExp in a VM: its natives and the methods of String that lead to them, as ECMAScript has them, over the
// matcher of internal/pattern.
//
// The sandbox puts them into place when a run first uses a regular expression. goja keeps its own objects for those, and takes
// each for a plain pattern: the text that it has compiled is a key (pattern.Key) that says which pattern is meant. The package knows
// nothing of limits: what it needs its Host does.
package regexps

import (
	"errors"
	"fmt"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/pattern"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// Host bounds what the natives do. Its methods unwind a native of a run that was stopped.
type Host interface {
	// Step charges steps of a match, and notes bytes that it holds or lets go. Its error ends the match.
	Step(steps int, bytes int64) error
	// Reserve is called before so many bytes are allocated for the script.
	Reserve(bytes float64)
	// Hold notes bytes that only a native holds, Release that it does no more.
	Hold(bytes int64)
	Release(bytes int64)
	// Keep has audits see a value that a native holds, and returns how many were kept before it. Drop lets go of all but so many.
	Keep(v goja.Value) (before int)
	Drop(before int)
	// Check unwinds a native of a stopped run.
	Check()
	// Text turns a value into a string as the language does.
	Text(v goja.Value) goja.String
	// RangeError throws one.
	RangeError(text string)
	// TooLong ends the run since one match takes more than so many steps.
	TooLong(steps int)
}

// Programs returns the pattern of a literal by its key, nil for others.
type Programs interface {
	Pattern(key string) *pattern.Pattern
}

const (
	maxPattern = 1 << 16   // characters of a pattern
	maxSteps   = 5_000_000 // of one match
	maxKept    = 1 << 20   // bytes of patterns that a VM keeps compiled, besides those of its programs
)

// RegExps are the regular expressions of one VM.
type RegExps struct {
	rt       *goja.Runtime
	known    *layout.Layout
	host     Host
	programs []Programs
	matcher  pattern.Matcher
	spent    int // steps of the match that is looked for

	constructor, prototype, exec *goja.Object
	source                       goja.Callable // goja's own getter; nil where the layout is known
	matchAll                     layout.Native // goja's own
	compile                      layout.Native

	text    goja.String // whose units are units16; where the layout is not known
	units16 []uint16

	entries map[string]*entry // by key
	held    int64             // bytes of those that were compiled here
	lastKey string
	last    *entry
}

// entry is a pattern that the VM has used.
type entry struct {
	program *pattern.Pattern
	flags   pattern.Flags
	source  goja.String
	shown   goja.String // the source as it may stand in a literal; nil until it is asked for
}

// Arm prepares the regular expressions of a VM, before its first one is made.
func (r *RegExps) Arm(rt *goja.Runtime, known *layout.Layout, host Host) {
	r.rt, r.known, r.host = rt, known, host
	r.matcher.Step = r.step
}

func (r *RegExps) step(steps int, bytes int64) error {
	if r.spent += steps; r.spent > maxSteps {
		r.host.TooLong(maxSteps)
	}
	return r.host.Step(steps, bytes)
}

// Installed reports whether the natives are in place.
func (r *RegExps) Installed() bool { return r.prototype != nil }

// Add makes the patterns of a program known.
func (r *RegExps) Add(p Programs) {
	if n := len(r.programs); n == 0 || r.programs[n-1] != p {
		r.programs = append(r.programs, p)
	}
}

// sourceOf returns what goja has compiled a regular expression from; ok is false for other objects.
func (r *RegExps) sourceOf(o *goja.Object) (key string, ok bool) {
	if r.source == nil {
		return r.known.RegExpSource(o)
	}
	if o == r.prototype {
		return "", false
	}
	v, err := r.source(o)
	if err != nil {
		return "", false
	}
	return v.String(), true
}

// of returns the pattern of a regular expression, nil for other objects.
func (r *RegExps) of(v goja.Value) *entry {
	o, ok := v.(*goja.Object)
	if !ok {
		return nil
	}
	key, ok := r.sourceOf(o)
	switch {
	case !ok:
		return nil
	case key == r.lastKey && r.last != nil:
		return r.last
	}
	e := r.entries[key]
	if e == nil {
		e = r.load(key)
	}
	r.lastKey, r.last = key, e
	return e
}

// load makes the pattern of a key.
func (r *RegExps) load(key string) *entry {
	source, flags, ok := pattern.ReadKey(key)
	if !ok {
		panic(r.rt.NewTypeError("a regular expression was made in a way that is not known here"))
	}
	e, err := r.enter(key, source, flags)
	if err != nil {
		panic(r.invalid(err))
	}
	return e
}

// enter keeps the pattern of a key, which it compiles where no program has it.
func (r *RegExps) enter(key string, source []uint16, flags pattern.Flags) (*entry, error) {
	e := &entry{flags: flags, source: goja.StringFromUTF16(source)}
	for i := 0; i < len(r.programs) && e.program == nil; i++ {
		e.program = r.programs[i].Pattern(key)
	}
	if e.program == nil {
		var err error
		if e.program, err = pattern.Compile(source, flags); err != nil {
			return nil, err
		}
		bytes := e.program.Bytes() + int64(4*len(source))
		if r.held+bytes > maxKept {
			r.forget()
		}
		r.held += bytes
		r.host.Hold(bytes)
		if err := r.host.Step(1+e.program.Size()+len(key), 0); err != nil {
			r.host.Check()
		}
	}
	if r.entries == nil {
		r.entries = map[string]*entry{}
	}
	r.entries[key] = e
	return e, nil
}

func (r *RegExps) forget() {
	clear(r.entries)
	r.host.Release(r.held)
	r.held, r.last = 0, nil
}

// invalid is the error of a pattern that is none.
func (r *RegExps) invalid(err error) goja.Value {
	e, ok := errors.AsType[*pattern.Error](err)
	if !ok {
		return r.syntaxError(err.Error())
	}
	return r.syntaxError(fmt.Sprintf("Invalid regular expression: /%.80s/: it %s", e.Pattern, e.What))
}

func (r *RegExps) syntaxError(text string) goja.Value {
	o, err := r.rt.New(r.rt.GlobalObject().Get("SyntaxError"), r.rt.ToValue(text))
	if err != nil {
		return r.rt.NewTypeError(text)
	}
	return o
}

// untouched reports whether the natives may do without the protocol that lets scripts change how o matches.
func (r *RegExps) untouched(o *goja.Object) bool { return r.known.Untouched(o, r.prototype) }

// input returns the units of a string.
func (r *RegExps) input(s goja.String) pattern.Text {
	narrow, wide, ok := r.known.Units(s)
	if !ok {
		wide = r.copied16(s)
	}
	return pattern.Text{ASCII: narrow, Wide: wide}
}

// copied16 returns a copy of a string's units. That of the last string is kept: often it is matched again and again.
func (r *RegExps) copied16(s goja.String) []uint16 {
	if r.text == nil || r.text.Length() != s.Length() || !r.text.StrictEquals(s) {
		r.host.Reserve(2 * float64(s.Length()))
		r.units16 = make([]uint16, s.Length())
		for i := range r.units16 {
			r.units16[i] = s.CharAt(i)
		}
		r.text = s
	}
	return r.units16
}

// find looks for a match. The places are good until the next call.
func (r *RegExps) find(e *entry, t pattern.Text, from int, sticky bool) []int {
	r.spent = 0
	groups, err := r.matcher.Find(e.program, t, from, sticky)
	if err != nil {
		r.host.Check()
		panic(r.rt.NewTypeError("the regular expression was stopped"))
	}
	return groups
}

func (r *RegExps) must(v goja.Value, err error) goja.Value {
	if err != nil {
		panic(err)
	}
	return v
}

// lastIndex reads the property as a length.
func (r *RegExps) lastIndex(o *goja.Object) int64 { return length(get(o, "lastIndex")) }

func length(v goja.Value) int64 { return min(max(v.ToInteger(), 0), 1<<53-1) }

func (r *RegExps) setLastIndex(o *goja.Object, n int64) {
	if err := o.Set("lastIndex", n); err != nil {
		panic(err)
	}
}

// get reads a property, undefined where there is none.
func get(o *goja.Object, name string) goja.Value {
	if v := o.Get(name); v != nil {
		return v
	}
	return goja.Undefined()
}

// method returns a function that is a property; nil where it is undefined or null.
func (r *RegExps) method(v goja.Value) goja.Callable {
	if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
		return nil
	}
	f, ok := goja.AssertFunction(v)
	if !ok {
		panic(r.rt.NewTypeError("it is not a function: " + describe(v)))
	}
	return f
}

func describe(v goja.Value) string {
	if _, ok := v.(*goja.Object); ok {
		return "an object"
	}
	return v.String()
}

// isRegExp reports whether a value says that it is a regular expression (ECMA-262, 7.2.8).
func (r *RegExps) isRegExp(v goja.Value) bool {
	o, ok := v.(*goja.Object)
	if !ok {
		return false
	}
	if m := o.GetSymbol(goja.SymMatch); m != nil && !goja.IsUndefined(m) {
		return m.ToBoolean()
	}
	_, ok = r.sourceOf(o)
	return ok
}
