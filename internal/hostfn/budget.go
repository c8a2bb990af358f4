package hostfn

import (
	"reflect"

	"github.com/dop251/goja"
)

// Meter bounds the time and the memory of a run. The VM of the sandbox is one. Its methods belong to the run's goroutine, but
// Beside.
type Meter interface {
	// Stopped returns why the run was stopped, nil while it may continue.
	Stopped() error
	// Hold reserves n bytes that Go is about to allocate and that are not in the VM. It stops the run, and returns why,
	// where they are more than the run may have.
	Hold(n int64) error
	// Release returns bytes of Hold that are garbage, or in the VM by now.
	Release(n int64)
	// Beside counts n bytes more, or less, that work beside the run's goroutine holds for the run. It stops the run, and
	// returns why, where they are more than the run may have. It may be called from any goroutine.
	Beside(n int64) error
}

const (
	// lookEvery is how many steps lie between two looks at whether the run was stopped: less than a millisecond.
	lookEvery = 4096
	// tellEvery is how many bytes are requested in one step, where many small pieces come.
	tellEvery = 16 << 10
)

// budget is what the functions in Go that a run is in have used. Its zero value is ready.
type budget struct {
	steps int   // since the last look
	fresh int64 // bytes that were not reserved yet
	held  int64 // bytes that the meter holds for the functions that have not returned
	calls int   // functions that have not returned, one inside the other
}

// Charge charges a function that is about to do steps of work, each up to a tenth of a microsecond long, and to allocate so
// many bytes. It returns an error where the run was stopped meanwhile, or may not have that much memory; then the run is
// over, whatever the script catches, and the function returns as soon as it can. It costs about a nanosecond.
//
// Functions charge for what is as large as what flows pass them: before they allocate, and at least once in a
// millisecond of work. What they hold counts until they return.
func (r *Run) Charge(steps int, bytes int64) error {
	b := &r.budget
	b.steps += steps
	b.fresh += bytes
	if b.steps < lookEvery && b.fresh < tellEvery {
		return nil
	}
	return r.settle()
}

// Spend is Charge for functions that can unwind: it throws the error.
func (r *Run) Spend(steps int, bytes int64) {
	if err := r.Charge(steps, bytes); err != nil {
		r.Throw(err)
	}
}

// settle reports to the meter what was charged.
func (r *Run) settle() error {
	b := &r.budget
	n := b.fresh
	b.steps, b.fresh = 0, 0
	if r.Meter == nil {
		return nil
	}
	if n < tellEvery {
		b.fresh = n
		return r.Meter.Stopped()
	}
	err := r.Meter.Hold(n)
	if b.held += n; b.calls == 0 { // settling a promise makes values of the VM in one step
		r.Meter.Release(b.held)
		b.held = 0
	}
	return err
}

// Stopped returns why the run was stopped, nil while it may continue.
func (r *Run) Stopped() error {
	if r.Meter == nil {
		return nil
	}
	return r.Meter.Stopped()
}

// Beside returns what counts n bytes more, or less, that work on another goroutine holds for the run, such as a response that
// is being read. It returns an error where the run was stopped, also by this. What Beside returns may be called from any
// goroutine, also when the run is over.
func (r *Run) Beside() func(n int64) error {
	if r.Meter == nil {
		return func(int64) error { return nil }
	}
	return r.Meter.Beside
}

// Enter notes that a function is called, and charges what making Go text of its arguments copies. It returns what Leave,
// which must follow, is to be given. Function, Func and Define do it.
func (r *Run) Enter(args []goja.Value) (outer int64) {
	b := &r.budget
	b.calls++
	outer = b.held
	for _, v := range args {
		if n := copied(v); n > 0 {
			r.Spend(0, n)
		}
	}
	return outer
}

// Leave notes that a function has returned, or was left: what it held is a value of the VM by now, or garbage.
func (r *Run) Leave(outer int64) {
	b := &r.budget
	b.calls--
	if n := b.held - outer; n > 0 {
		b.held = outer
		r.Meter.Release(n)
	}
}

// Text makes Go text of a value as its String does, and charges first what that copies.
func (r *Run) Text(v goja.Value) string {
	if n := copied(v); n > 0 {
		r.Spend(0, n)
	}
	return v.String()
}

// copied returns how many bytes String makes of a text: none where goja holds it as Go does, which it does of ASCII and of
// what came from Go.
func copied(v goja.Value) int64 {
	if v == nil || reflect.TypeOf(v).Kind() != reflect.Slice { // of UTF-16
		return 0
	}
	s, ok := v.(goja.String)
	if !ok {
		return 0
	}
	return 3 * int64(s.Length())
}

// Function makes a function of the run's VM. What it charges is held until it returns.
func (r *Run) Function(f func(call goja.FunctionCall) goja.Value) goja.Value {
	return r.VM.ToValue(func(call goja.FunctionCall) goja.Value {
		outer := r.Enter(call.Arguments)
		defer r.Leave(outer)
		return f(call)
	})
}
