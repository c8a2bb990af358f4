package codec

import (
	"regexp"
	"strconv"
	"strings"
)

// encoding/xml takes the names of XML 1.0's fourth edition. The fifth has characters beyond U+FFFF too. Where a tag has some,
// each passes the library as three letters: a marker that the text has nowhere else, and two that stand for the number.

// beyond finds such a character inside of a tag.
var beyond = regexp.MustCompile("<[^<>]*[\U00010000-\U000EFFFF]")

// firstLetter is where the letters of the library begin; there are 20,900.
const firstLetter = 0x4E00

// carryNames writes a text so that the library takes its names. It returns the marker, 0 where nothing is carried.
func carryNames(source string) (string, rune) {
	if !beyond.MatchString(source) {
		return source, 0
	}
	plain := strings.ToLower(source)
	for marker := rune(0x9000); marker < 0x9020; marker++ {
		hex, decimal := strconv.FormatInt(int64(marker), 16), strconv.Itoa(int(marker))
		if strings.ContainsRune(source, marker) || strings.Contains(plain, hex) || strings.Contains(plain, decimal) {
			continue // it stands there, or may, as a reference
		}
		var out strings.Builder
		for _, c := range source {
			if c < 0x10000 || c > 0xEFFFF {
				out.WriteRune(c)
				continue
			}
			out.WriteRune(marker)
			out.WriteRune(firstLetter + c>>10)
			out.WriteRune(firstLetter + c&0x3FF)
		}
		return out.String(), marker
	}
	return source, 0
}

// uncarryName returns a text of the library as it was.
func uncarryName(s string, marker rune) string {
	if marker == 0 || !strings.ContainsRune(s, marker) {
		return s
	}
	var out strings.Builder
	letters := []rune(s)
	for i := 0; i < len(letters); i++ {
		if letters[i] != marker || i+2 >= len(letters) {
			out.WriteRune(letters[i])
			continue
		}
		out.WriteRune((letters[i+1]-firstLetter)<<10 | (letters[i+2] - firstLetter))
		i += 2
	}
	return out.String()
}
