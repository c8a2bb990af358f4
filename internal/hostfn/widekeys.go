package hostfn

import (
	"slices"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

// goja's functions for properties take Go's text, which cannot hold half a surrogate pair. Names that have one, which are rare,
// are read and set by a script.

// WideKeys is Keys with the halves that Wide keeps.
func (r *Run) WideKeys(o *goja.Object) []string {
	keys := r.Keys(o)
	if !slices.ContainsFunc(keys, replaced) {
		return keys
	}
	r.Spend(3*len(keys), 60*int64(len(keys)))
	const list = "(o, n) => { const l = []; for (const k in o) { if (l.length === n) break; l[l.length] = k } return l }" // own ones come first
	if names, ok := r.scripted(list, o, r.VM.ToValue(len(keys))).(*goja.Object); ok {
		wide := slices.Clone(keys)
		for i := range wide {
			if name, ok := Property(names, r.VM.ToValue(i).String()).(goja.String); ok && name.String() == wide[i] {
				wide[i] = r.Wide(name)
			}
		}
		return wide
	}
	return keys
}

// WideProperty is Property for a name that WideKeys or Wide returned.
func (r *Run) WideProperty(o *goja.Object, name string) goja.Value {
	units := ordered.Units(name)
	if units == nil {
		return Property(o, name)
	}
	return r.scripted("(o, k) => o[k]", o, goja.StringFromUTF16(units))
}

// SetWide is SetOwn for such a name.
func (r *Run) SetWide(o *goja.Object, name string, v goja.Value) {
	units := ordered.Units(name)
	if units == nil {
		SetOwn(o, name, v)
		return
	}
	r.scripted("(o, k, v) => { o[k] = v }", o, goja.StringFromUTF16(units), v)
}

// HasHalf reports whether a value is text with half a surrogate pair, which nothing can hold that is UTF-8.
func (r *Run) HasHalf(v goja.Value) bool {
	s, ok := v.(goja.String)
	return ok && ordered.Units(r.Wide(s)) != nil
}

// scripted calls a function that is written in JavaScript.
func (r *Run) scripted(source string, args ...goja.Value) goja.Value {
	v, err := r.VM.RunProgram(goja.MustCompile("wide", source, true))
	if call, ok := goja.AssertFunction(v); ok && err == nil {
		v, err = call(goja.Undefined(), args...)
	}
	if err != nil {
		r.Rethrow(err)
	}
	return v
}

// replaced reports whether a text may have lost half a surrogate pair.
func replaced(text string) bool { return strings.Contains(text, "\uFFFD") }

// exactNames puts back the halves that names of data had, which was made of an object by way of JSON.
func (r *Run) exactNames(data map[string]any, o *goja.Object) {
	whole := map[string]bool{} // names that have U+FFFD itself
	for _, name := range r.WideKeys(o) {
		if ordered.Units(name) == nil {
			whole[name] = true
			continue
		}
		v := r.WideProperty(o, name)
		if d := r.DataOf(v); d != nil || goja.IsNull(v) {
			data[name] = r.Exact(d, v)
		}
	}
	for name := range data {
		if replaced(name) && !whole[name] {
			delete(data, name)
		}
	}
}
