package date

import (
	"regexp"
	"strconv"
	"time"
)

// isoDays are the other two ways in which ISO 8601 names a day: by week, as 2026-W10-3, and by the day of the year, as 2026-063.
var isoDays = regexp.MustCompile(`^([0-9]{4})-?(?:W([0-9]{2})(?:-?([1-7]))?|([0-9]{3}))((?:[T ].*)?)$`)

// calendarDay writes such a day as a date of a month; anything else stays as it is.
func calendarDay(s string) string {
	m := isoDays.FindStringSubmatch(s)
	if m == nil {
		return s
	}
	number := func(text string) int { n, _ := strconv.Atoi(text); return n }
	year := number(m[1])
	day := time.Date(year, 1, number(m[4]), 0, 0, 0, 0, time.UTC)
	ok := day.Year() == year
	if m[4] == "" {
		day, ok = dayOfWeek(year, number(m[2]), max(1, number(m[3])))
	}
	if !ok {
		return s
	}
	return day.Format(time.DateOnly) + m[5]
}

// dayOfWeek returns a day of an ISO week, from 1 for Monday to 7; false where the year has no such week.
func dayOfWeek(year, week, day int) (time.Time, bool) {
	fourth := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC) // is in the first week
	t := fourth.AddDate(0, 0, 7*(week-1)+day-1-(int(fourth.Weekday())+6)%7)
	gotYear, gotWeek := t.ISOWeek()
	return t, gotYear == year && gotWeek == week
}
