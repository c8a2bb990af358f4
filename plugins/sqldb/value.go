package sqldb

import (
	"encoding/json"
	"math/big"
	"reflect"
	"strconv"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// list is a JavaScript array as JSON: an array where the database has such a type, else JSON.
type list string

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
		return len(v)
	}
	return bytesIn(v)
}

func (s *script) parameter(fn string, i int, v goja.Value) any {
	if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
		return nil
	}
	if b, ok := hostfn.Bytes(v); ok {
		return b
	}
	o, isObject := v.(*goja.Object)
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
		panic(s.run.VM.NewTypeError("%s: parameter $%d is no value that a database can take", fn, i+1))
	case isObject:
		text, err := s.run.Stringify(v)
		if err != nil {
			s.run.Rethrow(err)
		}
		if o.ClassName() == "Array" {
			return list(text)
		}
		return document(text)
	}
	switch x := v.Export().(type) {
	case bool, int64, float64:
		return x
	}
	return v.String()
}

// rows shows an answer as an array of objects.
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
		var data any
		if err := json.Unmarshal([]byte(v), &data); err != nil {
			return vm.ToValue(string(v)) // SQLite keeps any text in such a column
		}
		return hostfn.ToJS(vm, data)
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

// throw raises what a call answered. An error of the database itself carries its code.
func (s *script) throw(err error) {
	if e, ok := err.(hostfn.Coded); ok { //nolint:errorlint // explain answers it unwrapped
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
