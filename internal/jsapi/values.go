package jsapi

import (
	"math"
	"reflect"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const (
	// mostShared is how many parts a value of the Go program may have to be seen by flow code, and deepShared how deep it may
	// be nested.
	mostShared = 1 << 16
	deepShared = 64

	// lastExact is where whole numbers end that every JavaScript number can hold.
	lastExact = 1 << 53
)

// shared is a value that c.Set has put into the request's context for Go code, and the bytes that are charged for it.
type shared struct {
	value any
	size  int64
}

// setValue keeps a value for c.Get, and copies what is plain data into the request's context, where the program's
// middleware, steps and plugins find it.
func setValue(s *scope, call goja.FunctionCall) goja.Value {
	key, v := hostfn.WideString(s.Run, call, 0), call.Argument(1)
	data, size := s.dataOf(v)
	memory := s.api.remember(s.Run)
	if err := s.Beside()(size + int64(len(key)) - memory.shared[key].size); err != nil {
		s.Throw(err)
	}
	s.SetWide(s.store(), key, v)
	if memory.shared == nil {
		memory.shared = map[string]shared{}
	}
	memory.shared[key] = shared{data, size + int64(len(key))}
	s.ex.Context().Set(key, data)
	return goja.Undefined()
}

// dataOf returns a value as Go data with its size in bytes, nil for what is no plain data: functions, symbols, cycles.
func (s *scope) dataOf(v goja.Value) (data any, size int64) {
	if o, ok := v.(*goja.Object); ok {
		if _, is := goja.AssertFunction(o); is {
			return nil, 0
		}
		text, err := s.Stringify(o)
		if err == nil {
			data, err = s.Decode(text)
		}
		if stopped := s.Stopped(); stopped != nil {
			s.Throw(stopped)
		}
		if err != nil { // Go code does not see it
			return nil, 0
		}
		return data, hostfn.Weigh(data)
	}
	switch x := s.Plain(v).(type) {
	case string:
		return x, int64(len(x))
	case bool, int64, float64:
		return x, 0
	}
	return nil, 0
}

// seen is what Go code has put into the request's context, as it is recorded.
type seen struct {
	Value any  `json:"value,omitempty"`
	Found bool `json:"found,omitempty"`
}

// getValue returns what c.Set has kept, or what Go code has put into the request's context since then: a copy of it,
// where it is plain data.
func getValue(s *scope, call goja.FunctionCall) goja.Value {
	key := hostfn.WideString(s.Run, call, 0)
	theirs := s.ex.Context().Get(key)
	if own, ok := s.api.remember(s.Run).shared[key]; ok && unchanged(theirs, own.value) {
		return s.WideProperty(s.store(), key)
	}
	got, _ := hostfn.Do(s.Effects, "context", key, func() (seen, error) {
		parts := mostShared
		data, ok := plainOf(reflect.ValueOf(theirs), 0, &parts)
		return seen{data, ok && theirs != nil}, nil
	})
	if !got.Found {
		return goja.Undefined()
	}
	return s.ToJS(got.Value)
}

// unchanged reports whether a value of the context is the one that c.Set has put there.
func unchanged(theirs, own any) bool {
	switch own := own.(type) {
	case map[string]any:
		m, ok := theirs.(map[string]any)
		return ok && reflect.ValueOf(m).Pointer() == reflect.ValueOf(own).Pointer()
	case []any:
		l, ok := theirs.([]any)
		return ok && len(l) == len(own) && reflect.ValueOf(l).Pointer() == reflect.ValueOf(own).Pointer()
	}
	switch theirs.(type) {
	case nil, string, bool, int64, float64:
		return theirs == own
	}
	return false
}

// plainOf copies texts, numbers, booleans, and lists and maps of them; ok is false for everything else. What methods and
// fields a value has is the program's own business: flow code sees no struct and no pointer.
func plainOf(v reflect.Value, depth int, parts *int) (data any, ok bool) {
	if *parts--; *parts < 0 || depth > deepShared {
		return nil, false
	}
	switch v.Kind() {
	case reflect.Invalid:
		return nil, true
	case reflect.Interface:
		return plainOf(v.Elem(), depth+1, parts)
	case reflect.Bool:
		return v.Bool(), true
	case reflect.String:
		return v.String(), true
	case reflect.Float32, reflect.Float64:
		f := v.Float()
		return f, !math.IsNaN(f) && !math.IsInf(f, 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if n := v.Int(); n >= -lastExact && n <= lastExact {
			return n, true
		}
		return float64(v.Int()), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if n := v.Uint(); n <= lastExact {
			return int64(n), true
		}
		return float64(v.Uint()), true
	case reflect.Slice, reflect.Array:
		return plainList(v, depth, parts)
	case reflect.Map:
		return plainMap(v, depth, parts)
	}
	return nil, false
}

func plainList(v reflect.Value, depth int, parts *int) (any, bool) {
	if v.Len() > *parts {
		return nil, false
	}
	list := make([]any, v.Len())
	for i := range list {
		var ok bool
		if list[i], ok = plainOf(v.Index(i), depth+1, parts); !ok {
			return nil, false
		}
	}
	return list, true
}

func plainMap(v reflect.Value, depth int, parts *int) (any, bool) {
	if v.Type().Key().Kind() != reflect.String || v.Len() > *parts {
		return nil, false
	}
	m := make(map[string]any, v.Len())
	for each := v.MapRange(); each.Next(); {
		item, ok := plainOf(each.Value(), depth+1, parts)
		if !ok {
			return nil, false
		}
		m[each.Key().String()] = item
	}
	return m, true
}
