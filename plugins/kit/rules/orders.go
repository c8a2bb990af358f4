package rules

import (
	"errors"
	"maps"
	"reflect"
	"slices"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

// keyOrders remembers the order of keys of the maps that expressions work on, so that an object which comes out as it went
// in has its order still. Expr knows maps only.
type keyOrders map[uintptr][]string

// data makes Go data of a value; what its toJSON throws is thrown on.
func (k keyOrders) data(r *hostfn.Run, v goja.Value) any {
	d, err := k.read(r, v)
	if err != nil {
		r.Rethrow(err)
	}
	return d
}

func (k keyOrders) read(r *hostfn.Run, v goja.Value) (any, error) {
	text, err := r.Stringify(v)
	if err != nil {
		return nil, err
	}
	if err := r.Charge(len(text)>>3, 12*int64(len(text))); err != nil {
		return nil, err
	}
	d, err := ordered.Decode(text)
	if err != nil {
		return nil, err
	}
	return r.Exact(k.plain(d), v), nil
}

func (k keyOrders) plain(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = k.plain(v[i])
		}
	case *ordered.Object:
		m, names := make(map[string]any, v.Len()), make([]string, 0, v.Len())
		for name, item := range v.All() {
			m[name], names = k.plain(item), append(names, name)
		}
		k[reflect.ValueOf(m).Pointer()] = names
		return m
	}
	return v
}

// keys returns the names of a map: in their order where it is known, then those that a rule added, sorted.
func (k keyOrders) keys(m reflect.Value, values map[string]reflect.Value) []string {
	names := make([]string, 0, len(values))
	seen := map[string]bool{}
	for _, name := range k[m.Pointer()] {
		if _, ok := values[name]; ok {
			names, seen[name] = append(names, name), true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !seen[name] {
			names = append(names, name)
		}
	}
	return names
}

// object makes the object that an expression writes, of its names and values in turn: Expr's own would forget their order.
func (e *evaluator) object(parts ...any) (any, error) {
	m, names := make(map[string]any, len(parts)/2), make([]string, 0, len(parts)/2)
	for i := 0; i+1 < len(parts); i += 2 {
		name, ok := parts[i].(string)
		if !ok {
			return nil, errors.New("the name of a field must be text")
		}
		if _, twice := m[name]; !twice {
			names = append(names, name)
		}
		m[name] = parts[i+1]
	}
	e.order[reflect.ValueOf(m).Pointer()] = names
	return e.charge(m)
}
