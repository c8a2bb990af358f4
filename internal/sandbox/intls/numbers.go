package intls

import (
	"reflect"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/intl"
)

// plain is the key of a formatter of a language without options.
func plain(locale, numberingSystem string) string {
	return `{"locale":"` + locale + `","numberingSystem":"` + numberingSystem + `","style":"decimal","notation":"standard","signDisplay":"auto",` +
		`"useGrouping":"auto","minimumIntegerDigits":1,"maximumFractionDigits":3,"fractions":true}`
}

// NumberText is Number.prototype.toLocaleString, and that of BigInt.
func (i *Intl) NumberText(v goja.Value, args []goja.Value) goja.Value {
	locales, options := argument(args, 0), argument(args, 1)
	if goja.IsUndefined(locales) && goja.IsUndefined(options) {
		return i.number(plain(intl.Default, "latn"), v)
	}
	return i.call(Numbers, "format", v, locales, options)
}

func argument(args []goja.Value, n int) goja.Value {
	if n < len(args) {
		return args[n]
	}
	return goja.Undefined()
}

func (i *Intl) number(key string, v goja.Value) goja.Value {
	return i.text(i.library.Number(key).Format(i.decimal(v)))
}

// decimal returns a value as the exact number that formatters take.
func (i *Intl) decimal(v goja.Value) intl.Decimal {
	if o, ok := v.(*goja.Object); ok {
		v = o.ToNumber()
	}
	switch s := v.(type) {
	case goja.String:
		i.host.Reserve(2 * float64(s.Length()))
		return i.written(s.String())
	case *goja.Symbol:
		panic(i.rt.NewTypeError("Cannot convert a Symbol value to a number"))
	}
	if t := v.ExportType(); t != nil && t.Kind() == reflect.Pointer { // a BigInt
		return i.written(v.String())
	}
	return intl.Float(v.ToFloat())
}

// written reads a number from a text, which takes time that grows with it.
func (i *Intl) written(s string) intl.Decimal {
	i.host.Step(len(s))
	d := intl.Text(s)
	i.host.Reserve(16 * float64(d.Bytes()))
	i.host.Step(d.Bytes())
	return d
}

func (i *Intl) numberNatives() map[string]func(goja.FunctionCall) goja.Value {
	return map[string]func(goja.FunctionCall) goja.Value{
		"key": i.key,
		"number": func(c goja.FunctionCall) goja.Value {
			return i.number(c.Argument(0).String(), c.Argument(1))
		},
		"numberParts": func(c goja.FunctionCall) goja.Value {
			return i.pieces(i.library.Number(c.Argument(0).String()).Parts(i.decimal(c.Argument(1))))
		},
		"numberRange":      func(c goja.FunctionCall) goja.Value { return i.text(intl.Join(i.numberRange(c))) },
		"numberRangeParts": func(c goja.FunctionCall) goja.Value { return i.pieces(i.numberRange(c)) },
		"numberingSystem": func(c goja.FunctionCall) goja.Value {
			return i.rt.ToValue(i.library.NumberingSystem(c.Argument(0).String()))
		},
		"hasDigits": func(c goja.FunctionCall) goja.Value {
			return i.rt.ToValue(i.library.HasDigits(c.Argument(0).String()))
		},
		"currencyDigits": func(c goja.FunctionCall) goja.Value {
			return i.rt.ToValue(i.library.CurrencyDigits(c.Argument(0).String()))
		},
		"isCurrency": func(c goja.FunctionCall) goja.Value {
			return i.rt.ToValue(intl.IsCurrency(c.Argument(0).String()))
		},
		"isUnit": func(c goja.FunctionCall) goja.Value { return i.rt.ToValue(intl.IsUnit(c.Argument(0).String())) },
		"upper":  func(c goja.FunctionCall) goja.Value { return i.rt.ToValue(strings.ToUpper(c.Argument(0).String())) },
	}
}

func (i *Intl) numberRange(c goja.FunctionCall) []intl.Part {
	start, end := i.decimal(c.Argument(1)), i.decimal(c.Argument(2))
	if start.IsNaN() || end.IsNaN() {
		i.host.RangeError("Invalid number value: NaN")
	}
	return i.library.Number(c.Argument(0).String()).Range(start, end)
}
