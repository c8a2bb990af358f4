package logger

import "strings"

// maxGroups is how many groups of digits are looked at together: no card, number of a person or telephone has more.
const maxGroups = 8

// group is a run of digits.
type group struct {
	from, to int
	gap      string // what stands between it and the next group, where that can belong to a number
}

func (g group) len() int { return g.to - g.from }

// findNumbers looks for numbers of cards, persons and telephones.
func (m *Masker) findNumbers(spans []span, text string) []span {
	for i := 0; i < len(text); {
		if !isDigit(text[i]) {
			i++
			continue
		}
		var all [maxGroups]group
		groups := readGroups(all[:0], text, i)
		if at, n := m.classify(text, groups); n > 0 {
			spans = append(spans, at)
			i = groups[n-1].to
		} else {
			i = groups[0].to
		}
	}
	return spans
}

// readGroups reads groups of digits that are no further apart than those of one number.
func readGroups(groups []group, text string, i int) []group {
	for {
		to := i
		for to < len(text) && isDigit(text[to]) {
			to++
		}
		g := group{from: i, to: to}
		next := to
		for next < len(text) && next-to < 3 && strings.IndexByte(" .-()/", text[next]) >= 0 {
			next++
		}
		more := next > to && next < len(text) && isDigit(text[next]) && len(groups) < maxGroups-1
		if more {
			g.gap = text[to:next]
		}
		groups = append(groups, g)
		if !more {
			return groups
		}
		i = next
	}
}

// classify reports what the first groups are, and how many of them.
func (m *Masker) classify(text string, groups []group) (at span, n int) {
	if m.kinds[CreditCard] {
		if n := cardGroups(text, groups); n > 0 {
			return span{groups[0].from, groups[n-1].to, CreditCard}, n
		}
	}
	if partOfWord(text, groups[0].from) {
		return at, 0
	}
	if m.kinds[SSN] && isSSN(text, groups) {
		return span{groups[0].from, groups[2].to, SSN}, 3
	}
	if m.kinds[Phone] && !inIBAN(text, groups[0].from) {
		if n := phoneGroups(text, groups); n > 0 {
			return span{phoneStart(text, groups[0].from), groups[n-1].to, Phone}, n
		}
	}
	return at, 0
}

// partOfWord reports whether what stands before belongs to the same word, as in an id or a UUID.
func partOfWord(text string, from int) bool {
	if from == 0 {
		return false
	}
	c := text[from-1]
	if c == '-' || c == '.' || c == '_' {
		return from > 1 && (isLetter(text[from-2]) || isDigit(text[from-2]))
	}
	return isLetter(c)
}

// followed reports whether a word continues after a number. An extension, as in 555-0123x89, is none.
func followed(text string, to int) bool {
	for _, word := range []string{"x", "ext", "ext."} {
		if rest, ok := strings.CutPrefix(text[to:], word); ok && rest != "" && isDigit(rest[0]) {
			return false
		}
	}
	return to < len(text) && (isLetter(text[to]) || text[to] == '_' || text[to] == '-' && to+1 < len(text) && isLetter(text[to+1]))
}

// cardGroups finds 13 to 19 digits that pass Luhn's check, whole or in groups, and reports how many groups they take.
func cardGroups(text string, groups []group) (n int) {
	if c := text[groups[0].from]; c < '2' || c > '6' { // the first digit of every card of a person
		return 0
	}
	digits := 0
	for i, g := range groups {
		if digits += g.len(); digits > 19 {
			break
		}
		if digits >= 13 && (i == 0 || g.len() >= 2) && luhn(text[groups[0].from:g.to]) {
			n = i + 1
		}
		if g.gap != " " && g.gap != "-" || g.len() < 2 {
			break
		}
	}
	return n
}

