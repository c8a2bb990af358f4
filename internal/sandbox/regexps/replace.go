package regexps

import (
	"strconv"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/pattern"
)

// replacing is one call of replace.
type replacing struct {
	*RegExps
	s        goja.String
	call     goja.Callable // nil with a template
	template goja.String
	dollars  []int // where $ stands in it
	out      goja.StringBuilder
	wrote    bool
	next     int // place behind the last match
	held     held
}

func (r *RegExps) replace(call goja.FunctionCall) goja.Value {
	o := r.object(call.This, "[Symbol.replace]")
	p := replacing{RegExps: r, s: r.host.Text(call.Argument(0)), held: held{host: r.host}}
	if p.call, _ = goja.AssertFunction(call.Argument(1)); p.call == nil {
		p.template = r.host.Text(call.Argument(1))
		defer p.held.release()
		p.findDollars()
	} else {
		defer p.held.release()
	}
	if r.untouched(o) {
		p.plain(o)
	} else {
		p.protocol(o)
	}
	if !p.wrote && p.next == 0 {
		return p.s
	}
	p.write(p.s, p.next, p.s.Length())
	return p.out.String()
}

func (p *replacing) findDollars() {
	for i := range p.template.Length() - 1 {
		if i&0xFFFF == 0 {
			p.host.Check()
		}
		if p.template.CharAt(i) == '$' {
			p.held.add(16)
			p.dollars = append(p.dollars, i)
		}
	}
}

// write appends a part of a text.
func (p *replacing) write(s goja.String, from, to int) {
	if from < to {
		p.held.add(2*int64(to-from) + 2*p.copied(s, to-from))
		p.out.WriteSubstring(s, from, to)
		p.wrote = true
	}
}

// plain replaces where nothing was changed.
func (p *replacing) plain(o *goja.Object) {
	e := p.of(o)
	if e.flags&pattern.Global == 0 {
		if groups := p.matched(o, e, p.s); groups != nil {
			p.one(e, append([]int(nil), groups...))
		}
		return
	}
	p.setLastIndex(o, 0)
	if p.call == nil {
		p.all(e, p.s, func(groups []int) { p.one(e, groups) })
		return
	}
	var found []int // all matches are made before a function is called
	p.all(e, p.s, func(groups []int) {
		found = append(found, groups...)
		p.held.add(16 * int64(len(groups)))
	})
	n := 2 * e.program.Groups()
	for i := 0; i < len(found); i += n {
		p.one(e, found[i:i+n])
	}
}

// one replaces one match of a pattern that was not changed.
func (p *replacing) one(e *entry, groups []int) {
	p.write(p.s, p.next, groups[0])
	p.next = groups[1]
	if p.call != nil {
		n := len(groups) / 2
		args := make([]goja.Value, n, n+3)
		for i := range args {
			args[i] = part(p.s, groups, i)
		}
		args = append(args, p.rt.ToValue(groups[0]), p.s)
		if e.program.Names() != nil {
			args = append(args, p.named(e, func(i int) any { return args[i] }))
		}
		p.called(args)
		return
	}
	if p.dollars == nil {
		p.write(p.template, 0, p.template.Length())
		return
	}
	p.expand(match{
		from: groups[0], to: groups[1], groups: len(groups)/2 - 1, named: e.program.Names() != nil,
		group: func(i int) goja.Value { return part(p.s, groups, i) },
		byName: func(name string) goja.Value {
			v := goja.Undefined()
			for i, other := range e.program.Names() {
				if other == name && i > 0 && groups[2*i] >= 0 && groups[2*i+1] >= 0 {
					v = part(p.s, groups, i)
				}
			}
			return v
		},
	})
}

func (p *replacing) called(args []goja.Value) {
	p.host.Check()
	text := p.host.Text(p.must(p.call(goja.Undefined(), args...)))
	p.write(text, 0, text.Length())
}

// match is what a template may name.
type match struct {
	from, to int
	whole    goja.String // nil for the text from from up to to
	groups   int
	group    func(i int) goja.Value
	named    bool
	byName   func(name string) goja.Value
}

