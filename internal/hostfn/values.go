package hostfn

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

// ToJS makes a plain JavaScript value of plain Go data: nil, bool, string, the number types, time-free maps and slices
// of them. The script gets copies; no Go value ever reaches it raw. Keys of maps come sorted, those of ordered objects and of
// valid JSON text as they stand.
func ToJS(vm *goja.Runtime, v any) goja.Value {
	b := builder{vm: vm}
	return b.value(v)
}

// ToJS is the function ToJS for what may be large: it charges what it makes.
func (r *Run) ToJS(v any) goja.Value {
	b := builder{vm: r.VM, run: r}
	return b.value(v)
}

// Make is ToJS for callers that no script called, which cannot unwind. After an error the run is over.
func (r *Run) Make(v any) (made goja.Value, err error) {
	defer r.Leave(r.Enter(nil))
	if ex := r.VM.Try(func() { made = r.ToJS(v) }); ex != nil {
		return nil, ex
	}
	return made, nil
}

// What the parts of a value weigh in the VM, in bytes.
const (
	heavyObject   = 400
	heavyProperty = 100
	heavyArray    = 200
	heavyElement  = 48
)

// charge charges an object or array of n parts; without a run nothing is bounded.
func (b *builder) charge(own, n, each int) {
	if b.run != nil {
		b.run.Spend(2+n, int64(own+n*each))
	}
}

// builder makes the objects of one value.
type builder struct {
	vm    *goja.Runtime
	run   *Run         // whose budget is charged; nil for none
	proto *goja.Object // what objects inherit; found at the first of them
}

func (b *builder) value(v any) goja.Value {
	switch v := v.(type) {
	case nil:
		return goja.Null()
	case goja.Value:
		return v
	case string:
		return wideToJS(b.vm, v)
	case bool, int, int64, float64:
		return b.vm.ToValue(v)
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return b.vm.ToValue(i)
		}
		f, _ := v.Float64()
		return b.vm.ToValue(f)
	case []any:
		b.charge(heavyArray, len(v), heavyElement)
		list := make([]any, len(v))
		for i := range v {
			list[i] = b.value(v[i])
		}
		return b.vm.NewArray(list...)
	case []string:
		b.charge(heavyArray, len(v), heavyElement)
		list := make([]any, len(v))
		for i := range v {
			list[i] = v[i]
		}
		return b.vm.NewArray(list...)
	case json.RawMessage:
		return b.text(v)
	case *ordered.Object:
		b.charge(heavyObject, v.Len(), heavyProperty)
		o := b.open()
		for k, item := range v.All() {
			b.set(o, k, b.value(item))
		}
		return b.close(o)
	case map[string]any:
		return object(b, v)
	case map[string]string:
		return object(b, v)
	case map[string][]string:
		return object(b, v)
	}
	if b.run == nil {
		return b.vm.ToValue(v)
	}
	f := foreigner{run: b.run, known: map[listOfGo]goja.Value{}}
	return f.value(reflect.ValueOf(v), 0)
}

// object makes an object of a map.
func object[T any](b *builder, m map[string]T) goja.Value {
	b.charge(heavyObject, len(m), heavyProperty)
	o := b.open()
	for _, k := range slices.Sorted(maps.Keys(m)) {
		b.set(o, k, b.value(m[k]))
	}
	return b.close(o)
}

// open makes an object that inherits nothing until close: setting a property is then half the work of SetOwn, and calls no
// setter that a script may have left in a prototype.
func (b *builder) open() *goja.Object {
	if b.proto != nil {
		return b.vm.CreateObject(nil)
	}
	o := b.vm.NewObject()
	b.proto = o.Prototype()
	_ = o.SetPrototype(nil) // only an object that is not extensible refuses
	return o
}

func (b *builder) close(o *goja.Object) *goja.Object {
	_ = o.SetPrototype(b.proto)
	return o
}

// set sets a property of an open object. goja's own way takes Go's text, which cannot hold half a surrogate pair: such a key
// is set by a script.
func (b *builder) set(o *goja.Object, key string, v goja.Value) {
	units := ordered.Units(key)
	if units == nil {
		_ = o.Set(key, v) // it takes all
		return
	}
	set, err := b.vm.RunProgram(goja.MustCompile("set", "(o, k, v) => { o[k] = v }", true))
	if call, ok := goja.AssertFunction(set); ok && err == nil {
		_, err = call(goja.Undefined(), o, goja.StringFromUTF16(units), v)
	}
	if err != nil && b.run != nil {
		b.run.Rethrow(err) // it was stopped
	}
}

// Maker makes copies of one plain value, each for another VM. It may be used by many goroutines concurrently.
type Maker func(vm *goja.Runtime) goja.Value

// Prepare does once what making a JavaScript value of plain data by ToJS does each time: it sorts names and keeps text
// and numbers, which VMs may share. The data must not change afterwards.
func Prepare(v any) Maker { return prepare(goja.New(), v) }