// luhn checks the last digit against the others.
func luhn(text string) bool {
	sum, double := 0, false
	for i := len(text) - 1; i >= 0; i-- {
		if !isDigit(text[i]) {
			continue
		}
		d := int(text[i] - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		double = !double
	}
	return sum%10 == 0
}

// isSSN reports whether a number of the form 123-45-6789 can be assigned.
func isSSN(text string, groups []group) bool {
	if len(groups) < 3 || groups[0].len() != 3 || groups[1].len() != 2 || groups[2].len() != 4 ||
		groups[0].gap != "-" && groups[0].gap != " " || groups[1].gap != groups[0].gap || groups[2].gap == "-" || followed(text, groups[2].to) {
		return false
	}
	area, middle, serial := text[groups[0].from:groups[0].to], text[groups[1].from:groups[1].to], text[groups[2].from:groups[2].to]
	return area != "000" && area != "666" && area[0] != '9' && middle != "00" && serial != "0000"
}

// phoneGroups reports how many groups make a telephone number: an international one (+ or 00, 8 to 15 digits), a national
// one with its leading 0 (9 to 12 digits in groups), an American one (3-3-4 digits), one whose area stands in parentheses,
// or one of nine or ten digits in the groups of its country.
func phoneGroups(text string, groups []group) int {
	first := groups[0]
	switch lead := text[first.from:first.to]; {
	case plusBefore(text, first.from) >= 0 && (text[first.from-1] == '+' || first.len() < 4 && len(groups) > 1):
		return upTo(text, groups, 8, 15)
	case len(groups) > 1 && lead == "00":
		return prefixApart(text, groups)
	case len(groups) > 1 && strings.HasPrefix(lead, "011") && (len(lead) > 3 || groups[1].len() < 4):
		return upTo(text, groups, 9, 18)
	case len(lead) > 2 && lead[:2] == "00" && lead[2] != '0':
		if len(groups) == 1 && len(lead) < 11 {
			return 0 // a number of an order, with zeros before it
		}
		return upTo(text, groups, 8, 17)
	case len(lead) > 1 && lead[0] == '0' && lead[1] != '0' && len(groups) > 1:
		if isDate(groups) || isZIP(groups) {
			return 0
		}
		return upTo(text, groups, 9, 12)
	}
	lead := 0
	if first.len() == 1 && (text[first.from] == '1' || text[first.from] == '8') {
		lead = 1
	}
	if g := groups[lead:]; len(g) >= 3 && g[0].len() == 3 && g[1].len() == 3 && g[2].len() == 4 &&
		text[g[0].from] >= '2' && !followed(text, g[2].to) && !joined(g[2].gap) {
		return lead + 3
	}
	if first.len() == 1 && strings.HasSuffix(first.gap, "(") {
		lead = 1 // as in 8 (495) 123-45-67
	}
	if g := groups[lead:]; len(g) > 1 && inParentheses(text, g[0]) && g[0].len() <= 4 && (g[1].len() > 1 || text[g[1].from] == '9') && !isYear(text, g[0]) {
		if n := upTo(text, groups, 9, 11); n > lead+1 {
			return n
		}
	}
	return national(text, groups)
}

// plusBefore returns where the + before a number stands, with a blank between at most, or -1. A sum has a + too.
func plusBefore(text string, from int) int {
	at := from - 1
	if at > 0 && text[at] == ' ' {
		at--
	}
	if at < 0 || text[at] != '+' {
		return -1
	}
	before := at - 1
	if at < from-1 && before >= 0 && text[before] == ' ' {
		before--
	}
	if before >= 0 && (isLetter(text[before]) && before == at-1 || isDigit(text[before]) || text[before] == ')') {
		return -1
	}
	return at
}

// prefixApart finds a number behind 00 that stands apart, as in 00 34 600123456. A time, an amount, a date and bytes in
// hexadecimal have such groups, too.
func prefixApart(text string, groups []group) (n int) {
	first := groups[0]
	if first.from > 1 && strings.IndexByte(":,", text[first.from-1]) >= 0 && isDigit(text[first.from-2]) || strings.Contains(first.gap, "/") || text[groups[1].from] == '0' ||
		groups[1].len() > 3 && groups[1].len() < 10 {
		return 0
	}
	if len(groups) > 2 && (isYear(text, groups[2]) || isDate(groups[2:])) {
		return 0
	}
	n = upTo(text, groups, 11, 17)
	for _, g := range groups[:n] {
		if g.len() != 2 && !zeros(text, groups[n-1]) {
			return n
		}
	}
	if n == 6 && len(groups) == n { // as in Denmark and Norway
		return n
	}
	return 0
}

// inParentheses reports whether a group stands alone in parentheses.
func inParentheses(text string, g group) bool {
	return g.from > 0 && text[g.from-1] == '(' && strings.HasPrefix(g.gap, ")")
}

// upTo takes as many groups as make a number of so many digits.
func upTo(text string, groups []group, least, most int) (n int) {
	digits := 0
	for i, g := range groups {
		if digits += g.len(); digits > most {
			return n
		}
		if digits >= least && !followed(text, g.to) {
			n = i + 1
		}
		area := i == 0 && len(groups) > 1 && groups[1].len() >= 6 // as in 030/12345678
		if strings.Contains(g.gap, "/") && !area {
			return n
		}
	}
	return n
}

// phoneStart takes in the + or ( before the digits.
func phoneStart(text string, from int) int {
	if at := plusBefore(text, from); at >= 0 {
		from = at
	}
	for from > 0 && text[from-1] == '(' {
		from--
	}
	return from
}
