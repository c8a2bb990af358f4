package intl

import (
	"strings"
	"time"
)

// Range returns the pieces of a text for all between two times, as formatRangeToParts has them.
func (f *Date) Range(start, end int64) []Part {
	from, to := time.UnixMilli(start).In(f.zone), time.UnixMilli(end).In(f.zone)
	wanted := f.o.skeleton()
	if f.o.DateStyle != "" || f.o.TimeStyle != "" {
		wanted = skeletonOf(fieldsOf(f.pattern))
	}
	hasDate, hasTime := wanted.mask()&dateFields != 0, wanted.mask()&timeFields != 0
	differs := f.largestDifference(from, to, wanted.mask(), hasTime)
	switch {
	case differs == 0:
		parts := sourced(f.Parts(start), "shared")
		for i := range parts {
			parts[i].Value = plainBlanks(parts[i].Value)
		}
		return parts
	case strings.IndexByte("GyMd", differs) < 0 && hasDate:
		if parts := f.sameDay(start, from, to, differs, wanted); parts != nil {
			return parts
		}
	case strings.IndexByte("GyMd", differs) >= 0 && hasTime:
		if !hasDate {
			f = f.with(wanted.filled("yMd"))
		}
	default:
		if strings.IndexByte("GyM", differs) >= 0 && wanted.kinds[dayField] != 0 {
			more := map[byte]string{'G': "yM", 'y': "yM", 'M': "M"}[differs]
			if wanted.kinds[yearField] == 0 || wanted.kinds[monthField] == 0 {
				wanted = wanted.filled(more)
				f = f.with(wanted)
			}
		}
		if pattern := f.intervalFor(wanted, differs); pattern != "" && !strings.ContainsAny(fieldsOf(f.pattern), "Lc") {
			return f.interval(itemsOf(pattern), from, to)
		}
	}
	between := strings.NewReplacer("{0}", "", "{1}", "").Replace(f.locale.Get("d/between"))
	parts := append(sourced(f.Parts(start), "startRange"), Part{Type: "literal", Value: between, Source: "shared"})
	return append(parts, sourced(f.Parts(end), "endRange")...)
}

// filled returns the skeleton with fields that it lacks, as numbers.
func (s skeleton) filled(letters string) skeleton {
	for i := range len(letters) {
		if at, kind := kindOf(letters[i], 1); s.kinds[at] == 0 {
			s.kinds[at], s.letters[at], s.lengths[at] = kind, letters[i], 1
		}
	}
	return s
}

// with returns the formatter for other fields.
func (f *Date) with(wanted skeleton) *Date {
	other := *f
	other.pattern = withHours(f.generator.best(wanted), f.o.HourCycle)
	other.items = itemsOf(other.pattern)
	return &other
}

// largestDifference returns the letter of the largest field that differs, 0 where nothing that is shown does. Days differ for a time
// that is shown, too, and years for a day.
func (f *Date) largestDifference(from, to time.Time, shown int, hasTime bool) byte {
	shows := func(f field) bool { return shown>>f != 0 } // it, or a smaller one
	year, month := from.Year() != to.Year(), from.Month() != to.Month()
	switch {
	case (from.Year() <= 0) != (to.Year() <= 0):
		return 'G'
	case year && (shows(yearField) || hasTime):
		return 'y'
	case month && (shows(monthField) || hasTime):
		return 'M'
	case (year || month || from.Day() != to.Day()) && (shown&(1<<dayField|1<<weekdayField) != 0 || hasTime):
		return 'd'
	case !hasTime:
		return 0
	}
	hour := byte('H')
	if f.shows('h') || f.shows('K') {
		hour = 'h'
	}
	switch {
	case hour == 'h' && from.Hour()/12 != to.Hour()/12:
		return 'a'
	case f.shows('B') && f.period(from, 'B', 1) != f.period(to, 'B', 1):
		return 'B'
	case from.Hour() != to.Hour():
		return hour
	case from.Minute() != to.Minute() && shows(minuteField):
		return 'm'
	case from.Second() != to.Second() && shows(secondField):
		return 's'
	case from.Nanosecond() != to.Nanosecond() && f.shows('S'):
		return 'S'
	}
	return 0
}

