package layout

import (
	"reflect"
	"strings"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

type regexpLayout struct {
	typ, fresh                                    unsafe.Pointer // of a regular expression; of their prototype before it is changed
	pattern, source, standard, prototype, guarded uintptr
}

type textLayout struct {
	wide, imported unsafe.Pointer // type words of strings of UTF-16, and of those that come from Go
	narrow, units  uintptr        // offsets in the latter of the two forms
}

// RegExpSource returns the text that goja compiled a regular expression from; ok is false for other objects.
func (l *Layout) RegExpSource(o *goja.Object) (source string, ok bool) {
	self := l.selfOf(o)
	if self.typ != l.regexp.typ {
		return "", false
	}
	at := *(*unsafe.Pointer)(unsafe.Add(self.data, l.regexp.pattern))
	return *(*string)(unsafe.Add(at, l.regexp.source)), true
}

// Untouched reports whether a regular expression has no properties of its own and the prototype as it was made, but for
// properties that WatchPrototype does not watch.
func (l *Layout) Untouched(o, prototype *goja.Object) bool {
	self := l.selfOf(o)
	return self.typ == l.regexp.typ && *(*bool)(unsafe.Add(self.data, l.regexp.standard)) &&
		*(**goja.Object)(unsafe.Add(self.data, l.regexp.prototype)) == prototype && l.selfOf(prototype).typ == l.regexp.fresh
}

// WatchPrototype has goja watch more properties of RegExp.prototype.
func (l *Layout) WatchPrototype(prototype *goja.Object, names ...unistring.String) {
	if self := l.selfOf(prototype); self.typ == l.regexp.fresh {
		guarded := *(*map[unistring.String]struct{})(unsafe.Add(self.data, l.regexp.guarded))
		for _, name := range names {
			guarded[name] = struct{}{}
		}
	}
}

// Units returns what a string holds, ASCII or UTF-16, without copying it: it must not be changed. ok is false where it cannot be
// read.
func (l *Layout) Units(s goja.String) (narrow []byte, wide []uint16, ok bool) {
	v := goja.Value(s)
	w := (*iface)(unsafe.Pointer(&v))
	switch {
	case !l.readable:
		return nil, nil, false
	case w.typ == l.ascii:
		text := *(*string)(w.data)
		return unsafe.Slice(unsafe.StringData(text), len(text)), nil, true
	case w.typ == l.text.wide:
		return nil, (*(*[]uint16)(w.data))[1:], true
	case w.typ == l.text.imported:
		s.Length() // looks at what it holds
		if units := *(*[]uint16)(unsafe.Add(w.data, l.text.units)); units != nil {
			return nil, units[1:], true
		}
		text := *(*string)(unsafe.Add(w.data, l.text.narrow))
		return unsafe.Slice(unsafe.StringData(text), len(text)), nil, true
	}
	return nil, nil, false
}

// findRegExp finds the fields of a regular expression, and of the prototype of all.
func (l *Layout) findRegExp(o, prototype *goja.Object) {
	r := &l.regexp
	var t reflect.Type
	r.typ, t = l.impl(o)
	r.pattern, r.standard, r.prototype = field[anyPointer](t, "pattern"), field[bool](t, "standard"), field[*goja.Object](t, "prototype")
	r.source = field[string](pointee(t, "pattern"), "src")
	r.fresh, t = l.impl(prototype)
	r.guarded = field[map[unistring.String]struct{}](t, "guardedProps")
}

// findTexts finds the forms of strings.
func (l *Layout) findTexts(rt *goja.Runtime) {
	word, wide, imported := rt.ToValue("a"), goja.Value(goja.StringFromUTF16([]uint16{0xE9})), rt.ToValue(strings.Repeat("é", 100))
	if kind := reflect.TypeOf(word).Kind(); kind != reflect.String {
		panic("a text of ASCII is a " + kind.String())
	}
	if t := reflect.TypeOf(wide); !alike(t, reflect.TypeFor[[]uint16]()) {
		panic("a text of UTF-16 is a " + t.String())
	}
	typeOf := func(v goja.Value) unsafe.Pointer { return (*iface)(unsafe.Pointer(&v)).typ }
	l.ascii, l.text.wide, l.text.imported = typeOf(word), typeOf(wide), typeOf(imported)
	t := reflect.TypeOf(imported)
	if t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		panic("a text from Go is a " + t.String())
	}
	l.text.narrow, l.text.units = field[string](t.Elem(), "s"), field[[]uint16](t.Elem(), "u")
}
