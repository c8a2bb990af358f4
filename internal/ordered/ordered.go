// Package ordered holds JSON objects whose keys keep the order in which they came, and reads JSON text in that order.
//
// It is the form of data in Go on its way from one VM to another: a payload that goes to a fork, a session, the fields of a
// form. Only the outermost object is taken apart. The objects and lists in it stay text, which is immutable, so that
// copies share it. It knows neither runs nor VMs.
package ordered

import (
	"bytes"
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strconv"
)

// Object is a JSON object. Its values are nil, bool, string, int64, float64 or json.RawMessage, which holds an object or a
// list in valid text; what Go programs set may be anything that encoding/json writes. A nil Object is an empty one that
// cannot be changed. It is not safe for concurrent use.
type Object struct {
	keys   []string
	values map[string]any
}

// New returns an empty object with room for n keys.
func New(n int) *Object { return &Object{keys: make([]string, 0, n), values: make(map[string]any, n)} }

// From returns an object of a map, whose keys come sorted.
func From(m map[string]any) *Object {
	o := New(len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		o.Set(k, m[k])
	}
	return o
}

// Like returns v with the objects in it as ordered ones: keys that the value before had too stand where they stood there,
// new ones after these, sorted. Data that a Go program changes keeps its order this way, as far as it has one.
func Like(v, before any) any {
	switch v := v.(type) {
	case map[string]any:
		was := objectIn(before)
		o := New(len(v))
		for k, old := range was.All() {
			if item, ok := v[k]; ok {
				o.Set(k, Like(item, old))
			}
		}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if !o.Has(k) {
				o.Set(k, Like(v[k], nil))
			}
		}
		return o
	case []any:
		was := listIn(before)
		list := make([]any, len(v))
		for i := range v {
			var old any
			if i < len(was) {
				old = was[i]
			}
			list[i] = Like(v[i], old)
		}
		return list
	}
	return v
}

func objectIn(v any) *Object {
	switch v := v.(type) {
	case *Object:
		return v
	case json.RawMessage:
		if o, err := Parse(v); err == nil {
			return o
		}
	}
	return nil
}

func listIn(v any) (list []json.RawMessage) {
	if raw, ok := v.(json.RawMessage); ok && json.Unmarshal(raw, &list) != nil {
		return nil
	}
	return list
}

// Len returns the number of keys.
func (o *Object) Len() int {
	if o == nil {
		return 0
	}
	return len(o.keys)
}

// Get returns the value of a key, nil without it.
func (o *Object) Get(key string) any {
	if o == nil {
		return nil
	}
	return o.values[key]
}

// Has reports whether there is such a key.
func (o *Object) Has(key string) bool {
	if o == nil {
		return false
	}
	_, ok := o.values[key]
	return ok
}

// Set sets a key; a new one comes last.
func (o *Object) Set(key string, v any) {
	if _, ok := o.values[key]; !ok {
		o.keys = append(o.keys, key)
	}
	o.values[key] = v
}

// Delete removes a key.
func (o *Object) Delete(key string) {
	if !o.Has(key) {
		return
	}
	delete(o.values, key)
	i := slices.Index(o.keys, key)
	o.keys = slices.Delete(o.keys, i, i+1)
}

// All returns keys and values in order. The object must not be changed meanwhile.
func (o *Object) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		if o == nil {
			return
		}
		for _, k := range o.keys {
			if !yield(k, o.values[k]) {
				return
			}
		}
	}
}

// Clone returns a copy, which shares the values; nil of nil.
func (o *Object) Clone() *Object {
	if o == nil {
		return nil
	}
	return &Object{keys: slices.Clone(o.keys), values: maps.Clone(o.values)}
}

// Map returns the object as a map of maps and lists, in memory of its own: text is taken apart, whole numbers are int64.
func (o *Object) Map() map[string]any {
	m := make(map[string]any, o.Len())
	for k, v := range o.All() {
		m[k] = Plain(v)
	}
	return m
}

