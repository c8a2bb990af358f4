package date

import (
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
)

func newWorld(t testing.TB) *hosttest.World { return hosttest.NewWorld(t, Rows) }

func TestDate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for script, want := range map[string]string{
		`date.format(date.now())`: `"2026-03-04T05:06:07.008Z"`,
		`date.format(0, "YYYY-MM-DD HH:mm:ss.SSS Z ZZ [at] dddd D MMMM YY h A", "Europe/Madrid")`:            `"1970-01-01 01:00:00.000 +01:00 +0100 at Thursday 1 January 70 1 AM"`,
		`date.format("2026-07-01T12:00:00Z", "H:mm ddd MMM M d DDDD X x hh a s m", "America/New_York")`:      `"8:00 Wed Jul 7 3 182 1782907200 1782907200000 08 am 0 0"`,
		`date.parse("24/12/2026 18:30", "DD/MM/YYYY HH:mm", "Europe/Madrid").toISOString()`:                  `"2026-12-24T17:30:00.000Z"`,
		`date.parse("Jul 4, 2026 9:05 PM", "MMM D, YYYY h:mm A").toISOString()`:                              `"2026-07-04T21:05:00.000Z"`,
		`date.parse("20260102T030405.678+02:00", "YYYYMMDD[T]HHmmss.SSSZ").toISOString()`:                    `"2026-01-02T01:04:05.678Z"`,
		`date.parse("2026-01-02").toISOString()`:                                                             `"2026-01-02T00:00:00.000Z"`,
		`date.parse("2026-01-02 10:00", null, "+05:30").toISOString()`:                                       `"2026-01-02T04:30:00.000Z"`,
		`date.parse("1700000000", "X").getTime()`:                                                            `1700000000000`,
		`date.format(new Date(-62167219200001), "YYYY-MM-DD")`:                                               `"-0001-12-31"`,
		`date.format(date.add("2026-01-31", 1, "month"), "YYYY-MM-DD")`:                                      `"2026-02-28"`,
		`date.format(date.add("2024-02-29", -1, "years"), "YYYY-MM-DD")`:                                     `"2023-02-28"`,
		`date.format(date.add("2026-03-28T12:00:00Z", 1, "day", "Europe/Madrid"), "HH:mm", "Europe/Madrid")`: `"13:00"`,
		`date.format(date.add(0, 1.5, "hours"), "HH:mm")`:                                                    `"01:30"`,
		`[date.diff("2026-03-01", "2026-02-01", "month"), date.diff("2026-02-28", "2026-01-31", "months"), date.diff("2020-01-01", "2026-01-02", "year"), date.diff(10, 5), date.diff("2026-01-02", "2026-01-01", "hours")]`: `[1,1,-6,5,24]`,
		`date.now() instanceof Date`: `true`,
		// Clocks that go forward leave an hour out, clocks that go back have one twice.
		`date.parse("2026-03-29 02:30", "YYYY-MM-DD HH:mm", "Europe/Madrid").toISOString()`:                                  `"2026-03-29T01:30:00.000Z"`,
		`date.parse("2026-10-25 02:30", "YYYY-MM-DD HH:mm", "Europe/Madrid").toISOString()`:                                  `"2026-10-25T00:30:00.000Z"`,
		`date.format(date.add("2026-03-29T00:30:00Z", 1, "hour", "Europe/Madrid"), "HH:mm Z", "Europe/Madrid")`:              `"03:30 +02:00"`,
		`date.diff("2026-03-29T22:00:00Z", "2026-03-27T23:00:00Z", "days", "Europe/Madrid")`:                                 `1`,
		`[date.format(0, "Z", "Asia/Kathmandu"), date.format(0, "HH:mm", "+14:00"), date.format(new Date(8.64e15), "YYYY")]`: `["+05:30","14:00","275760"]`,
	} {
		w.Eq(script, want)
	}
	for script, text := range map[string]string{
		`date.format("soon")`:                        "argument 1 must be a Date",
		`date.format(new Date(NaN))`:                 "argument 1 must be a Date",
		`date.format(1e300)`:                         "argument 1 must be a Date",
		`date.format(0, "YYYY", "Mars/Olympus")`:     `unknown time zone "Mars/Olympus"`,
		`date.format(0, "YYYY", "../../etc/passwd")`: "unknown time zone",
		`date.format(0, "YYYY", "Local")`:            "unknown time zone",
		`date.format(0, "YYYY", "+99:00")`:           "unknown time zone",
		`date.parse("29/02/2025", "DD/MM/YYYY")`:     "is not a date of pattern",
		`date.parse("24:00", "HH:mm")`:               "is not a date of pattern",
		`date.format(0, "Y".repeat(300))`:            "longer than 256",
		`date.parse("2026-13-01")`:                   "is not a date",
		`date.parse("31/02/2026", "DD/MM/YYYY")`:     "is not a date of pattern",
		`date.parse("2026x", "YYYY")`:                "is not a date of pattern",
		`date.add(0, 1, "fortnight")`:                `unknown unit "fortnight"`,
		`date.add(0, NaN, "day")`:                    "must be a number",
		`date.add(0, 1e9, "year")`:                   "too many",
	} {
		w.Throws(script, text)
	}
}

