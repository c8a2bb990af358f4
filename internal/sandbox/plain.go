package sandbox

import (
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

const (
	// plainNodes is how much plain data becomes JSON without the VM: values, with each 64 characters of text counting as
	// one more. For an observer it may be more.
	plainNodes   = 10000
	plainLooking = 2000

	plainDepth = 20

	leftOut = `"… is left out: it is large, or more than plain data"`
)

// PlainJSON writes an object as JSON for an observer: no code of the script runs, not even a getter or
// toJSON, and nothing is counted as its work. What is too large, or more than plain data, gets a text that says so in its
// place. ok is false when the object itself is one of those.
func (vm *VM) PlainJSON(o *goja.Object) (text []byte, ok bool) {
	defer func() {
		if recover() != nil {
			text, ok = nil, false
		}
	}()
	w := plainWriter{guards: &vm.meter.guards, left: plainLooking, text: make([]byte, 0, 256), instead: leftOut}
	if _, properties, ok := w.known.OrderedProperties(o); !ok || len(properties) > plainLooking {
		return nil, false
	}
	w.object(o, 0)
	return w.text, true
}

// appendPlain appends the JSON of small plain data as JSON.stringify would write it, at a third of the cost. It cannot be
// interrupted: so much is done in half a millisecond. It returns
// false, and what was appended is of no use, where only the VM can tell: accessors, classes, toJSON, functions, much data.
func (g *guards) appendPlain(text []byte, o *goja.Object) ([]byte, bool) {
	if !g.known.Patched() || g.inheritToJSON(false) {
		return text, false
	}
	w := plainWriter{guards: g, left: plainNodes, text: text}
	ok := w.object(o, 0)
	return w.text, ok
}

// inheritToJSON reports whether objects, or arrays, inherit a toJSON. Reading it may run a getter of the script's.
func (g *guards) inheritToJSON(arrays bool) bool { return g.prototypeOf(arrays).Get("toJSON") != nil }

// plainWriter writes plain data as JSON. Its methods return false when they give up.
type plainWriter struct {
	*guards
	arrays  bool // one was seen: they inherit no toJSON
	left    int  // values that may still be written, each counted as often as it is
	text    []byte
	instead string // stands for what is not plain; "" to give up there
}

// odd is what is not plain.
func (w *plainWriter) odd() bool {
	w.text = append(w.text, w.instead...)
	return w.instead != ""
}

func (w *plainWriter) value(v goja.Value, depth int) bool {
	if w.left--; w.left < 0 || depth > plainDepth || v == nil || w.known.IsProperty(v) {
		return w.odd()
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
			return w.odd()
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
		return w.odd()
	}
	return true
}

func (w *plainWriter) object(o *goja.Object, depth int) bool {
	if values, ok := w.known.Dense(o); ok {
		if n := o.Get("length").ToInteger(); n != int64(len(values)) || len(values) > w.left || !w.plainPrototype(o, true) {
			return w.odd()
		}
		if !w.arrays && w.instead == "" && w.inheritToJSON(true) {
			return false
		}
		w.arrays = true
		return w.array(values, depth)
	}
	names, values, ok := w.known.OrderedProperties(o)
	if !ok || len(names) > w.left || !w.plainPrototype(o, false) {
		return w.odd()
	}
	w.text = append(w.text, '{')
	first := true
	for _, name := range names {
		v := values[name]
		if w.instead == "" && isIndexLike(name) {
			return false
		}
		if w.instead != "" && v != nil && goja.IsUndefined(v) {
			continue
		}
		if !first {
			w.text = append(w.text, ',')
		}
		first = false
		if !w.name(name) || !w.value(v, depth+1) {
			return false
		}
	}
	w.text = append(w.text, '}')
	return true
}

// isIndexLike reports whether a name comes before others, in the order of their numbers.
func isIndexLike(name unistring.String) bool {
	return name != "" && name[0] >= '0' && name[0] <= '9'
}

func (w *plainWriter) name(name unistring.String) bool {
	switch w.left -= len(name) / 64; {
	case w.left < 0:
		if !w.odd() {
			return false
		}
	case name.AsUtf16() != nil:
		w.text = appendUnits(w.text, name.AsUtf16()[1:])
	default:
		w.text = appendASCII(w.text, string(name))
	}
	w.text = append(w.text, ':')
	return true
}

func (w *plainWriter) array(values []goja.Value, depth int) bool {
	w.text = append(w.text, '[')
	for i, v := range values {
		if i > 0 {
			w.text = append(w.text, ',')
		}
		if w.instead != "" && (v == nil || goja.IsUndefined(v)) {
			w.text = append(w.text, "null"...)
		} else if !w.value(v, depth+1) {
			return false
		}
	}
	w.text = append(w.text, ']')
	return true
}

func (w *plainWriter) string(s goja.String) bool {
	if w.left -= s.Length() / 64; w.left < 0 {
		return w.odd()
	}
	if w.known.IsASCII(s) {
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
