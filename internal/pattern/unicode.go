package pattern

import (
	_ "embed"
	"strconv"
	"strings"
)

// Properties of Unicode 17, made by unicode.mjs. unicodeNames has a line for each: its kind (g for a category, s for a script, b for
// a binary one, q for one of strings), its names, and where its characters stand in unicodeSets.
var (
	//go:embed unicode.txt
	unicodeNames string
	//go:embed unicode.bin
	unicodeSets string
)

// property returns the characters of a property as it stands in \p{ }, nil where it is not known.
func property(text string) *set {
	name, value, ok := strings.Cut(text, "=")
	at := -1
	switch {
	case !ok:
		if at = placeOf('g', text, 0); at < 0 {
			at = placeOf('b', text, 0)
		}
	case name == "General_Category" || name == "gc":
		at = placeOf('g', value, 0)
	case name == "Script" || name == "sc":
		at = placeOf('s', value, 0)
	case name == "Script_Extensions" || name == "scx":
		at = placeOf('s', value, 1)
	}
	if at < 0 {
		return nil
	}
	r := reader(unicodeSets[at:])
	ranges := make([]rune, 2*r.number())
	next := rune(0)
	for i := 0; i < len(ranges); i += 2 {
		ranges[i] = next + r.number()
		ranges[i+1] = ranges[i] + r.number()
		next = ranges[i+1] + 1
	}
	return setOf(ranges)
}

// placeOf returns where the characters of a property stand, -1 where no property of the kind has the name. Scripts have a second
// place, for their extensions.
func placeOf(kind byte, name string, column int) int {
	if name == "" || strings.ContainsAny(name, " \n") || name[0] <= '9' {
		return -1
	}
	for rest, at := unicodeNames, 0; ; rest = rest[at+len(name):] {
		if at = strings.Index(rest, " "+name+" "); at < 0 {
			return -1
		}
		begin := strings.LastIndexByte(rest[:at], '\n') + 1
		if rest[begin] != kind || begin == 0 {
			continue
		}
		line, _, _ := strings.Cut(rest[at+len(name)+2:], "\n")
		places := strings.FieldsFunc(line, func(c rune) bool { return c == ' ' })
		for len(places) > 0 && (places[0][0] < '0' || places[0][0] > '9') {
			places = places[1:]
		}
		n, _ := strconv.Atoi(places[column])
		return n
	}
}

// sequences returns what a property of strings holds: texts of several characters, and single ones.
func sequences(name string) (texts [][]rune, singles *set, ok bool) {
	kinds := []string{name}
	if name == "RGI_Emoji" {
		kinds = []string{
			"Basic_Emoji", "Emoji_Keycap_Sequence", "RGI_Emoji_Modifier_Sequence",
			"RGI_Emoji_Flag_Sequence", "RGI_Emoji_Tag_Sequence", "RGI_Emoji_ZWJ_Sequence",
		}
	}
	var ranges []rune
	for _, kind := range kinds {
		at := placeOf('q', kind, 0)
		if at < 0 {
			return nil, nil, false
		}
		r := reader(unicodeSets[at:])
		var text []rune
		for range r.number() {
			same, more := r.number(), r.number()
			text = append([]rune(nil), text[:same]...)
			for range more {
				text = append(text, r.number())
			}
			if len(text) == 1 {
				ranges = append(ranges, text[0], text[0])
			} else {
				texts = append(texts, text)
			}
		}
	}
	return unique(texts), sorted(ranges), true
}

// reader reads numbers of seven bits a byte, the lowest first.
type reader string

func (r *reader) number() (n rune) {
	for i, shift := 0, 0; ; i, shift = i+1, shift+7 {
		b := (*r)[i]
		n |= rune(b&127) << shift
		if b < 128 {
			*r = (*r)[i+1:]
			return n
		}
	}
}
