package rules

import (
	"bytes"
	"encoding/json"
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

// entries returns the names of a map and its values, in their order.
func (e *evaluator) entries(fn string, args []any) (names []string, values map[string]reflect.Value, err error) {
	if len(args) != 1 || reflect.ValueOf(args[0]).Kind() != reflect.Map {
		return nil, nil, errors.New(fn + " takes an object")
	}
	m := reflect.ValueOf(args[0])
	if err := e.use(2 * m.Len()); err != nil {
		return nil, nil, err
	}
	values = make(map[string]reflect.Value, m.Len())
	for it := m.MapRange(); it.Next(); {
		name, err := e.text(it.Key().Interface())
		if err != nil {
			return nil, nil, err
		}
		values[name] = it.Value()
	}
	return e.order.keys(m, values), values, nil
}

func (e *evaluator) keys(args ...any) (any, error) {
	names, _, err := e.entries("keys", args)
	list := make([]any, len(names))
	for i, name := range names {
		list[i] = name
	}
	return list, err
}

func (e *evaluator) values(args ...any) (any, error) {
	names, values, err := e.entries("values", args)
	list := make([]any, len(names))
	for i, name := range names {
		list[i] = values[name].Interface()
	}
	return list, err
}

func (e *evaluator) toPairs(args ...any) (any, error) {
	names, values, err := e.entries("toPairs", args)
	list := make([]any, len(names))
	for i, name := range names {
		list[i] = []any{name, values[name].Interface()}
	}
	return list, err
}

func (e *evaluator) fromPairs(args ...any) (any, error) {
	if len(args) != 1 {
		return nil, errors.New("fromPairs takes a list of pairs")
	}
	var parts []any
	list, ok := args[0].([]any)
	for _, item := range list {
		pair, isList := item.([]any)
		if !isList || len(pair) != 2 {
			ok = false
			break
		}
		parts = append(parts, pair...)
	}
	if !ok {
		return nil, errors.New("fromPairs takes a list of pairs")
	}
	return e.object(parts...)
}

// toJSON writes JSON as Expr does, in lines, but with keys in their order.
func (e *evaluator) toJSON(args ...any) (any, error) {
	if len(args) != 1 {
		return nil, errors.New("toJSON takes a value")
	}
	v, err := e.inOrder(args[0])
	if err != nil {
		return nil, err
	}
	text, err := hostfn.Encode(v)
	if err != nil {
		return nil, err
	}
	if err := e.use(len(text) / 4); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, text, "", "  "); err != nil {
		return nil, err
	}
	return e.charge(out.String())
}

// inOrder returns a value whose maps are objects in order.
func (e *evaluator) inOrder(v any) (any, error) {
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Slice, reflect.Array:
		list := make([]any, rv.Len())
		for i := range list {
			item, err := e.inOrder(rv.Index(i).Interface())
			if err != nil {
				return nil, err
			}
			list[i] = item
		}
		return list, nil
	case reflect.Map:
		names, values, err := e.entries("toJSON", []any{v})
		if err != nil {
			return nil, err
		}
		o := ordered.New(len(names))
		for _, name := range names {
			item, err := e.inOrder(values[name].Interface())
			if err != nil {
				return nil, err
			}
			o.Set(name, item)
		}
		return o, nil
	}
	return v, nil
}
