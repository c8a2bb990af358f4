package hostfn

import (
	"slices"
	"strings"

	"github.com/dop251/goja"
)

// Only refuses options that a function does not know: one that was misspelt must not pass in silence. An option that is
// undefined counts as not given. A value that is no object has no options. A function that knows none refuses all.
func (r *Run) Only(fn string, options goja.Value, known ...string) {
	r.only(fn, options, known, func(name string) bool { return slices.Contains(known, name) })
}

// OnlyFold is Only for options whose names may be written in any case.
func (r *Run) OnlyFold(fn string, options goja.Value, known ...string) {
	r.only(fn, options, known, func(name string) bool {
		return slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) })
	})
}

// NoOptions refuses options where a function takes none: in its arguments from one on, counted from 0.
func (r *Run) NoOptions(fn string, call goja.FunctionCall, from int) {
	for i := from; i < len(call.Arguments); i++ {
		r.Only(fn, call.Arguments[i])
	}
}

func (r *Run) only(fn string, options goja.Value, known []string, knows func(string) bool) {
	o, ok := options.(*goja.Object)
	if !ok {
		return
	}
	for _, name := range r.Keys(o) {
		if knows(name) || goja.IsUndefined(Property(o, name)) {
			continue
		}
		if len(known) == 0 {
			panic(r.VM.NewTypeError("%s takes no options: %.40q is unknown", fn, name))
		}
		panic(r.VM.NewTypeError("%s: unknown option %.40q; the options are %s", fn, name, strings.Join(known, ", ")))
	}
}
