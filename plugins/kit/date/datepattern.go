package date

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// dateTokens are the parts of a pattern that stand for something. S may be there up to nine times.
const dateTokens = " YYYY YY Qo Q MMMM MMM MM M DDDD DDD DD Do D dddd ddd d GGGG WW W E HH H hh h mm m ss s A a ZZ Z X x "

func isToken(letters string) bool { return strings.Contains(dateTokens, " "+letters+" ") }

// datePart is a token of a pattern, or text as it is.
type datePart struct{ token, text string }

// datePattern reads a pattern. An unknown letter is an error: a pattern of another dialect must not print half of
// itself. Patterns with y or with text between apostrophes are such: there dd is the day of the month.
func datePattern(pattern string) (parts []datePart, err error) {
	foreign := strings.Contains(pattern, "y")
	if pieces := strings.Split(pattern, "'"); !foreign && len(pieces)%2 == 1 {
		for i := 1; i < len(pieces); i += 2 {
			if pieces[i] == "mm" || pieces[i] == "ss" {
				return nil, fault.New(fault.Script, "it is not clear what the apostrophes in the pattern %.80q mean; put text in [ ], as in [']", pattern)
			}
			foreign = foreign || strings.ContainsFunc(pieces[i], unicode.IsLetter)
		}
	}
	for rest := pattern; rest != ""; {
		c := rest[0]
		if end := quotedPart(rest, foreign); end != 0 {
			if end < 0 {
				return nil, fault.New(fault.Script, "the pattern %.80q has a %c that is not closed", pattern, c)
			}
			text := rest[1:end]
			if c == '\'' {
				if text = strings.ReplaceAll(text, "''", "'"); text == "" {
					text = "'"
				}
			}
			parts, rest = append(parts, datePart{text: text}), rest[end+1:]
			continue
		}
		if !isLetter(c) || c == 'T' { // which stands between date and time as it is
			parts, rest = append(parts, datePart{text: rest[:1]}), rest[1:]
			continue
		}
		n := 1
		for n < len(rest) && rest[n] == c {
			n++
		}
		if n < len(rest) && rest[n] == 'o' && isToken(rest[:n+1]) {
			n++
		}
		token, ok := dateToken(rest[:n], foreign)
		if !ok {
			return nil, fault.New(fault.Script, "%.20q in the pattern %.80q is not a pattern letter; put text in [ ]; the manual lists the letters", rest[:n], pattern)
		}
		parts, rest = append(parts, datePart{token: token}), rest[n:]
	}
	return parts, nil
}

// quotedPart returns where the text ends that a pattern begins with between quotes; 0 when there is none, -1 when it does not
// end.
func quotedPart(s string, apostrophes bool) int {
	switch {
	case s[0] == '[':
		return strings.IndexByte(s, ']')
	case s[0] == '\'' && apostrophes:
		for i := 1; i < len(s); i++ {
			if s[i] == '\'' {
				if i > 1 && i+1 < len(s) && s[i+1] == '\'' {
					i++
					continue
				}
				return i
			}
		}
		return -1
	}
	return 0
}

// dateToken finds the token that letters spell.
func dateToken(letters string, foreign bool) (token string, ok bool) {
	if foreign {
		switch letters {
		case "E": // Mon in Java, 1 in Luxon
			return "", false
		case "d", "dd":
			return strings.ToUpper(letters), true
		case "a":
			return "A", true
		case "y":
			return "YYYY", true
		case "L", "LL", "LLL", "LLLL": // months that stand alone
			return strings.Repeat("M", len(letters)), true
		case "q":
			return "Q", true
		case "Z", "ZZ": // +0100 in Java, +1 and +01:00 in Luxon
			return "", false
		}
	}
	switch letters { // as Java, .NET and Luxon spell them
	case "kkkk":
		return "GGGG", true
	case "yyyy", "yy":
		return strings.ToUpper(letters), true
	case "EEEE", "EEE":
		return strings.ReplaceAll(strings.ToLower(letters), "e", "d"), true
	case "XXX":
		return "Z", true
	case "ZZZ":
		return "ZZ", true
	case "tt":
		return "A", true
	case "f", "ff", "fff", "ffff", "fffff", "ffffff", "fffffff":
		return strings.Repeat("S", len(letters)), true
	}
	if strings.Trim(letters, "S") == "" && len(letters) <= 9 {
		return letters, true
	}
	return letters, isToken(letters)
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// formatDate writes a date by a pattern.
func formatDate(t time.Time, parts []datePart) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.text)
		if p.token != "" {
			b.WriteString(formatToken(t, p.token))
		}
	}
	return b.String()
}

