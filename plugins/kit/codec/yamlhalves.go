package codec

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

// The library refuses the escapes \ud83d\ude00, which JSON writes for characters beyond U+FFFF, and half of such a pair. They
// pass it as characters that nobody uses: U+D83D as U+10D83D. Where a text has such a character itself, nothing is carried.

const (
	carrier     = 0x100000   // U+10D83D less U+D83D
	carrierHead = "\xf4\x8d" // how U+10D000 to U+10DFFF begin
)

var (
	// yamlEscape is a backslash with what it escapes.
	yamlEscape = regexp.MustCompile(`(?s)\\(?:u[dD][89a-fA-F][0-9a-fA-F]{2}|.)`)
	carried    = regexp.MustCompile(`\\U0010([dD][89a-fA-F][0-9a-fA-F]{2})`)
)

// carry writes escapes of halves as those of their carriers. It reports whether there are any.
func carry(source string) (string, bool) {
	if !strings.Contains(source, `\ud`) && !strings.Contains(source, `\uD`) || strings.Contains(source, carrierHead) || carried.MatchString(source) {
		return source, false
	}
	return yamlEscape.ReplaceAllStringFunc(source, func(escape string) string {
		if len(escape) < len(`\ud83d`) {
			return escape
		}
		return `\U0010` + escape[2:]
	}), true
}

// uncarry returns a scalar of a text that was carried: of one in double quotes the halves, in WTF-8, of another the text as it
// was written.
func uncarry(s string, doubleQuoted bool) string {
	if !doubleQuoted {
		return carried.ReplaceAllString(s, `\u$1`)
	}
	if !strings.Contains(s, carrierHead) {
		return s
	}
	var units []uint16
	for _, c := range s {
		if isCarrier(c) {
			units = append(units, uint16(c-carrier))
		} else {
			units = utf16.AppendRune(units, c)
		}
	}
	return ordered.FromUnits(units)
}

func isCarrier(c rune) bool { return c >= carrier+0xd800 && c <= carrier+0xdfff }

// carryJSON puts carriers in place of the halves that JSON text has.
func carryJSON(source []byte) ([]byte, bool) {
	if !bytes.Contains(source, []byte(`\ud`)) || bytes.Contains(source, []byte(carrierHead)) {
		return source, false
	}
	out := make([]byte, 0, len(source))
	for i := 0; i < len(source); i++ {
		if source[i] != '\\' {
			out = append(out, source[i])
			continue
		}
		if i+6 <= len(source) && source[i+1] == 'u' {
			if unit, err := strconv.ParseUint(string(source[i+2:i+6]), 16, 16); err == nil && utf16.IsSurrogate(rune(unit)) {
				out = utf8.AppendRune(out, carrier+rune(unit))
				i += 5
				continue
			}
		}
		out = append(out, source[i], source[i+1])
		i++
	}
	return out, true
}

// uncarried writes the carriers of YAML as escapes: they stand in double quotes.
func uncarried(text string) string {
	var out strings.Builder
	for _, c := range text {
		if isCarrier(c) {
			out.WriteString(`\u` + strconv.FormatInt(int64(c-carrier), 16))
		} else {
			out.WriteRune(c)
		}
	}
	return carried.ReplaceAllStringFunc(out.String(), func(escape string) string { return `\u` + strings.ToLower(escape[len(`\U0010`):]) })
}
