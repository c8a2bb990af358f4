package sqldb

import (
	"encoding/json"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// list is a JavaScript array: its elements in an IN (…), an array where the database has such a type, else JSON; or a typed
// array of numbers, which is bytes in place of JSON.
type list struct {
	json  string
	items []any
	raw   []byte // of a typed array
}

func (l list) String() string { return l.json }

// whole is what stands for it where the database has no arrays.
func (l list) whole() any {
	if l.raw != nil {
		return l.raw
	}
	return l.json
}

// maxSafe is the largest integer that a JavaScript number holds exactly.
const maxSafe = 1<<53 - 1

// parameters makes plain values of the array that a script gave: nil, bool, int64, float64, string, []byte, time.Time,
// document and list.
func (s *script) parameters(fn string, v goja.Value) []any {
	if goja.IsUndefined(v) || goja.IsNull(v) {
		return nil
	}
	array, ok := v.(*goja.Object)
	if !ok || array.ClassName() != "Array" {
		panic(s.run.VM.NewTypeError("%s takes the parameters as an array, as in %s(\"… WHERE id = $1\", [id])", fn, fn))
	}
	n := hostfn.Property(array, "length").ToInteger()
	if n < 0 || n > maxParameters {
		s.run.Throwf("%s: %d parameters are too many; the most is %d", fn, n, maxParameters)
	}
	params, size := make([]any, n), int64(0)
	for i := range params {
		params[i] = s.parameter(fn, i, array.Get(strconv.Itoa(i)))
		if size += int64(sizeOf(params[i])); size > s.plugin.options.ByteCap {
			s.run.Throwf("%s: the parameters are larger than %d MiB", fn, max(1, s.plugin.options.ByteCap>>20))
		}
	}
	return params
}

func sizeOf(v any) int {
	switch v := v.(type) {
	case document:
		return len(v)
	case list:
		return max(len(v.json), len(v.raw))
	}
	return bytesIn(v)
}

func (s *script) parameter(fn string, i int, v goja.Value) any {
	if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
		return nil
	}
	o, isObject := v.(*goja.Object)
	if b, ok := s.run.Bytes(v); ok {
		if isObject && numeric(o) {
			return list{items: s.elements(fn, i, o), raw: b}
		}
		return b
	}
	_, isSymbol := v.(*goja.Symbol)
	switch {
	case v.ExportType() == reflect.TypeFor[*big.Int]():
		return v.String()
	case isObject && o.ClassName() == "Date":
		if t, ok := v.Export().(time.Time); ok {
			return t
		}
		panic(s.run.VM.NewTypeError("%s: parameter $%d is an invalid Date", fn, i+1))
	case isSymbol, isObject && o.ClassName() == "Function":
		panic(s.run.VM.NewTypeError("%s: parameter $%d is not a value that a database can take", fn, i+1))
	case isObject && isWrapped(o):
	case isObject && o.ClassName() == "Array":
		return s.list(fn, i, o)
	case isObject:
		text, err := s.run.Stringify(v)
		if err != nil {
			s.run.Rethrow(err)
		}
		if string(text) == "{}" && o.GetSymbol(goja.SymIterator) != nil {
			panic(s.run.VM.NewTypeError("%s: parameter $%d is a Set, a Map or alike: give an array of what is in it, as in [...set]", fn, i+1))
		}
		return document(text)
	}
	if s.run.HasHalf(v) {
		panic(s.run.VM.NewTypeError("%s: parameter $%d holds half a surrogate pair, which no database can keep", fn, i+1))
	}
	switch x := s.run.Plain(v).(type) {
	case bool, int64, float64, string:
		return x
	}
	return v.String()
}

// isWrapped reports whether an object holds a text, number or boolean, as new String("a") does.
func isWrapped(o *goja.Object) bool {
	switch o.ClassName() {
	case "String", "Number", "Boolean":
		return true
	}
	return false
}

// unlike finds NaN and infinities, where the database keeps NULL or 0 in their place.
func (s syntax) unlike(params []any) error {
	for i, v := range params {
		if l, ok := v.(list); ok {
			if err := s.unlike(l.items); err != nil {
				return err
			}
		}
		if f, ok := v.(float64); ok && (s.noNaN && math.IsNaN(f) || s.noInfinity && math.IsInf(f, 0)) {
			return fault.New(fault.Script, "parameter $%d is %s, which this database cannot keep: check the number, or give null", i+1, infinity(f))
		}
	}
	return nil
}

