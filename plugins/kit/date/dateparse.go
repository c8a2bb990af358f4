package date

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

var errNoDate = errors.New("the text does not fit the pattern")

// dateReader reads a text by a pattern, part by part.
type dateReader struct {
	rest                      string
	year, month, day, yearDay int
	weekYear, week, weekDay   int // of ISO 8601; 0 when the text has none
	weekday                   int // -1 when the text has none
	quarter                   int
	hour, hour12              int // -1 when the text has none
	minute, second, nano      int
	afternoon                 bool
	hasHalf, hasOffset        bool // of the day; of UTC
	offset                    int  // seconds
}

// parseDate reads a text by a pattern in a zone. Every part must be a date's, and all of them the same date's.
func parseDate(s string, parts []datePart, zone *time.Location) (time.Time, error) {
	if len(parts) == 1 && (parts[0].token == "X" || parts[0].token == "x") {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n > 8.64e15 || n < -8.64e15 {
			return time.Time{}, errNoDate
		}
		if parts[0].token == "X" {
			return time.Unix(n, 0), nil
		}
		return time.UnixMilli(n), nil
	}
	d := dateReader{rest: s, month: -1, day: -1, weekday: -1, hour: -1, hour12: -1}
	read := map[string]int{}
	for i, p := range parts {
		if p.token == "" {
			after, ok := strings.CutPrefix(d.rest, p.text)
			if !ok {
				return time.Time{}, errNoDate
			}
			d.rest = after
			continue
		}
		if !d.token(p.token, i+1 < len(parts) && parts[i+1].token != "") {
			return time.Time{}, errNoDate
		}
		name, value := d.last(p.token)
		if before, twice := read[name]; twice && before != value {
			return time.Time{}, twoError(name)
		}
		read[name] = value
	}
	if d.rest != "" {
		return time.Time{}, errNoDate
	}
	return d.time(zone)
}

// twoError is the error of a text that says two things of the part that it names.
type twoError string

func (e twoError) Error() string { return "it has two different values for the " + string(e) }

// last returns what the token that was read now stands for.
func (d *dateReader) last(token string) (name string, value int) {
	switch token {
	case "YYYY", "YY":
		return "year", d.year
	case "M", "MM", "MMM", "MMMM":
		return "month", d.month
	case "D", "DD", "Do":
		return "day", d.day
	case "DDD", "DDDD":
		return "day of the year", d.yearDay
	case "d", "ddd", "dddd":
		return "day of the week", d.weekday
	case "E":
		return "day of the ISO week", d.weekDay
	case "W", "WW":
		return "week", d.week
	case "GGGG":
		return "year of the week", d.weekYear
	case "Q", "Qo":
		return "quarter", d.quarter
	case "H", "HH":
		return "hour", d.hour
	case "h", "hh":
		return "hour of the half day", d.hour12
	case "m", "mm":
		return "minute", d.minute
	case "s", "ss":
		return "second", d.second
	case "A", "a":
		if d.afternoon {
			return "half of the day", 1
		}
		return "half of the day", 0
	case "Z", "ZZ":
		return "offset", d.offset
	}
	return "fraction of the second", d.nano
}

const (
	monthNames = "January February March April May June July August September October November December"
	dayNames   = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday"
)

// token reads what a token stands for; exact says that a number has as many digits as its token has letters.
func (d *dateReader) token(token string, exact bool) bool {
	switch token {
	case "YYYY":
		return d.digits(&d.year, 4, 4)
	case "YY":
		ok := d.digits(&d.year, 2, 2)
		if d.year += 1900; d.year < 1969 {
			d.year += 100
		}
		return ok
	case "MMMM":
		return d.word(&d.month, monthNames, 0) && d.plus(&d.month)
	case "MMM":
		return d.word(&d.month, monthNames, 3) && d.plus(&d.month)
	case "dddd":
		return d.word(&d.weekday, dayNames, 0)
	case "ddd":
		return d.word(&d.weekday, dayNames, 3)
	case "d":
		return d.digits(&d.weekday, 1, 1) && d.weekday < 7
	case "Do", "Qo":
		n := &d.day
		if token == "Qo" {
			n = &d.quarter
		}
		if !d.digits(n, 1, 2) || len(d.rest) < 2 || !strings.EqualFold(d.rest[:2], ordinalSuffix(*n)) {
			return false
		}
		d.rest = d.rest[2:]
		return token == "Do" || *n >= 1 && *n <= 4
	case "Q":
		return d.digits(&d.quarter, 1, 1) && d.quarter >= 1 && d.quarter <= 4
	case "GGGG":
		return d.digits(&d.weekYear, 4, 4)
	case "WW", "W":
		return d.digits(&d.week, len(token), 2) && d.week > 0
	case "E":
		return d.digits(&d.weekDay, 1, 1) && d.weekDay >= 1 && d.weekDay <= 7
	case "DDDD":
		return d.digits(&d.yearDay, 3, 3) && d.yearDay > 0
	case "DDD":
		return d.digits(&d.yearDay, 1, 3) && d.yearDay > 0
	case "A", "a":
		var half int
		d.hasHalf = d.word(&half, "AM PM", 0)
		d.afternoon = half == 1
		return d.hasHalf
	case "Z", "ZZ":
		d.hasOffset = d.zone()
		return d.hasOffset
	}
	if token[0] == 'S' {
		ok := d.digits(&d.nano, len(token), len(token))
		for range 9 - len(token) {
			d.nano *= 10
		}
		return ok
	}
	return d.number(token, exact)
}

