package intls

import (
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/intl"
)

func (i *Intl) tagNatives() map[string]func(goja.FunctionCall) goja.Value {
	return map[string]func(goja.FunctionCall) goja.Value{
		"tag": func(c goja.FunctionCall) goja.Value {
			i.host.Step(costOfText)
			if t, ok := i.library.Parse(c.Argument(0).String()); ok {
				return i.rt.ToValue(t.String())
			}
			return goja.Undefined()
		},
		"resolve": i.resolve,
		"known":   i.known,
		"isType":  func(c goja.FunctionCall) goja.Value { return i.rt.ToValue(isType(c.Argument(0).String())) },
		"lower":   func(c goja.FunctionCall) goja.Value { return i.rt.ToValue(strings.ToLower(c.Argument(0).String())) },
		"units":   func(goja.FunctionCall) goja.Value { return i.array(intl.Units()) },
		"supported": func(c goja.FunctionCall) goja.Value {
			list := i.library.Supported(c.Argument(0).String())
			if list == nil {
				return goja.Undefined()
			}
			i.host.Step(len(list))
			return i.array(list)
		},
	}
}

// isType reports whether a text may be the value of a key of the extension u.
func isType(s string) bool {
	for word := range strings.SplitSeq(s, "-") {
		if !intl.IsTypeWord(word) {
			return false
		}
	}
	return true
}

// resolve is the part of ResolveLocale that knows the languages: {locale, keywords}.
func (i *Intl) resolve(c goja.FunctionCall) goja.Value {
	requested := i.strings(c.Argument(0))
	i.host.Step(costOfText * (1 + len(requested)))
	locale, found := i.library.Resolve(requested)
	keywords := i.rt.CreateObject(nil)
	for key, value := range found {
		i.shown(keywords, key, value)
	}
	out := i.rt.NewObject()
	i.shown(out, "locale", locale)
	i.own(out, "keywords", keywords)
	return out
}

// known returns those tags of an array whose language is known.
func (i *Intl) known(c goja.FunctionCall) goja.Value {
	var list []string
	for _, text := range i.strings(c.Argument(0)) {
		i.host.Step(costOfText)
		if t, ok := i.library.Parse(text); ok && i.library.Best(t.Base) != "" {
			list = append(list, text)
		}
	}
	return i.array(list)
}
