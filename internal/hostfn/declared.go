package hostfn

import (
	"strings"

	"github.com/dop251/goja"
)

// Signature says how many arguments a function takes. The nil one says nothing.
type Signature struct {
	name  string
	takes int      // arguments
	last  bool     // the last of them is an object of options
	plain []string // names of those that are a text or a number, "" for others; nil without any
}

// plainNames are the parameters that no object can be: its text would be [object Object], whatever it holds.
const plainNames = " name key field username password wid path callback text model ms size seconds amount zone unit pattern code subject "

// Check refuses an object behind the arguments that the function takes, where it would have no effect: it is one of options.
func (d *Signature) Check(r *Run, call goja.FunctionCall) {
	if d == nil {
		return
	}
	for i, name := range d.plain {
		if name != "" && i < len(call.Arguments) {
			d.checkPlain(r, call.Arguments[i], name)
		}
	}
	if len(call.Arguments) <= d.takes {
		return
	}
	for i, v := range call.Arguments[d.takes:] {
		o, ok := v.(*goja.Object)
		if !ok || o.ClassName() == "Array" || o.ClassName() == "Function" || typedArray(o.ExportType()) { // as map and forEach pass them
			continue
		}
		if d.last && len(r.Keys(o)) > 0 {
			panic(r.VM.NewTypeError("%s takes options as argument %d, not %d", d.name, d.takes, d.takes+i+1))
		}
		r.Only(d.name, o)
	}
}

func (d *Signature) checkPlain(r *Run, v goja.Value, name string) {
	if o, ok := v.(*goja.Object); ok && o.ClassName() == "Object" && o.String() == "[object Object]" {
		hint := ""
		if name == "text" {
			hint = "; JSON.stringify makes text of one"
		}
		panic(r.VM.NewTypeError("%s: %s cannot be an object%s", d.name, name, hint))
	}
}

// Declare reads signatures, as in Calls of a Row, by the expressions that lead to the functions. One that takes any number of
// arguments is left out, and so is one that only a callback gets.
func Declare(sigs ...string) map[string]*Signature {
	all := map[string]*Signature{}
	for _, sig := range sigs {
		name, params := splitSig(sig)
		if name == "" || strings.Contains(params, "...") {
			continue
		}
		d := &Signature{name: name, last: strings.HasSuffix(params, "}")}
		d.read(params)
		if other := all[name]; other == nil || other.takes < d.takes {
			all[name] = d
		}
	}
	return all
}

// splitSig splits the signature of a function at its last pair of parentheses; that of a value has no name.
func splitSig(sig string) (name, params string) {
	if !strings.HasSuffix(sig, ")") || strings.Contains(sig, "=>") {
		return "", ""
	}
	depth := 0
	for at := len(sig) - 1; at > 0; at-- {
		switch sig[at] {
		case ')':
			depth++
		case '(':
			if depth--; depth == 0 {
				return sig[:at], strings.TrimSpace(sig[at+1 : len(sig)-1])
			}
		}
	}
	return "", ""
}

// read takes the parameters one by one.
func (d *Signature) read(params string) {
	depth, from := 0, 0
	for i := range len(params) + 1 {
		switch {
		case i == len(params) || params[i] == ',' && depth == 0:
			if name := strings.TrimSpace(params[from:i]); strings.Contains(plainNames, " "+name+" ") {
				d.plain = append(d.plain, make([]string, d.takes-len(d.plain))...)
				d.plain = append(d.plain, name)
			}
			d.takes, from = d.takes+1, i+1
		case params[i] == '{':
			depth++
		case params[i] == '}':
			depth--
		}
	}
	if params == "" {
		d.takes = 0
	}
}

// binding is the row whose value is being made for a run.
type binding struct {
	name  string
	calls map[string]*Signature
}

// Declared makes a function of Go's, by its signature in the row that is being bound. member is its name there, "" for the row's own.
func (r *Run) Declared(member string, f func(call goja.FunctionCall) goja.Value) goja.Value {
	d := r.binding.find(member)
	if d == nil {
		return r.Function(f)
	}
	return r.VM.ToValue(func(call goja.FunctionCall) goja.Value {
		outer := r.Enter(call.Arguments)
		defer r.Leave(outer)
		d.Check(r, call)
		return f(call)
	})
}

func (b *binding) find(member string) *Signature {
	if b == nil {
		return nil
	}
	if member == "" {
		return b.calls[b.name]
	}
	return b.calls[b.name+"."+member]
}