func prepare(vm *goja.Runtime, v any) Maker {
	switch v := v.(type) {
	case map[string]any:
		return prepare(vm, ordered.From(v))
	case *ordered.Object:
		var names []string
		var makers []Maker
		for name, item := range v.All() {
			names, makers = append(names, name), append(makers, prepare(vm, item))
		}
		return func(vm *goja.Runtime) goja.Value {
			b := builder{vm: vm}
			o := b.open()
			for i, name := range names {
				b.set(o, name, makers[i](vm))
			}
			return b.close(o)
		}
	case []any:
		makers := make([]Maker, len(v))
		for i := range v {
			makers[i] = prepare(vm, v[i])
		}
		return func(vm *goja.Runtime) goja.Value {
			list := make([]any, len(makers))
			for i := range makers {
				list[i] = makers[i](vm)
			}
			return vm.NewArray(list...)
		}
	}
	value := ToJS(vm, v)
	if s, ok := value.(goja.String); ok {
		s.Length() // goja looks once whether text is ASCII, and notes it in the value
	}
	return func(*goja.Runtime) goja.Value { return value }
}

// SetOwn sets a property of the object itself, whatever its name: "__proto__" from a request is data like any other.
func SetOwn(o *goja.Object, key string, v goja.Value) {
	_ = o.DefineDataProperty(key, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
}

// Stringify is JSON.stringify: the one way from a JavaScript value to bytes. undefined and functions give null. It may
// run the value's own toJSON and getters, so it belongs to the run's goroutine, and returns what they throw.
func (r *Run) Stringify(v goja.Value) (text []byte, err error) {
	if v == nil || goja.IsUndefined(v) {
		return []byte("null"), nil
	}
	if o, ok := v.(*goja.Object); ok {
		if text, err = r.Host.Stringify(o); err != nil {
			return nil, err
		}
		if err == nil && len(text) == 0 {
			text = []byte("null")
		}
		return text, err
	}
	switch x := v.Export().(type) {
	case *big.Int:
		return nil, errors.New("a BigInt cannot become JSON")
	case string:
		return r.quoted(v, x)
	case bool, int64, float64, nil:
		if b, err := Encode(x); err == nil {
			return b, nil
		}
	}
	return []byte("null"), nil // NaN, the infinities, symbols
}

// Encode writes Go data as JSON without the HTML escapes of encoding/json, as JSON.stringify does.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// FromJS makes plain Go data of a JavaScript value by way of JSON: maps, slices, strings, bools, nil, int64 for
// integers that fit, float64 for other numbers.
func (r *Run) FromJS(v goja.Value) (any, error) {
	text, err := r.Stringify(v)
	if err != nil {
		return nil, err
	}
	return r.Decode(text)
}

// DataOf is FromJS; what the value's own code throws is thrown on.
func (r *Run) DataOf(v goja.Value) any {
	data, err := r.FromJS(v)
	if err != nil {
		r.Rethrow(err)
	}
	return data
}

// decodeSmall reads JSON text that is soon read.
func decodeSmall(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return normal(v), atEnd(d)
}

// normal turns json.Number into int64 or float64, in place.
func normal(v any) any {
	switch v := v.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		f, _ := v.Float64()
		return f
	case []any:
		for i, item := range v {
			v[i] = normal(item)
		}
	case map[string]any:
		for k, item := range v {
			switch item.(type) {
			case json.Number:
				v[k] = normal(item)
			case []any, map[string]any:
				normal(item)
			}
		}
	}
	return v
}

// quoted writes a text as JSON, as Encode does. Halves of surrogate pairs, which Go's text cannot hold, are escaped.
func (r *Run) quoted(v goja.Value, text string) ([]byte, error) {
	s, ok := v.(goja.String)
	if !ok || !strings.ContainsRune(text, utf8.RuneError) {
		if err := r.Charge(len(text)>>8, 3*int64(len(text))); err != nil { // a buffer that grows, and its copy
			return nil, err
		}
		return Encode(text)
	}
	r.Spend(0, 6*int64(s.Length()))
	out := make([]byte, 1, len(text)+2)
	out[0] = '"'
	for i := 0; i < s.Length(); i++ {
		r.Spend(1, 0)
		c := rune(s.CharAt(i))
		if utf16.IsSurrogate(c) && i+1 < s.Length() {
			if whole := utf16.DecodeRune(c, rune(s.CharAt(i+1))); whole != utf8.RuneError {
				c = whole
				i++
			}
		}
		out = quotedRune(out, c)
	}
	return append(out, '"'), nil
}

// quotedRune adds what a character is inside a text of JSON.
func quotedRune(out []byte, c rune) []byte {
	const short, hex = "b\bt\tn\nf\fr\r", "0123456789abcdef"
	switch {
	case c == '"' || c == '\\':
		return append(out, '\\', byte(c))
	case c >= ' ' && c != '\u2028' && c != '\u2029' && !utf16.IsSurrogate(c):
		return utf8.AppendRune(out, c)
	}
	for i := 0; i < len(short); i += 2 {
		if rune(short[i+1]) == c {
			return append(out, '\\', short[i])
		}
	}
	return append(out, '\\', 'u', hex[c>>12&15], hex[c>>8&15], hex[c>>4&15], hex[c&15])
}