// formatToken writes what a token stands for.
func formatToken(t time.Time, token string) string {
	hour12 := (t.Hour()+11)%12 + 1
	isoYear, week := t.ISOWeek()
	switch token {
	case "YYYY":
		return year(t.Year())
	case "GGGG":
		return year(isoYear)
	case "Q":
		return strconv.Itoa(quarter(t))
	case "Qo":
		return ordinal(quarter(t))
	case "Do":
		return ordinal(t.Day())
	case "d":
		return strconv.Itoa(int(t.Weekday()))
	case "DDDD":
		return fmt.Sprintf("%03d", t.YearDay())
	case "DDD":
		return strconv.Itoa(t.YearDay())
	case "WW":
		return fmt.Sprintf("%02d", week)
	case "W":
		return strconv.Itoa(week)
	case "E":
		return strconv.Itoa((int(t.Weekday())+6)%7 + 1)
	case "hh":
		return fmt.Sprintf("%02d", hour12)
	case "h":
		return strconv.Itoa(hour12)
	case "H":
		return strconv.Itoa(t.Hour())
	case "X":
		return strconv.FormatInt(t.Unix(), 10)
	case "x":
		return strconv.FormatInt(t.UnixMilli(), 10)
	}
	if token[0] == 'S' {
		return fmt.Sprintf("%09d", t.Nanosecond())[:len(token)]
	}
	return t.Format(goLayout(token))
}

// goLayout spells a token as package time does.
func goLayout(token string) string {
	switch token {
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
	case "HH":
		return "15"
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
		return "-07:00"
	}
	return "-0700"
}

func quarter(t time.Time) int { return (int(t.Month())-1)/3 + 1 }

// ordinal writes 1st, 2nd, 3rd.
func ordinal(n int) string { return strconv.Itoa(n) + ordinalSuffix(n) }

func ordinalSuffix(n int) string {
	if n%100/10 == 1 {
		return "th"
	}
	switch n % 10 {
	case 1:
		return "st"
	case 2:
		return "nd"
	case 3:
		return "rd"
	}
	return "th"
}

// localTime returns the instant at which clocks in a zone show a time, whose own zone does not count. Of two, when clocks go
// back, it is the first; of none, when they go forward, that which the clocks would have shown: never a time before the gap.
// A prefer of the two wins, so that a date which is moved by nothing stays.
func localTime(shown time.Time, zone *time.Location, prefer int) time.Time {
	year, month, day := shown.Date()
	hour, minute, second := shown.Clock()
	wall := time.Date(year, month, day, hour, minute, second, shown.Nanosecond(), time.UTC)
	at := func(offset int) time.Time { return wall.Add(-time.Duration(offset) * time.Second).In(zone) }
	offset := func(t time.Time) int { _, n := t.Zone(); return n }
	before, after := offset(wall.Add(-25*time.Hour).In(zone)), offset(wall.Add(25*time.Hour).In(zone))
	for _, n := range []int{prefer, before, after} {
		if n != noOffset && offset(at(n)) == n {
			return at(n)
		}
	}
	return at(before)
}

const noOffset = 1 << 30 // prefers neither of two

// year writes a year with four digits at least, and a sign before year 0.
func year(y int) string {
	if y < 0 {
		return fmt.Sprintf("-%04d", -y)
	}
	return fmt.Sprintf("%04d", y)
}