// infinity writes NaN and infinities as JavaScript does.
func infinity(f float64) string {
	switch {
	case f > 0:
		return "Infinity"
	case f < 0:
		return "-Infinity"
	}
	return "NaN"
}

// numeric reports whether an object is a typed array of numbers. One of bytes is bytes.
func numeric(o *goja.Object) bool {
	t := o.ExportType()
	return t.Kind() == reflect.Slice && t != reflect.TypeFor[[]byte]() && t.Elem().Kind() >= reflect.Int && t.Elem().Kind() <= reflect.Float64
}

// list reads an array that is parameter i. BigInts, which JSON refuses, are their digits in it.
func (s *script) list(fn string, i int, array *goja.Object) list {
	text, err := s.run.Stringify(array)
	if err == nil {
		return list{json: string(text), items: s.elements(fn, i, array)}
	}
	var parts []string
	digits := false
	for j := range hostfn.Property(array, "length").ToInteger() {
		v := array.Get(strconv.FormatInt(j, 10))
		if v != nil && v.ExportType() == reflect.TypeFor[*big.Int]() {
			parts, digits = append(parts, v.String()), true
			continue
		}
		part, failed := s.run.Stringify(v)
		if failed != nil {
			s.run.Rethrow(failed)
		}
		parts = append(parts, string(part))
	}
	if !digits {
		s.run.Rethrow(err)
	}
	return list{json: "[" + strings.Join(parts, ",") + "]", items: s.elements(fn, i, array)}
}

// elements are those of an array that is parameter i, as parameters of their own.
func (s *script) elements(fn string, i int, array *goja.Object) []any {
	items := make([]any, max(hostfn.Property(array, "length").ToInteger(), 0))
	s.run.Spend(len(items), int64(len(items))*cellCost)
	for j := range items {
		items[j] = s.parameter(fn, i, array.Get(strconv.Itoa(j)))
	}
	return items
}

// rows shows a response as an array of objects.
func (s *script) rows(a *answer) []any {
	out := make([]any, len(a.values))
	for i, row := range a.values {
		o := s.run.VM.NewObject()
		for j, v := range row {
			hostfn.SetOwn(o, a.columns[j], s.value(v))
		}
		out[i] = o
	}
	return out
}

// value makes a JavaScript value of a database's.
func (s *script) value(v any) goja.Value {
	vm := s.run.VM
	switch v := v.(type) {
	case int64:
		if v < -maxSafe || v > maxSafe {
			return s.large(big.NewInt(v))
		}
	case uint64:
		return s.large(new(big.Int).SetUint64(v))
	case []byte:
		return s.run.Uint8Array(v)
	case time.Time:
		return s.run.Construct("Date", vm.ToValue(v.UnixMilli()))
	case document:
		if !json.Valid([]byte(v)) {
			return vm.ToValue(string(v)) // SQLite keeps any text in such a column
		}
		return s.run.ToJS(json.RawMessage(v))
	case []any:
		items := make([]any, len(v))
		for i := range v {
			items[i] = s.value(v[i])
		}
		return vm.NewArray(items...)
	}
	return hostfn.ToJS(vm, v)
}

func (s *script) large(n *big.Int) goja.Value {
	if s.plugin.options.BigInt {
		return s.run.VM.ToValue(n)
	}
	return s.run.VM.ToValue(n.String())
}

// throw raises the error that a call returned. An error of the database itself carries its code.
func (s *script) throw(err error) {
	if e, ok := err.(hostfn.Coded); ok { //nolint:errorlint // explain returns it unwrapped
		o := hostfn.NewError(s.run.VM, e)
		hostfn.SetOwn(o, "code", s.run.VM.ToValue(e.ErrorCode()))
		panic(o)
	}
	s.run.Rethrow(err)
}

// notConfigured raises the error of a database that [db] does not name.
func (s *script) notConfigured(name string) {
	s.run.Throw(fault.New(fault.Unavailable, "the database %.64q is not configured: set driver and dsn in [db.%.64s]", name, name))
}

// decimal reads the text of a DECIMAL or NUMERIC: a number where a number has the same digits, else the text without zeros at
// its end. A whole number is one up to 2^53, as a BIGINT is.
func decimal(text string) any {
	if strings.Trim(text, "-.0123456789") != "" {
		return text // NaN, Infinity
	}
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	if !strings.Contains(text, ".") {
		if f > maxSafe || f < -maxSafe {
			return text
		}
	} else if strings.TrimLeft(strconv.FormatFloat(f, 'f', -1, 64), "-0") != strings.TrimLeft(text, "-0") {
		return text
	}
	return f
}
