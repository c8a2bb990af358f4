package sandbox

import (
	"math"
	"reflect"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// Searching a long text, and taking it apart, is done here: goja's natives find all places first, out of the meter's sight, and
// comparing long texts at each place takes their product.

// searched is a text to search in, or to look for: of bytes where both are ASCII, and else of UTF-16 units.
type searched struct {
	g          *guards
	text, what string
	units      []uint16
	wanted     []uint16
	wide       bool
	steps      int // since the last look at whether the run was stopped
}

func (g *guards) search(s, what goja.String) *searched {
	if g.known.IsASCII(s) && g.known.IsASCII(what) {
		return &searched{g: g, text: s.String(), what: what.String()}
	}
	return &searched{g: g, units: g.units(s), wanted: g.units(what), wide: true}
}

// units returns a text as goja holds it where it is not ASCII, without a copy; a short one or one of ASCII is copied.
func (g *guards) units(s goja.String) []uint16 {
	if v := reflect.ValueOf(s); v.Kind() == reflect.Slice && v.Len() == s.Length()+1 { // the first is a mark
		if units, ok := v.Convert(reflect.TypeFor[[]uint16]()).Interface().([]uint16); ok {
			return units[1:]
		}
	}
	g.hold(2 * int64(s.Length()))
	units := make([]uint16, s.Length())
	for i := range units {
		g.step(i)
		units[i] = s.CharAt(i)
	}
	return units
}

// step is check for each i of a loop.
func (g *guards) step(i int) {
	if i&(pieceLength-1) == 0 {
		g.check()
	}
}

// next returns the first place from a unit on, -1 for none.
func (f *searched) next(from int) int {
	if f.wide {
		return f.nextWide(from)
	}
	const part = 16 * pieceLength
	for ; from+len(f.what) <= len(f.text); from += part {
		f.g.check()
		if i := strings.Index(f.text[from:min(from+part+len(f.what)-1, len(f.text))], f.what); i >= 0 {
			return from + i
		}
		if len(f.what) == 0 {
			return from
		}
	}
	return -1
}

func (f *searched) nextWide(from int) int {
	for ; from+len(f.wanted) <= len(f.units); from++ {
		if f.at(from) {
			return from
		}
	}
	return -1
}

// at reports whether the text has what is wanted at unit i.
func (f *searched) at(i int) bool {
	f.tick(1)
	if len(f.wanted) > 0 && f.units[i] != f.wanted[0] {
		return false
	}
	for from := 0; from < len(f.wanted); from += pieceLength {
		to := min(from+pieceLength, len(f.wanted))
		for j, c := range f.wanted[from:to] {
			if f.units[i+from+j] != c {
				f.tick(j)
				return false
			}
		}
		f.tick(to - from)
	}
	return true
}

func (f *searched) tick(n int) {
	if f.steps += n; f.steps >= pieceLength {
		f.steps = 0
		f.g.check()
	}
}

// last returns the last place up to a unit, -1 for none.
func (f *searched) last(from int) int {
	if !f.wide {
		f.units, f.wanted = f.g.units(f.g.rt.ToValue(f.text).(goja.String)), f.g.units(f.g.rt.ToValue(f.what).(goja.String))
	}
	for i := min(from, len(f.units)-len(f.wanted)); i >= 0; i-- {
		if f.at(i) {
			return i
		}
	}
	return -1
}

// guardSearch looks for a text in a long one.
func guardSearch(name string) guard {
	return func(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
		s := g.this(&call)
		if s == nil || s.Length() < pieceLength {
			return next(call)
		}
		if o, ok := call.Argument(0).(*goja.Object); ok && o.ClassName() == "RegExp" {
			return next(call) // an error of includes
		}
		what := g.text(&call, 0)
		if what == nil {
			what = g.string(goja.Undefined())
		}
		defer g.release(g.holds())
		if name == "lastIndexOf" {
			from := call.Argument(1).ToFloat()
			if math.IsNaN(from) {
				from = math.Inf(1)
			}
			return g.rt.ToValue(g.search(s, what).last(int(max(0, min(from, float64(s.Length()))))))
		}
		from := max(0, min(math.Trunc(g.number(&call, 1)), float64(s.Length())))
		if at := g.search(s, what).next(int(from)); name == "indexOf" {
			return g.rt.ToValue(at)
		} else {
			return g.rt.ToValue(at >= 0)
		}
	}
}

// guardSplit takes a long text apart.
func guardSplit(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	if v := g.byArgument(call, goja.SymSplit, false); v != nil {
		return v
	}
	s := g.this(&call)
	if limit := call.Argument(1); s != nil && isObject(limit) {
		setArgument(&call, 1, numeric(limit)) // before the separator
	}
	if s == nil || goja.IsUndefined(call.Argument(0)) {
		return next(call)
	}
	separator := g.text(&call, 0)
	if s.Length() < fewBytes/64 {
		return next(call)
	}
	if s.Length() < pieceLength {
		parts := s.Length()
		if separator.Length() > 0 {
			parts = strings.Count(s.String(), separator.String()) + 1
		}
		g.room(48*float64(parts) + 2*float64(s.Length()))
		return next(call)
	}
	most := uint32(math.MaxUint32)
	if !goja.IsUndefined(call.Argument(1)) {
		most = uint32(int64(math.Mod(g.number(&call, 1), 1<<32)))
	}
	var parts []any
	defer g.release(g.holds())
	part := func(from, to int) bool {
		if len(parts)&255 == 0 {
			g.hold(256 * 48)
			g.check()
		}
		if to-from > 64 {
			g.hold(2 * int64(to-from))
		}
		parts = append(parts, s.Substring(from, to))
		return uint32(len(parts)) < most
	}
	if most == 0 {
		return g.rt.NewArray()
	}
	if separator.Length() == 0 {
		for i := 0; i < s.Length() && part(i, i+1); i++ {
		}
		return g.rt.NewArray(parts...)
	}
	places, last := g.search(s, separator), 0
	for at := places.next(0); at >= 0; at = places.next(last) {
		if !part(last, at) {
			return g.rt.NewArray(parts...)
		}
		last = at + separator.Length()
	}
	part(last, s.Length())
	return g.rt.NewArray(parts...)
}

// byArgument returns what the argument of a method of strings makes of the text where it knows how, as a regular expression
// does, which bounds itself; nil where it does not. What is read of it is read once: a getter may say something else then.
func (g *guards) byArgument(call goja.FunctionCall, method *goja.Symbol, global bool) goja.Value {
	o, ok := call.Argument(0).(*goja.Object)
	if !ok || goja.IsUndefined(call.This) || goja.IsNull(call.This) {
		return nil
	}
	if global && isRegExp(o) {
		flags := o.Get("flags")
		if flags == nil || goja.IsUndefined(flags) || goja.IsNull(flags) || !strings.Contains(g.string(flags).String(), "g") {
			panic(g.rt.NewTypeError("replaceAll needs a regular expression with flag g"))
		}
	}
	of := o.GetSymbol(method)
	if of == nil || goja.IsUndefined(of) || goja.IsNull(of) {
		return nil
	}
	f, ok := goja.AssertFunction(of)
	if !ok {
		panic(g.rt.NewTypeError("%s of the argument is not a function", method.String()))
	}
	return g.must(f(o, call.This, call.Argument(1)))
}

// isRegExp reports whether an object counts as a regular expression (ECMAScript, 7.2.8).
func isRegExp(o *goja.Object) bool {
	if v := o.GetSymbol(goja.SymMatch); v != nil && !goja.IsUndefined(v) {
		return v.ToBoolean()
	}
	return o.ClassName() == "RegExp"
}

// guardReplace replaces a text in a long one, and counts what comes of it.
func guardReplace(all bool) guard {
	return func(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
		if v := g.byArgument(call, goja.SymReplace, all); v != nil {
			return v
		}
		s, what := g.this(&call), g.text(&call, 0)
		if s == nil || what == nil {
			return next(call)
		}
		made := g.replacement(&call)
		if s.Length() < fewBytes/64 && what.Length() > 0 && made.most(s) <= 1<<20 { // goja never ends to find nothing
			return next(call)
		}
		defer g.release(g.holds())
		return g.replace(s, what, made, all)
	}
}

// replacement is what a text is replaced by: what a function returns, or a text with $ patterns.
type replacement struct {
	f        goja.Callable
	template goja.String
	text     string
	dollars  int
}

func (g *guards) replacement(call *goja.FunctionCall) replacement {
	if f, ok := goja.AssertFunction(call.Argument(1)); ok {
		return replacement{f: f}
	}
	template := g.text(call, 1)
	if template == nil {
		template = g.string(goja.Undefined())
	}
	r := replacement{template: template}
	if g.known.IsASCII(template) {
		r.text = template.String()
		r.dollars = strings.Count(r.text, "$")
		return r
	}
	for i, c := range g.units(template) {
		if g.step(i); c == '$' {
			r.dollars++
		}
	}
	if r.dollars > 0 {
		r.text = g.goText(template)
	}
	return r
}

// most returns how many units can come of a text.
func (r replacement) most(s goja.String) float64 {
	if r.f != nil {
		return math.Inf(1)
	}
	return float64(s.Length()+1) * (float64(r.template.Length()) + float64(r.dollars)*float64(s.Length()))
}

func (g *guards) replace(s, what goja.String, by replacement, all bool) goja.Value {
	var out goja.StringBuilder
	size, last, n := int64(0), 0, what.Length()
	write := func(part goja.String) {
		if b := g.bytes(part); b > 0 {
			size += b
			g.holdGrowing(b)
			out.WriteString(part)
		}
	}
	places := g.search(s, what)
	at := places.next(0)
	if at < 0 {
		return s
	}
	for ; at >= 0; at = places.next(at + max(1, n)) {
		g.check()
		if last < at {
			write(s.Substring(last, at))
		}
		switch {
		case by.f != nil:
			write(g.string(g.must(by.f(goja.Undefined(), what, g.rt.ToValue(at), s))))
		case by.dollars > 0:
			write(g.expand(by.text, by.template, []goja.Value{what, g.rt.ToValue(at), s}))
		default:
			write(by.template)
		}
		if last = at + n; !all {
			break
		}
	}
	write(s.Substring(last, s.Length()))
	return g.finished(&out, size)
}
