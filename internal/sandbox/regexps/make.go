package regexps

import (
	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/pattern"
)

// Arguments returns what goja's constructor shall be given in place of its arguments. Where RegExp is called as a function it may
// return the regular expression itself.
func (r *RegExps) Arguments(args []goja.Value, asFunction bool) (changed []goja.Value, same *goja.Object) {
	source, flags := argument(args, 0), argument(args, 1)
	says := r.isRegExp(source)
	if o, ok := source.(*goja.Object); ok && says && asFunction && goja.IsUndefined(flags) && o.Get("constructor") == goja.Value(r.constructor) {
		return nil, o
	}
	if e := r.of(source); e != nil {
		source = e.source
		if goja.IsUndefined(flags) {
			flags = r.rt.ToValue(e.flags.String())
		}
	} else if says {
		o := source.(*goja.Object)
		source = get(o, "source")
		if goja.IsUndefined(flags) {
			flags = get(o, "flags")
		}
	}
	return r.initialized(source, flags), nil
}

func argument(args []goja.Value, i int) goja.Value {
	if i < len(args) {
		return args[i]
	}
	return goja.Undefined()
}

// initialized returns the key of a pattern, and the flags that goja knows.
func (r *RegExps) initialized(source, flags goja.Value) []goja.Value {
	var units []uint16
	if !goja.IsUndefined(source) {
		s := r.host.Text(source)
		if s.Length() > maxPattern {
			r.host.RangeError("the regular expression is too long")
		}
		units = r.units(s)
	}
	letters := ""
	if !goja.IsUndefined(flags) {
		letters = r.host.Text(flags).String()
	}
	f, ok := pattern.ParseFlags(letters)
	if !ok {
		panic(r.syntaxError("Invalid flags supplied to RegExp constructor '" + letters + "'"))
	}
	key := pattern.Key(units, f)
	if r.entries[key] == nil {
		if _, err := r.enter(key, units, f); err != nil {
			panic(r.invalid(err))
		}
	}
	return []goja.Value{r.rt.ToValue(key), r.rt.ToValue((f &^ (pattern.Indices | pattern.Sets)).String())}
}

func (r *RegExps) units(s goja.String) []uint16 {
	t := r.input(s)
	if t.Wide != nil {
		return t.Wide
	}
	units := make([]uint16, len(t.ASCII))
	for i, c := range t.ASCII {
		units[i] = uint16(c)
	}
	return units
}

// create makes a regular expression, as methods of strings do.
func (r *RegExps) create(source, flags goja.Value) *goja.Object {
	o, err := r.rt.New(r.constructor, source, flags)
	if err != nil {
		panic(err)
	}
	return o
}

// Compile is RegExp.prototype.compile.
func (r *RegExps) compileAgain(call goja.FunctionCall) goja.Value {
	if r.of(call.This) == nil {
		panic(r.rt.NewTypeError("RegExp.prototype.compile is for regular expressions"))
	}
	source, flags := call.Argument(0), call.Argument(1)
	if e := r.of(source); e != nil {
		if !goja.IsUndefined(flags) {
			panic(r.rt.NewTypeError("a regular expression brings its flags with it"))
		}
		source, flags = e.source, r.rt.ToValue(e.flags.String())
	}
	return r.compile(goja.FunctionCall{This: call.This, Arguments: r.initialized(source, flags)})
}
