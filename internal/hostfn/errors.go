package hostfn

import (
	"errors"
	"reflect"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// NewError makes the Error that a script catches, with the text of err that a user may read. errors.As finds err again
// in what the script does not catch; the script itself cannot reach it.
func NewError(vm *goja.Runtime, err error) *goja.Object {
	if ex, ok := err.(*goja.Exception); ok { //nolint:errorlint // errors.As would unwrap it, and that exports what a script put there
		err = thrown(ex)
	}
	o := vm.NewGoError(fault.ForUser(err))
	keep := func(name string, v goja.Value) {
		_ = o.DefineDataProperty(name, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	}
	keep("name", vm.ToValue("Error")) // goja's own is GoError
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Code != 0 {
		keep("status", vm.ToValue(f.Code))
	}
	keep("value", vm.NewDynamicObject(&sealed{fault.ForUser(err)}))
	return o
}

// thrown returns the Go error that a thrown Error holds, else one with its text.
func thrown(ex *goja.Exception) error {
	if o, ok := ex.Value().(*goja.Object); ok {
		if v := o.Get("value"); v != nil && v.ExportType() == reflect.TypeFor[*sealed]() {
			if err, ok := v.Export().(error); ok {
				return err
			}
		}
	}
	return errors.New(ex.Error())
}

// sealed is a Go error inside a script's Error: goja would show its methods and fields to the script.
type sealed struct{ error }

// Unwrap returns the error for errors.As.
func (s *sealed) Unwrap() error { return s.error }

// Get and the others show the script an empty object that takes nothing.
func (s *sealed) Get(string) goja.Value       { return nil }
func (s *sealed) Set(string, goja.Value) bool { return false }
func (s *sealed) Has(string) bool             { return false }
func (s *sealed) Delete(string) bool          { return false }
func (s *sealed) Keys() []string              { return nil }
