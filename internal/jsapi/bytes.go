package jsapi

import (
	"encoding/json"
	"strconv"

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

// textOf writes plain data as the text that flows expect of a parameter or a session value: text as it is, nothing for
// null, JSON for the rest.
func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.RawMessage:
		return string(v)
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}
