package sandbox

import (
	"time"

	"github.com/dlclark/regexp2/v2"
	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// patternTime is how long one native may match: longer, and the run is stopped. Patterns of Go's own engine take time in
// proportion to the text; those with back-references and look-around need another engine, which tries all ways.
const patternTime = 200 * time.Millisecond

// boundPatterns sets the limit at which that engine gives up. It reads as "no match", so the guards look at the clock as
// well. The limit is one for the process, and taken when a pattern is compiled.
func boundPatterns() {
	regexp2.DefaultMatchTimeout = patternTime
	regexp2.SetTimeoutCheckPeriod(10 * time.Millisecond)
}

// regexps is the state of the guards of regular expressions.
type regexps struct {
	armed bool
	exec  *goja.Object  // RegExp.prototype.exec
	spent time.Duration // matching in the native that runs
	outer int           // natives that match more than once and have not returned
}

// armRegExp guards RegExp.prototype before a script uses a literal or a method of strings that matches.
func (g *guards) armRegExp() {
	if !g.regexp.armed {
		g.rt.GlobalObject().Get("RegExp") // makes it; guardRegExp follows
	}
}

func (g *guards) guardRegExp(constructor *goja.Object) {
	prototype, ok := constructor.Get("prototype").(*goja.Object)
	if g.regexp.armed || !ok {
		return
	}
	g.regexp.armed = true
	g.regexp.exec, _ = prototype.Get("exec").(*goja.Object)
	for _, name := range []string{"exec", "test"} {
		g.wrap(prototype.Get(name), guardExec)
	}
	g.wrap(prototype.GetSymbol(goja.SymSearch), guardExec)
	g.wrap(prototype.GetSymbol(goja.SymMatch), guardMatch)
	g.wrap(prototype.GetSymbol(goja.SymMatchAll), guardMatch)
	g.wrap(prototype.GetSymbol(goja.SymReplace), guardRegExpReplace)
	g.wrap(prototype.GetSymbol(goja.SymSplit), guardRegExpSplit)
}

func (g *guards) wrap(f goja.Value, guard guard) {
	o, ok := f.(*goja.Object)
	if !ok {
		return
	}
	if call, _ := g.known.callable(o); call != nil && *call != nil {
		next := *call
		*call = func(c goja.FunctionCall) goja.Value {
			g.check()
			return guard(g, c, next)
		}
	}
}

// guardExec stands before natives that match once.
func guardExec(g *guards, call goja.FunctionCall, next native) goja.Value {
	o, ok := call.This.(*goja.Object)
	if !ok {
		return next(call)
	}
	isRegExp, backtracks, repeats := g.known.regexpOf(o)
	if !isRegExp {
		return next(call) // an error, or a script's own exec, which ticks
	}
	if g.regexp.outer > 0 {
		g.hold(512) // the native that called keeps what comes of it
	}
	if !backtracks && !repeats {
		return next(call)
	}
	if g.regexp.outer == 0 {
		g.regexp.spent = 0
	}
	return g.timed(next, call)
}

// timed runs a native and stops the run when it took too long: then it found nothing only because it gave up.
func (g *guards) timed(next native, call goja.FunctionCall) goja.Value {
	start := time.Now()
	defer func() {
		if g.regexp.spent += time.Since(start); g.regexp.spent >= patternTime {
			g.stop(fault.Exceeded("time", "a regular expression took longer than %v: it tries too many ways, make it simpler", patternTime))
		}
	}()
	v := next(call)
	g.check()
	return v
}

// matching prepares a native that may match many times: longer texts, and patterns that backtrack, are matched one
// exec after the other, so that time and memory are watched between them.
func (g *guards) matching(call *goja.FunctionCall) (o *goja.Object, s goja.String, stepwise bool) {
	o, ok := call.This.(*goja.Object)
	if !ok {
		return nil, nil, false
	}
	isRegExp, backtracks, repeats := g.known.regexpOf(o)
	if !isRegExp {
		panic(g.rt.NewTypeError("only a RegExp can match here"))
	}
	if o.Get("exec") != g.regexp.exec {
		panic(g.rt.NewTypeError("a RegExp with an exec of its own cannot match here"))
	}
	s = g.text(call, 0)
	long := int64(1 << 18)
	if g.limits.Memory > 0 {
		long = min(long, g.limits.Memory/512)
	}
	return o, s, s != nil && (backtracks && repeats || int64(s.Length()) > long)
}

// stepwise has goja use exec for each match of o: as it does for a RegExp that a script has changed.
func (g *guards) stepwise(o *goja.Object) {
	_ = o.DefineDataProperty("lastIndex", o.Get("lastIndex"), goja.FLAG_TRUE, goja.FLAG_FALSE, goja.FLAG_FALSE)
}

// within runs a native that matches many times.
func (g *guards) within(next native, call goja.FunctionCall) goja.Value {
	g.regexp.spent = 0
	g.regexp.outer++
	held := g.inFlight
	defer func() {
		g.regexp.outer--
		g.inFlight = held
	}()
	return next(call)
}

func guardMatch(g *guards, call goja.FunctionCall, next native) goja.Value {
	o, _, stepwise := g.matching(&call)
	if stepwise {
		g.stepwise(o)
		return g.within(next, call)
	}
	return g.single(next, call)
}

// single runs a native that may give up once.
func (g *guards) single(next native, call goja.FunctionCall) goja.Value {
	g.regexp.spent = 0
	return g.timed(next, call)
}

func guardRegExpReplace(g *guards, call goja.FunctionCall, next native) goja.Value {
	o, s, stepwise := g.matching(&call)
	if s == nil {
		return next(call)
	}
	scripted := isObject(call.Argument(1))
	g.boundReplacement(&call, s)
	if stepwise {
		g.stepwise(o)
		return g.within(next, call)
	}
	if scripted { // the clock would count the script's time
		return g.counted(next, call)
	}
	return g.single(func(c goja.FunctionCall) goja.Value { return g.counted(next, c) }, call)
}

// guardRegExpSplit splits stepwise by itself: goja does it in one go, whatever the RegExp.
func guardRegExpSplit(g *guards, call goja.FunctionCall, next native) goja.Value {
	o, s, _ := g.matching(&call)
	if s == nil {
		return next(call)
	}
	_, backtracks, _ := g.known.regexpOf(o)
	if !backtracks && int64(s.Length()) <= 1<<16 {
		return next(call)
	}
	return g.within(func(goja.FunctionCall) goja.Value { return g.split(o, s, call.Argument(1)) }, call)
}

func (g *guards) split(o *goja.Object, s goja.String, limitArg goja.Value) goja.Value {
	limit := uint32(1<<32 - 1)
	if !goja.IsUndefined(limitArg) {
		limit = uint32(limitArg.ToInteger())
	}
	searcher, err := g.rt.New(o.Get("constructor"), o, g.rt.ToValue(o.Get("flags").String()+"g"))
	if err != nil { // it has the flag
		searcher, err = g.rt.New(o.Get("constructor"), o)
	}
	if err != nil {
		panic(err)
	}
	exec, ok := goja.AssertFunction(g.regexp.exec)
	if isRegExp, _, _ := g.known.regexpOf(searcher); !ok || !isRegExp {
		panic(g.rt.NewTypeError("only a RegExp can split here"))
	}
	var parts []any
	from, size := 0, s.Length()
	add := func(v goja.Value) bool {
		parts = append(parts, v)
		return uint32(len(parts)) < limit
	}
	for limit > 0 {
		m, ok := g.must(exec(searcher, s)).(*goja.Object)
		if !ok {
			break
		}
		at, end := int(m.Get("index").ToInteger()), int(searcher.Get("lastIndex").ToInteger())
		if end == at { // an empty match splits between characters only
			_ = searcher.Set("lastIndex", end+1)
			if at == from || at >= size {
				if at >= size {
					break
				}
				if at == from {
					continue
				}
			}
		}
		if !add(s.Substring(from, at)) {
			return g.rt.NewArray(parts...)
		}
		from = end
		for i := int64(1); i < m.Get("length").ToInteger(); i++ {
			if !add(g.element(m, i)) {
				return g.rt.NewArray(parts...)
			}
		}
	}
	if limit > 0 && !(size == 0 && len(parts) == 0 && g.matchesEmpty(exec, searcher, s)) {
		add(s.Substring(from, size))
	}
	return g.rt.NewArray(parts...)
}

func (g *guards) matchesEmpty(exec goja.Callable, searcher *goja.Object, s goja.String) bool {
	_ = searcher.Set("lastIndex", 0)
	return isObject(g.must(exec(searcher, s)))
}

// guardPattern stands before methods of strings that make a RegExp of their argument.
func guardPattern(g *guards, call goja.FunctionCall, next native) goja.Value {
	if !isObject(call.Argument(0)) {
		g.pattern(g.text(&call, 0))
	}
	return next(call)
}

func guardNewRegExp(g *guards, call goja.FunctionCall, next native) goja.Value {
	if !isObject(call.Argument(0)) {
		g.pattern(g.text(&call, 0))
	}
	return next(call)
}

func (g *guards) newRegExp(args []goja.Value) []goja.Value {
	if len(args) == 0 {
		return args
	}
	if o, ok := args[0].(*goja.Object); ok {
		if isRegExp, _, _ := g.known.regexpOf(o); isRegExp {
			return args
		}
		args = append([]goja.Value{o.ToString()}, args[1:]...)
	}
	if s, ok := args[0].(goja.String); ok {
		g.pattern(s)
	}
	return args
}

func (g *guards) pattern(s goja.String) {
	if s != nil && s.Length() > maxPattern {
		g.rangeError("the regular expression is too long")
	}
}