// Plain returns a value as Go data: maps, lists, texts, booleans, int64 for whole numbers that fit, float64 for others.
func Plain(v any) any {
	switch v := v.(type) {
	case json.RawMessage:
		r := Reader{Text: v}
		return r.plain()
	case *Object:
		return v.Map()
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = Plain(v[i])
		}
		return list
	}
	return v
}

func (r *Reader) plain() any {
	switch r.Kind() {
	case '{':
		m := map[string]any{}
		for r.Enter(); r.More(); {
			key := r.Key()
			m[key] = r.plain()
		}
		return m
	case '[':
		list := []any{}
		for r.Enter(); r.More(); {
			list = append(list, r.plain())
		}
		return list
	}
	return r.scalar()
}

// Decode reads JSON text whole: objects are *Object, lists []any.
func Decode(text []byte) (any, error) {
	var raw json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, err
	}
	r := Reader{Text: raw}
	return r.whole(), nil
}

func (r *Reader) whole() any {
	switch r.Kind() {
	case '{':
		o := New(8)
		for r.Enter(); r.More(); {
			key := r.Key()
			o.Set(key, r.whole())
		}
		return o
	case '[':
		list := []any{}
		for r.Enter(); r.More(); {
			list = append(list, r.whole())
		}
		return list
	}
	return r.scalar()
}

// MarshalJSON writes the keys in order.
func (o *Object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, k := range o.orderedKeys() {
		if i > 0 {
			b.WriteByte(',')
		}
		if units := Units(k); units != nil {
			b.Write(append(appendUnits(b.AvailableBuffer(), units), ':'))
		} else if err := e.Encode(k); err != nil {
			return nil, err
		} else {
			b.Bytes()[b.Len()-1] = ':' // in place of the line's end
		}
		if raw, ok := o.values[k].(json.RawMessage); ok {
			b.Write(raw)
			continue
		}
		if err := e.Encode(o.values[k]); err != nil {
			return nil, err
		}
		b.Truncate(b.Len() - 1)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func (o *Object) orderedKeys() []string {
	if o == nil {
		return nil
	}
	return o.keys
}

// UnmarshalJSON reads an object.
func (o *Object) UnmarshalJSON(text []byte) error {
	p, err := Parse(text)
	if err == nil {
		*o = *p
	}
	return err
}

// Parse reads a JSON object. The texts of objects and lists in it are copied.
func Parse(text []byte) (*Object, error) {
	var raw json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil { // checks it, and copies it once for all
		return nil, err
	}
	r := Reader{Text: raw}
	if r.Kind() != '{' {
		return nil, &json.UnmarshalTypeError{Value: "no object", Offset: int64(r.at)}
	}
	o := New(8)
	for r.Enter(); r.More(); {
		key := r.Key()
		switch k := r.Kind(); k {
		case '{', '[':
			o.Set(key, json.RawMessage(r.Skip()))
		case '"':
			from := r.at
			if s, units := r.String(); units == nil {
				o.Set(key, s)
			} else {
				o.Set(key, json.RawMessage(r.Text[from:r.at:r.at])) // Go's text cannot hold half a surrogate pair
			}
		default:
			o.Set(key, r.scalar())
		}
	}
	return o, nil
}

// scalar reads a value that is no object and no list.
func (r *Reader) scalar() any {
	switch r.Kind() {
	case '"':
		s, _ := r.String()
		return s
	case 't', 'f':
		return r.Skip()[0] == 't'
	case 'n':
		r.Skip()
		return nil
	}
	return Number(r.Skip())
}

// Number reads a number: an int64 where it is whole, written so and fits, else the nearest float64.
func Number(text []byte) any {
	if i, err := strconv.ParseInt(string(text), 10, 64); err == nil && (i != 0 || text[0] != '-') {
		return i
	}
	f, _ := strconv.ParseFloat(string(text), 64) // beyond float64 it is infinite
	return f
}
