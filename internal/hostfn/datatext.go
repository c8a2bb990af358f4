package hostfn

import (
	"encoding/json"
	"strconv"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

// DataText returns plain data as the text that flows expect of a parameter or a session value: text as it is, nothing for
// null, JSON for the rest.
func DataText(v any) string {
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

// SessionText returns a value as a session keeps it, which is text: JSON for an object, and for text with half a surrogate
// pair, which Go's text cannot hold.
func (r *Run) SessionText(v goja.Value) (any, error) {
	switch v := v.(type) {
	case *goja.Object:
		text, err := r.Stringify(v)
		return string(text), err
	case goja.String:
		if ordered.Units(r.Wide(v)) != nil {
			text, err := r.Stringify(v)
			return json.RawMessage(text), err
		}
	}
	if goja.IsUndefined(v) || goja.IsNull(v) {
		return "", nil
	}
	return r.Text(v), nil
}

// AsText is DataText; a text that is JSON stays so.
func AsText(v any) any {
	if text, ok := v.(json.RawMessage); ok && len(text) > 0 && text[0] == '"' {
		return v
	}
	return DataText(v)
}
