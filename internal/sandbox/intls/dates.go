package intls

import (
	"math"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/intl"
)

// DateText is toLocaleString, toLocaleDateString or toLocaleTimeString of a date in milliseconds since 1970. required and defaults
// are those of ECMA-402: "date", "time", "any" or "all".
func (i *Intl) DateText(ms float64, args []goja.Value, required, defaults string) goja.Value {
	return i.call(Dates, "format", i.rt.ToValue(ms), argument(args, 0), argument(args, 1), i.rt.ToValue(required), i.rt.ToValue(defaults))
}

func (i *Intl) dateNatives() map[string]func(goja.FunctionCall) goja.Value {
	text := func(s string) goja.Value {
		if s == "" {
			return goja.Undefined()
		}
		return i.rt.ToValue(s)
	}
	return map[string]func(goja.FunctionCall) goja.Value{
		"date": func(c goja.FunctionCall) goja.Value {
			return i.text(i.library.Date(c.Argument(0).String()).Format(milliseconds(c.Argument(1))))
		},
		"dateParts": func(c goja.FunctionCall) goja.Value {
			return i.pieces(i.library.Date(c.Argument(0).String()).Parts(milliseconds(c.Argument(1))))
		},
		"dateRange":      func(c goja.FunctionCall) goja.Value { return i.text(intl.Join(i.dateRange(c))) },
		"dateRangeParts": func(c goja.FunctionCall) goja.Value { return i.pieces(i.dateRange(c)) },
		"dateResolved":   i.dateResolved,
		"zone":           func(c goja.FunctionCall) goja.Value { return text(i.library.ZoneName(c.Argument(0).String())) },
		"localZone":      func(goja.FunctionCall) goja.Value { return text(i.library.LocalZone()) },
		"hourCycle":      func(c goja.FunctionCall) goja.Value { return text(i.library.HourCycle(c.Argument(0).String())) },
		"cycle": func(c goja.FunctionCall) goja.Value {
			return text(i.cycle(c.Argument(0).String(), c.Argument(1).ToBoolean()))
		},
	}
}

// cycle returns the hour cycle for the option hour12.
func (i *Intl) cycle(locale string, hour12 bool) string {
	own := i.library.HourCycle(locale)
	switch {
	case hour12 && own != "h11" && own != "h12":
		return "h12"
	case !hour12 && own != "h23" && own != "h24":
		return "h23"
	}
	return own
}

func milliseconds(v goja.Value) int64 {
	ms := v.ToFloat()
	if math.IsNaN(ms) {
		return 0
	}
	return int64(ms)
}

func (i *Intl) dateRange(c goja.FunctionCall) []intl.Part {
	return i.library.Date(c.Argument(0).String()).Range(milliseconds(c.Argument(1)), milliseconds(c.Argument(2)))
}

// dateResolved returns {hasHour, fields}.
func (i *Intl) dateResolved(c goja.FunctionCall) goja.Value {
	f := i.library.Date(c.Argument(0).String())
	fields := i.rt.CreateObject(nil)
	for name, value := range f.Resolved() {
		i.shown(fields, name, value)
	}
	out := i.rt.NewObject()
	i.own(out, "hasHour", i.rt.ToValue(f.HasHour()))
	i.own(out, "fields", fields)
	return out
}
