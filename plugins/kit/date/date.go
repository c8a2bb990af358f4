// Package date is the family of plugins/kit for dates with time zones: date. It knows no other family; rules makes its dates
// with Value.
package date

import (
	"errors"
	"math"
	"strings"
	"time"
	_ "time/tzdata" // time zones where the machine has none

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
)

const (
	maxDate     = 8.64e15 // milliseconds around 1970 that a Date of JavaScript can hold
	beyondDates = "the date is more than 270,000 years away: no Date can hold it"
)

// Rows lists the global of this package.
func Rows() []hostfn.Row { return []hostfn.Row{dateRow()} }

func dateRow() hostfn.Row {
	return hostfn.Row{
		Name: "date", Sig: "date",
		Calls: []string{
			`date.now()`,
			`date.format(date, pattern, zone)`,
			`date.parse(text, pattern, zone)`,
			`date.add(date, amount, unit, zone)`,
			`date.diff(date, date, unit)`,
		},
		Doc: `Dates with time zones: now(), format(date, pattern, zone), parse(text, pattern, zone) → Date, add(date, amount, unit, zone), diff(later, earlier, unit). ` +
			`Patterns are made of YYYY YY Q Qo MMMM MMM MM M DDDD DDD (of the year) DD D Do dddd ddd d (0 is Sunday) GGGG WW W E (year and number of the ISO week, its day from 1) HH H hh h mm m ss s S to SSSSSSSSS A a Z (+02:00) ZZ (+0200) X x (seconds, milliseconds since 1970) and [text]; ` +
			`yyyy-MM-dd, EEEE and 'text' of other dialects are accepted, an unknown letter is an error. Without a pattern it is ISO 8601. A zone is a name such as "Europe/Madrid" or an offset, "UTC" when left out: ` +
			`an ambiguous local time is the first, a skipped one is moved later by the gap. parse requires the whole text to match, weekday included, and what a pattern names twice to be the same. ` +
			`Units: year, month, week, day, hour, minute, second, millisecond; a part of a day is hours, years and months are whole.`,
		Example: `const d = date.parse("24/12/2026 18:30", "DD/MM/YYYY HH:mm", "Europe/Madrid")
payload.utc = date.format(d, "YYYY-MM-DD HH:mm")
payload.tomorrow = date.format(date.add(date.now(), 1, "day"), "dddd D MMMM")`,
		Bind: arg.Object(
			arg.Method("now", func(r *hostfn.Run, _ goja.FunctionCall) goja.Value { return Value(r, "date.now", r.Now()) }),
			arg.Method("format", dateFormat), arg.Method("parse", dateParse), arg.Method("add", dateAdd), arg.Method("diff", dateDiff),
		),
	}
}

// Value makes a Date of JavaScript; fn is the function that an error names.
func Value(r *hostfn.Run, fn string, t time.Time) goja.Value {
	if t.Unix() > maxDate/1000 || t.Unix() < -maxDate/1000 {
		arg.Fail(r, fn, "%s", beyondDates)
	}
	return r.Construct("Date", r.VM.ToValue(t.UnixMilli()))
}

// timeOf reads a Date, milliseconds since 1970, or a text in ISO 8601.
func timeOf(r *hostfn.Run, fn string, v goja.Value, zone *time.Location) time.Time {
	if o, ok := v.(*goja.Object); ok {
		if o.ClassName() == "Date" {
			if at, ok := o.Export().(time.Time); ok {
				return at.In(zone)
			}
		}
		v = goja.Undefined()
	}
	switch x := v.Export().(type) {
	case int64:
		return time.UnixMilli(x).In(zone)
	case float64:
		if math.Abs(x) <= maxDate {
			return time.UnixMilli(int64(x)).In(zone)
		}
	case string:
		if t, ok := isoTime(x, zone); ok {
			return t
		}
	}
	arg.Fail(r, fn, "argument 1 must be a Date, milliseconds since 1970 or a text as 2026-12-24T18:30:00Z")
	return time.Time{}
}

// isoTime reads ISO 8601; a text without an offset is in the zone.
func isoTime(s string, zone *time.Location) (time.Time, bool) {
	if len(s) > 64 {
		return time.Time{}, false
	}
	s = calendarDay(s)
	for _, layout := range []string{"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		for _, offset := range []string{"Z07:00", "Z0700"} {
			if t, err := time.Parse(layout+offset, s); err == nil && layout != time.DateOnly {
				return t.In(zone), true
			}
		}
		if t, err := time.Parse(layout, s); err == nil {
			return localTime(t, zone, noOffset), true
		}
	}
	return time.Time{}, false
}

// zoneOf reads the name of a time zone. "Local" is none: a result must not depend on the machine.
func zoneOf(r *hostfn.Run, fn string, v goja.Value) *time.Location {
	if goja.IsUndefined(v) || goja.IsNull(v) {
		return time.UTC
	}
	name := r.Text(v)
	if strings.EqualFold(name, "utc") || strings.EqualFold(name, "z") {
		return time.UTC
	}
	if len(name) < 64 && name != "Local" {
		if zone, err := time.LoadLocation(name); err == nil {
			return zone
		}
	}
	if len(name) > 64 {
		arg.Fail(r, fn, "the name of a time zone is longer than 64 characters")
	}
	if t, err := time.Parse("-07:00", name); err == nil {
		return t.Location()
	}
	arg.Fail(r, fn, `unknown time zone %.60q; use a name such as "Europe/Madrid", or an offset such as "+02:00"`, name)
	return nil
}

