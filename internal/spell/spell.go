// Package spell finds what somebody meant who mistyped a word. The readers of config.toml and of schemas use it for their
// messages. It knows no words of its own.
package spell

import "strings"

// Nearest returns the candidate that is a typing mistake away from name, whatever the case of both, or "". A name of 64
// bytes or more is near to none.
func Nearest(name string, candidates []string) string {
	best, least := "", min(3, 1+len(name)/3)
	for _, c := range candidates {
		if d := distance(strings.ToLower(name), strings.ToLower(c)); d < least {
			best, least = c, d
		}
	}
	return best
}

// distance counts the letters to insert, remove, change or swap with their neighbour to get from a to b.
func distance(a, b string) int {
	if len(a) >= 64 {
		return len(a)
	}
	before, row, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next[0] = i + 1
		for j := range len(b) {
			change := row[j]
			if a[i] != b[j] {
				change++
			}
			next[j+1] = min(change, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row, next = row, next, before
	}
	return row[len(b)]
}