// TestTwice: what a pattern names twice must be the same both times.
func TestTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tt := range []struct{ text, pattern, part string }{
		{"01/02 03", "DD/MM DD", "day"},
		{"1st 2", "Do D", "day"},
		{"2026 27", "YYYY YY", "year"},
		{"2026 2027", "YYYY YYYY", "year"},
		{"03 April", "MM MMMM", "month"},
		{"Mar Apr", "MMM MMM", "month"},
		{"10 11", "HH H", "hour"},
		{"10 11", "hh h", "hour of the half day"},
		{"1 2", "m m", "minute"},
		{"01 02", "ss ss", "second"},
		{"5 51", "S SS", "fraction of the second"},
		{"AM PM", "A a", "half of the day"},
		{"+01:00 +0200", "Z ZZ", "offset"},
		{"Monday Tue", "dddd ddd", "day of the week"},
		{"2026 001 2", "YYYY DDDD DDD", "day of the year"},
		{"1 2nd", "Q Qo", "quarter"},
		{"2026 10 11", "GGGG WW W", "week"},
		{"2026 2027 10", "GGGG GGGG WW", "year of the week"},
		{"2026 10 1 2", "GGGG WW E E", "day of the ISO week"},
		{"0 1", "H H", "hour"},
		{"01.02.2026 02.02.2026", "dd.MM.yyyy dd.MM.yyyy", "day"},
	} {
		w.Throws(`date.parse("`+tt.text+`", "`+tt.pattern+`")`, "two different values for the "+tt.part)
	}
	for script, want := range map[string]string{
		`date.parse("01/02 01 2026", "DD/MM D YYYY").toISOString()`:                    `"2026-02-01T00:00:00.000Z"`,
		`date.parse("Mar 3 03 March 2026 26", "MMM M DD MMMM YYYY YY").toISOString()`:  `"2026-03-03T00:00:00.000Z"`,
		`date.parse("2026-03-04 05:05 0 5 .50", "YYYY-MM-DD HH:HH m h .SS").getTime()`: `1772600400500`,
	} {
		w.Eq(script, want)
	}
}

