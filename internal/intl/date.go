package intl

import (
	"strconv"
	"strings"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/intl/cldr"
)

// DateOptions are those of Intl.DateTimeFormat, resolved; "" for what is not wanted.
type DateOptions struct {
	Locale          string `json:"locale"`
	NumberingSystem string `json:"numberingSystem"`
	TimeZone        string `json:"timeZone"`
	HourCycle       string `json:"hourCycle"`
	Weekday         string `json:"weekday"`
	Era             string `json:"era"`
	Year            string `json:"year"`
	Month           string `json:"month"`
	Day             string `json:"day"`
	DayPeriod       string `json:"dayPeriod"`
	Hour            string `json:"hour"`
	Minute          string `json:"minute"`
	Second          string `json:"second"`
	Fraction        int    `json:"fractionalSecondDigits"`
	ZoneName        string `json:"timeZoneName"`
	DateStyle       string `json:"dateStyle"`
	TimeStyle       string `json:"timeStyle"`
}

// Date formats times. It may be used from many goroutines.
type Date struct {
	o       DateOptions
	locale  *cldr.Locale
	shared  *cldr.Library
	digits  []rune
	zone    *time.Location
	pattern string
	items   []item

	generator *generator
}

// NewDate returns a formatter.
func (l *Library) NewDate(o DateOptions) *Date {
	f := &Date{o: o, locale: l.locale(o.Locale), shared: l.tables, zone: location(o.TimeZone)}
	f.digits = []rune(l.tables.Shared("digits/" + o.NumberingSystem))
	decimal := f.locale.Get(symbolsOf(f.locale, o.NumberingSystem) + "decimal")
	g := l.generator(f.locale, decimal)
	f.generator = g
	if o.DateStyle != "" || o.TimeStyle != "" {
		f.pattern = f.styled(g)
	} else {
		f.pattern = g.best(o.skeleton())
	}
	f.pattern = withHours(f.pattern, o.HourCycle)
	f.items = itemsOf(f.pattern)
	return f
}

// generator returns that of a language, which is made once.
func (l *Library) generator(locale *cldr.Locale, decimal string) *generator {
	return of(&l.generators, strconv.Quote(locale.Data+decimal), func(string) *generator { return newGenerator(locale, decimal) })
}

// HourCycle returns the one that a language has by itself: "h12", "h23" and so on.
func (l *Library) HourCycle(tag string) string {
	language, region, _ := strings.Cut(tag, "-")
	if _, after, ok := strings.Cut(region, "-"); ok || len(region) == 4 {
		region = after
	}
	if region == "" {
		if parts := strings.Split(l.tables.Shared("likely/"+tag), "-"); len(parts) == 3 {
			region = parts[2]
		}
	}
	preferred := l.tables.Shared("hours/" + language + "-" + region)
	if preferred == "" {
		preferred = l.tables.Shared("hours/" + region)
	}
	if preferred == "" {
		preferred = l.tables.Shared("hours/001")
	}
	if _, allowed, ok := strings.Cut(preferred, " "); ok {
		preferred, _, _ = strings.Cut(allowed, " ")
	}
	switch preferred[:1] {
	case "h":
		return "h12"
	case "K":
		return "h11"
	case "k":
		return "h24"
	}
	return "h23"
}

// hourLetter returns the letter of patterns for a cycle.
func hourLetter(cycle string) string {
	switch cycle {
	case "h11":
		return "K"
	case "h12":
		return "h"
	case "h24":
		return "k"
	}
	return "H"
}

// withHours writes the hours of a pattern in a cycle.
func withHours(pattern, cycle string) string {
	if cycle == "" {
		return pattern
	}
	list := itemsOf(pattern)
	for i, it := range list {
		if it.letter != 0 && strings.ContainsRune("hHkK", rune(it.letter)) {
			list[i].letter = hourLetter(cycle)[0]
			list[i].text = strings.Repeat(hourLetter(cycle), len(it.text))
		}
	}
	return patternText(list)
}

// skeleton returns the fields that the options want.
func (o *DateOptions) skeleton() skeleton {
	width := func(value, short, long, narrow string) string {
		switch value {
		case "short":
			return short
		case "long":
			return long
		case "narrow":
			return narrow
		}
		return ""
	}
	digits := func(value, letter string) string {
		switch value {
		case "2-digit":
			return letter + letter
		case "numeric":
			return letter
		}
		return ""
	}
	var b strings.Builder
	b.WriteString(width(o.Era, "GGG", "GGGG", "GGGGG"))
	b.WriteString(digits(o.Year, "y"))
	b.WriteString(digits(o.Month, "M") + width(o.Month, "MMM", "MMMM", "MMMMM"))
	b.WriteString(width(o.Weekday, "EEE", "EEEE", "EEEEE"))
	b.WriteString(digits(o.Day, "d"))
	b.WriteString(digits(o.Hour, hourLetter(o.HourCycle)))
	b.WriteString(width(o.DayPeriod, "B", "BBBB", "BBBBB"))
	b.WriteString(digits(o.Minute, "m"))
	b.WriteString(digits(o.Second, "s"))
	b.WriteString(strings.Repeat("S", o.Fraction))
	zones := map[string]string{"short": "z", "long": "zzzz", "shortOffset": "O", "longOffset": "OOOO", "shortGeneric": "v", "longGeneric": "vvvv"}
	b.WriteString(zones[o.ZoneName])
	return skeletonOf(b.String())
}