// expand writes the template with what its $ stand for (ECMA-262, 22.1.3.19.1).
func (p *replacing) expand(m match) {
	at := 0
	for _, dollar := range p.dollars {
		if dollar < at {
			continue // part of the one before
		}
		p.write(p.template, at, dollar)
		at = dollar + 2
		switch c := p.template.CharAt(dollar + 1); {
		case c == '$':
			p.write(p.template, dollar, dollar+1)
		case c == '&' && m.whole != nil:
			p.write(m.whole, 0, m.whole.Length())
		case c == '&':
			p.write(p.s, m.from, m.to)
		case c == '`':
			p.write(p.s, 0, m.from)
		case c == '\'':
			p.write(p.s, min(m.to, p.s.Length()), p.s.Length())
		case c == '<' && m.named:
			at = p.expandName(m, dollar)
		default:
			at = p.expandGroup(m, dollar)
		}
	}
	p.write(p.template, at, p.template.Length())
}

func (p *replacing) expandName(m match, dollar int) int {
	for end := dollar + 2; end < p.template.Length(); end++ {
		if p.template.CharAt(end) == '>' {
			p.writeValue(m.byName(p.template.Substring(dollar+2, end).String()))
			return end + 1
		}
	}
	p.write(p.template, dollar, dollar+2)
	return dollar + 2
}

// expandGroup writes the group of one or two digits; what names none stays as it is.
func (p *replacing) expandGroup(m match, dollar int) int {
	n, at := 0, dollar+1
	for ; at < p.template.Length() && at < dollar+3; at++ {
		c := p.template.CharAt(at)
		if c < '0' || c > '9' || at > dollar+1 && n*10+int(c-'0') > m.groups {
			break
		}
		n = n*10 + int(c-'0')
	}
	if at == dollar+1 || n == 0 || n > m.groups {
		p.write(p.template, dollar, dollar+1)
		return dollar + 1
	}
	p.writeValue(m.group(n))
	return at
}

func (p *replacing) writeValue(v goja.Value) {
	if v != nil && !goja.IsUndefined(v) {
		s := p.host.Text(v)
		p.write(s, 0, s.Length())
	}
}

// protocol replaces as the language says where a script may have changed something (22.2.6.11).
func (p *replacing) protocol(o *goja.Object) {
	flags := p.host.Text(get(o, "flags")).String()
	var results []*goja.Object
	if strings.Contains(flags, "g") {
		p.each(o, p.s, strings.ContainsAny(flags, "uv"), func(result *goja.Object, _ goja.String) {
			results = append(results, result)
			p.held.add(perMatch)
			p.held.keep(result)
		})
	} else if result := p.run(o, p.s); result != nil {
		results = append(results, result)
	}
	for _, result := range results {
		p.result(result)
	}
}

func (p *replacing) result(result *goja.Object) {
	n := p.captures(result)
	whole := p.host.Text(get(result, "0"))
	at := int(min(max(get(result, "index").ToInteger(), 0), int64(p.s.Length())))
	args := []goja.Value{whole}
	groups := held{host: p.host}
	defer groups.release()
	groups.keep(whole)
	for i := range n {
		v := get(result, itoa(i+1))
		if !goja.IsUndefined(v) {
			v = p.host.Text(v)
		}
		args = append(args, v)
		groups.add(32)
		groups.keep(v)
	}
	names := get(result, "groups")
	if p.call != nil {
		args = append(args, p.rt.ToValue(at), p.s)
		if !goja.IsUndefined(names) {
			args = append(args, names)
		}
		text := p.host.Text(p.must(p.call(goja.Undefined(), args...)))
		if at >= p.next {
			p.write(p.s, p.next, at)
			p.write(text, 0, text.Length())
			p.next = at + whole.Length()
		}
		return
	}
	m := match{from: at, to: at + whole.Length(), whole: whole, groups: int(n), group: func(i int) goja.Value { return args[i] }}
	if !goja.IsUndefined(names) {
		o := names.ToObject(p.rt)
		m.named, m.byName = true, func(name string) goja.Value { return get(o, name) }
	}
	if at < p.next { // what it makes is discarded, but a script may see that it is made
		away := replacing{RegExps: p.RegExps, s: p.s, template: p.template, dollars: p.dollars, held: held{host: p.host}}
		defer away.held.release()
		away.expand(m)
		return
	}
	p.write(p.s, p.next, at)
	p.expand(m)
	p.next = m.to
}

// captures returns how many groups a result says that it has.
func (r *RegExps) captures(result *goja.Object) int64 {
	n := max(get(result, "length").ToInteger()-1, 0)
	r.host.Reserve(16 * float64(n))
	return n
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
