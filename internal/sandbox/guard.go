package sandbox

import (
	"math"
	"slices"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/intls"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/regexps"
)

// What natives may be asked for when no memory limit says less.
const (
	maxElements = 1 << 24          // elements of an array that a native loops over
	maxLike     = 1 << 20          // elements of other array-likes, which are ten times slower
	maxArgs     = 1 << 17          // arguments from an array
	maxNesting  = 1000             // natives that call themselves: join, flat, JSON
	maxWrapped  = 256              // functions bound, or objects wrapped in proxies, again and again
	fewBytes    = compile.LongText // below it nothing is worth a check
)

// guards bound the natives of one VM: those that can allocate or loop without end in one call, where no tick is. A guard
// refuses with a RangeError what is merely silly, and ends the run when it needs more than its memory.
//
// A guard turns an argument into a primitive once and passes that on: otherwise valueOf could return one thing to the guard
// and the native another.
type guards struct {
	*meter
	mark     layout.Mark
	known    *layout.Layout
	nested   int            // natives that call themselves and have not returned
	joining  []*goja.Object // arrays whose join has not returned
	families []*goja.Object // JSON, Array and others that are guarded

	arrayValues *goja.Object // what arrays iterate with, once it was read
	iterators   bool         // the iterators of arrays are guarded

	arrayPrototype, objectPrototype *goja.Object     // once they were needed
	regexp                          *regexps.RegExps // nil until a script may match
	languages                       *intls.Intl      // nil until a script names a language
	computed                        *goja.Object     // the methods of computed.js, once one was needed
	dateSetTime                     layout.Native    // Date.prototype.setTime, once it was made

	setPrototype, setHas, setKeys *goja.Object // once there are sets

	traps   *goja.ProxyTrapConfig // of mediators, once there is a proxy
	trap    goja.Value            // what calls trapped
	trapped trapped               // that goja calls next

	keeperPool []*keeper // those that were made
	keepers    int       // of these, in use

	bound map[*goja.Object]int // how deep functions are bound, in the degraded mode
}

// guard stands before a native.
type guard func(g *guards, call goja.FunctionCall, next layout.Native) goja.Value

// arm ties the guards to the VM, before any script runs.
func (g *guards) arm(known *layout.Layout) {
	g.known, g.depth = known, known.Depth(g.rt)
	if known.Patched() {
		g.mark.Guards = g
		known.Tie(g.rt, &g.mark)
		return
	}
	g.trackRejections()
	if err := g.armEagerly(); err != nil {
		g.stop(fault.Wrap(fault.Internal, err, "the sandbox cannot guard this version of goja")) // no script runs
	}
}

// Install puts guards into what a template just made. Names are as in "String.prototype.repeat".
func (g *guards) Install(name string, o *goja.Object) {
	name = strings.TrimPrefix(name, "globalThis.")
	if isShort(name) && guardFor(name) == nil {
		return // none of them loops or calls others for long
	}
	if owner, ok := strings.CutSuffix(name, ".prototype.constructor"); ok {
		name = owner
	}
	switch name {
	case "String.prototype.match", "String.prototype.matchAll", "String.prototype.search", "String.prototype.replace",
		"String.prototype.replaceAll", "String.prototype.split":
		g.armRegExp()
	case "RegExp":
		g.regExps().Install(o, nil)
	case "Promise":
		g.trackRejections()
	case "Set":
		if p, ok := o.Get("prototype").(*goja.Object); ok {
			g.setPrototype, g.setHas, g.setKeys = p, g.known.Method(p, "has"), g.known.Method(p, "keys")
		}
	case "Array.prototype.values", "Array.prototype.Symbol.iterator":
		if o == g.arrayValues {
			return // one function under two names
		}
		g.arrayValues = o
		g.guardArrayIterator(o)
	case "Array.prototype.keys", "Array.prototype.entries":
		g.guardArrayIterator(o)
	case "String.prototype.Symbol.iterator":
		g.guardNext(o, g.rt.ToValue(""))
	}
	if strings.HasSuffix(name, "Array") && name != "Array" && name != "TypedArray" { // what its family shares
		g.rt.GlobalObject().Get("ArrayBuffer")
		if parent := o.Prototype(); parent != nil {
			g.Install("TypedArray", parent)
		}
	}
	members := familyOf(name)
	if members != nil && slices.Contains(g.families, o) {
		return // reached by another way before
	}
	if members != nil {
		g.families = append(g.families, o)
	}
	g.put(name, o)
	for _, member := range members {
		g.installMember(name, o, member)
	}
}

func isShort(name string) bool {
	return strings.HasPrefix(name, "Math.") || strings.HasPrefix(name, "Number.prototype.") || strings.HasPrefix(name, "BigInt.prototype.")
}

func (g *guards) installMember(name string, o *goja.Object, member string) {
	owner := o
	if rest, ok := strings.CutPrefix(member, "prototype."); ok {
		owner, _ = o.Get("prototype").(*goja.Object)
		member, name = rest, name+".prototype"
	}
	if owner == nil {
		return
	}
	if f, ok := owner.Get(member).(*goja.Object); ok {
		g.put(name+"."+member, f)
	}
}

// put guards one function. Those without a guard of their own still notice that the run was stopped, so that a native
// which calls others again and again ends.
func (g *guards) put(name string, o *goja.Object) {
	call, make := g.known.Callable(o)
	if call == nil {
		return
	}
	if next := *call; next != nil {
		if name == "Date.prototype.setTime" {
			g.dateSetTime = next
		}
		if guard := guardFor(name); guard != nil {
			*call = func(c goja.FunctionCall) goja.Value {
				g.check()
				return guard(g, c, next)
			}
		} else {
			*call = func(c goja.FunctionCall) goja.Value {
				if g.cause.Load() != nil {
					g.check()
				}
				return next(c)
			}
		}
	}
	if next := *make; next != nil {
		if before := constructorGuard(name); before != nil {
			*make = func(args []goja.Value, target *goja.Object) *goja.Object {
				defer g.release(g.holds())
				return next(before(g, args), target)
			}
		}
	}
}