// styled returns the pattern of dateStyle and timeStyle.
func (f *Date) styled(g *generator) string {
	date, clock := f.locale.Get("d/date/"+f.o.DateStyle), f.locale.Get("d/time/"+f.o.TimeStyle)
	pattern := date + clock
	if date != "" && clock != "" {
		pattern = joined(f.locale.Get("d/at/"+f.o.DateStyle), date, clock)
	}
	if clock == "" || f.o.HourCycle == "" || strings.Contains(fieldsOf(pattern), hourLetter(f.o.HourCycle)) {
		return pattern
	}
	var fields strings.Builder
	for _, it := range itemsOf(pattern) {
		switch {
		case it.letter == 0 || it.letter == 'a' || it.letter == 'B':
		case strings.ContainsRune("hHkK", rune(it.letter)):
			fields.WriteString(strings.Repeat(hourLetter(f.o.HourCycle), len(it.text)))
		default:
			fields.WriteString(it.text)
		}
	}
	return g.best(skeletonOf(fields.String()))
}

// fieldsOf returns the fields of a pattern without the texts between them.
func fieldsOf(pattern string) string {
	var b strings.Builder
	for _, it := range itemsOf(pattern) {
		if it.letter != 0 {
			b.WriteString(it.text)
		}
	}
	return b.String()
}

// Resolved returns the fields that the pattern has, as resolvedOptions shows them.
func (f *Date) Resolved() map[string]string {
	out := map[string]string{}
	numberOr := func(n int, name string) string {
		switch n {
		case 1:
			return "numeric"
		case 2:
			return "2-digit"
		}
		return map[int]string{3: "short", 4: "long", 5: "narrow"}[n] + name
	}
	for _, it := range f.items {
		n := len(it.text)
		switch it.letter {
		case 'G':
			out["era"] = numberOr(max(n, 3), "")
		case 'y':
			out["year"] = numberOr(min(n, 2), "")
		case 'M', 'L':
			out["month"] = numberOr(n, "")
		case 'E', 'c':
			out["weekday"] = numberOr(max(n, 3), "")
		case 'd':
			out["day"] = numberOr(n, "")
		case 'B':
			out["dayPeriod"] = numberOr(max(n, 3), "")
		case 'h', 'H', 'k', 'K':
			out["hour"] = numberOr(n, "")
		case 'm':
			out["minute"] = numberOr(n, "")
		case 's':
			out["second"] = numberOr(n, "")
		case 'z':
			out["timeZoneName"] = numberOr(max(n, 3), "")
		case 'O':
			out["timeZoneName"] = numberOr(max(n, 3), "Offset")
		case 'v':
			out["timeZoneName"] = numberOr(max(n, 3), "Generic")
		}
	}
	return out
}

// HasHour reports whether the pattern shows hours.
func (f *Date) HasHour() bool { return strings.ContainsAny(fieldsOf(f.pattern), "hHkK") }

// Format returns the text of a time in milliseconds since 1970.
func (f *Date) Format(ms int64) string { return plainBlanks(Join(f.Parts(ms))) }

// plainBlanks writes the narrow blanks of CLDR as blanks, as browsers and Node do: many programs split dates at these. The parts
// keep them.
func plainBlanks(text string) string { return strings.ReplaceAll(text, "\u202f", " ") }

// Parts returns the pieces of that text.
func (f *Date) Parts(ms int64) (parts []Part) {
	t := time.UnixMilli(ms).In(f.zone)
	for _, it := range f.items {
		if it.letter == 0 {
			parts = appendLiteral(parts, it.text)
			continue
		}
		kind, text := f.field(t, it.letter, len(it.text))
		if text != "" {
			parts = append(parts, Part{Type: kind, Value: text})
		}
	}
	return parts
}

func (f *Date) inDigits(text string) string { return inDigits(f.digits, text) }

func (f *Date) number(n, width int) string {
	text := strconv.Itoa(n)
	if len(text) < width {
		text = strings.Repeat("0", width-len(text)) + text
	}
	return f.inDigits(text)
}
