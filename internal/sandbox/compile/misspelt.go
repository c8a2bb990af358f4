package compile

import (
	"slices"
	"strings"
)

// misspelt returns the first of the names that is main but for one letter, or for two that changed places, and that the code
// does not call itself: its author most likely takes it for main(). calls is sorted.
func misspelt(names, calls []string) string {
	for _, name := range names {
		if _, called := slices.BinarySearch(calls, name); !called && looksLikeMain(name) {
			return name
		}
	}
	return ""
}

// looksLikeMain reports whether a name is "main" with one mistake of typing, whatever its case. Words that functions are
// often called by are none.
func looksLikeMain(name string) bool {
	const want = "main"
	switch name = strings.ToLower(name); name {
	case want:
		return true
	case "min", "gain", "rain", "pain":
		return false
	}
	// Cut what both share at the beginning and at the end: what is left is the mistake.
	rest := want
	for name != "" && rest != "" && name[0] == rest[0] {
		name, rest = name[1:], rest[1:]
	}
	for name != "" && rest != "" && name[len(name)-1] == rest[len(rest)-1] {
		name, rest = name[:len(name)-1], rest[:len(rest)-1]
	}
	swapped := len(name) == 2 && len(rest) == 2 && name[0] == rest[1] && name[1] == rest[0]
	return swapped || len(name) <= 1 && len(rest) <= 1
}
