package sandbox

import (
	"io"
	"regexp/syntax"
	"strings"
	"time"

	"github.com/dlclark/regexp2/v2"
	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// patternTime is how long one native may match: longer, and the run is stopped. Patterns of Go's own engine take time in
// proportion to the text; those with back-references and look-around need another engine, which tries all ways.
const patternTime = 150 * time.Millisecond

// boundPatterns sets the limit at which that engine gives up. It reads as "no match", so the guards look at the clock as
// well. The engine's own clock may run ahead on a busy machine; hence the distance between both limits. This one holds
// for the process, and is taken when a pattern is compiled.
func boundPatterns() {
	regexp2.DefaultMatchTimeout = 220 * time.Millisecond
	regexp2.SetTimeoutCheckPeriod(10 * time.Millisecond)
}

// regexps is the state of the guards of regular expressions.
type regexps struct {
	armed bool
	exec  *goja.Object // RegExp.prototype.exec
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
	p := g.known.patternOf(o)
	if p == nil {
		return next(call) // an error
	}
	if p.linear != nil {
		g.probe(p, g.text(&call, 0))
		if !p.global && !p.sticky {
			return next(call) // time in proportion to the text
		}
	}
	return g.timed(next, call)
}

// timed runs a native and stops the run when it took too long: then it found nothing only because it gave up.
func (g *guards) timed(next native, call goja.FunctionCall) goja.Value {
	start := time.Now()
	defer func() {
		if time.Since(start) >= patternTime {
			g.stop(tooManyWays(patternTime))
		}
	}()
	v := next(call)
	g.check()
	return v
}

func tooManyWays(limit time.Duration) error {
	return fault.Exceeded("time", "a regular expression took longer than %v: it tries too many ways, make it simpler", limit)
}

// matching prepares a native that may match many times. goja then neither notices a stop nor bounds the time of all
// matches, so they are counted beforehand, with both. It answers the text, nil when the native will complain, and
// whether the native has still to be timed.
func (g *guards) matching(call *goja.FunctionCall, all bool) (s goja.String, timed bool) {
	o, ok := call.This.(*goja.Object)
	if !ok {
		return nil, false
	}
	p := g.known.patternOf(o)
	if p == nil {
		panic(g.rt.NewTypeError("only a RegExp can match here"))
	}
	if o.Get("exec") != g.regexp.exec {
		panic(g.rt.NewTypeError("a RegExp with an exec of its own cannot match here"))
	}
	s = g.text(call, 0)
	if p.linear != nil {
		g.probe(p, s)
	}
	if s == nil || !all && !p.global {
		return s, p.linear == nil || p.sticky
	}
	const perMatch = 200
	if p.linear != nil && (g.known.isASCII(s) || p.unicode) {
		if s.Length() < fewBytes {
			return s, false
		}
		most := maxElements
		if g.limits.Memory > 0 {
			most = int(g.limits.Memory / perMatch)
		}
		g.room(perMatch * float64(g.countAll(p, s.String(), most+1)))
		return s, false
	}
	g.room(perMatch * float64(g.tryAll(p, s)))
	return s, false
}

// probeTime is how long patterns of Go's own engine may take: their time is in proportion to the text, but also to the
// size of the pattern and its groups, and each of many matches may look at all of the rest.
const probeTime = 2 * time.Second

// probe matches once, in a way that can be stopped, where the native might take long: it cannot be.
func (g *guards) probe(p *pattern, s goja.String) {
	if s == nil {
		return
	}
	size := float64(len(p.source))
	if strings.Contains(p.source, "{") { // repeats are written out
		if parsed, err := syntax.Parse(p.linear.String(), syntax.Perl); err == nil {
			if program, err := syntax.Compile(parsed.Simplify()); err == nil {
				size = float64(len(program.Inst))
			}
		}
	}
	groups := float64(1 + p.linear.NumSubexp())
	g.room(16 * size * groups) // the engine keeps all groups for each way that it follows
	if size*groups*float64(s.Length()) < 1<<26 {
		return
	}
	r := stoppableText{guards: g, text: strings.NewReader(s.String()), until: time.Now().Add(probeTime)}
	p.linear.FindReaderSubmatchIndex(&r)
	g.check()
}

// stoppableText is a text that ends when the run is stopped, or when reading it takes too long, which stops the run.
type stoppableText struct {
	*guards
	text  *strings.Reader
	until time.Time
	n     int
}

func (r *stoppableText) ReadRune() (rune, int, error) {
	if r.n++; r.n&15 == 0 && time.Now().After(r.until) {
		r.stop(tooManyWays(probeTime))
	}
	if r.cause.Load() != nil {
		return 0, 0, io.EOF
	}
	return r.text.ReadRune()
}

// countAll counts the matches in a text, up to most, and stops the run when that takes too long.
func (g *guards) countAll(p *pattern, s string, most int) (matches int) {
	until := time.Now().Add(probeTime)
	for at := 0; at <= len(s) && matches < most; matches++ {
		found := p.linear.FindStringIndex(s[at:])
		if found == nil {
			break
		}
		at += max(found[1], 1)
		if matches&15 == 0 && time.Now().After(until) {
			g.stop(tooManyWays(probeTime))
		}
		g.check()
	}
	return matches
}

// tryAll counts the matches of a pattern that goja will leave to the engine with backtracking.
func (g *guards) tryAll(p *pattern, s goja.String) (matches int) {
	re := p.backtracking
	if re == nil {
		var err error
		if re, err = p.compile(); err != nil {
			return 0 // goja will find no match either
		}
	}
	start := time.Now()
	giveUp := func(err error) {
		if err != nil || time.Since(start) >= patternTime {
			g.stop(tooManyWays(patternTime))
		}
		g.check()
	}
	m, err := re.FindRunesMatch([]rune(s.String()))
	for giveUp(err); m != nil; giveUp(err) {
		matches++
		m, err = re.FindNextMatch(m)
	}
	return matches
}

func guardMatch(g *guards, call goja.FunctionCall, next native) goja.Value {
	if _, timed := g.matching(&call, false); timed {
		return g.timed(next, call)
	}
	return next(call)
}

func guardRegExpReplace(g *guards, call goja.FunctionCall, next native) goja.Value {
	s, timed := g.matching(&call, false)
	if s == nil {
		return next(call)
	}
	scripted := isObject(call.Argument(1)) // the clock would count the script's time
	g.boundReplacement(&call, s)
	if timed && !scripted {
		return g.timed(func(c goja.FunctionCall) goja.Value { return g.counted(next, c) }, call)
	}
	return g.counted(next, call)
}

func guardRegExpSplit(g *guards, call goja.FunctionCall, next native) goja.Value {
	g.matching(&call, true)
	return next(call)
}

// guardPattern stands before methods of strings that make a RegExp of their argument.
func guardPattern(g *guards, call goja.FunctionCall, next native) goja.Value {
	if !isObject(call.Argument(0)) {
		g.checkPattern(g.text(&call, 0))
	}
	return next(call)
}

func guardNewRegExp(g *guards, call goja.FunctionCall, next native) goja.Value {
	if !isObject(call.Argument(0)) {
		g.checkPattern(g.text(&call, 0))
	}
	return next(call)
}

func (g *guards) newRegExp(args []goja.Value) []goja.Value {
	if len(args) == 0 {
		return args
	}
	if o, ok := args[0].(*goja.Object); ok {
		if g.known.patternOf(o) != nil {
			return args
		}
		args = append([]goja.Value{g.string(o)}, args[1:]...)
	}
	if s, ok := args[0].(goja.String); ok {
		g.checkPattern(s)
	}
	return args
}

func (g *guards) checkPattern(s goja.String) {
	if s != nil && s.Length() > maxPattern {
		g.rangeError("the regular expression is too long")
	}
}
