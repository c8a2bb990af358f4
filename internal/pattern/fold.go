package pattern

import _ "embed"

// The characters that flag i takes for one another, in order: three bytes each of the character and of the next one of its class,
// where the last leads to the first. With flags u and v the classes are those of simple folding, without those of upper case.
var (
	//go:embed fold_whole.bin
	foldWhole string
	//go:embed fold_units.bin
	foldUnits string
)

const foldEntry = 6

func foldTable(whole bool) string {
	if whole {
		return foldWhole
	}
	return foldUnits
}

func foldAt(table string, at int) rune {
	return rune(table[at])<<16 | rune(table[at+1])<<8 | rune(table[at+2])
}

// foldFrom returns the place of the first entry that is not below c.
func foldFrom(table string, c rune) int {
	lo, hi := 0, len(table)/foldEntry
	for lo < hi {
		if mid := (lo + hi) / 2; foldAt(table, mid*foldEntry) < c {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo * foldEntry
}

// alike returns the next character of c's class, c itself where it is alone.
func alike(table string, c rune) rune {
	if at := foldFrom(table, c); at < len(table) && foldAt(table, at) == c {
		return foldAt(table, at+3)
	}
	return c
}

// folded returns the least character of c's class.
func folded(table string, c rune) rune {
	if c < 'a' {
		return c
	}
	if c <= 'z' {
		return c - 32
	}
	least := c
	for next := alike(table, c); next != c; next = alike(table, next) {
		least = min(least, next)
	}
	return least
}

// closed adds what flag i takes for the characters of s.
func (s *set) closed(whole bool) *set {
	table := foldTable(whole)
	var more []rune
	for i := 0; i < len(s.ranges); i += 2 {
		for at := foldFrom(table, s.ranges[i]); at < len(table) && foldAt(table, at) <= s.ranges[i+1]; at += foldEntry {
			c := foldAt(table, at)
			for next := foldAt(table, at+3); next != c; next = alike(table, next) {
				if !s.has(next) {
					more = append(more, next, next)
				}
			}
		}
	}
	if more == nil {
		return s
	}
	return s.union(sorted(more))
}
