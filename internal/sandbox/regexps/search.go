package regexps

import (
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/pattern"
)

// perMatch is about how many bytes a text takes that is part of another, with its place in a list that grows.
const perMatch = 200

// all calls f with the places of each match of a global pattern, from the begin of the text.
func (r *RegExps) all(e *entry, s goja.String, f func(groups []int)) {
	t, sticky := r.input(s), e.flags&pattern.Sticky != 0
	for at := 0; at <= t.Len(); {
		groups := r.find(e, t, at, sticky)
		if groups == nil {
			return
		}
		if at = groups[1]; groups[0] == at {
			at = int(advance(s, int64(at), e.flags.Whole()))
		}
		f(groups)
	}
}

func (r *RegExps) match(call goja.FunctionCall) goja.Value {
	o := r.object(call.This, "[Symbol.match]")
	s := r.host.Text(call.Argument(0))
	if r.untouched(o) {
		if e := r.of(o); e.flags&pattern.Global != 0 {
			return r.matchEach(o, e, s)
		} else {
			return r.result(e, s, r.matched(o, e, s))
		}
	}
	flags := r.host.Text(get(o, "flags")).String()
	if !strings.Contains(flags, "g") {
		if m := r.run(o, s); m != nil {
			return m
		}
		return goja.Null()
	}
	var list []any
	h := held{host: r.host}
	defer h.release()
	r.each(o, s, strings.ContainsAny(flags, "uv"), func(_ *goja.Object, text goja.String) {
		list = append(list, text)
		h.add(perMatch)
		h.keep(text)
	})
	return r.listOrNull(list)
}

func (r *RegExps) listOrNull(list []any) goja.Value {
	if list == nil {
		return goja.Null()
	}
	r.host.Reserve(16 * float64(len(list)))
	return r.rt.NewArray(list...)
}

// matchEach is match with flag g where nothing was changed.
func (r *RegExps) matchEach(o *goja.Object, e *entry, s goja.String) goja.Value {
	r.setLastIndex(o, 0)
	var list []any
	h := held{host: r.host}
	defer h.release()
	r.all(e, s, func(groups []int) {
		list = append(list, s.Substring(groups[0], groups[1]))
		h.add(perMatch + r.copied(s, groups[1]-groups[0]))
	})
	return r.listOrNull(list)
}

// copied returns the bytes that a part of a text takes: those of UTF-16 may be copied.
func (r *RegExps) copied(s goja.String, n int) int64 {
	if r.known.IsASCII(s) {
		return 0
	}
	return 2 * int64(n)
}

// each is the loop of match and replace with flag g: f gets each result, and what it matched.
func (r *RegExps) each(o *goja.Object, s goja.String, whole bool, f func(result *goja.Object, text goja.String)) {
	r.setLastIndex(o, 0)
	for {
		result := r.run(o, s)
		if result == nil {
			return
		}
		text := r.host.Text(get(result, "0"))
		f(result, text)
		if text.Length() == 0 {
			r.setLastIndex(o, advance(s, r.lastIndex(o), whole))
		}
		if err := r.host.Step(1, 0); err != nil {
			r.host.Check()
		}
	}
}

func (r *RegExps) search(call goja.FunctionCall) goja.Value {
	o := r.object(call.This, "[Symbol.search]")
	s := r.host.Text(call.Argument(0))
	if r.untouched(o) {
		e := r.of(o)
		if groups := r.find(e, r.input(s), 0, e.flags&pattern.Sticky != 0); groups != nil {
			return r.rt.ToValue(groups[0])
		}
		return r.rt.ToValue(-1)
	}
	zero, before := r.rt.ToValue(0), get(o, "lastIndex")
	if !before.SameAs(zero) {
		r.setLastIndex(o, 0)
	}
	result := r.run(o, s)
	if after := get(o, "lastIndex"); !after.SameAs(before) {
		if err := o.Set("lastIndex", before); err != nil {
			panic(err)
		}
	}
	if result == nil {
		return r.rt.ToValue(-1)
	}
	return get(result, "index")
}

// matchEvery is matchAll, whose iterator is goja's: it calls exec. Flag v it takes from an object that says u in its place.
func (r *RegExps) matchEvery(call goja.FunctionCall) goja.Value {
	o := r.object(call.This, "[Symbol.matchAll]")
	s := r.host.Text(call.Argument(0))
	constructor := r.species(o)
	flags := r.host.Text(get(o, "flags"))
	matcher := r.construct(constructor, o, flags)
	last := r.lastIndex(o)
	r.setLastIndex(matcher, last)
	stand := r.rt.NewObject()
	kind := r.rt.NewObject()
	r.define(stand, "flags", r.rt.ToValue(strings.ReplaceAll(flags.String(), "v", "u")))
	r.define(stand, "constructor", kind)
	r.define(stand, "lastIndex", r.rt.ToValue(last))
	made := r.rt.ToValue(func(goja.ConstructorCall) *goja.Object { return matcher })
	if err := kind.DefineDataPropertySymbol(goja.SymSpecies, made, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE); err != nil {
		panic(err)
	}
	return r.matchAll(goja.FunctionCall{This: stand, Arguments: []goja.Value{s}})
}

// species returns the constructor that a method makes another regular expression with (ECMA-262, 7.3.22).
func (r *RegExps) species(o *goja.Object) goja.Value {
	c := get(o, "constructor")
	if goja.IsUndefined(c) {
		return r.constructor
	}
	constructor, ok := c.(*goja.Object)
	if !ok {
		panic(r.rt.NewTypeError("the constructor of a regular expression is no object"))
	}
	s := constructor.GetSymbol(goja.SymSpecies)
	if s == nil || goja.IsUndefined(s) || goja.IsNull(s) {
		return r.constructor
	}
	return s
}

func (r *RegExps) construct(constructor goja.Value, args ...goja.Value) *goja.Object {
	if _, ok := goja.AssertConstructor(constructor); !ok {
		panic(r.rt.NewTypeError("the species of a regular expression is no constructor"))
	}
	o, err := r.rt.New(constructor, args...)
	if err != nil {
		panic(err)
	}
	return o
}
