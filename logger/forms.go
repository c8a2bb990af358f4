package logger

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"
)

const (
	// wrapped is the fewest bytes of a form that is also found where a line break stands within it.
	wrapped = 8

	// pieceSize is how many bytes of a long value are looked for at a time.
	pieceSize = 64

	// leastLine is the fewest characters of a line of base64 that is a secret by itself.
	leastLine = 16

	base64Chars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_="
)

// form is a text that reveals a secret: the secret itself or an encoding that is not a matter of single characters. The
// escapes of single characters, and line breaks, are taken off while a text is searched (see peel).
type form struct {
	text        string
	left, right bool // the character before or behind, in base64, holds some bits of the secret
}

// pieces lists what of a value is to be hidden: the value without the white space around it, in pieces when it is long,
// without its line breaks, and each line of base64 by itself, so that a key in PEM is found line by line as well.
func pieces(v string) (list []string) {
	v = strings.TrimSpace(v)
	if slices.Contains([]string{"true", "false", "null", "none", "undefined"}, v) {
		return nil
	}
	if plain := strings.NewReplacer(`\n`, "\n", `\r`, "\r").Replace(v); plain != v && strings.HasPrefix(v, "-----BEGIN") {
		list = append(list, pieces(plain)...) // a key of several lines in one variable
	}
	if strings.ContainsAny(v, "\r\n") {
		var all strings.Builder
		for line := range strings.Lines(v) {
			line = strings.TrimSpace(line)
			all.WriteString(line)
			if len(line) >= leastLine && strings.Trim(line, base64Chars) == "" {
				list = append(list, line)
			}
		}
		v = all.String()
	}
	for len(v) > pieceSize {
		list = append(list, v[:pieceSize])
		v = v[min(pieceSize, len(v)-pieceSize):] // the last one is no shorter than the others
	}
	return append(list, v)
}

// forms lists the forms of a piece.
func forms(v string) []form {
	var list []form
	for _, plain := range append(changed(v), v) {
		list = append(list, form{text: plain})
		for range layers { // as it reads when more was taken off than was put on
			next, ok := peel(plain, nil, escapes, nil)
			if !ok {
				break
			}
			plain = next.text
			list = append(list, form{text: plain})
		}
	}
	if text, ok := latin1(v); ok {
		list = append(list, form{text: text})
	}
	for _, inner := range escaped(v) {
		list = append(list, base64Forms(inner)...)
	}
	for _, text := range slices.Concat(hexForms(v), listForms(v)) {
		list = append(list, form{text: text})
	}
	thirty := strings.TrimRight(base32.StdEncoding.EncodeToString([]byte(v)), "=")
	list = append(list, form{text: thirty}, form{text: strings.ToLower(thirty)})
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		wide := utf16Of(v, order)
		digits := hex.EncodeToString([]byte(wide))
		list = append(list, form{text: wide}, form{text: digits}, form{text: strings.ToUpper(digits)})
		list = append(list, base64Forms(wide)...)
	}
	list = slices.DeleteFunc(list, func(f form) bool { return len(f.text) < minSecret })
	slices.SortFunc(list, func(a, b form) int { return strings.Compare(a.text, b.text) })
	return slices.CompactFunc(list, func(a, b form) bool { return a.text == b.text })
}

// changed lists what programs make of a text that people still read as the secret: accents composed or taken apart, and, of
// 8 bytes or more, in capitals or none, and, but for digits alone, backwards and spelled out: lists of small numbers are
// common.
func changed(v string) (list []string) {
	for _, f := range []norm.Form{norm.NFC, norm.NFD, norm.NFKC, norm.NFKD} {
		list = append(list, f.String(v))
	}
	if len(v) < wrapped {
		return list
	}
	letters := strings.Split(v, "")
	if strings.Trim(v, "0123456789") != "" {
		for _, between := range []string{" ", "  ", "-", " - ", ".", "_", ",", ", ", ";", ":", "|", "/", "*", "\t", "\n"} {
			list = append(list, strings.Join(letters, between))
		}
		slices.Reverse(letters)
		list = append(list, strings.Join(letters, ""))
	}
	return append(list, strings.ToUpper(v), strings.ToLower(v))
}

