package hostfn

import (
	"errors"
	"strings"
	"testing"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// TestErrors: what a host function throws is an Error like one of the script's own, and nothing of Go's is in its reach.
func TestErrors(t *testing.T) {
	t.Parallel()
	vm := goja.New()
	cause := errors.New("open /s3cret: no such file")
	r := &Run{VM: vm}
	if err := vm.Set("fails", func(goja.FunctionCall) goja.Value { r.Throw(fault.Wrap(fault.Denied, cause, "not here")); return nil }); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ js, want string }{
		{`String(e)`, "Error: not here"},
		{`e.name`, "Error"},
		{`e.message`, "not here"},
		{`e.stack.split("\n")[0]`, "Error: not here"},
		{`/at f \(/.test(e.stack)`, "true"},
		{`e instanceof Error`, "true"},
		{`JSON.stringify(e)`, "{}"},
		{`Object.keys(e).join()`, ""},
		{`Object.getOwnPropertyNames(e.value).join()`, ""},
		{`String(e.value.Unwrap) + e.value.Error + e.value.error + e.value.Cause`, "undefinedundefinedundefinedundefined"},
		{`JSON.stringify(e.value)`, "{}"},
		{`e.name = "Mine"; e.value = 1; String(e)`, "Mine: not here"},
	}
	for _, tt := range tests {
		js := tt.js
		if at := strings.LastIndex(js, ";"); at < 0 {
			js = "return " + js
		} else {
			js = js[:at+1] + " return " + js[at+1:]
		}
		v, err := vm.RunString(`(function f() { try { fails() } catch (e) { var v = (function () { ` + js + ` })(); return v } })()`)
		if err != nil || v.String() != tt.want {
			t.Errorf("%s: %v, %v; want %s", tt.js, v, err, tt.want)
		}
	}
	_, err := vm.RunString(`fails()`)
	if f, ok := errors.AsType[*fault.Error](err); !ok || f.Kind != fault.Denied || !errors.Is(err, cause) {
		t.Errorf("the runtime does not find the fault in %v", err)
	}
}
