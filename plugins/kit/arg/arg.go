// Package arg reads the arguments of functions that flow code calls, and bounds what one call reads and makes.
//
// The families of plugins/kit call it. It knows none of them. Texts that their functions read come from strangers: each has
// a limit on the size of what it reads, on how deep that is nested and on how many values it makes.
package arg

import (
	"errors"
	"slices"
	"unicode/utf8"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// What one call may read and make.
const (
	MaxText   = 8 << 20 // bytes of a text to be parsed, or that is made
	MaxValues = 500_000 // values that a text may hold
	MaxDepth  = 200     // of values in values
)

// Member is one function of an object; make it with Method.
type Member struct {
	name string
	call func(r *hostfn.Run, call goja.FunctionCall) goja.Value
}

// Method makes a Member.
func Method(name string, call func(r *hostfn.Run, call goja.FunctionCall) goja.Value) Member {
	return Member{name, call}
}

// Object is a Bind of an object with methods.
func Object(methods ...Member) func(*hostfn.Run) goja.Value {
	return func(r *hostfn.Run) goja.Value {
		o := r.VM.NewObject()
		for _, m := range methods {
			hostfn.Define(r, o, m.name, func(call goja.FunctionCall) goja.Value { return m.call(r, call) })
		}
		return o
	}
}

// Fail throws an error of a function of the kit.
func Fail(r *hostfn.Run, fn, format string, args ...any) {
	r.Throwf(fn+": "+format, args...)
}

// Text returns argument i, which must be text of a bearable size.
func Text(r *hostfn.Run, fn string, call goja.FunctionCall, i int) string {
	s, ok := r.TextOf(call.Argument(i))
	if !ok {
		Fail(r, fn, "argument %d must be text", i+1)
	}
	if len(s) > MaxText {
		Fail(r, fn, "the text is longer than %d MiB", MaxText>>20)
	}
	return s
}

// Options reads argument i as an object of settings that knows so many; none is an empty one. One whose settings would not be
// seen, as a Map or an object that inherits them, is refused.
func Options(r *hostfn.Run, fn string, call goja.FunctionCall, i int, known ...string) Settings {
	given := call.Argument(i)
	switch d := r.DataOf(given).(type) {
	case nil:
		return Settings{r, fn, nil, nil}
	case map[string]any:
		o, ok := given.(*goja.Object)
		if !ok || o.GetSymbol(goja.SymIterator) != nil {
			break
		}
		r.Only(fn, o, known...)
		own := r.Keys(o)
		for _, name := range known {
			if !slices.Contains(own, name) && !goja.IsUndefined(hostfn.Property(o, name)) {
				panic(r.VM.NewTypeError("%s: option %s is inherited or hidden: make it a property of the options themselves", fn, name))
			}
		}
		return Settings{r, fn, d, o}
	}
	Fail(r, fn, "argument %d must be an object of options", i+1)
	return Settings{}
}

// Settings are the options of a call of Fn. Values are nil where none were given.
type Settings struct {
	R      *hostfn.Run
	Fn     string
	Values map[string]any

	given *goja.Object
}

// Stated refuses options that are there and null or undefined, as a setting that is missing: what they restrict would pass
// unchecked.
func (s Settings) Stated(names ...string) {
	if s.given == nil {
		return
	}
	own := s.R.Keys(s.given)
	for _, name := range names {
		if v := hostfn.Property(s.given, name); slices.Contains(own, name) && (goja.IsUndefined(v) || goja.IsNull(v)) {
			panic(s.R.VM.NewTypeError("%s: option %s is %s: leave it out where it is not meant", s.Fn, name, v))
		}
	}
}

// Text returns an option that must be text.
func (s Settings) Text(name, otherwise string) string {
	switch v := s.Values[name].(type) {
	case nil:
		return otherwise
	case string:
		return v
	}
	Fail(s.R, s.Fn, "option %s must be text", name)
	return ""
}

// Flag returns an option that must be true or false.
func (s Settings) Flag(name string, otherwise bool) bool {
	switch v := s.Values[name].(type) {
	case nil:
		return otherwise
	case bool:
		return v
	}
	Fail(s.R, s.Fn, "option %s must be true or false", name)
	return false
}

// Texts reads a text or a list of them.
func (s Settings) Texts(name string) []string {
	switch v := s.Values[name].(type) {
	case nil:
		return nil
	case string:
		return []string{v}
	case []any:
		list := make([]string, len(v))
		for i := range v {
			s.R.Spend(1, 16)
			var ok bool
			if list[i], ok = v[i].(string); !ok {
				Fail(s.R, s.Fn, "option %s must be a list of texts", name)
			}
		}
		return list
	}
	Fail(s.R, s.Fn, "option %s must be text or a list of texts", name)
	return nil
}

// Char reads an option that is one character.
func (s Settings) Char(name, otherwise string) string {
	v := s.Text(name, otherwise)
	if c, n := utf8.DecodeRuneInString(v); n == 0 || n != len(v) || c == utf8.RuneError || c == '\n' || c == '\r' || c == '"' {
		Fail(s.R, s.Fn, "option %s must be one character, and no quote or line break", name)
	}
	return v
}

// Counter bounds what one parser makes, and charges it to the run R.
type Counter struct {
	R      *hostfn.Run
	values int
}

// What a value weighs in the VM, in bytes.
const (
	HeavyObject = 400
	HeavyEntry  = 120
	HeavyValue  = 60
)

// Add counts a value of so many bytes.
func (c *Counter) Add(depth int, bytes int) error {
	if err := c.R.Charge(10, int64(bytes)); err != nil {
		return err
	}
	if c.values++; c.values > MaxValues {
		return fault.New(fault.Script, "the text holds more than %d values", MaxValues)
	}
	if depth > MaxDepth {
		return fault.New(fault.Script, "the text is nested more than %d deep", MaxDepth)
	}
	return nil
}

// Reason is what an author may read of a parser's error.
func Reason(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Text
	}
	return err.Error()
}

// IsHex reports whether a byte is a digit of a hexadecimal number.
func IsHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }
