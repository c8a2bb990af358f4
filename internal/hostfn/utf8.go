package hostfn

import (
	"bytes"

	"github.com/dop251/goja"
)

// UTF8Text is Text for what a service gets as UTF-8: half a surrogate pair, which that cannot say, is refused. what names the value.
func (r *Run) UTF8Text(fn, what string, v goja.Value) string {
	if r.HasHalf(v) {
		r.noHalf(fn, what)
	}
	return r.Text(v)
}

// UTF8String is String for the same.
func (r *Run) UTF8String(fn, what string, call goja.FunctionCall, i int) string {
	if r.HasHalf(call.Argument(i)) {
		r.noHalf(fn, what)
	}
	return String(call, i)
}

// UTF8Data is DataOf for the same.
func (r *Run) UTF8Data(fn, what string, v goja.Value) any {
	text, err := r.Stringify(v)
	if err != nil {
		r.Rethrow(err)
	}
	if HalfInJSON(text) {
		r.noHalf(fn, what)
	}
	data, err := r.Decode(text)
	if err != nil {
		r.Rethrow(err)
	}
	return data
}

func (r *Run) noHalf(fn, what string) {
	panic(r.VM.NewTypeError("%s: %s holds half a surrogate pair, which UTF-8 cannot say", fn, what))
}

// HalfInJSON reports whether what Stringify made holds half a surrogate pair, in a text or a name: only those are escaped so.
func HalfInJSON(text []byte) bool {
	for {
		at := bytes.Index(text, []byte(`\ud`))
		if at < 0 {
			return false
		}
		before := at
		for before > 0 && text[before-1] == '\\' {
			before--
		}
		if (at-before)%2 == 0 && at+3 < len(text) && text[at+3] >= '8' {
			return true
		}
		text = text[at+2:]
	}
}