// TestWeeks: ISO 8601 names a day by its week, or by its number in the year, too.
func TestWeeks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for script, want := range map[string]string{
		`["2026-W10", "2026-W10-3", "2026W103", "2020-W53-7", "2027-W01-1", "2026-W10-3T05:06:07+02:00", "2026-063", "2024366", "2026-063 05:06"].map(s => date.parse(s).toISOString().slice(0, 16)).join()`: `"2026-03-02T00:00,2026-03-04T00:00,2026-03-04T00:00,2021-01-03T00:00,2027-01-04T00:00,2026-03-04T03:06,2026-03-04T00:00,2024-12-31T00:00,2026-03-04T05:06"`,
		`[["2026-W10-3", "GGGG-[W]WW-E"], ["2026-W9", "kkkk-[W]W"], ["Wednesday, week 10 of 2026", "dddd, [week] WW [of] GGGG"]].map(a => date.format(date.parse(...a), "YYYY-MM-DD")).join()`:               `"2026-03-04,2026-02-23,2026-03-04"`,
		`date.format(date.parse("2021-01-03 2020 53 7", "YYYY-MM-DD GGGG WW E"), "YYYY-MM-DD GGGG-[W]WW-E kkkk")`:                                                                                            `"2021-01-03 2020-W53-7 2020"`,
	} {
		w.Eq(script, want)
	}
	for script, text := range map[string]string{
		`date.parse("2021-W53", "GGGG-[W]WW")`:                       "is not a date of pattern",
		`date.parse("2026-W10-8", "GGGG-[W]WW-E")`:                   "is not a date of pattern",
		`date.parse("2021-01-04 2020 53 7", "YYYY-MM-DD GGGG WW E")`: "is not a date of pattern",
		`date.parse("Tuesday 2026 10 3", "dddd GGGG WW E")`:          "is not a date of pattern",
		`date.parse("2021-W53-1")`:                                   "is not a date",
		`date.parse("2026-W00")`:                                     "is not a date",
		`date.parse("2023-366")`:                                     "is not a date",
		`date.parse("2026-000")`:                                     "is not a date",
		`date.format(0, "E dd.MM.yyyy")`:                             `"E" in the pattern`,
	} {
		w.Throws(script, text)
	}
}

