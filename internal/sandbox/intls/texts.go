package intls

import (
	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/intl"
)

// Compare is String.prototype.localeCompare with locales or options.
func (i *Intl) Compare(a, b goja.Value, args []goja.Value) goja.Value {
	return i.call(Texts, "compare", a, b, argument(args, 1), argument(args, 2))
}

// Case returns what toLocaleUpperCase, or toLocaleLowerCase, does to a text by locales; nil where their language has no rules of its own.
func (i *Intl) Case(locales goja.Value, upper bool) func(string) string {
	return intl.Case(i.call(Texts, "language", locales).String(), upper)
}

// maxCompared is how long a text may be that is compared, in UTF-16 units: nothing can stop that.
const maxCompared = 1 << 18

func (i *Intl) textNatives() map[string]func(goja.FunctionCall) goja.Value {
	return map[string]func(goja.FunctionCall) goja.Value{
		"plural": func(c goja.FunctionCall) goja.Value {
			return i.text(i.library.Plural(c.Argument(0).String()).Category(intl.Float(c.Argument(1).ToFloat())))
		},
		"pluralRange": func(c goja.FunctionCall) goja.Value {
			return i.text(i.library.Plural(c.Argument(0).String()).Range(intl.Float(c.Argument(1).ToFloat()), intl.Float(c.Argument(2).ToFloat())))
		},
		"pluralCategories": func(c goja.FunctionCall) goja.Value {
			return i.array(i.library.Plural(c.Argument(0).String()).Categories())
		},
		"relative":      func(c goja.FunctionCall) goja.Value { return i.text(intl.Join(i.relative(c))) },
		"relativeParts": func(c goja.FunctionCall) goja.Value { return i.pieces(i.relative(c)) },
		"list":          func(c goja.FunctionCall) goja.Value { return i.text(intl.Join(i.list(c))) },
		"listParts":     func(c goja.FunctionCall) goja.Value { return i.pieces(i.list(c)) },
		"compare":       i.compare,
		"prefix": func(c goja.FunctionCall) goja.Value {
			return i.host.Text(c.Argument(0)).Substring(0, int(c.Argument(1).ToInteger()))
		},
	}
}

func (i *Intl) relative(c goja.FunctionCall) []intl.Part {
	return i.library.Relative(c.Argument(0).String()).Parts(c.Argument(1).ToFloat(), c.Argument(2).String())
}

func (i *Intl) list(c goja.FunctionCall) []intl.Part {
	texts := i.strings(c.Argument(1))
	return i.library.List(c.Argument(0).String()).Parts(texts)
}

func (i *Intl) compare(c goja.FunctionCall) goja.Value {
	a, b := i.host.Text(c.Argument(1)), i.host.Text(c.Argument(2))
	if a.Length() > maxCompared || b.Length() > maxCompared {
		i.host.RangeError("texts of 262,144 characters at most are compared: compare their beginnings")
	}
	i.host.Step(costOfText + (a.Length()+b.Length())/16)
	i.host.Reserve(9 * 2 * float64(a.Length()+b.Length()))
	return i.rt.ToValue(i.library.Collator(c.Argument(0).String()).Compare(a.String(), b.String()))
}
