package sandbox

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

const (
	// plainMost is how much plain data PlainJSON writes: values, with each 64 characters of text counting as one more.
	plainMost = 2000

	plainDepth = 20

	leftOut = `"… is left out: it is large, or more than plain data"`
)

// PlainJSON writes an object as JSON for somebody who only looks on: no code of the script runs, not even a getter or
// toJSON, and nothing is counted as its work. What is too large, or more than plain data, gets a text that says so in its
// place. ok is false when the object itself is one of those.
func (vm *VM) PlainJSON(o *goja.Object) (text []byte, ok bool) {
	defer func() {
		if recover() != nil {
			text, ok = nil, false
		}
	}()
	w := plainWriter{g: &vm.meter.guards, left: plainMost, text: make([]byte, 0, 256)}
	if properties, ok := w.g.known.propertiesOf(o); !ok || len(properties) > plainMost {
		return nil, false
	}
	w.value(o, 0)
	return w.text, true
}

type plainWriter struct {
	g    *guards
	left int
	text []byte
}

func (w *plainWriter) value(v goja.Value, depth int) {
	if w.left--; w.left < 0 || depth > plainDepth || v == nil || w.g.known.isProperty(v) {
		w.put(leftOut)
		return
	}
	if o, ok := v.(*goja.Object); ok {
		w.object(o, depth)
		return
	}
	if s, ok := v.(goja.String); ok {
		if w.left -= s.Length() / 64; w.left < 0 {
			w.put(leftOut)
			return
		}
		w.quote(s.String())
		return
	}
	switch x := v.Export().(type) {
	case bool:
		w.text = strconv.AppendBool(w.text, x)
	case int64:
		w.text = strconv.AppendInt(w.text, x, 10)
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			w.put("null")
			return
		}
		number, _ := json.Marshal(x)
		w.text = append(w.text, number...)
	case nil:
		w.put("null")
	default:
		w.put(leftOut)
	}
}

func (w *plainWriter) object(o *goja.Object, depth int) {
	if values, ok := w.g.known.dense(o); ok {
		w.put("[")
		for i, v := range values[:min(len(values), w.left+1)] {
			if i > 0 {
				w.put(",")
			}
			if v == nil {
				w.put("null")
			} else {
				w.value(v, depth+1)
			}
		}
		w.put("]")
		return
	}
	properties, ok := w.g.known.propertiesOf(o)
	if !ok || !w.g.plainPrototype(o, false) || len(properties) > w.left {
		w.put(leftOut)
		return
	}
	w.put("{")
	first := true
	for _, key := range o.Keys() {
		v, own := properties[unistring.NewFromString(key)]
		if !own || v != nil && goja.IsUndefined(v) {
			continue
		}
		if !first {
			w.put(",")
		}
		first = false
		w.quote(key)
		w.put(":")
		w.value(v, depth+1)
	}
	w.put("}")
}

func (w *plainWriter) put(s string) { w.text = append(w.text, s...) }

// quote writes a text; most need no escapes.
func (w *plainWriter) quote(s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			text, _ := json.Marshal(s)
			w.text = append(w.text, text...)
			return
		}
	}
	w.text = append(append(append(w.text, '"'), s...), '"')
}
