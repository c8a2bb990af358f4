package crypto

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"reflect"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
)

// bind returns crypto, with subtle as browsers have it: digest.
func bind(r *hostfn.Run) goja.Value {
	crypto := arg.Object(methods()...)(r)
	if o, ok := crypto.(*goja.Object); ok {
		hostfn.SetOwn(o, "subtle", arg.Object(arg.Method("digest", subtleDigest))(r))
	}
	return crypto
}

// subtleDigest is crypto.subtle.digest(algorithm, bytes). As there, what is wrong rejects the promise.
func subtleDigest(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	promise, resolve, reject := r.VM.NewPromise()
	var sum []byte
	if ex := r.VM.Try(func() { sum = subtleSum(r, call) }); ex != nil {
		_ = reject(ex.Value())
	} else {
		_ = resolve(r.VM.NewArrayBuffer(sum))
	}
	return r.VM.ToValue(promise)
}

func subtleSum(r *hostfn.Run, call goja.FunctionCall) []byte {
	if len(call.Arguments) < 2 {
		panic(r.VM.NewTypeError("crypto.subtle.digest takes an algorithm and bytes"))
	}
	name := call.Argument(0)
	if o, ok := name.(*goja.Object); ok {
		if name = hostfn.Property(o, "name"); goja.IsUndefined(name) {
			panic(r.VM.NewTypeError("crypto.subtle.digest: the algorithm has no name"))
		}
	}
	var h hash.Hash
	switch strings.ToUpper(r.Text(name)) {
	case "SHA-1":
		h = sha1.New()
	case "SHA-256":
		h = sha256.New()
	case "SHA-384":
		h = sha512.New384()
	case "SHA-512":
		h = sha512.New()
	default:
		r.ThrowDOM("NotSupportedError", "Unrecognized algorithm name")
	}
	data, ok := view(call.Argument(1))
	if !ok {
		panic(r.VM.NewTypeError("crypto.subtle.digest takes an ArrayBuffer or a view of one"))
	}
	Hashed(r, h, data)
	return h.Sum(nil)
}

// view returns the bytes of an ArrayBuffer, a typed array or a DataView, which must not be changed.
func view(v goja.Value) ([]byte, bool) {
	o, ok := v.(*goja.Object)
	if !ok {
		return nil, false
	}
	whole := reflect.TypeFor[goja.ArrayBuffer]()
	if o.ExportType() == whole {
		return o.Export().(goja.ArrayBuffer).Bytes(), true
	}
	buffer, ok := hostfn.Property(o, "buffer").(*goja.Object)
	if !ok || buffer.ExportType() != whole {
		return nil, false
	}
	b := buffer.Export().(goja.ArrayBuffer).Bytes()
	from, n := hostfn.Property(o, "byteOffset").ToInteger(), hostfn.Property(o, "byteLength").ToInteger()
	if from < 0 || n < 0 || from > int64(len(b)) || n > int64(len(b))-from {
		return nil, false
	}
	return b[from : from+n], true
}
