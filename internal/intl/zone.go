package intl

import (
	"fmt"
	"math"
	"os"
	"strings"
	"time"
)

// ZoneName returns a time zone as the database writes it, whatever its case; "" for one that is not known. It also takes an offset
// such as "+05:30".
func (l *Library) ZoneName(name string) string {
	if _, offset, ok := zoneOffset(name); ok {
		return offset
	}
	if known := l.tables.Shared("zone/" + strings.ToLower(name)); known != "" {
		switch strings.TrimPrefix(known, "Etc/") {
		case "UTC", "GMT", "UCT", "Zulu", "Universal", "Greenwich", "GMT0", "GMT+0", "GMT-0":
			return "UTC"
		}
		if _, err := time.LoadLocation(known); err == nil {
			return known
		}
	}
	return ""
}

// zoneOffset reads "+05:30", "+0530" or "+05".
func zoneOffset(name string) (at *time.Location, canonical string, ok bool) {
	for _, form := range []string{"-07:00", "-0700", "-07"} {
		if len(form) != len(name) {
			continue
		}
		if t, err := time.Parse(form, name); err == nil {
			_, seconds := t.Zone()
			canonical = t.Format("-07:00")
			if canonical == "-00:00" {
				canonical = "+00:00"
			}
			return time.FixedZone(canonical, seconds), canonical, true
		}
	}
	return nil, "", false
}

// LocalZone returns the name of the process's time zone, "UTC" where it has none.
func (l *Library) LocalZone() string {
	name := time.Local.String()
	if name == "Local" {
		link, _ := os.Readlink("/etc/localtime") // no link is no name
		_, name, _ = strings.Cut(link, "zoneinfo/")
	}
	if known := l.ZoneName(name); known != "" {
		return known
	}
	return "UTC"
}

// location returns the zone of a name that ZoneName has returned.
func location(name string) *time.Location {
	if at, _, ok := zoneOffset(name); ok {
		return at
	}
	if at, err := time.LoadLocation(name); err == nil {
		return at
	}
	return time.UTC
}

// zoneText returns the name of the zone at a time, as a letter of a pattern and its width want it.
func (f *Date) zoneText(t time.Time, letter byte, n int) string {
	width := "short"
	if n == 4 {
		width = "long"
	}
	if letter == 'O' {
		return f.offsetText(t, width == "long")
	}
	kinds := []string{"standard"}
	if isSummer(t, f.o.TimeZone) {
		kinds = []string{"daylight"}
	}
	if letter == 'v' {
		kinds = []string{"generic", "standard"}
	}
	zone := f.zoneKey()
	for _, owner := range []string{zone, f.metaZone(zone, t)} {
		if owner == "" {
			continue
		}
		for _, kind := range kinds {
			if text := f.locale.Get("z/" + owner + "/" + width + "/" + kind); text != "" {
				return text
			}
		}
	}
	if letter == 'v' && !strings.HasPrefix(zone, "Etc/") {
		city := zone[strings.LastIndexByte(zone, '/')+1:]
		return strings.Replace(f.locale.Get("z/regionFormat"), "{0}", strings.ReplaceAll(city, "_", " "), 1)
	}
	return f.offsetText(t, width == "long")
}

// LongZone returns the English name of a zone, such as "Central European Summer Time", as it is called today; where it has none, what the
// clocks of t are ahead of UTC.
func (l *Library) LongZone(zone string, summer bool, t time.Time) string {
	f := &Date{o: DateOptions{TimeZone: zone}, locale: l.locale("en"), shared: l.tables, digits: []rune(l.tables.Shared("digits/latn"))}
	kind := "standard"
	if summer {
		kind = "daylight"
	}
	key := f.zoneKey()
	for _, owner := range []string{key, f.metaZone(key, time.Now())} {
		if name := f.locale.Get("z/" + owner + "/long/" + kind); owner != "" && name != "" {
			return name
		}
	}
	return f.offsetText(t, true)
}

// Summer reports whether the clocks of a zone are ahead at a time, in milliseconds since 1970, as engines of JavaScript have it: before
// 1970 and after 2037 by a year of our time that begins with the same day of the week. At is where the zone is.
func Summer(zone string, at *time.Location, ms int64) bool {
	t := time.UnixMilli(ms).UTC()
	if ms < 0 || ms > math.MaxInt32*1000 {
		year := 1967
		if t.YearDay() == 366 || time.Date(t.Year(), 12, 31, 0, 0, 0, 0, time.UTC).YearDay() == 366 {
			year = 1956
		}
		year += int(time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC).Weekday()) * 12 % 28
		year = 2008 + (year+3*28-2008)%28
		t = time.Date(year, t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
	}
	return isSummer(t.In(at), zone)
}

// isSummer reports whether the clocks are ahead. In Ireland the law calls summer the standard.
func isSummer(t time.Time, zone string) bool {
	if zone == "Europe/Dublin" || zone == "Eire" {
		_, offset := t.Zone()
		return offset > 0
	}
	return t.IsDST()
}

// zoneKey returns the zone by the name that CLDR has for it.
func (f *Date) zoneKey() string {
	if f.o.TimeZone == "UTC" {
		return "Etc/UTC"
	}
	if alias := f.shared.Shared("zonealias/" + f.o.TimeZone); alias != "" {
		return alias
	}
	return f.o.TimeZone
}

// metaZone returns the zone with common names that a zone belonged to at a time.
func (f *Date) metaZone(zone string, t time.Time) string {
	if t.Unix() < 0 || t.UTC().Year() > 9999 {
		return "" // CLDR knows nothing of these
	}
	now := t.UTC().Format("2006-01-02T15:04")
	for part := range strings.SplitSeq(f.shared.Shared("meta/"+zone), ";") {
		name, until, _ := strings.Cut(part, " ")
		if until == "" || now < until {
			return name
		}
	}
	return ""
}

// offsetText writes what local time is ahead of UTC.
func (f *Date) offsetText(t time.Time, wide bool) string {
	_, seconds := t.Zone()
	ahead, behind, _ := strings.Cut(f.locale.Get("z/hourFormat"), ";")
	form := ahead
	if seconds < 0 {
		form, seconds = behind, -seconds
	}
	hours, minutes := seconds/3600, seconds/60%60
	hour := fmt.Sprintf("%02d", hours)
	if !wide && strings.Contains(form, "HH") || !strings.Contains(form, "HH") {
		hour = fmt.Sprint(hours)
		if wide {
			hour = fmt.Sprintf("%02d", hours)
		}
	}
	minute := fmt.Sprintf("%02d", minutes)
	text := strings.NewReplacer("HH", f.inDigits(hour), "H", f.inDigits(hour), "mm", f.inDigits(minute)).Replace(form)
	if !wide && minutes == 0 {
		text = strings.TrimRight(strings.TrimSuffix(text, f.inDigits(minute)), ":.")
	}
	if rest := seconds % 60; rest != 0 {
		text += ":" + f.inDigits(fmt.Sprintf("%02d", rest))
	}
	return strings.Replace(f.locale.Get("z/gmtFormat"), "{0}", text, 1)
}
