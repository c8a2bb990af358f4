package sandbox

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/intl"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// goja leaves local times that a change of clocks skips or repeats to time.Date, which promises nothing of them. Here they
// are read as ECMAScript says: by the offset before the change, so that 02:30 in a gap is 03:30, and 02:30 in an overlap
// is the first of both.

// newDate makes the time of a constructor with fields, or with an ISO text of local time, and passes that on.
func (g *guards) newDate(args []goja.Value) []goja.Value {
	switch {
	case len(args) >= 2:
		fields := g.fields(args)
		if year := math.Trunc(fields[0]); year >= 0 && year <= 99 {
			fields[0] = 1900 + year
		}
		all := [...]float64{0, 0, 1, 0, 0, 0, 0}
		copy(all[:], fields)
		return []goja.Value{g.rt.ToValue(instant(localTime(all)))}
	case len(args) == 1:
		if ms, ok := localText(args[0]); ok {
			return []goja.Value{g.rt.ToValue(ms)}
		}
		if hasYears(args[0]) {
			return []goja.Value{g.rt.ToValue(math.NaN())}
		}
	}
	return args
}

// guardDateParse reads ISO texts of local time, and refuses those of two years.
func guardDateParse(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	if ms, ok := localText(call.Argument(0)); ok {
		return g.rt.ToValue(ms)
	}
	if hasYears(call.Argument(0)) {
		return g.rt.ToValue(math.NaN())
	}
	return next(call)
}

// guardDateSet replaces a method that sets local fields, so many at most from the first one on: year, month, day, hours,
// minutes, seconds, milliseconds.
func guardDateSet(first, most int) guard {
	return func(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
		o, ok := call.This.(*goja.Object)
		if !ok || o.ClassName() != "Date" || g.setTime() == nil {
			return next(call) // it is refused there
		}
		was, valid := o.Export().(time.Time)
		given := g.fields(call.Arguments[:min(len(call.Arguments), most)])
		if len(given) == 0 {
			given = []float64{math.NaN()}
		}
		fields := [...]float64{1970, 0, 1, 0, 0, 0, 0}
		if valid {
			was = was.In(time.Local)
			fields = [...]float64{
				float64(was.Year()), float64(was.Month() - 1), float64(was.Day()),
				float64(was.Hour()), float64(was.Minute()), float64(was.Second()), float64(was.Nanosecond() / 1e6),
			}
		} else if first > 0 {
			return g.rt.ToValue(math.NaN()) // only a year makes a date of none
		}
		copy(fields[first:], given)
		return g.setTime()(goja.FunctionCall{This: o, Arguments: []goja.Value{g.rt.ToValue(instant(localTime(fields)))}})
	}
}

// guardDateName writes the zone in the text of a date as engines of JavaScript do, by its English name, where goja writes letters.
func guardDateName(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	v := next(call)
	o, ok := call.This.(*goja.Object)
	if !ok {
		return v
	}
	t, valid := o.Export().(time.Time)
	if !valid {
		return v
	}
	return g.zoneNamed(v.String(), t)
}

// guardDateCall is Date() without new: the text of the time.
func guardDateCall(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	text, isText := next(call).(goja.String)
	if !isText {
		return text
	}
	t, err := time.Parse("Mon Jan 02 2006 15:04:05 GMT-0700", strings.SplitN(text.String(), " (", 2)[0])
	if err != nil {
		return text
	}
	return g.zoneNamed(text.String(), t)
}

func (g *guards) zoneNamed(text string, t time.Time) goja.Value {
	zone, t := localZone(), t.In(time.Local)
	if _, seconds := t.Zone(); zone == "UTC" && seconds != 0 {
		zone = "" // of a machine that does not say which it is
	}
	text, _, _ = strings.Cut(text, " (")
	return g.rt.ToValue(text + " (" + languages().LongZone(zone, intl.Summer(zone, time.Local, t.UnixMilli()), t) + ")")
}

