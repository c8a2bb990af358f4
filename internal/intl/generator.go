package intl

import (
	"cmp"
	"slices"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/intl/cldr"
)

// candidate is a pattern of a language.
type candidate struct {
	skeleton skeleton
	pattern  string
	declared bool // CLDR names its skeleton
}

// generator makes patterns of dates in a language.
type generator struct {
	locale     *cldr.Locale
	decimal    string
	candidates []candidate
}

func newGenerator(locale *cldr.Locale, decimal string) *generator {
	g := &generator{locale: locale, decimal: decimal}
	for _, text := range []string{"G", "y", "M", "E", "d", "a", "H", "m", "s", "S", "v"} {
		g.add(text, text, false)
	}
	for _, style := range []string{"full", "long", "medium", "short"} {
		for _, key := range []string{"d/date/", "d/time/"} {
			text := locale.Get(key + style)
			g.add(text, text, false)
		}
	}
	formats := locale.Under("d/skeleton/")
	names := make([]string, 0, len(formats))
	for name := range formats {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		g.add(name, formats[name], true)
	}
	slices.SortStableFunc(g.candidates, func(a, b candidate) int { return cmp.Compare(a.first(), b.first()) })
	return g
}

func (c candidate) first() byte {
	for f, letter := range c.skeleton.letters {
		if letter != 0 && (field(f) != periodField) {
			return letter
		}
	}
	return 'a'
}

// add adds a pattern, in place of one for the same fields.
func (g *generator) add(name, pattern string, declared bool) {
	if pattern == "" {
		return
	}
	c := candidate{skeletonOf(name), pattern, declared}
	for i, other := range g.candidates {
		if other.skeleton.kinds == c.skeleton.kinds && declared {
			g.candidates[i] = c
			return
		}
		if !declared && other.skeleton.base() == c.skeleton.base() {
			return
		}
	}
	g.candidates = append(g.candidates, c)
}

// best returns the pattern for the fields of a skeleton.
func (g *generator) best(wanted skeleton) string {
	mask := wanted.mask()
	pattern, missing, from := g.nearest(&wanted, mask)
	if missing == 0 {
		return g.adjusted(pattern, &wanted, from, false)
	}
	date := g.appended(&wanted, mask&dateFields)
	clock := g.appended(&wanted, mask&timeFields)
	switch {
	case date == "":
		return clock
	case clock == "":
		return date
	}
	style := "short"
	switch wanted.lengths[monthField] {
	case 4:
		style = "long"
		if wanted.lengths[weekdayField] > 0 {
			style = "full"
		}
	case 3:
		style = "medium"
	}
	return joined(g.locale.Get("d/at/"+style), date, clock)
}

// joined puts a date and a time into a pattern for both.
func joined(pattern, date, clock string) string {
	return strings.NewReplacer("{1}", date, "{0}", clock).Replace(pattern)
}

// nearest returns the pattern that is nearest to the fields of a mask, and which of these it lacks.
func (g *generator) nearest(wanted *skeleton, mask int) (pattern string, missing int, from *candidate) {
	best := -1
	for i := range g.candidates {
		c := &g.candidates[i]
		d, lacks := wanted.distance(&c.skeleton, mask)
		if best < 0 || d < best || d == best && missing < lacks {
			best, missing, from = d, lacks, c
		}
		if d == 0 {
			break
		}
	}
	return from.pattern, missing, from
}

// appended returns a pattern for the fields of a mask, "" for none.
func (g *generator) appended(wanted *skeleton, mask int) string {
	if mask == 0 {
		return ""
	}
	const seconds = 1<<secondField | 1<<fractionField
	pattern, missing, from := g.nearest(wanted, mask)
	result := g.adjusted(pattern, wanted, from, false)
	for missing != 0 {
		if missing&seconds == 1<<fractionField && mask&seconds == seconds {
			result = g.adjusted(result, wanted, from, true)
			missing &^= 1 << fractionField
			continue
		}
		before := missing
		pattern, missing, from = g.nearest(wanted, missing)
		more := g.adjusted(pattern, wanted, from, false)
		found := before &^ missing
		if found == 0 {
			break
		}
		result = g.append(result, more, found)
	}
	return result
}

// append puts a pattern for the fields found behind another.
func (g *generator) append(pattern, more string, found int) string {
	names := [fieldCount][2]string{
		{"Era", "era"},
		{"Year", "year"},
		{"Month", "month"},
		{"Day-Of-Week", "weekday"},
		{"Day", "day"},
		{"", "dayperiod"},
		{"Hour", "hour"},
		{"Minute", "minute"},
		{"Second", "second"},
		{"", "second"},
		{"Timezone", "zone"},
	}
	last := noField
	for f := range fieldCount {
		if found&(1<<f) != 0 {
			last = f
		}
	}
	text := g.locale.Get("d/append/" + names[last][0])
	if text == "" {
		text = "{0} {1}"
	}
	label := "'" + strings.ReplaceAll(g.locale.Get("d/field/"+names[last][1]), "'", "''") + "'"
	return strings.NewReplacer("{0}", pattern, "{1}", more, "{2}", label).Replace(text)
}

// adjusted makes the fields of a pattern as wide as they are wanted. With fraction, that of seconds follows these.
func (g *generator) adjusted(pattern string, wanted *skeleton, from *candidate, fraction bool) string {
	list := itemsOf(pattern)
	for i, it := range list {
		f, kind := kindOf(it.letter, len(it.text))
		if it.letter == 0 || f == noField {
			continue
		}
		if fraction {
			if f == secondField {
				list[i].text += g.decimal + strings.Repeat("S", wanted.lengths[fractionField])
			}
			continue
		}
		if wanted.kinds[f] == 0 {
			continue
		}
		letter, n := wanted.letters[f], wanted.lengths[f]
		switch {
		case f == minuteField || f == secondField:
			n = len(it.text)
		case from.declared:
			has, theirs := from.skeleton.lengths[f], from.skeleton.kinds[f]
			if has == n || kind > 0 && theirs < 0 || theirs > 0 && kind < 0 {
				n = len(it.text)
			}
		}
		if f == hourField || f == monthField || f == weekdayField || f == yearField {
			letter = it.letter
		}
		list[i] = item{letter, strings.Repeat(string(letter), n)}
	}
	return patternText(list)
}
