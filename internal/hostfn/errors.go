package hostfn

import (
	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// NewError makes the Error that a script catches, with the text of err that a user may read. errors.As finds err again
// in what the script does not catch; the script itself cannot reach it.
func NewError(vm *goja.Runtime, err error) *goja.Object {
	o := vm.NewGoError(fault.ForUser(err))
	keep := func(name string, v goja.Value) {
		_ = o.DefineDataProperty(name, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	}
	keep("name", vm.ToValue("Error")) // goja's own is GoError
	keep("value", vm.NewDynamicObject(&sealed{fault.ForUser(err)}))
	return o
}

// sealed is a Go error inside a script's Error: goja would show its methods and fields to the script.
type sealed struct{ error }

// Unwrap gives the error to errors.As.
func (s *sealed) Unwrap() error { return s.error }

// Get and the others show the script an empty object that takes nothing.
func (s *sealed) Get(string) goja.Value       { return nil }
func (s *sealed) Set(string, goja.Value) bool { return false }
func (s *sealed) Has(string) bool             { return false }
func (s *sealed) Delete(string) bool          { return false }
func (s *sealed) Keys() []string              { return nil }