// ---- what guards are made of

func (g *guards) rangeError(text string) {
	o, err := g.rt.New(g.rt.GlobalObject().Get("RangeError"), g.rt.ToValue(text))
	if err != nil {
		panic(g.rt.NewTypeError(text))
	}
	panic(o)
}

// this returns the receiver as a string and passes it on as one.
func (g *guards) this(call *goja.FunctionCall) goja.String {
	s, ok := call.This.(goja.String)
	if ok {
		return s
	}
	if goja.IsUndefined(call.This) || goja.IsNull(call.This) {
		return nil // the native complains
	}
	s = g.string(call.This)
	call.This = s
	return s
}

// string turns a value into a string as the language does.
func (g *guards) string(v goja.Value) goja.String {
	if o, ok := v.(*goja.Object); ok {
		v = o.ToString()
	}
	switch s := v.(type) {
	case goja.String:
		return s
	case *goja.Symbol:
		panic(g.rt.NewTypeError("Cannot convert a Symbol value to a string"))
	}
	return g.rt.ToValue(v.String()).(goja.String)
}

// argument puts a primitive in place of an argument that is an object.
func setArgument(call *goja.FunctionCall, i int, v goja.Value) {
	args := make([]goja.Value, len(call.Arguments))
	copy(args, call.Arguments)
	args[i] = v
	call.Arguments = args
}

// number returns an argument as a number, 0 when it is missing or none.
func (g *guards) number(call *goja.FunctionCall, i int) float64 {
	v := call.Argument(i)
	if o, ok := v.(*goja.Object); ok {
		v = o.ToNumber()
		setArgument(call, i, v)
	}
	if n := v.ToFloat(); !math.IsNaN(n) {
		return n
	}
	return 0
}

// text returns an argument as a string; nil when it is missing.
func (g *guards) text(call *goja.FunctionCall, i int) goja.String {
	if i >= len(call.Arguments) {
		return nil
	}
	v := call.Argument(i)
	if s, ok := v.(goja.String); ok {
		return s
	}
	s := g.string(v)
	setArgument(call, i, s)
	return s
}

// bytes returns the size of a string.
func (g *guards) bytes(s goja.String) int64 {
	if s == nil {
		return 0
	}
	if n := int64(s.Length()); g.known.IsASCII(s) {
		return n
	} else {
		return 2 * n
	}
}

// room reserves as many bytes as a float says; more than any machine has is more than the limit.
func (g *guards) room(n float64) {
	if n <= fewBytes {
		return
	}
	if n > 1<<40 {
		g.tooLarge()
	}
	g.allocate(int64(n))
	if g.limits.Memory <= 0 && n > 1<<30 {
		g.rangeError("a built-in function was called for more than 1 GB at once")
	}
}

func (g *guards) tooLarge() {
	if g.limits.Memory > 0 {
		g.tooMuchMemory()
	}
	g.rangeError("a built-in function was called for more memory than the machine has")
}

// length returns the length of an array-like, and whether reading it ran code of the script: then it may be another at
// the next reading.
func (g *guards) length(o *goja.Object) (n int64, ran bool) {
	if values, ok := g.known.Dense(o); ok && len(values) < fewBytes {
		if n := o.Get("length").ToInteger(); n == int64(len(values)) {
			return n, false
		}
	}
	before := g.operations
	v := o.Get("length")
	if v == nil {
		return 0, g.operations != before
	}
	n = v.ToInteger()
	return max(0, min(n, 1<<53-1)), g.operations != before
}

// within returns the length of what a guard loops over itself: it may be computed.
func (g *guards) within(o *goja.Object) int64 {
	n, _ := g.length(o)
	g.bounded(o, n)
	return n
}

// bounded checks that a native, or a guard for it, may loop so often.
func (g *guards) bounded(o *goja.Object, n int64) {
	if n > longest(o) {
		g.rangeError("the length is too large for one call of a native")
	}
}

// elements checks that an array-like can be looped over by a native, and returns its length.
func (g *guards) elements(v goja.Value) int64 {
	o, ok := v.(*goja.Object)
	if !ok {
		if s, ok := v.(goja.String); ok {
			return int64(s.Length())
		}
		return 0
	}
	n, ran := g.length(o)
	if ran {
		panic(g.rt.NewTypeError("natives do not work on an array or object whose length is computed here: copy it into an array first"))
	}
	g.bounded(o, n)
	return n
}

// callback makes sure that a function which a native calls for each element notices a stop.
func (g *guards) callback(call *goja.FunctionCall, i int) {
	o, ok := call.Argument(i).(*goja.Object)
	if !ok || g.known.IsScript(o) {
		return
	}
	f, ok := goja.AssertFunction(o)
	if !ok {
		return
	}
	setArgument(call, i, g.rt.ToValue(func(c goja.FunctionCall) goja.Value {
		g.count(1)
		g.check()
		return g.must(f(c.This, c.Arguments...))
	}))
}

// must passes a value on and throws an error again.
func (g *guards) must(v goja.Value, err error) goja.Value {
	if err != nil {
		panic(err)
	}
	return v
}

// enter counts natives that call themselves; leave must follow.
func (g *guards) enter() {
	if g.nested++; g.nested > maxNesting {
		g.nested--
		g.rangeError("the data is nested more than 1000 deep")
	}
	g.check()
}

func (g *guards) leave() { g.nested-- }
