package kit

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // time zones where the machine has none

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const isoPattern = "YYYY-MM-DDTHH:mm:ss.SSSZ"

// dateToken finds the parts of a pattern: [text as it is] and letters that stand for something.
var dateToken = regexp.MustCompile(`\[[^\]]*\]|YYYY|YY|MMMM|MMM|MM|M|DDDD|DD|D|dddd|ddd|d|HH|H|hh|h|mm|m|ss|s|SSS|A|a|ZZ|Z|X|x`)

func dateRow() hostfn.Row {
	return hostfn.Row{
		Name: "date", Sig: "date",
		Doc: `Dates with time zones: now(), format(date, pattern, zone), parse(text, pattern, zone) → Date, add(date, amount, unit, zone), diff(later, earlier, unit). ` +
			`Patterns are made of YYYY YY MMMM MMM MM M DD D dddd ddd HH H hh h mm m ss s SSS A a Z (+02:00) ZZ (+0200) X (unix) and [text]; a zone is a name such as "Europe/Madrid", "UTC" when left out. ` +
			`Units: year, month, week, day, hour, minute, second, millisecond.`,
		Example: `const d = date.parse("24/12/2026 18:30", "DD/MM/YYYY HH:mm", "Europe/Madrid")
payload.utc = date.format(d, "YYYY-MM-DD HH:mm")
payload.tomorrow = date.format(date.add(date.now(), 1, "day"), "dddd D MMMM")`,
		Bind: object(
			method{"now", func(r *hostfn.Run, _ goja.FunctionCall) goja.Value { return jsDate(r, r.Now()) }},
			method{"format", dateFormat}, method{"parse", dateParse}, method{"add", dateAdd}, method{"diff", dateDiff},
		),
	}
}

func jsDate(r *hostfn.Run, t time.Time) goja.Value {
	return r.Construct("Date", r.VM.ToValue(t.UnixMilli()))
}

// timeOf reads a Date, milliseconds since 1970, or a text in ISO 8601.
func timeOf(r *hostfn.Run, fn string, v goja.Value, zone *time.Location) time.Time {
	switch x := v.Export().(type) {
	case time.Time:
		return x.In(zone)
	case int64:
		return time.UnixMilli(x).In(zone)
	case float64:
		if math.Abs(x) <= 8.64e15 {
			return time.UnixMilli(int64(x)).In(zone)
		}
	case string:
		if t, ok := isoTime(x, zone); ok {
			return t
		}
	}
	fail(r, fn, "argument 1 must be a Date, milliseconds since 1970 or a text as 2026-12-24T18:30:00Z")
	return time.Time{}
}

// isoTime reads ISO 8601; a text without an offset is in the zone.
func isoTime(s string, zone *time.Location) (time.Time, bool) {
	for _, layout := range []string{
		time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00",
		"2006-01-02 15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly,
	} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t.In(zone), true
		}
	}
	return time.Time{}, false
}

// zoneOf reads the name of a time zone. "Local" is none: an answer must not depend on the machine.
func zoneOf(r *hostfn.Run, fn string, v goja.Value) *time.Location {
	if goja.IsUndefined(v) || goja.IsNull(v) {
		return time.UTC
	}
	name := v.String()
	if zone, err := time.LoadLocation(name); err == nil && name != "Local" && len(name) < 64 {
		return zone
	}
	if t, err := time.Parse("-07:00", name); err == nil {
		return t.Location()
	}
	fail(r, fn, `there is no time zone %.60q; use a name such as "Europe/Madrid", or an offset such as "+02:00"`, name)
	return nil
}

func pattern(r *hostfn.Run, fn string, v goja.Value) string {
	if goja.IsUndefined(v) || goja.IsNull(v) {
		return isoPattern
	}
	s := v.String()
	if len(s) > 256 {
		fail(r, fn, "the pattern is longer than 256 characters")
	}
	return s
}

func dateFormat(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "date.format"
	zone := zoneOf(r, fn, call.Argument(2))
	t := timeOf(r, fn, call.Argument(0), zone)
	return r.VM.ToValue(dateToken.ReplaceAllStringFunc(pattern(r, fn, call.Argument(1)), func(token string) string { return datePart(t, token) }))
}

// datePart writes what a token stands for.
func datePart(t time.Time, token string) string {
	switch token {
	case "YYYY":
		return fmt.Sprintf("%04d", t.Year())
	case "d":
		return strconv.Itoa(int(t.Weekday()))
	case "DDDD":
		return fmt.Sprintf("%03d", t.YearDay())
	case "H":
		return strconv.Itoa(t.Hour())
	case "SSS":
		return fmt.Sprintf("%03d", t.Nanosecond()/1e6)
	case "X":
		return strconv.FormatInt(t.Unix(), 10)
	case "x":
		return strconv.FormatInt(t.UnixMilli(), 10)
	case "Z":
		if _, offset := t.Zone(); offset == 0 {
			return "Z"
		}
	}
	if inner, ok := strings.CutPrefix(token, "["); ok {
		return strings.TrimSuffix(inner, "]")
	}
	return t.Format(goLayout(token))
}

