package layout

import (
	"fmt"
	"strings"

	"github.com/dop251/goja"
)

// checkReads reads objects whose content is known: a field can keep its name and type and mean something else.
func (l *Layout) checkReads() (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("goja's objects are read in a wrong way: %v", x)
		}
	}()
	rt := goja.New()
	l.GiveStack(rt)
	eval := func(code string) *goja.Object {
		v, err := rt.RunString("(" + code + ")")
		if err != nil {
			panic(err)
		}
		return v.(*goja.Object)
	}
	must := func(ok bool, what string) {
		if !ok {
			panic(what)
		}
	}
	values, ok := l.Dense(eval("[7,,'b']"))
	must(ok && len(values) == 3 && values[0].ToInteger() == 7 && values[1] == nil && values[2].String() == "b", "elements of an array")
	_, ok = l.Dense(eval("{length: 1}"))
	must(!ok, "an object that is no array")
	names, properties, ok := l.OrderedProperties(eval("{b: 7, a: 'x', get c() { return 1 }}"))
	must(ok && len(names) == 3 && names[0] == "b" && names[1] == "a" && len(properties) == 3, "properties of an object")
	must(properties["b"].ToInteger() == 7 && properties["a"].String() == "x", "values of properties")
	must(l.IsProperty(properties["c"]) && !l.IsProperty(properties["b"]), "properties with accessors")
	for _, code := range scriptFunctions() {
		must(l.IsScript(eval(code)), "functions of a script")
	}
	call, construct := l.Callable(eval("''.repeat"))
	must(call != nil && *call != nil && *construct == nil && !l.IsScript(eval("''.repeat")), "a native function")
	v := (*call)(goja.FunctionCall{This: rt.ToValue("ab"), Arguments: []goja.Value{rt.ToValue(2)}})
	must(v.String() == "abab", "the code of a native function")
	for _, code := range []string{"Map", "Object", "Array", "Promise", "(class{}).bind()"} {
		call, construct := l.Callable(eval(code))
		must(call != nil && *construct != nil, "the constructor "+code)
	}
	must(l.BoundDepth(eval("(function(){}).bind().bind().bind()"), 9) == 3 && l.BoundDepth(eval("function(){}"), 9) == 0, "bound functions")
	must(l.IsASCII(rt.ToValue("abc")) && !l.IsASCII(rt.ToValue("é")) && l.IsASCII(eval("['a'.repeat(9)]").Get("0")), "texts of ASCII")
	l.checkTexts(rt, eval, must)
	l.checkGetters(eval, must)
	l.checkRegExps(eval, must)
	l.checkCalls(rt, eval, must)
	return l.checkNames(rt, eval)
}

func (l *Layout) checkTexts(rt *goja.Runtime, eval func(string) *goja.Object, must func(bool, string)) {
	long := strings.Repeat("é", 99) + "x"
	for _, v := range []goja.Value{goja.StringFromUTF16([]uint16{0xE9, 0xD800}), eval(`['a\ud800é']`).Get("0"), rt.ToValue(long), rt.ToValue(long[:9])} {
		s := v.(goja.String)
		narrow, wide, ok := l.Units(s)
		must(ok && narrow == nil && len(wide) == s.Length(), "a text of UTF-16")
		for i, c := range wide {
			must(s.CharAt(i) == c, "the units of a text")
		}
	}
	for _, text := range []string{"", "abc", strings.Repeat("abc", 99)} {
		narrow, wide, ok := l.Units(rt.ToValue(text).(goja.String))
		must(ok && wide == nil && string(narrow) == text, "the units of a text of ASCII")
	}
}

func (l *Layout) checkRegExps(eval func(string) *goja.Object, must func(bool, string)) {
	_, ok := l.RegExpSource(eval("{}"))
	must(!ok, "an object that is no regular expression")
	prototype := eval("RegExp.prototype")
	for _, code := range []string{"/(a)b/g", "new RegExp('(a)b', 'u')"} {
		source, ok := l.RegExpSource(eval(code))
		must(ok && source == "(a)b" && l.Untouched(eval(code), prototype), "a regular expression")
	}
	for _, code := range []string{
		"{}", "Object.defineProperty(/a/, 'flags', {value: 'g'})",
		"Object.assign(/a/, {exec: 1})", "new (class extends RegExp {})('a')", "Object.setPrototypeOf(/a/, {})",
	} {
		must(!l.Untouched(eval(code), prototype), "a regular expression that was changed: "+code)
	}
	l.WatchPrototype(prototype, "flags", "watched")
	eval("RegExp.prototype.other = []")
	must(l.Untouched(eval("/a/"), prototype), "a property that is not watched")
	eval("RegExp.prototype.watched = []")
	must(!l.Untouched(eval("/a/"), prototype), "a property that is watched")
}

// checkNames names a function and reads its name as a script does.
func (l *Layout) checkNames(rt *goja.Runtime, eval func(string) *goja.Object) error {
	o := rt.ToValue(func(goja.FunctionCall) goja.Value { return nil }).(*goja.Object)
	place := l.nameOf(o)
	if place == nil || (*place).String() != o.Get("name").String() {
		return fmt.Errorf("the name of a function is not where it was")
	}
	*place = rt.ToValue("given")
	if o.Get("name").String() != "given" || eval("''.repeat").Get("name").String() != "repeat" {
		return fmt.Errorf("a function does not keep its name")
	}
	return nil
}

// installed notes what templates have made.
type installed map[string]bool

func (i installed) Install(name string, _ *goja.Object) { i[name] = true }

// checkPatches reads a native of each template in a VM with guards, and in one without.
func (l *Layout) checkPatches() error {
	made := installed{}
	for _, tied := range []bool{false, true} {
		rt := goja.New()
		if tied {
			l.Tie(rt, &Mark{Guards: made})
		} else if l.guardsOf(rt) != nil {
			return fmt.Errorf("a VM has guards that were not installed")
		}
		if _, err := rt.RunString(`''.repeat; [].map; (function(){}).bind; Object.keys; ({}).toString; JSON; Map; [][Symbol.iterator]; new Uint8Array().map; DataView.prototype.getInt8; Math.pow; new Date(0).getTime()`); err != nil {
			return err
		}
	}
	for _, name := range []string{
		"String.prototype.repeat", "Array.prototype.map", "Function.prototype.bind", "Object.keys", "Object.prototype.toString", "globalThis.JSON", "globalThis.Map",
		"Array.prototype.Symbol.iterator", "TypedArray.prototype.map", "DataView.prototype.getInt8", "Math.pow", "Date.prototype.getTime",
	} {
		if !made[name] {
			return fmt.Errorf("%s is not made by a template", name)
		}
	}
	return nil
}