// TestDatePatterns: every letter of a pattern means something, and a text fits as a whole.
func TestDatePatterns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for script, want := range map[string]string{
		`date.format(Date.UTC(2026, 0, 5), "yyyy-MM-dd")`:                                                                                `"2026-01-05"`,
		`date.format(Date.UTC(2026, 0, 5, 15, 4), "dd/MM/yy HH:mm")`:                                                                     `"05/01/26 15:04"`,
		`date.format(Date.UTC(2026, 0, 5, 15, 4), "EEEE d MMM yyyy 'at' h 'o''clock' a")`:                                                `"Monday 5 Jan 2026 at 3 o'clock PM"`,
		`date.format(0, "yyyy-MM-dd'T'HH:mm:ssXXX", "Asia/Tokyo")`:                                                                       `"1970-01-01T09:00:00+09:00"`,
		`date.format(0, "yyyy-MM-DD")`:                                                                                                   `"1970-01-01"`,
		`date.format(Date.UTC(2026, 0, 5), "YYYY-[Q]Q")`:                                                                                 `"2026-Q1"`,
		`[1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 31].map(d => date.format(Date.UTC(2026, 0, d), "Do"))`:                                     `["1st","2nd","3rd","4th","11th","12th","13th","21st","22nd","23rd","31st"]`,
		`date.format(Date.UTC(2026, 11, 31), "DDD DDDD Qo GGGG-[W]WW W")`:                                                                `"365 365 4th 2026-W53 53"`,
		`date.format(123, "S SS SSS SSSS SSSSSS")`:                                                                                       `"1 12 123 1230 123000"`,
		`date.format(0, "[it''s] h [o'clock]")`:                                                                                          `"it''s 12 o'clock"`,
		`[date.format(new Date(0), "Z"), date.format(new Date(0), "ZZ"), date.format(Date.UTC(2026, 0, 5), "HH:mm Z", "Europe/London")]`: `["+00:00","+0000","00:00 +00:00"]`,
		`date.format(0)`: `"1970-01-01T00:00:00.000Z"`,

		`date.parse("05.01.2026", "dd.MM.yyyy").toISOString()`:                     `"2026-01-05T00:00:00.000Z"`,
		`date.parse("Monday 5th January 2026", "dddd Do MMMM YYYY").toISOString()`: `"2026-01-05T00:00:00.000Z"`,
		`date.parse("2026-005", "YYYY-DDDD").toISOString()`:                        `"2026-01-05T00:00:00.000Z"`,
		`date.parse("2026-Q3", "YYYY-[Q]Q").toISOString()`:                         `"2026-07-01T00:00:00.000Z"`,
		`date.parse("12:30 am 01/02/2026", "h:mm a DD/MM/YYYY").toISOString()`:     `"2026-02-01T00:30:00.000Z"`,
		`date.parse("2026-01-05T10:00+0530", "YYYY-MM-DDTHH:mmZ").toISOString()`:   `"2026-01-05T04:30:00.000Z"`,
		`date.parse("2026-01-05T10:00+05:30").toISOString()`:                       `"2026-01-05T04:30:00.000Z"`,
		`date.parse("2026-01-05 10:00", null, "Europe/Madrid").toISOString()`:      `"2026-01-05T09:00:00.000Z"`,
		`date.parse("31/12/68 31/12/69".slice(0, 8), "DD/MM/YY").getUTCFullYear()`: `2068`,
		`date.parse("31/12/69", "DD/MM/YY").getUTCFullYear()`:                      `1969`,
	} {
		w.Eq(script, want)
	}
	for script, text := range map[string]string{
		`date.format(0, "YYYY-MM-DD de")`:                             `TypeError: date.format: "e" in the pattern`,
		`date.format(0, "MMMMM")`:                                     `"MMMMM" in the pattern`,
		`date.format(0, "h o'clock")`:                                 `"o" in the pattern`,
		`date.format(0, "yyyy-MM-dd HH:mm Z")`:                        `"Z" in the pattern`,
		`date.format(0, "[open")`:                                     "has a [ that is not closed",
		`date.format(0, "yyyy 'open")`:                                "has a ' that is not closed",
		`date.format(0, 7)`:                                           "the pattern must be text",
		`date.parse("x", "YYYY-MM-DD t")`:                             `"t" in the pattern`,
		`date.parse("Tuesday 5 January 2026", "dddd D MMMM YYYY")`:    "is not a date of pattern",
		`date.parse("Tue 05/01/2026", "ddd DD/MM/YYYY")`:              "is not a date of pattern",
		`date.parse("2nt 01 2026", "Do MM YYYY")`:                     "is not a date of pattern",
		`date.parse("13:00 PM", "hh:mm A")`:                           "is not a date of pattern",
		`date.parse("2026-366", "YYYY-DDDD")`:                         "is not a date of pattern",
		`date.parse("2026-05-01 Q1", "YYYY-MM-DD [Q]Q")`:              "is not a date of pattern",
		`date.parse("00/01/2026", "DD/MM/YYYY")`:                      "is not a date of pattern",
		`date.parse("2026-01-01 10:00 +25:00", "YYYY-MM-DD HH:mm Z")`: "is not a date of pattern",
		`date.parse("2026 1", "YYYY W")`:                              "is not a date of pattern",
		`date.add(0, 0.5, "month")`:                                   "TypeError: date.add: 0.5 months are not a duration",
		`date.add(0, 1.5, "years")`:                                   "years and months are whole",
		`date.add(8.64e15, 1, "day")`:                                 "no Date can hold it",
		`date.add(0, 1e12, "hours")`:                                  "no Date can hold it",
	} {
		w.Throws(script, text)
	}
}

