package jsapi

import (
	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// bytesOf reads the bytes of an argument; what has none is a TypeError that names the function.
func bytesOf(r *hostfn.Run, fn string, v goja.Value) []byte {
	b, err := r.BytesOf(v)
	if err != nil {
		typeError(r, "%s: %s", fn, err.Error())
	}
	return b
}