// goLayout spells a token as package time does; "" for those that it has no word for.
func goLayout(token string) string {
	switch token {
	case "YYYY":
		return "2006"
	case "YY":
		return "06"
	case "MMMM":
		return "January"
	case "MMM":
		return "Jan"
	case "MM":
		return "01"
	case "M":
		return "1"
	case "DD":
		return "02"
	case "D":
		return "2"
	case "dddd":
		return "Monday"
	case "ddd":
		return "Mon"
	case "HH", "H":
		return "15"
	case "hh":
		return "03"
	case "h":
		return "3"
	case "mm":
		return "04"
	case "m":
		return "4"
	case "ss":
		return "05"
	case "s":
		return "5"
	case "A":
		return "PM"
	case "a":
		return "pm"
	case "Z":
		return "Z07:00"
	case "ZZ":
		return "-0700"
	}
	return ""
}

func dateParse(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "date.parse"
	s := hostfn.String(call, 0)
	if len(s) > 256 {
		fail(r, fn, "the text is longer than 256 characters")
	}
	zone := zoneOf(r, fn, call.Argument(2))
	var t time.Time
	if p := call.Argument(1); goja.IsUndefined(p) || goja.IsNull(p) {
		var ok bool
		if t, ok = isoTime(s, zone); !ok {
			fail(r, fn, "%.80q is no date as 2026-12-24T18:30:00Z; give its pattern", s)
		}
	} else {
		var err error
		if t, err = parseAs(s, pattern(r, fn, p), zone); err != nil {
			fail(r, fn, "%.80q is no date of pattern %.80q", s, p.String())
		}
	}
	return jsDate(r, t)
}

// parseAs reads a text by a pattern, part by part, so that text between the parts is only itself.
func parseAs(s, pattern string, zone *time.Location) (time.Time, error) {
	if pattern == "X" || pattern == "x" {
		n, err := strconv.ParseInt(s, 10, 64)
		if pattern == "X" {
			return time.Unix(n, 0), err
		}
		return time.UnixMilli(n), err
	}
	var layout, value strings.Builder
	rest, end := s, 0
	for _, at := range dateToken.FindAllStringIndex(pattern, -1) {
		token, between := pattern[at[0]:at[1]], pattern[end:at[0]]
		end = at[1]
		if strings.HasPrefix(token, "[") {
			between, token = between+token[1:len(token)-1], ""
		}
		after, ok := strings.CutPrefix(rest, between)
		if !ok {
			return time.Time{}, fmt.Errorf("%q is missing", between)
		}
		rest = after
		if token == "" {
			continue
		}
		n := partLength(rest, token)
		part := rest[:n]
		rest = rest[n:]
		word := goLayout(token)
		if token == "SSS" {
			word = "000"
			layout.WriteString(".")
			value.WriteString(".")
		} else {
			layout.WriteString("|")
			value.WriteString("|")
		}
		if word == "" || n == 0 {
			return time.Time{}, fmt.Errorf("%s cannot be read", token)
		}
		if token == "A" || token == "a" {
			word, part = "PM", strings.ToUpper(part)
		}
		layout.WriteString(word)
		value.WriteString(part)
	}
	if rest != pattern[end:] {
		return time.Time{}, fmt.Errorf("%q is left", rest)
	}
	return time.ParseInLocation(layout.String(), value.String(), zone)
}

// partLength tells how much of the text belongs to a token.
func partLength(s, token string) int {
	most, is := 2, func(c byte) bool { return c >= '0' && c <= '9' }
	switch token {
	case "YYYY":
		most = 4
	case "SSS":
		most = 3
	case "MMMM", "MMM", "dddd", "ddd", "A", "a":
		most, is = 10, func(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
		if token == "A" || token == "a" {
			most = 2
		}
	case "Z", "ZZ":
		if strings.HasPrefix(s, "Z") {
			return 1
		}
		most, is = 6, func(c byte) bool { return c >= '0' && c <= '9' || strings.IndexByte("+-:", c) >= 0 }
	}
	n := 0
	for n < len(s) && n < most && is(s[n]) {
		n++
	}
	return n
}

func dateAdd(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "date.add"
	t := timeOf(r, fn, call.Argument(0), zoneOf(r, fn, call.Argument(3)))
	amount := call.Argument(1).ToFloat()
	if math.IsNaN(amount) || math.Abs(amount) > 1e12 {
		fail(r, fn, "argument 2 must be a number")
	}
	unit := strings.TrimSuffix(hostfn.String(call, 2), "s")
	n := int(amount)
	switch unit {
	case "year", "month", "week", "day":
		if math.Abs(amount) > 1e7 {
			fail(r, fn, "%v %ss are too many", amount, unit)
		}
	}
	switch unit {
	case "year":
		t = addMonths(t, 12*n)
	case "month":
		t = addMonths(t, n)
	case "week":
		t = t.AddDate(0, 0, 7*n)
	case "day":
		t = t.AddDate(0, 0, n)
	default:
		t = t.Add(time.Duration(math.Min(math.Max(amount*float64(unitOf(r, fn, unit)), math.MinInt64), math.MaxInt64-1024)))
	}
	return jsDate(r, t)
}

// addMonths keeps the day, or takes the last one of a shorter month.
func addMonths(t time.Time, n int) time.Time {
	day := t.Day()
	first := t.AddDate(0, n, 1-day)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(day, last)-1)
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
	fail(r, fn, "there is no unit %.40q; use year, month, week, day, hour, minute, second or millisecond", unit)
	return 0
}

// dateDiff answers how many whole units lie between two dates.
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