// number reads a token of one or two digits.
func (d *dateReader) number(token string, exact bool) bool {
	into := map[byte]*int{'M': &d.month, 'D': &d.day, 'H': &d.hour, 'h': &d.hour12, 'm': &d.minute, 's': &d.second}[token[0]]
	if into == nil {
		return false // a count of seconds is no part of a date
	}
	least := 1
	if len(token) == 2 && (exact || token[0] != 'H') {
		least = 2
	}
	return d.digits(into, least, 2)
}

// digits reads a number of so many digits.
func (d *dateReader) digits(into *int, least, most int) bool {
	n := 0
	for n < len(d.rest) && n < most && d.rest[n] >= '0' && d.rest[n] <= '9' {
		n++
	}
	if n < least {
		return false
	}
	*into, _ = strconv.Atoi(d.rest[:n])
	d.rest = d.rest[n:]
	return true
}

// word reads one of the names, cut to so many letters; 0 is the whole name.
func (d *dateReader) word(into *int, names string, letters int) bool {
	for i, name := range strings.Fields(names) {
		if letters > 0 {
			name = name[:letters]
		}
		if len(d.rest) >= len(name) && strings.EqualFold(d.rest[:len(name)], name) {
			*into, d.rest = i, d.rest[len(name):]
			return true
		}
	}
	return false
}

func (d *dateReader) plus(n *int) bool { *n++; return true }

// zone reads Z, +02:00, +0200 or +02.
func (d *dateReader) zone() bool {
	if rest, ok := strings.CutPrefix(d.rest, "Z"); ok {
		d.rest = rest
		return true
	}
	if d.rest == "" || d.rest[0] != '+' && d.rest[0] != '-' {
		return false
	}
	sign, hours, minutes := 1, 0, 0
	if d.rest[0] == '-' {
		sign = -1
	}
	d.rest = d.rest[1:]
	if !d.digits(&hours, 2, 2) || hours > 23 {
		return false
	}
	if rest, ok := strings.CutPrefix(d.rest, ":"); ok {
		d.rest = rest
		if !d.digits(&minutes, 2, 2) {
			return false
		}
	} else {
		d.digits(&minutes, 2, 2)
	}
	d.offset = sign * (hours*3600 + minutes*60)
	return minutes < 60
}

// ofWeek reads the day off the week where the text has no month. It reports whether the parts of the week are one day's, or
// none.
func (d *dateReader) ofWeek() bool {
	if d.weekYear == 0 && d.week == 0 && d.weekDay == 0 {
		return true
	}
	t, ok := dayOfWeek(d.weekYear, d.week, max(1, d.weekDay))
	if !ok || d.weekYear == 0 {
		return false
	}
	if d.weekDay == 0 && d.weekday >= 0 { // a name in place of the number
		t = t.AddDate(0, 0, (d.weekday+6)%7)
	}
	if d.year != 0 || d.month >= 0 || d.day >= 0 || d.yearDay > 0 {
		return d.year == t.Year() && d.month == int(t.Month()) && d.day == t.Day()
	}
	d.year, d.month, d.day = t.Year(), int(t.Month()), t.Day()
	return true
}

// time puts the parts together. What contradicts itself, as a Monday that was a Sunday, is no date.
func (d *dateReader) time(zone *time.Location) (time.Time, error) {
	if d.hour12 >= 0 {
		if d.hour12 < 1 || d.hour12 > 12 {
			return time.Time{}, errNoDate
		}
		hour := d.hour12
		if d.hasHalf {
			if hour %= 12; d.afternoon {
				hour += 12
			}
		}
		if d.hour >= 0 && d.hour != hour {
			return time.Time{}, errNoDate
		}
		d.hour = hour
	}
	d.hour = max(d.hour, 0)
	if !d.ofWeek() {
		return time.Time{}, errNoDate
	}
	year, month, day := d.year, d.month, d.day
	switch {
	case month < 0 && d.yearDay > 0:
		t := time.Date(year, 1, d.yearDay, 0, 0, 0, 0, time.UTC)
		month, day = int(t.Month()), t.Day()
		if t.Year() != year {
			return time.Time{}, errNoDate
		}
	case month < 0 && d.quarter > 0:
		month = 3*d.quarter - 2
	case month < 0:
		month = 1
	}
	if day < 0 {
		day = 1
	}
	t := time.Date(year, time.Month(month), day, d.hour, d.minute, d.second, d.nano, time.UTC)
	y, m, dd := t.Date()
	hh, mm, ss := t.Clock()
	if y != year || int(m) != month || dd != day || hh != d.hour || mm != d.minute || ss != d.second ||
		d.weekday >= 0 && int(t.Weekday()) != d.weekday || d.yearDay > 0 && t.YearDay() != d.yearDay ||
		d.quarter > 0 && quarter(t) != d.quarter || d.hasHalf && d.afternoon != (d.hour >= 12) {
		return time.Time{}, errNoDate
	}
	if d.hasOffset {
		return t.Add(-time.Duration(d.offset) * time.Second), nil
	}
	return localTime(t, zone, noOffset), nil
}