// TestPatternsOfOtherDialects: letters and quotes of Java, .NET and Luxon are understood, or refused where they could mean two
// things.
func TestPatternsOfOtherDialects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for script, want := range map[string]string{
		`date.format(Date.UTC(2026, 0, 5, 15, 4, 5, 60), "HH'h'mm")`:                         `"15h04"`,
		`date.format(Date.UTC(2026, 0, 5), "d 'de' MMMM")`:                                   `"5 de January"`,
		`date.format(Date.UTC(2026, 0, 5), "d LLL y, q")`:                                    `"5 Jan 2026, 1"`,
		`date.format(Date.UTC(2026, 0, 5, 15, 4, 5, 60), "dd/MM/yyyy hh:mm:ss.fff tt")`:      `"05/01/2026 03:04:05.060 PM"`,
		`date.format(Date.UTC(2026, 0, 5), "D MMM 'YY")`:                                     `"5 Jan '26"`,
		`date.format(Date.UTC(2026, 0, 5), "MM-dd'T'HH:mm")`:                                 `"01-05T00:00"`,
		`date.parse("5 de January 2026", "d 'de' MMMM y").toISOString()`:                     `"2026-01-05T00:00:00.000Z"`,
		`date.parse("2026-01-05T10:00:00.000+0200").toISOString()`:                           `"2026-01-05T08:00:00.000Z"`,
		`[date.format(0, "HH:mm", "utc"), date.format("1970-01-01T00:00:00+0000", "HH:mm")]`: `["00:00","00:00"]`,
	} {
		w.Eq(script, want)
	}
	w.Throws(`date.format(0, "HH'mm'ss")`, "not clear what the apostrophes in the pattern")
	w.Throws(`date.format(0, "LL YYYY")`, `"LL" in the pattern`)
}

// TestClocksThatChange: of a local time that is there twice it is the first, one that is left out comes later, in every zone.
func TestClocksThatChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for script, want := range map[string]string{
		`parse("2024-10-27 02:30", "Europe/Madrid")`:                                          `"2024-10-27T00:30:00.000Z 02:30 +02:00"`,
		`parse("2024-11-03 01:30", "America/New_York")`:                                       `"2024-11-03T05:30:00.000Z 01:30 -04:00"`,
		`parse("2024-04-07 02:30", "Australia/Sydney")`:                                       `"2024-04-06T15:30:00.000Z 02:30 +11:00"`,
		`parse("2024-03-31 02:30", "Europe/Madrid")`:                                          `"2024-03-31T01:30:00.000Z 03:30 +02:00"`,
		`parse("2024-03-10 02:30", "America/New_York")`:                                       `"2024-03-10T07:30:00.000Z 03:30 -04:00"`,
		`parse("2018-11-04 00:00", "America/Sao_Paulo")`:                                      `"2018-11-04T03:00:00.000Z 01:00 -02:00"`,
		`parse("2024-03-10 00:30", "America/Havana")`:                                         `"2024-03-10T05:30:00.000Z 01:30 -04:00"`,
		`parse("2011-12-30 12:00", "Pacific/Apia")`:                                           `"2011-12-30T22:00:00.000Z 12:00 +14:00"`,
		`parse("2024-10-06 02:15", "Australia/Lord_Howe")`:                                    `"2024-10-05T15:45:00.000Z 02:45 +11:00"`,
		`date.parse("2024-10-27T02:30", null, "Europe/Madrid").toISOString()`:                 `"2024-10-27T00:30:00.000Z"`,
		`date.add(new Date("2026-10-25T00:30:00Z"), 0, "day", "Europe/Madrid").toISOString()`: `"2026-10-25T00:30:00.000Z"`,
		`date.add(new Date("2026-10-25T01:30:00Z"), 0, "day", "Europe/Madrid").toISOString()`: `"2026-10-25T01:30:00.000Z"`,
		`date.add("2018-11-03T03:00:00Z", 1, "day", "America/Sao_Paulo").toISOString()`:       `"2018-11-04T03:00:00.000Z"`,
		`date.add("2018-10-04T03:00:00Z", 1, "month", "America/Sao_Paulo").toISOString()`:     `"2018-11-04T03:00:00.000Z"`,
		`date.add(new Date(0), 0.5, "week").getTime()`:                                        `302400000`,
		`date.add(new Date(0), -1.25, "days").getTime()`:                                      `-108000000`,
		`date.add(0, 1e9, "seconds").getTime()`:                                               `1000000000000`,
		`date.add("2024-01-31", 13, "months").toISOString()`:                                  `"2025-02-28T00:00:00.000Z"`,
	} {
		w.Eq(`(() => { const parse = (t, zone) => { const d = date.parse(t, "YYYY-MM-DD HH:mm", zone); return d.toISOString() + " " + date.format(d, "HH:mm Z", zone) }; return `+script+` })()`, want)
	}
}