// setTime returns the native Date.prototype.setTime, nil where the script replaced it before it was made.
func (g *guards) setTime() layout.Native {
	if g.dateSetTime == nil {
		if date, ok := g.rt.GlobalObject().Get("Date").(*goja.Object); ok {
			if prototype, ok := date.Get("prototype").(*goja.Object); ok {
				prototype.Get("setTime") // makes it, and put keeps it
			}
		}
	}
	return g.dateSetTime
}

// fields converts the arguments of a date, at most seven, in their order.
func (g *guards) fields(args []goja.Value) []float64 {
	args = args[:min(len(args), 7)]
	list := make([]float64, len(args))
	for i, v := range args {
		g.check() // a long text takes a while
		list[i] = v.ToNumber().ToFloat()
	}
	return list
}

const msPerDay = 24 * 60 * 60 * 1000

// localTime returns the milliseconds since 1970 of fields as if they were UTC, NaN where there is no such time.
func localTime(fields [7]float64) float64 {
	for i, f := range fields {
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return math.NaN()
		}
		fields[i] = math.Trunc(f)
	}
	months := fields[0]*12 + fields[1]
	year := math.Floor(months / 12)
	if math.Abs(year) > 400_000 {
		return math.NaN()
	}
	first := time.Date(int(year), time.Month(int(months-year*12)+1), 1, 0, 0, 0, 0, time.UTC)
	day := float64(first.Unix()/(24*60*60)) + fields[2] - 1
	return day*msPerDay + fields[3]*3_600_000 + fields[4]*60_000 + fields[5]*1000 + fields[6]
}

// instant returns when it is a local time, in milliseconds since 1970.
func instant(local float64) float64 {
	const most = 8.64e15 // of a Date
	if !(math.Abs(local) <= most+msPerDay) {
		return math.NaN()
	}
	ms := int64(local)
	before := offset(ms - msPerDay)
	at := ms - before
	if after := offset(at); after != before && offset(ms-after) == after {
		at = ms - after
	}
	if at > most || at < -most {
		return math.NaN()
	}
	return float64(at)
}

// offset returns what local time is ahead of UTC, in milliseconds.
func offset(ms int64) int64 {
	_, seconds := time.UnixMilli(ms).In(time.Local).Zone()
	return int64(seconds) * 1000
}

// localText reads YYYY-MM-DDTHH:mm, with seconds and three digits of milliseconds where given, and with a blank for the T.
func localText(v goja.Value) (ms float64, ok bool) {
	s, isText := v.(goja.String)
	if !isText || s.Length() < len("2006-01-02T15:04") || s.Length() > len("2006-01-02T15:04:05.000") {
		return 0, false
	}
	text := []byte(s.String())
	if len(text) > 10 && text[10] == ' ' {
		text[10] = 'T'
	}
	for _, form := range [...]string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02T15:04:05.000"} {
		if len(form) != len(text) {
			continue
		}
		if t, err := time.Parse(form, string(text)); err == nil {
			return instant(float64(t.UnixMilli())), true
		}
	}
	return 0, false
}

// hasYears reports whether a text has two numbers that only a year can be, as "Jan 32 2024" and "2024/1/50": goja would take
// the last one.
func hasYears(v goja.Value) bool {
	s, isText := v.(goja.String)
	if !isText || s.Length() > 100 {
		return false
	}
	text := s.String()
	years, clock := 0, false
	for i := 0; i < len(text); i++ {
		end := i + digitsOf(text[i:])
		switch {
		case text[i] == '(':
			closes := strings.IndexByte(text[i:], ')')
			if closes < 0 {
				return false
			}
			i += closes
			continue
		case end == i:
			continue
		case strings.HasPrefix(text[end:], ":"): // a time of day, or the offset of a zone
			for clock = true; end < len(text) && strings.IndexByte("0123456789:.,", text[end]) >= 0; {
				end++
			}
		case clock && (text[i-1] == '+' || text[i-1] == '-'):
		default:
			if n, _ := strconv.Atoi(text[i:end]); end-i > 2 || n < 1 || n > 31 {
				years++
			}
		}
		i = end - 1
	}
	return years > 1
}

// digitsOf counts the digits that a text begins with.
func digitsOf(text string) int { return len(text) - len(strings.TrimLeft(text, "0123456789")) }
