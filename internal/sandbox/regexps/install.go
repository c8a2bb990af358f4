package regexps

import (
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/pattern"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// Native returns the native that stands in place of one of goja's, nil for those that stay. Names are as in
// "RegExp.prototype.exec"; next is goja's own.
func (r *RegExps) Native(name string, next layout.Native) layout.Native {
	switch name {
	case "RegExp.prototype.exec":
		return r.execNative
	case "RegExp.prototype.test":
		return r.test
	case "RegExp.prototype.compile":
		r.compile = next
		return r.compileAgain
	case "RegExp.prototype.toString":
		return r.toString
	case "RegExp.prototype.Symbol.match":
		return r.match
	case "RegExp.prototype.Symbol.matchAll":
		r.matchAll = next
		return r.matchEvery
	case "RegExp.prototype.Symbol.replace":
		return r.replace
	case "RegExp.prototype.Symbol.search":
		return r.search
	case "RegExp.prototype.Symbol.split":
		return r.split
	}
	return nil
}

// Install puts the natives into the constructor and its prototype. Where source is not nil it is goja's own getter of that name,
// and everything else is in place.
func (r *RegExps) Install(constructor *goja.Object, source goja.Callable) {
	prototype, ok := constructor.Get("prototype").(*goja.Object)
	if !ok || r.prototype != nil {
		return
	}
	r.constructor, r.prototype, r.source = constructor, prototype, source
	if source == nil {
		for _, name := range []string{"exec", "test", "compile", "toString"} {
			r.put("RegExp.prototype."+name, prototype.Get(name))
		}
		for _, name := range []*goja.Symbol{goja.SymMatch, goja.SymMatchAll, goja.SymReplace, goja.SymSearch, goja.SymSplit} {
			r.put("RegExp.prototype."+name.String(), prototype.GetSymbol(name))
		}
	}
	r.exec, _ = prototype.Get("exec").(*goja.Object)
	r.getter("source", r.shownSource)
	r.getter("flags", r.flagsOf)
	r.getter("hasIndices", r.flagGetter("hasIndices", pattern.Indices))
	r.getter("unicodeSets", r.flagGetter("unicodeSets", pattern.Sets))
	r.known.WatchPrototype(prototype, "flags", "dotAll", "hasIndices", "unicodeSets")
}

func (r *RegExps) put(name string, f goja.Value) {
	if o, ok := f.(*goja.Object); ok {
		if call, _ := r.known.Callable(o); call != nil && *call != nil {
			native := r.Native(name, *call)
			*call = func(c goja.FunctionCall) goja.Value {
				r.host.Check()
				return native(c)
			}
		}
	}
}

func (r *RegExps) getter(name string, f layout.Native) {
	o := r.rt.ToValue(f).(*goja.Object)
	layout.NameFunction(o, r.rt.ToValue("get "+name))
	if err := r.prototype.DefineAccessorProperty(name, o, nil, goja.FLAG_TRUE, goja.FLAG_FALSE); err != nil {
		panic(err)
	}
}

func (r *RegExps) shownSource(call goja.FunctionCall) goja.Value {
	if call.This == goja.Value(r.prototype) {
		return r.rt.ToValue("(?:)")
	}
	_, e := r.this(call.This, "source")
	if e.shown == nil {
		r.host.Reserve(8 * float64(e.source.Length()))
		e.shown = shown(e.source)
	}
	return e.shown
}

// shown writes a source as it may stand between slashes (ECMA-262, 22.2.6.13.1).
func shown(source goja.String) goja.String {
	if source.Length() == 0 {
		return goja.StringFromUTF16([]uint16{'(', '?', ':', ')'})
	}
	out := make([]uint16, 0, source.Length())
	inClass, same := false, true
	for i := 0; i < source.Length(); i++ {
		c := source.CharAt(i)
		escaped := ""
		switch {
		case c == '\\' && i+1 < source.Length() && lineEnd(source.CharAt(i+1)) == "":
			out = append(out, c)
			i++
			c = source.CharAt(i)
		case c == '\\':
			continue // before a line end, which is escaped next
		case c == '[':
			inClass = true
		case c == ']':
			inClass = false
		case c == '/' && !inClass:
			escaped = `\/`
		default:
			escaped = lineEnd(c)
		}
		if escaped == "" {
			out = append(out, c)
			continue
		}
		same = false
		for _, c := range escaped {
			out = append(out, uint16(c))
		}
	}
	if same && len(out) == source.Length() {
		return source
	}
	return goja.StringFromUTF16(out)
}

// lineEnd returns how a line end is written in a literal, "" for other characters.
func lineEnd(c uint16) string {
	switch c {
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case 0x2028:
		return `\u2028`
	case 0x2029:
		return `\u2029`
	}
	return ""
}

func (r *RegExps) flagGetter(name string, flag pattern.Flags) layout.Native {
	return func(call goja.FunctionCall) goja.Value {
		if call.This == goja.Value(r.prototype) {
			return goja.Undefined()
		}
		_, e := r.this(call.This, name)
		return r.rt.ToValue(e.flags&flag != 0)
	}
}

// flagsOf is the getter of flags, which reads each one.
func (r *RegExps) flagsOf(call goja.FunctionCall) goja.Value {
	o := r.object(call.This, "flags")
	if r.untouched(o) {
		return r.rt.ToValue(r.of(o).flags.String())
	}
	var flags strings.Builder
	for i, name := range []string{"hasIndices", "global", "ignoreCase", "multiline", "dotAll", "unicode", "unicodeSets", "sticky"} {
		if get(o, name).ToBoolean() {
			flags.WriteByte("dgimsuvy"[i])
		}
	}
	return r.rt.ToValue(flags.String())
}

func (r *RegExps) toString(call goja.FunctionCall) goja.Value {
	o := r.object(call.This, "toString")
	source := r.host.Text(get(o, "source"))
	flags := r.host.Text(get(o, "flags"))
	r.host.Reserve(4 * float64(source.Length()+flags.Length()))
	slash := r.rt.ToValue("/").(goja.String)
	return slash.Concat(source).Concat(slash).Concat(flags)
}
