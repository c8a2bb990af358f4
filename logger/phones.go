package logger

import "strings"

// shape is how the people of some countries write a telephone without its prefix, by the lengths of its groups.
type shape struct {
	first   string // the digits that it may begin with; "" for all
	between string // what may stand between its groups
}

// shapeOf returns the shape of groups of such lengths. Amounts, dates, years and counts have none, as far as can be told.
func shapeOf(lengths string) (shape, bool) {
	switch lengths {
	case "333": // Spain, Portugal, Poland, Czechia, Peru
		return shape{"5679", " -"}, true
	case "2322", "55": // Spain, Portugal, Poland; India
		return shape{"679", " -"}, true
	case "3222": // Spain
		return shape{"679", " -."}, true
	case "36": // Spain
		return shape{"679", " "}, true
	case "37": // Italy, Colombia
		return shape{"3", " "}, true
	case "3322": // Russia, Ukraine, Turkey
		return shape{"34589", " -"}, true
	case "13322": // Russia
		return shape{"8", " -"}, true
	case "234": // Spain, Chile, Poland
		return shape{"23456789", " -"}, true
	case "244", "254": // Brazil, Mexico, Argentina
		return shape{"", " -."}, true
	case "344": // China
		return shape{"1", " -"}, true
	case "144", "1244": // Chile, Argentina
		return shape{"9", " -"}, true
	}
	return shape{}, false
}

// likely reports whether the digits of a shape are those of a telephone, and no list of amounts, years or counts.
func likely(lengths, text string, g []group) bool {
	first, second := text[g[0].from], text[g[0].to-1]
	switch lengths {
	case "333":
		return first == '5' && g[0].gap == "-" && g[1].gap == "-" || first != '5' && (!zeros(text, g[1]) || !zeros(text, g[2]))
	case "37":
		return text[g[0].from+1] != '0'
	case "3322":
		return g[2].gap == "-"
	case "234":
		return !isYear(text, g[2]) && (first == '9' && second >= '1' && second <= '8' || g[0].gap == " " && g[1].gap == "-")
	case "244":
		return !isYear(text, g[1]) && !isYear(text, g[2])
	case "254":
		return first != '0' && second != '0' && text[g[1].from] == '9'
	case "344":
		return text[g[0].from+1] >= '3' && !(isYear(text, g[1]) && isYear(text, g[2]))
	case "144":
		return text[g[1].from] >= '4'
	}
	return true
}

// national reports how many groups make a number as people of some countries write it, without a prefix. What follows a blank
// may be something else, unless it goes on in the same way: 600 123 456 789 is an amount.
func national(text string, groups []group) int {
	var lengths [maxGroups]byte
	for i, g := range groups {
		lengths[i] = '0' + byte(min(g.len(), 9))
	}
	for n := len(groups); n > 1; n-- {
		end := groups[n-1]
		if n < len(groups) && (!strings.HasPrefix(end.gap, " ") || groups[n-2].gap == end.gap && groups[n].len() == end.len()) {
			continue
		}
		if s, ok := shapeOf(string(lengths[:n])); ok && s.fits(text, groups[:n]) && likely(string(lengths[:n]), text, groups[:n]) {
			return n
		}
	}
	return 0
}

// fits reports whether groups of the right lengths are a telephone of the shape.
func (s shape) fits(text string, groups []group) bool {
	for _, g := range groups[:len(groups)-1] {
		if len(g.gap) != 1 || !strings.Contains(s.between, g.gap) {
			return false
		}
	}
	if s.first != "" && strings.IndexByte(s.first, text[groups[0].from]) < 0 {
		return false
	}
	last := groups[len(groups)-1]
	return !followed(text, last.to) && !decimals(text, last.to)
}

// joined reports whether a number goes on behind a group, as that of a book does.
func joined(gap string) bool { return gap == "-" || gap == "." }

// decimals reports whether a comma and one or two digits follow, as behind an amount.
func decimals(text string, to int) bool {
	if to+1 >= len(text) || text[to] != ',' || !isDigit(text[to+1]) {
		return false
	}
	n := to + 1
	for n < len(text) && isDigit(text[n]) {
		n++
	}
	return n-to <= 3
}

func zeros(text string, g group) bool { return strings.Trim(text[g.from:g.to], "0") == "" }

// isYear reports whether four digits may be a year.
func isYear(text string, g group) bool {
	return g.len() == 4 && (text[g.from:g.from+2] == "19" || text[g.from:g.from+2] == "20")
}

// isDate reports whether a text is a date such as 31-12-2026 or 09.12.26.
func isDate(groups []group) bool {
	if len(groups) < 3 || groups[0].len() != 2 || groups[1].len() != 2 || groups[0].gap != groups[1].gap {
		return false
	}
	return groups[2].len() == 4 || groups[2].len() == 2 && groups[0].gap != " " && groups[2].gap != groups[0].gap
}

// isZIP reports whether a text is a postal code of the United States, as 02139-4307.
func isZIP(groups []group) bool {
	return groups[0].len() == 5 && groups[0].gap == "-" && groups[1].len() == 4 && (len(groups) == 2 || groups[1].gap == " ")
}

// inIBAN reports whether digits stand in the number of a bank account that is written in groups of four, as NL91 ABNA 0417 1643 00.
func inIBAN(text string, at int) bool {
	from := at
	for from > 0 && at-from < 34+8 && (isDigit(text[from-1]) || text[from-1] >= 'A' && text[from-1] <= 'Z' || text[from-1] == ' ') {
		from--
	}
	for ; from+4 < at; from++ {
		if isIBAN(text[from:at]) && (from == 0 || !isLetter(text[from-1]) && !isDigit(text[from-1])) {
			return true
		}
	}
	return false
}

// isIBAN reports whether a text begins as such a number: two letters, two digits, and groups of four with a blank before each.
func isIBAN(text string) bool {
	for i := range len(text) {
		c := text[i]
		switch {
		case i%5 == 4:
			if c != ' ' {
				return false
			}
		case i < 2 && isDigit(c), i >= 2 && i < 4 && !isDigit(c), c == ' ':
			return false
		}
	}
	return len(text)%5 == 0
}
