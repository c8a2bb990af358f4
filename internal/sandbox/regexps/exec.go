package regexps

import (
	"slices"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/pattern"
)

// this returns the receiver and its pattern, and throws for what is no regular expression.
func (r *RegExps) this(v goja.Value, method string) (*goja.Object, *entry) {
	e := r.of(v)
	if e == nil {
		panic(r.rt.NewTypeError("RegExp.prototype.%s is for regular expressions", method))
	}
	return v.(*goja.Object), e
}

func (r *RegExps) object(v goja.Value, method string) *goja.Object {
	o, ok := v.(*goja.Object)
	if !ok {
		panic(r.rt.NewTypeError("RegExp.prototype.%s is for objects", method))
	}
	return o
}

func (r *RegExps) execNative(call goja.FunctionCall) goja.Value {
	o, e := r.this(call.This, "exec")
	s := r.host.Text(call.Argument(0))
	return r.result(e, s, r.matched(o, e, s))
}

func (r *RegExps) test(call goja.FunctionCall) goja.Value {
	o := r.object(call.This, "test")
	s := r.host.Text(call.Argument(0))
	if r.untouched(o) {
		return r.rt.ToValue(r.matched(o, r.of(o), s) != nil)
	}
	return r.rt.ToValue(r.run(o, s) != nil)
}

// matched is RegExpBuiltinExec without its result (ECMA-262, 22.2.7.2): the places of the groups, nil for no match.
func (r *RegExps) matched(o *goja.Object, e *entry, s goja.String) []int {
	last := r.lastIndex(o)
	moves := e.flags&(pattern.Global|pattern.Sticky) != 0
	if !moves {
		last = 0
	}
	var groups []int
	if last <= int64(s.Length()) {
		groups = r.find(e, r.input(s), int(last), e.flags&pattern.Sticky != 0)
	}
	switch {
	case !moves:
	case groups != nil:
		r.setLastIndex(o, int64(groups[1]))
	default:
		r.setLastIndex(o, 0) // also where it is 0: it may be read-only
	}
	return groups
}

// run is RegExpExec (22.2.7.1): it returns what exec returned, nil for null.
func (r *RegExps) run(o *goja.Object, s goja.String) *goja.Object {
	exec := o.Get("exec")
	if exec != goja.Value(r.exec) {
		if f, ok := goja.AssertFunction(exec); ok {
			switch v := r.must(f(o, s)).(type) {
			case *goja.Object:
				return v
			default:
				if !goja.IsNull(v) {
					panic(r.rt.NewTypeError("exec returned neither an object nor null"))
				}
				return nil
			}
		}
	}
	_, e := r.this(o, "exec")
	m, _ := r.result(e, s, r.matched(o, e, s)).(*goja.Object)
	return m
}

// part returns what a group took.
func part(s goja.String, groups []int, i int) goja.Value {
	if groups[2*i] < 0 || groups[2*i+1] < 0 {
		return goja.Undefined()
	}
	return s.Substring(groups[2*i], groups[2*i+1])
}

// result makes the array of a match, null for none.
func (r *RegExps) result(e *entry, s goja.String, groups []int) goja.Value {
	if groups == nil {
		return goja.Null()
	}
	n := len(groups) / 2
	r.host.Reserve(64 * float64(n))
	values := make([]any, n)
	for i := range values {
		values[i] = part(s, groups, i)
	}
	a := r.rt.NewArray(values...)
	r.define(a, "index", r.rt.ToValue(groups[0]))
	r.define(a, "input", s)
	r.define(a, "groups", r.named(e, func(i int) any { return values[i] }))
	if e.flags&pattern.Indices != 0 {
		r.define(a, "indices", r.indices(e, groups))
	}
	return a
}

func (r *RegExps) define(o *goja.Object, name string, v goja.Value) {
	if err := o.DefineDataProperty(name, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE); err != nil {
		panic(err)
	}
}

// named makes the object of the named groups, undefined where there are none. Of two groups with one name, that which took something
// counts.
func (r *RegExps) named(e *entry, value func(i int) any) goja.Value {
	names := e.program.Names()
	if names == nil {
		return goja.Undefined()
	}
	o := r.rt.CreateObject(nil)
	for i, name := range names {
		if name == "" {
			continue
		}
		v := value(i).(goja.Value)
		if goja.IsUndefined(v) && slices.Index(names, name) != i {
			continue
		}
		r.define(o, name, v)
	}
	return o
}

// indices makes the array of the places of all groups, as flag d wants it.
func (r *RegExps) indices(e *entry, groups []int) goja.Value {
	pairs := make([]any, len(groups)/2)
	r.host.Reserve(200 * float64(len(pairs)))
	for i := range pairs {
		if pairs[i] = goja.Undefined(); groups[2*i] >= 0 && groups[2*i+1] >= 0 {
			pairs[i] = r.rt.NewArray(groups[2*i], groups[2*i+1])
		}
	}
	a := r.rt.NewArray(pairs...)
	r.define(a, "groups", r.named(e, func(i int) any { return pairs[i] }))
	return a
}

// advance returns the place behind a character, or behind a unit.
func advance(s goja.String, at int64, whole bool) int64 {
	if at+1 < int64(s.Length()) && whole && s.CharAt(int(at))&0xFC00 == 0xD800 && s.CharAt(int(at+1))&0xFC00 == 0xDC00 {
		return at + 2
	}
	return at + 1
}

// held counts what a native builds and no audit sees, and releases it when the native returns.
type held struct {
	host      Host
	noted, to int64
	keeps     bool // something is kept, beside so many values of others
	before    int
}

func (h *held) add(bytes int64) {
	if h.to += bytes; h.to-h.noted >= 1<<12 {
		h.host.Hold(h.to - h.noted)
		h.noted = h.to
	}
}

// keep has audits see a value that code of a script has made.
func (h *held) keep(v goja.Value) {
	before := h.host.Keep(v)
	if !h.keeps {
		h.keeps, h.before = true, before
	}
}

func (h *held) release() {
	h.host.Release(h.noted)
	if h.keeps {
		h.host.Drop(h.before)
	}
}
