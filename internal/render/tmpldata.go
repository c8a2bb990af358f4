package render

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"

	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

// nothing is null in the data of a template. Like a missing key it prints nothing, is false, and has nothing in it; in JSON it is null.
type nothing map[string]any

// String implements fmt.Stringer.
func (nothing) String() string { return "" }

// MarshalJSON implements json.Marshaler.
func (nothing) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// absent reports whether a value is null, or that of a missing key.
func absent(v any) bool {
	_, null := v.(nothing)
	return v == nil || null
}

// nan is NaN in the data of a template: for {{if}} it is false, which a float64 would not be.
type nan [0]struct{}

// String implements fmt.Stringer.
func (nan) String() string { return "NaN" }

// MarshalJSON implements json.Marshaler.
func (nan) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// present readies data for a template, in place: null must not be nil, which {{.user.name}} would fail on.
func present(v any) any {
	switch v := v.(type) {
	case nil:
		return nothing(nil)
	case float64:
		if math.IsNaN(v) {
			return nan{}
		}
	case []any:
		for i := range v {
			v[i] = present(v[i])
		}
	case map[string]any:
		for key, item := range v {
			v[key] = present(item)
		}
	}
	return v
}

// pageData is what a page is rendered over.
type pageData struct {
	root any    // present
	text []byte // its JSON text, which has the order of keys; nil for data without
	keys map[uintptr][]string
}

// order returns the keys of an object of the data in their order. It reads that from the text when a page first asks.
func (p *page) order(m map[string]any) ([]string, error) {
	d := &p.data
	if d.keys == nil {
		d.keys = map[uintptr][]string{}
		if d.text != nil {
			if err := p.meter.run.Charge(len(d.text)>>3, 12*int64(len(d.text))); err != nil {
				return nil, err
			}
			whole, err := ordered.Decode(d.text)
			if err != nil {
				return nil, err
			}
			d.learn(whole, d.root)
		}
	}
	if keys, ok := d.keys[reflect.ValueOf(m).Pointer()]; ok {
		return keys, nil
	}
	return slices.Sorted(maps.Keys(m)), nil
}

// learn notes the keys of the objects in a value that was read twice.
func (d *pageData) learn(whole, read any) {
	switch whole := whole.(type) {
	case []any:
		list, ok := read.([]any)
		for i := range whole {
			if ok && i < len(list) {
				d.learn(whole[i], list[i])
			}
		}
	case *ordered.Object:
		m, ok := read.(map[string]any)
		if !ok || whole.Len() != len(m) {
			return
		}
		keys := make([]string, 0, len(m))
		for key, item := range whole.All() {
			if _, ok := m[key]; !ok { // it is written otherwise, as half a surrogate pair is
				return
			}
			keys = append(keys, key)
			d.learn(item, m[key])
		}
		d.keys[reflect.ValueOf(m).Pointer()] = keys
	}
}

// show readies a value to be printed in any place of the page.
func (p *page) show(v any) any {
	switch v.(type) {
	case []any, map[string]any:
		return literal{page: p, value: v}
	}
	return show(v)
}

// literal is a list or an object of the data. A script gets it as JSON.stringify writes it, other places as Go prints it.
type literal struct {
	page  *page
	value any
}

// String implements fmt.Stringer.
func (l literal) String() string { return fmt.Sprint(show(l.value)) }

// MarshalJSON implements json.Marshaler.
func (l literal) MarshalJSON() ([]byte, error) {
	v, err := l.page.json(l.value)
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// json returns a value whose JSON is exact.
func (p *page) json(v any) (any, error) {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i := range v {
			item, err := p.json(v[i])
			if err != nil {
				return nil, err
			}
			list[i] = item
		}
		return list, nil
	case map[string]any:
		keys, err := p.order(v)
		if err != nil {
			return nil, err
		}
		o := ordered.New(len(keys))
		for _, key := range keys {
			item, err := p.json(v[key])
			if err != nil {
				return nil, err
			}
			o.Set(key, item)
		}
		return o, nil
	}
	return show(v), nil
}
