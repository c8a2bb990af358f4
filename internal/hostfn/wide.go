package hostfn

import (
	"math"
	"strconv"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

// Wide returns a value as text, as Text does, but for halves of surrogate pairs, which UTF-8 cannot say: they stay in it as
// WTF-8 writes them. ToJS gives them back. It is for what comes back to the script, never for what leaves the process.
func (r *Run) Wide(v goja.Value) string {
	text := r.Text(v)
	s, ok := v.(goja.String)
	if !ok || !strings.ContainsRune(text, '\uFFFD') {
		return text
	}
	units := make([]uint16, s.Length())
	r.Spend(len(units)>>6, 5*int64(len(units)))
	for i := range units {
		units[i] = s.CharAt(i)
	}
	return ordered.FromUnits(units)
}

// WideString is String with the halves that Wide keeps.
func WideString(r *Run, call goja.FunctionCall, i int) string {
	if s, ok := call.Argument(i).(goja.String); ok {
		return r.Wide(s)
	}
	return String(call, i)
}

// wideToJS is ToJS of a text.
func wideToJS(vm *goja.Runtime, text string) goja.Value {
	if units := ordered.Units(text); units != nil {
		return goja.StringFromUTF16(units)
	}
	return vm.ToValue(text)
}

// Exact adds to data what JSON could not say of the value that it was made of: NaN, infinities, and halves of surrogate pairs,
// as Wide has them, in names too.
func (r *Run) Exact(data any, v goja.Value) any {
	if !mayLack(data) {
		return data
	}
	r.Spend(2, 0)
	o, isObject := v.(*goja.Object)
	switch d := data.(type) {
	case nil:
		if f, ok := number(v); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
			return f
		}
	case string:
		if s, ok := v.(goja.String); ok {
			return r.Wide(s)
		}
	case []any:
		for i := range d {
			if isObject && mayLack(d[i]) {
				d[i] = r.Exact(d[i], o.Get(strconv.Itoa(i)))
			}
		}
	case map[string]any:
		if isObject && lacksNames(d) {
			r.exactNames(d, o)
		}
		for name := range d {
			if isObject && ordered.Units(name) == nil && mayLack(d[name]) {
				d[name] = r.Exact(d[name], o.Get(name))
			}
		}
	}
	return data
}

// number returns a number of the language.
func number(v goja.Value) (float64, bool) {
	if _, isObject := v.(*goja.Object); isObject || v == nil {
		return 0, false
	}
	f, ok := v.Export().(float64)
	return f, ok
}

// mayLack reports whether JSON may have lost something of data.
func mayLack(data any) bool {
	switch d := data.(type) {
	case nil:
		return true
	case string:
		return strings.ContainsRune(d, '\uFFFD')
	case []any:
		for _, item := range d {
			if mayLack(item) {
				return true
			}
		}
	case map[string]any:
		for name, item := range d {
			if replaced(name) || mayLack(item) {
				return true
			}
		}
	}
	return false
}

// lacksNames reports whether JSON may have lost something of the names of data.
func lacksNames(data map[string]any) bool {
	for name := range data {
		if replaced(name) {
			return true
		}
	}
	return false
}