// latin1 returns a text in ISO 8859-1, as \xe9 of JavaScript and %E9 of old pages read.
func latin1(v string) (text string, ok bool) {
	var b []byte
	for _, r := range v {
		if r > 0xff {
			return "", false
		}
		b = append(b, byte(r))
	}
	return string(b), len(b) < len(v)
}

// hexForms lists a value in hexadecimal, as Go, C, hexdump, MAC addresses and other programs write it.
func hexForms(v string) (list []string) {
	digits := hex.EncodeToString([]byte(v))
	list = append(list, digits, spread(digits, 4, " "))
	for _, between := range []string{" ", ":", "-", ",", ", ", ", 0x"} {
		list = append(list, spread(digits, 2, between))
	}
	for _, text := range list[:len(list):len(list)] {
		list = append(list, strings.ToUpper(text))
	}
	return list
}

// listForms lists a value as a list: of bytes, as JSON and Go print it and as JSON.stringify of a Uint8Array does, of code
// points, and of characters.
func listForms(v string) (list []string) {
	var bytes, points, characters []string
	for _, c := range []byte(v) {
		bytes = append(bytes, strconv.Itoa(int(c)))
	}
	for _, r := range v {
		points = append(points, strconv.Itoa(int(r)))
		characters = append(characters, string(r))
	}
	for _, between := range []string{",", ", ", " "} {
		list = append(list, strings.Join(bytes, between), strings.Join(points, between))
	}
	for _, quote := range []string{`"`, `'`} {
		for _, between := range []string{",", ", "} {
			list = append(list, strings.Join(characters, quote+between+quote))
		}
	}
	return slices.Concat(list, keyed(bytes, ""), keyed(points, ""), keyed(characters, `"`))
}

// keyed lists what JSON makes of an object whose keys count, without the quotes at both ends, and what Node prints of it.
func keyed(values []string, quote string) (list []string) {
	for _, between := range [][2]string{{`":`, `,"`}, {`": `, `,"`}, {`": `, `, "`}} {
		var b strings.Builder
		for i, v := range values {
			if i > 0 {
				b.WriteString(quote + between[1])
			}
			b.WriteString(strconv.Itoa(i) + between[0] + quote + v)
		}
		list = append(list, b.String())
	}
	return list
}

// utf16Of returns a text in UTF-16, without a byte order mark.
func utf16Of(v string, order binary.AppendByteOrder) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(v)) {
		b = order.AppendUint16(b, unit)
	}
	return string(b)
}

// spread puts something between every so many digits of a hexadecimal text.
func spread(digits string, every int, between string) string {
	var b strings.Builder
	for i := 0; i < len(digits); i += every {
		if i > 0 {
			b.WriteString(between)
		}
		b.WriteString(digits[i:min(i+every, len(digits))])
	}
	return b.String()
}

// escaped lists what is usually put into base64: the value itself, or escaped as in JSON, a URL or base64.
func escaped(v string) []string {
	list := []string{v, url.QueryEscape(v), url.PathEscape(v), base64.StdEncoding.EncodeToString([]byte(v))}
	var b strings.Builder
	e := json.NewEncoder(&b)
	for _, html := range []bool{false, true} {
		b.Reset()
		e.SetEscapeHTML(html)
		if e.Encode(v) == nil {
			text := strings.TrimSpace(b.String())
			list = append(list, text[1:len(text)-1])
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// base64Forms lists what base64 makes of a value, alone or wherever it stands in something longer: three bytes are four
// characters, so there are three ways. The characters that also hold bits of what is before or behind are left out.
func base64Forms(v string) (list []form) {
	for before := range 3 {
		for _, coding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			text := coding.EncodeToString(append(make([]byte, before), v...))
			from, to := (8*before+5)/6, 8*(before+len(v))/6
			list = append(list, form{text: text[from:to], left: before > 0, right: 8*(before+len(v))%6 != 0})
		}
	}
	return list
}