// patternOf reads the pattern of an argument; nil stands for ISO 8601.
func patternOf(r *hostfn.Run, fn string, v goja.Value) []datePart {
	if goja.IsUndefined(v) || goja.IsNull(v) {
		return nil
	}
	s, ok := r.TextOf(v)
	if !ok || s == "" {
		panic(r.VM.NewTypeError("%s: the pattern must be text", fn))
	}
	if len(s) > 256 {
		arg.Fail(r, fn, "the pattern is longer than 256 characters")
	}
	parts, err := datePattern(s)
	if err != nil {
		panic(r.VM.NewTypeError("%s: %s", fn, arg.Reason(err)))
	}
	return parts
}

func dateFormat(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "date.format"
	zone := zoneOf(r, fn, call.Argument(2))
	t := timeOf(r, fn, call.Argument(0), zone)
	parts := patternOf(r, fn, call.Argument(1))
	if parts == nil {
		return r.VM.ToValue(t.Format("2006-01-02T15:04:05.000Z07:00"))
	}
	return r.VM.ToValue(formatDate(t, parts))
}

func dateParse(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "date.parse"
	s := hostfn.String(call, 0)
	if len(s) > 256 {
		arg.Fail(r, fn, "the text is longer than 256 characters")
	}
	zone := zoneOf(r, fn, call.Argument(2))
	parts := patternOf(r, fn, call.Argument(1))
	if parts == nil {
		t, ok := isoTime(s, zone)
		if !ok {
			arg.Fail(r, fn, "%.80q is not a date as 2026-12-24T18:30:00Z; pass its pattern", s)
		}
		return Value(r, fn, t)
	}
	t, err := parseDate(s, parts, zone)
	if two := twoError(""); errors.As(err, &two) {
		arg.Fail(r, fn, "%.80q is not a date of pattern %.80q: %s", s, hostfn.String(call, 1), two.Error())
	}
	if err != nil {
		arg.Fail(r, fn, "%.80q is not a date of pattern %.80q", s, hostfn.String(call, 1))
	}
	return Value(r, fn, t)
}

func dateAdd(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "date.add"
	t := timeOf(r, fn, call.Argument(0), zoneOf(r, fn, call.Argument(3)))
	amount := call.Argument(1).ToFloat()
	if math.IsNaN(amount) || math.Abs(amount) > 1e12 {
		arg.Fail(r, fn, "argument 2 must be a number")
	}
	unit := strings.TrimSuffix(hostfn.String(call, 2), "s")
	switch unit {
	case "year", "month", "week", "day":
		if math.Abs(amount) > 1e7 {
			arg.Fail(r, fn, "%v %ss are too many", amount, unit)
		}
	}
	switch unit {
	case "year", "month":
		if amount != math.Trunc(amount) {
			panic(r.VM.NewTypeError("%s: %v %ss are not a duration: years and months are whole", fn, amount, unit))
		}
		n := int(amount)
		if unit == "year" {
			n *= 12
		}
		t = addMonths(t, n)
	case "week", "day":
		if unit == "week" {
			amount *= 7
		}
		whole := math.Trunc(amount)
		t = addDays(t, int(whole)).Add(time.Duration(math.Round((amount - whole) * float64(24*time.Hour))))
	default:
		ms := float64(t.UnixMilli()) + amount*float64(unitOf(r, fn, unit).Milliseconds())
		if math.Abs(ms) > maxDate {
			arg.Fail(r, fn, "%s", beyondDates)
		}
		t = time.UnixMilli(int64(ms))
	}
	return Value(r, fn, t)
}

// addDays moves a date by days of its zone's calendar: clocks show the same time after it.
func addDays(t time.Time, n int) time.Time { return shift(t, 0, n) }

// addMonths keeps the day, or takes the last one of a shorter month.
func addMonths(t time.Time, n int) time.Time {
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return shift(t, n, min(t.Day(), last)-t.Day())
}

// shift moves what clocks of the date's zone show, and keeps its offset where there are two.
func shift(t time.Time, months, days int) time.Time {
	hour, minute, second := t.Clock()
	_, offset := t.Zone()
	shown := time.Date(t.Year(), t.Month()+time.Month(months), t.Day()+days, hour, minute, second, t.Nanosecond(), time.UTC)
	return localTime(shown, t.Location(), offset)
}

func unitOf(r *hostfn.Run, fn, unit string) time.Duration {
	switch unit {
	case "week":
		return 7 * 24 * time.Hour
	case "day":
		return 24 * time.Hour
	case "hour":
		return time.Hour
	case "minute":
		return time.Minute
	case "second":
		return time.Second
	case "millisecond":
		return time.Millisecond
	}
	arg.Fail(r, fn, "unknown unit %.40q; use year, month, week, day, hour, minute, second or millisecond", unit)
	return 0
}

// dateDiff returns how many whole units lie between two dates.
func dateDiff(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "date.diff"
	later, earlier := timeOf(r, fn, call.Argument(0), time.UTC), timeOf(r, fn, call.Argument(1), time.UTC)
	unit := "millisecond"
	if !goja.IsUndefined(call.Argument(2)) {
		unit = strings.TrimSuffix(hostfn.String(call, 2), "s")
	}
	if unit != "month" && unit != "year" {
		return r.VM.ToValue((later.UnixMilli() - earlier.UnixMilli()) / unitOf(r, fn, unit).Milliseconds())
	}
	sign := 1
	if later.Before(earlier) {
		later, earlier, sign = earlier, later, -1
	}
	months := 12*(later.Year()-earlier.Year()) + int(later.Month()) - int(earlier.Month())
	if addMonths(earlier, months).After(later) {
		months--
	}
	if unit == "year" {
		months /= 12
	}
	return r.VM.ToValue(sign * months)
}
