package sandbox

import (
	"fmt"
	"math"
	"strconv"
	"unicode/utf16"

	"github.com/dop251/goja"
)

// jsonReader reads JSON as ECMAScript says. goja's own reader makes U+FFFD of half a surrogate pair, refuses numbers beyond a
// double, and speaks of Go's types.
type jsonReader[T byte | uint16] struct {
	g     *guards
	text  []T
	at    int
	depth int
	proto *goja.Object // what objects inherit; found at the first of them

	setter goja.Callable // of keys that Go's text cannot hold
}

// parseJSON reads a text; what is no JSON is a SyntaxError.
func (g *guards) parseJSON(s goja.String) goja.Value {
	if g.known.IsASCII(s) {
		return readJSON(g, []byte(s.String()))
	}
	units := make([]uint16, s.Length())
	for i := range units {
		units[i] = s.CharAt(i)
	}
	return readJSON(g, units)
}

func readJSON[T byte | uint16](g *guards, text []T) goja.Value {
	r := jsonReader[T]{g: g, text: text}
	v := r.value()
	if r.blanks(); r.at < len(r.text) {
		r.fail("Unexpected non-whitespace character after JSON at")
	}
	return v
}

// fail throws a SyntaxError with the place, in V8's words.
func (r *jsonReader[T]) fail(what string) {
	line, column := 1, r.at+1
	for i, c := range r.text[:min(r.at, len(r.text))] {
		if c == '\n' {
			line, column = line+1, r.at-i
		}
	}
	r.syntax(fmt.Sprintf("%s position %d (line %d column %d)", what, r.at, line, column))
}

func (r *jsonReader[T]) syntax(text string) {
	o, err := r.g.rt.New(r.g.rt.GlobalObject().Get("SyntaxError"), r.g.rt.ToValue(text))
	if err != nil {
		panic(r.g.rt.NewTypeError(text))
	}
	panic(o)
}

// shownAround is how much of a text a message shows on each side.
const shownAround = 10

// unexpected throws what V8 says of a character that begins no value.
func (r *jsonReader[T]) unexpected() {
	if r.at >= len(r.text) {
		r.syntax("Unexpected end of JSON input")
	}
	switch whole := r.plain(0, min(len(r.text), 20)); whole {
	case "NaN", "Infinity", "undefined", "[object Object]":
		r.syntax(`"` + whole + `" is not valid JSON`)
	}
	from, to, before, after := 0, len(r.text), "", ""
	if len(r.text) > 2*shownAround {
		if from = max(0, r.at-shownAround); from > 0 {
			before = "..."
		}
		if to = min(len(r.text), r.at+shownAround); to < len(r.text) {
			after = "..."
		}
	}
	r.syntax(fmt.Sprintf("Unexpected token '%s', ", r.plain(r.at, r.at+1)) + before + `"` + r.plain(from, to) + `"` + after + " is not valid JSON")
}

// plain returns a part of the text.
func (r *jsonReader[T]) plain(from, to int) string {
	units := make([]uint16, to-from)
	for i := range units {
		units[i] = uint16(r.text[from+i])
	}
	return string(utf16.Decode(units))
}

