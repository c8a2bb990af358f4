package logger_test

import (
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/arturoeanton/nflow-runtime/logger"
)

// joined writes each byte, or each character, of a text by a format, with something in between.
func joined[T byte | rune](list []T, format, between string) string {
	var parts []string
	for i, c := range list {
		if strings.Count(format, "%") == 2 {
			parts = append(parts, fmt.Sprintf(format, i, c))
		} else {
			parts = append(parts, fmt.Sprintf(format, c))
		}
	}
	return strings.Join(parts, between)
}

// others are encodings that write a secret as a list, or with letters of their own.
var others = []encoding{
	{"base32", func(s string) string { return base32.StdEncoding.EncodeToString([]byte(s)) }},
	{"base64 of UTF-16", func(s string) string {
		var b []byte
		for _, unit := range utf16.Encode([]rune(s)) {
			b = append(b, byte(unit), byte(unit>>8))
		}
		return base64.StdEncoding.EncodeToString(b)
	}},
	{"hexadecimal with dashes", func(s string) string { return joined([]byte(s), "%02X", "-") }},
	{"hexadecimal with commas", func(s string) string { return joined([]byte(s), "%02x", ",") }},
	{"xxd", func(s string) string { return lines(4, " ")(fmt.Sprintf("%x", s)) }},
	{"JSON of a Uint8Array", func(s string) string { return "{" + joined([]byte(s), `"%d":%d`, ",") + "}" }},
	{"code points", func(s string) string { return joined([]rune(s), "%d", ",") }},
	{"characters", func(s string) string { return `["` + joined([]rune(s), "%c", `","`) + `"]` }},
}

func TestMaskHidesLists(t *testing.T) {
	t.Parallel()
	for _, secret := range someSecrets {
		if len(secret) > 64 { // which is hidden in pieces
			continue
		}
		m := masker(t, logger.MaskOptions{Secrets: []string{secret}})
		for _, e := range others {
			for _, a := range afterwards[:6] {
				text := a.of(e.of(secret))
				if got := m.Mask("before <" + text + "> after"); !hidden(got) {
					t.Errorf("%q, %s, %s: %q became %q", secret, e.name, a.name, text, got)
				}
			}
		}
	}
}
