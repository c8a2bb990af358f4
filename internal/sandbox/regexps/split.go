package regexps

import (
	"math"
	"strings"

	"github.com/dop251/goja"
)

// parts is the list that split makes.
type parts struct {
	list  []any
	limit int64
	held  held
}

// add adds a part, and reports whether there may be more.
func (p *parts) add(v goja.Value, copied int64) bool {
	p.list = append(p.list, v)
	p.held.add(perMatch + copied)
	return int64(len(p.list)) < p.limit
}

func limitOf(v goja.Value) int64 {
	if goja.IsUndefined(v) {
		return 1<<32 - 1
	}
	n := v.ToNumber().ToFloat()
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return 0
	}
	return int64(uint32(int64(math.Mod(math.Trunc(n), 1<<32))))
}

func (r *RegExps) split(call goja.FunctionCall) goja.Value {
	o := r.object(call.This, "[Symbol.split]")
	s := r.host.Text(call.Argument(0))
	constructor := r.species(o)
	plain := r.untouched(o) && constructor == goja.Value(r.constructor)
	var splitter *goja.Object
	var e *entry
	flags := ""
	if plain {
		e = r.of(o)
	} else {
		text := r.host.Text(get(o, "flags"))
		if flags = text.String(); !strings.Contains(flags, "y") {
			text = text.Concat(r.rt.ToValue("y").(goja.String))
		}
		splitter = r.construct(constructor, o, text)
	}
	p := parts{limit: limitOf(call.Argument(1)), held: held{host: r.host}}
	defer p.held.release()
	switch {
	case p.limit == 0:
	case plain:
		r.splitPlain(e, s, &p)
	default:
		r.splitBy(splitter, s, strings.ContainsAny(flags, "uv"), &p)
	}
	r.host.Reserve(16 * float64(len(p.list)))
	return r.rt.NewArray(p.list...)
}

// splitPlain splits where nothing was changed: places that cannot match are passed over at once.
func (r *RegExps) splitPlain(e *entry, s goja.String, p *parts) {
	t := r.input(s)
	size, from := t.Len(), 0
	if size == 0 {
		if r.find(e, t, 0, true) == nil {
			p.add(s, 0)
		}
		return
	}
	for at := 0; at < size; {
		groups := r.find(e, t, at, false)
		if len(groups) == 0 || groups[0] >= size {
			break
		}
		if groups[1] == from {
			at = int(advance(s, int64(groups[0]), e.flags.Whole()))
			continue
		}
		if !p.add(s.Substring(from, groups[0]), r.copied(s, groups[0]-from)) {
			return
		}
		from = groups[1]
		at = from
		for i := 1; i < len(groups)/2; i++ {
			if !p.add(part(s, groups, i), 0) {
				return
			}
		}
	}
	p.add(s.Substring(from, size), r.copied(s, size-from))
}

// splitBy follows the protocol (ECMA-262, 22.2.6.14).
func (r *RegExps) splitBy(splitter *goja.Object, s goja.String, whole bool, p *parts) {
	size, from := int64(s.Length()), int64(0)
	if size == 0 {
		if r.run(splitter, s) == nil {
			p.add(s, 0)
		}
		return
	}
	for at := int64(0); at < size; {
		r.setLastIndex(splitter, at)
		result := r.run(splitter, s)
		if err := r.host.Step(1, 0); err != nil {
			r.host.Check()
		}
		if result == nil {
			at = advance(s, at, whole)
			continue
		}
		end := min(r.lastIndex(splitter), size)
		if end == from {
			at = advance(s, at, whole)
			continue
		}
		if !p.add(s.Substring(int(from), int(at)), r.copied(s, int(at-from))) {
			return
		}
		from = end
		for i := range r.captures(result) {
			group := get(result, itoa(i+1))
			p.held.keep(group)
			if !p.add(group, 0) {
				return
			}
		}
		at = from
	}
	p.add(s.Substring(int(from), int(size)), r.copied(s, int(size-from)))
}