func (r *jsonReader[T]) blanks() {
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

// is reports whether a character comes next, and takes it.
func (r *jsonReader[T]) is(c T) bool {
	if r.at < len(r.text) && r.text[r.at] == c {
		r.at++
		return true
	}
	return false
}

func (r *jsonReader[T]) value() goja.Value {
	if r.blanks(); r.at >= len(r.text) {
		r.unexpected()
	}
	r.g.check()
	switch c := r.text[r.at]; {
	case c == '{':
		return r.object()
	case c == '[':
		return r.array()
	case c == '"':
		r.at++
		return r.string()
	case c == '-' || c >= '0' && c <= '9':
		return r.number()
	case c == 't':
		return r.word("true", r.g.rt.ToValue(true))
	case c == 'f':
		return r.word("false", r.g.rt.ToValue(false))
	case c == 'n':
		return r.word("null", goja.Null())
	}
	r.unexpected()
	return nil
}

func (r *jsonReader[T]) word(word string, v goja.Value) goja.Value {
	for i := range len(word) {
		if !r.is(T(word[i])) {
			r.unexpected()
		}
	}
	return v
}

// open counts what is nested.
func (r *jsonReader[T]) open() {
	r.at++
	if r.depth++; r.depth > maxNesting {
		r.g.rangeError("the JSON text is nested more than 1000 deep")
	}
}

func (r *jsonReader[T]) array() goja.Value {
	r.open()
	var items []any
	if r.blanks(); !r.is(']') {
		for {
			items = append(items, r.value())
			if r.blanks(); r.is(']') {
				break
			}
			if !r.is(',') {
				r.fail("Expected ',' or ']' after array element in JSON at")
			}
		}
	}
	r.depth--
	return r.g.rt.NewArray(items...)
}

func (r *jsonReader[T]) object() goja.Value {
	r.open()
	o := r.g.rt.CreateObject(nil) // it inherits nothing while it is filled: no setter of the script's is asked
	if r.proto == nil {
		r.proto = r.g.prototypeOf(false)
	}
	if r.blanks(); !r.is('}') {
		for first := true; ; first = false {
			if r.blanks(); !r.is('"') {
				what := "Expected double-quoted property name in JSON at"
				if first {
					what = "Expected property name or '}' in JSON at"
				}
				r.fail(what)
			}
			key := r.string()
			if r.blanks(); !r.is(':') {
				r.fail("Expected ':' after property name in JSON at")
			}
			r.set(o, key, r.value())
			if r.blanks(); r.is('}') {
				break
			}
			if !r.is(',') {
				r.fail("Expected ',' or '}' after property value in JSON at")
			}
		}
	}
	r.depth--
	_ = o.SetPrototype(r.proto) // only an object that is not extensible refuses
	return o
}

// set puts a value under a key. goja's own way takes Go's text, which cannot hold half a surrogate pair: such a key is set by
// a script.
func (r *jsonReader[T]) set(o *goja.Object, key goja.String, v goja.Value) {
	if name := key.String(); r.g.known.IsASCII(key) || wholePairs(key) {
		_ = o.Set(name, v) // it takes all
		return
	}
	if r.setter == nil {
		p := goja.MustCompile("parse", "(o, k, v) => { o[k] = v }", true)
		r.setter, _ = goja.AssertFunction(r.g.must(r.g.rt.RunProgram(p)))
	}
	r.g.must(r.setter(goja.Undefined(), o, key, v))
}

// wholePairs reports whether a text has no half of a surrogate pair.
func wholePairs(s goja.String) bool {
	for i := 0; i < s.Length(); i++ {
		switch c := s.CharAt(i); {
		case c >= 0xDC00 && c < 0xE000:
			return false
		case c >= 0xD800 && c < 0xDC00:
			if i++; i >= s.Length() || s.CharAt(i) < 0xDC00 || s.CharAt(i) >= 0xE000 {
				return false
			}
		}
	}
	return true
}

// string reads a text behind its quote.
func (r *jsonReader[T]) string() goja.String {
	from := r.at
	for r.at < len(r.text) && r.text[r.at] != '"' && r.text[r.at] != '\\' && r.text[r.at] >= ' ' {
		r.at++
	}
	if r.at < len(r.text) && r.text[r.at] == '"' {
		r.at++
		return r.made(r.text[from : r.at-1])
	}
	units := make([]uint16, r.at-from, r.at-from+16)
	for i := range units {
		units[i] = uint16(r.text[from+i])
	}
	for {
		if r.at >= len(r.text) {
			r.fail("Unterminated string in JSON at")
		}
		c := uint16(r.text[r.at])
		switch {
		case c == '"':
			r.at++
			return goja.StringFromUTF16(units)
		case c < ' ':
			r.fail("Bad control character in string literal in JSON at")
		case c == '\\':
			c = r.escape()
		default:
			r.at++
		}
		units = append(units, c)
	}
}

func (r *jsonReader[T]) made(text []T) goja.String {
	if b, ok := any(text).([]byte); ok {
		return r.g.rt.ToValue(string(b)).(goja.String)
	}
	units := make([]uint16, len(text))
	for i := range units {
		units[i] = uint16(text[i])
	}
	return goja.StringFromUTF16(units)
}

// escape reads what a backslash begins.
func (r *jsonReader[T]) escape() uint16 {
	if r.at++; r.at >= len(r.text) {
		r.fail("Unterminated string in JSON at")
	}
	c := uint16(r.text[r.at])
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		c = 0
		for range 4 {
			if r.at++; r.at >= len(r.text) {
				r.fail("Bad Unicode escape in JSON at")
			}
			c = c<<4 | r.hex(uint16(r.text[r.at]))
		}
	default:
		r.fail("Bad escaped character in JSON at")
	}
	r.at++
	return c
}

func (r *jsonReader[T]) hex(c uint16) uint16 {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	r.fail("Bad Unicode escape in JSON at")
	return 0
}

// number reads a number; beyond a double it is infinite, as in a script.
func (r *jsonReader[T]) number() goja.Value {
	from, whole := r.at, true
	digits := func(what string) {
		if r.at >= len(r.text) || r.text[r.at] < '0' || r.text[r.at] > '9' {
			r.fail(what)
		}
		for r.at < len(r.text) && r.text[r.at] >= '0' && r.text[r.at] <= '9' {
			r.at++
		}
	}
	r.is('-')
	if r.is('0') {
		if r.at < len(r.text) && r.text[r.at] >= '0' && r.text[r.at] <= '9' {
			r.fail("Unexpected number in JSON at")
		}
	} else {
		digits("No number after minus sign in JSON at")
	}
	if r.is('.') {
		whole = false
		digits("Unterminated fractional number in JSON at")
	}
	if r.is('e') || r.is('E') {
		whole = false
		if !r.is('+') {
			r.is('-')
		}
		digits("Exponent part is missing a number in JSON at")
	}
	b := make([]byte, r.at-from)
	for i := range b {
		b[i] = byte(r.text[from+i])
	}
	if whole && len(b) < 16 {
		if n, err := strconv.ParseInt(string(b), 10, 64); err == nil && (n != 0 || b[0] != '-') {
			return r.g.rt.ToValue(n)
		}
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil && !math.IsInf(f, 0) && f != 0 {
		r.fail("Unexpected number in JSON at")
	}
	return r.g.rt.ToValue(f)
}
