package sandbox

import (
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// plainNodes is how much data plainJSON writes at most.
const plainNodes = 500

// plainJSON writes small plain data as JSON.stringify would, without the VM: it costs a third of that. It answers false,
// and what was written is of no use, where only the VM can tell: accessors, classes, toJSON, functions, large data.
type plainJSON struct {
	*guards
	text  []byte
	nodes int // that may still be written, each counted as often as it is
}

// appendPlain appends the JSON of v.
func (g *guards) appendPlain(text []byte, v *goja.Object) ([]byte, bool) {
	if !g.known.patched || g.hasToJSON() {
		return text, false
	}
	w := plainJSON{guards: g, text: text, nodes: plainNodes}
	ok := w.object(v, 0)
	return w.text, ok
}

// hasToJSON tells whether objects and arrays inherit a toJSON. Reading it may run a getter of the script's.
func (g *guards) hasToJSON() bool {
	return g.prototypeOf(false).Get("toJSON") != nil || g.prototypeOf(true).Get("toJSON") != nil
}

func (w *plainJSON) value(v goja.Value, depth int) bool {
	if w.nodes--; w.nodes < 0 || depth > 50 {
		return false
	}
	switch v := v.(type) {
	case *goja.Object:
		return w.object(v, depth)
	case goja.String:
		return w.string(v)
	}
	switch x := v.Export().(type) {
	case nil:
		if goja.IsUndefined(v) {
			return false
		}
		w.text = append(w.text, "null"...)
	case bool:
		w.text = strconv.AppendBool(w.text, x)
	case int64:
		w.text = strconv.AppendInt(w.text, x, 10)
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			w.text = append(w.text, "null"...)
		} else {
			w.text = append(w.text, v.String()...)
		}
	default:
		return false
	}
	return true
}

func (w *plainJSON) object(o *goja.Object, depth int) bool {
	if values, ok := w.known.dense(o); ok {
		if n := o.Get("length").ToInteger(); n != int64(len(values)) || !w.plainPrototype(o, true) {
			return false
		}
		return w.array(values, depth)
	}
	names, values, ok := w.known.orderedProperties(o)
	if !ok || !w.plainPrototype(o, false) {
		return false
	}
	w.text = append(w.text, '{')
	for i, name := range names {
		v := values[name]
		if v == nil || w.known.isProperty(v) || isIndexLike(name) {
			return false
		}
		if w.nodes -= len(name) / 64; w.nodes < 0 {
			return false
		}
		if i > 0 {
			w.text = append(w.text, ',')
		}
		if units := name.AsUtf16(); units != nil {
			w.text = appendUnits(w.text, units[1:])
		} else {
			w.text = appendASCII(w.text, string(name))
		}
		w.text = append(w.text, ':')
		if !w.value(v, depth+1) {
			return false
		}
	}
	w.text = append(w.text, '}')
	return true
}

// isIndexLike tells names that come before others, in the order of their numbers.
func isIndexLike(name unistring.String) bool {
	return name != "" && name[0] >= '0' && name[0] <= '9'
}

func (w *plainJSON) array(values []goja.Value, depth int) bool {
	w.text = append(w.text, '[')
	for i, v := range values {
		if v == nil || w.known.isProperty(v) {
			return false
		}
		if i > 0 {
			w.text = append(w.text, ',')
		}
		if !w.value(v, depth+1) {
			return false
		}
	}
	w.text = append(w.text, ']')
	return true
}

func (w *plainJSON) string(s goja.String) bool {
	if w.nodes -= s.Length() / 64; w.nodes < 0 {
		return false
	}
	if w.known.isASCII(s) {
		w.text = appendASCII(w.text, s.String())
		return true
	}
	units := make([]uint16, s.Length())
	for i := range units {
		units[i] = s.CharAt(i)
	}
	w.text = appendUnits(w.text, units)
	return true
}

// appendASCII quotes a text as ECMA-262 says (25.5.2.3, QuoteJSONString).
func appendASCII(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			b = append(b, s[start:i]...)
			b = appendEscaped(b, c)
			start = i + 1
		}
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// appendUnits quotes UTF-16; half a surrogate pair is escaped.
func appendUnits(b []byte, units []uint16) []byte {
	b = append(b, '"')
	for i := 0; i < len(units); i++ {
		switch c := units[i]; {
		case c < ' ' || c == '"' || c == '\\':
			b = appendEscaped(b, byte(c))
		case utf16.IsSurrogate(rune(c)):
			r := utf8.RuneError
			if i+1 < len(units) {
				r = utf16.DecodeRune(rune(c), rune(units[i+1]))
			}
			if r == utf8.RuneError {
				b = append(b, `\u`...)
				b = strconv.AppendUint(b, uint64(c), 16)
				continue
			}
			b = utf8.AppendRune(b, r)
			i++
		default:
			b = utf8.AppendRune(b, rune(c))
		}
	}
	return append(b, '"')
}

func appendEscaped(b []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, '\\', 'b')
	case '\f':
		return append(b, '\\', 'f')
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}
