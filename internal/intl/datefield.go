package intl

import (
	"strings"
	"time"
)

// widthOf returns what CLDR calls names of n letters.
func widthOf(n int) string {
	switch n {
	case 4:
		return "wide"
	case 5:
		return "narrow"
	case 6:
		return "short"
	}
	return "abbreviated"
}

// name returns one of a list of names.
func (f *Date) name(key string, i int) string {
	list := strings.Split(f.locale.Get(key), "|")
	if i >= len(list) {
		return ""
	}
	return list[i]
}

// field returns what a field of the pattern is called and shows.
func (f *Date) field(t time.Time, letter byte, n int) (kind, text string) {
	switch letter {
	case 'G':
		era := 1
		if t.Year() <= 0 {
			era = 0
		}
		return "era", f.name("d/eras/"+widthOf(n), era)
	case 'y':
		year := t.Year()
		if year <= 0 {
			year = 1 - year
		}
		if n == 2 {
			return "year", f.number(year%100, 2)
		}
		return "year", f.number(year, n)
	case 'M', 'L':
		if n <= 2 {
			return "month", f.number(int(t.Month()), n)
		}
		form := "format/"
		if letter == 'L' {
			form = "stand-alone/"
		}
		return "month", f.name("d/months/"+form+widthOf(n), int(t.Month())-1)
	case 'E', 'c':
		form := "format/"
		if letter == 'c' {
			form = "stand-alone/"
		}
		return "weekday", f.name("d/days/"+form+widthOf(n), int(t.Weekday()))
	case 'd':
		return "day", f.number(t.Day(), n)
	case 'a', 'b', 'B':
		return "dayPeriod", f.period(t, letter, n)
	case 'z', 'O', 'v':
		return "timeZoneName", f.zoneText(t, letter, n)
	}
	return f.clockField(t, letter, n)
}

func (f *Date) clockField(t time.Time, letter byte, n int) (kind, text string) {
	switch letter {
	case 'H':
		return "hour", f.number(t.Hour(), n)
	case 'k':
		return "hour", f.number((t.Hour()+23)%24+1, n)
	case 'h':
		return "hour", f.number((t.Hour()+11)%12+1, n)
	case 'K':
		return "hour", f.number(t.Hour()%12, n)
	case 'm':
		return "minute", f.number(t.Minute(), n)
	case 's':
		return "second", f.number(t.Second(), n)
	case 'S':
		text := inDigits(nil, t.Format(".000")[1:])
		if n <= len(text) {
			text = text[:n]
		}
		return "fractionalSecond", f.inDigits(text)
	}
	return "literal", ""
}

// period returns AM or PM, or the time of day.
func (f *Date) period(t time.Time, letter byte, n int) string {
	name := "am"
	if t.Hour() >= 12 {
		name = "pm"
	}
	key := "d/periods/format/" + widthOf(n) + "/"
	if letter != 'B' {
		return f.locale.Get(key + name)
	}
	exact := (!f.shows('m') || t.Minute() == 0) && (!f.shows('s') || t.Second() == 0)
	for rule := range strings.SplitSeq(f.shared.Shared("periods/"+f.locale.Language), ";") {
		words := strings.Fields(rule)
		if len(words) != 3 {
			continue
		}
		from, to := hourOf(words[1]), hourOf(words[2])
		hour := t.Hour()
		within := hour >= from && hour < to || from > to && (hour >= from || hour < to)
		if from == to { // noon or midnight, which nobody says
			if hour == from && exact && words[0] != "midnight" {
				if text := f.locale.Get(key + words[0]); text != "" {
					return text
				}
			}
			continue
		}
		if within {
			name = words[0]
		}
	}
	if text := f.locale.Get(key + name); text != "" {
		return text
	}
	if t.Hour() >= 12 {
		return f.locale.Get(key + "pm")
	}
	return f.locale.Get(key + "am")
}

func hourOf(clock string) int { return int(clock[0]-'0')*10 + int(clock[1]-'0') }

func (f *Date) shows(letter byte) bool {
	for _, it := range f.items {
		if it.letter == letter {
			return true
		}
	}
	return false
}
