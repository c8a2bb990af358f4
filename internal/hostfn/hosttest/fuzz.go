package hosttest

import (
	"strings"
	"testing"

	"github.com/dop251/goja"
)

// FuzzParser calls a parser of a world with any text. It may refuse, as an Error of the script's; it may not panic past it, touch
// Object.prototype, or return what JSON cannot say.
func FuzzParser(w *World, f *testing.F, script string, seeds ...string) {
	for _, s := range append(seeds, "", "\x00", "\xff\xfe", "__proto__", "😀") {
		f.Add(s)
	}
	v, err := w.Try(`(text => { try { JSON.stringify((` + script + `)(text)); } catch (e) { if (!(e instanceof Error)) throw "no error: " + e }
		return Object.keys(Object.prototype).length + Object.keys({}).length + (({}).x === undefined ? 0 : 1) })`)
	if err != nil {
		f.Fatal(err)
	}
	parse, _ := goja.AssertFunction(v)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := parse(goja.Undefined(), w.VM.ToValue(text))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if v.ToInteger() != 0 {
			t.Fatalf("%q changed Object.prototype", text)
		}
	})
}

// FuzzRoundTrip wants that a function of any text, its own check, returns true.
func FuzzRoundTrip(w *World, f *testing.F, script string, seeds ...string) {
	for _, s := range seeds {
		f.Add(s)
	}
	v, err := w.Try(script)
	if err != nil {
		f.Fatal(err)
	}
	round, _ := goja.AssertFunction(v)
	f.Fuzz(func(t *testing.T, text string) {
		if v, err := round(goja.Undefined(), w.VM.ToValue(strings.ToValidUTF8(text, "?"))); err != nil || !v.ToBoolean() {
			t.Fatalf("%q: %v %v", text, v, err)
		}
	})
}
