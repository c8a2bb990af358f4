package regexps

import (
	"strings"

	"github.com/dop251/goja"
)

// Delegate is a method of strings that another one of its argument does, or of a regular expression that is made of it.
func (r *RegExps) Delegate(call goja.FunctionCall, method *goja.Symbol, flags string) goja.Value {
	if goja.IsUndefined(call.This) || goja.IsNull(call.This) {
		panic(r.rt.NewTypeError("a method of strings was called on undefined or null"))
	}
	what := call.Argument(0)
	if o, ok := what.(*goja.Object); ok {
		if flags != "" && r.isRegExp(o) {
			r.mustBeGlobal(o)
		}
		if f := r.method(o.GetSymbol(method)); f != nil {
			return r.must(f(o, call.This))
		}
	}
	s := r.host.Text(call.This)
	made := goja.Undefined()
	if flags != "" {
		made = r.rt.ToValue(flags)
	}
	o := r.create(what, made)
	f := r.method(o.GetSymbol(method))
	if f == nil {
		panic(r.rt.NewTypeError("RegExp.prototype[%s] was removed", method.String()))
	}
	return r.must(f(o, s))
}

func (r *RegExps) mustBeGlobal(o *goja.Object) {
	v := get(o, "flags")
	if goja.IsUndefined(v) || goja.IsNull(v) || !strings.Contains(r.host.Text(v).String(), "g") {
		panic(r.rt.NewTypeError("matchAll needs a regular expression with flag g"))
	}
}