// intervalFor returns CLDR's pattern for a range with these fields, "" where it has none.
func (f *Date) intervalFor(wanted skeleton, differs byte) string {
	found, best := "", 0
	var near skeleton
	for key, pattern := range f.locale.Under("d/range/") {
		name, letter, _ := strings.Cut(key, "/")
		if letter != string(differs) {
			continue
		}
		s := skeletonOf(name)
		if s.mask() != wanted.mask() {
			continue
		}
		d, _ := wanted.distance(&s, wanted.mask())
		if found == "" || d < best || d == best && name < found {
			found, best, near = pattern, d, s
		}
	}
	if found == "" {
		return ""
	}
	return f.widened(found, &wanted, &near)
}

// widened makes the fields of a range's pattern as wide as those that are wanted.
func (f *Date) widened(pattern string, wanted, from *skeleton) string {
	list := itemsOf(pattern)
	for i, it := range list {
		at, kind := kindOf(it.letter, len(it.text))
		if it.letter == 0 || at == noField || wanted.kinds[at] == 0 || kind > 0 != (wanted.kinds[at] > 0) {
			continue
		}
		if n := wanted.lengths[at]; from.lengths[at] != n && (n > len(it.text) || kind < 0) && at != minuteField && at != secondField {
			list[i].text = strings.Repeat(string(it.letter), n)
		}
	}
	return withHours(patternText(list), f.o.HourCycle)
}

// interval writes a pattern in which the fields of the second time begin where one comes again.
func (f *Date) interval(list []item, from, to time.Time) (parts []Part) {
	seen := map[byte]bool{}
	second := len(list)
	for i, it := range list {
		if it.letter != 0 {
			if seen[it.letter] {
				second = i
				break
			}
			seen[it.letter] = true
		}
	}
	twice := map[byte]int{}
	for _, it := range list {
		twice[it.letter]++
	}
	for i, it := range list {
		source, t := "startRange", from
		if i >= second {
			source, t = "endRange", to
		}
		if it.letter == 0 {
			parts = append(parts, Part{Type: "literal", Value: it.text, Source: source})
			continue
		}
		kind, text := f.field(t, it.letter, len(it.text))
		parts = append(parts, Part{Type: kind, Value: text, Source: source})
	}
	return f.shareOutside(parts, list, twice)
}

// shareOutside marks as shared what stands before the first and behind the last field that comes twice, and between both.
func (f *Date) shareOutside(parts []Part, list []item, twice map[byte]int) []Part {
	first, last := -1, -1
	for i, it := range list {
		if it.letter != 0 && twice[it.letter] > 1 {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	middle := -1
	for i := 1; i < len(parts); i++ {
		if parts[i].Source == "endRange" && parts[i-1].Source == "startRange" {
			middle = i - 1
		}
	}
	for i := range parts {
		if i < first || i > last || i == middle && parts[i].Type == "literal" {
			parts[i].Source = "shared"
		}
	}
	return parts
}

// sameDay writes the day once and a range of times.
func (f *Date) sameDay(start int64, from, to time.Time, differs byte, clock skeleton) []Part {
	for at := range periodField {
		clock.kinds[at], clock.letters[at], clock.lengths[at] = 0, 0, 0
	}
	pattern := f.intervalFor(clock, differs)
	if pattern == "" {
		return nil
	}
	date := *f
	date.items = nil
	depth := 0
	for i, it := range f.items {
		if at, _ := kindOf(it.letter, len(it.text)); it.letter != 0 && at >= periodField && at != noField {
			depth = i
			break
		}
	}
	if depth == 0 {
		return nil // the time comes first
	}
	date.items = f.items[:depth]
	if f.o.DateStyle != "" { // without the words that join a long date and a time
		between := strings.NewReplacer("{0}", "", "{1}", "").Replace(f.locale.Get("d/at/medium"))
		date.items = append(itemsOf(f.locale.Get("d/date/"+f.o.DateStyle)), item{text: between})
	}
	return append(sourced(date.Parts(start), "shared"), f.interval(itemsOf(pattern), from, to)...)
}
