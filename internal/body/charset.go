package body

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// maxShown is how many bytes of what a client sent an error text repeats.
const maxShown = 40

// Byte order marks. They are no part of a text, and one in front of it says more about its encoding than a label does
// (WHATWG Encoding, 6).
const (
	utf8BOM    = "\xef\xbb\xbf"
	utf16leBOM = "\xff\xfe"
	utf16beBOM = "\xfe\xff"
)

// FindCharset returns the encoding of a charset's label, as the WHATWG Encoding standard lists them: ISO-8859-1 is
// windows-1252 there; single quotes around it do not count. It returns nil for UTF-8 and for "", and a fault of kind Unsupported for an unknown label.
func FindCharset(label string) (encoding.Encoding, error) {
	switch label = strings.ToLower(strings.Trim(label, " \t\r\n'")); label {
	case "", "utf-8", "utf8":
		return nil, nil //nolint:nilnil // text that needs no decoding
	case "cp932": // the numbers of Windows' code pages, which programs on it send
		label = "shift_jis"
	case "cp936":
		label = "gbk"
	case "cp949":
		label = "euc-kr"
	case "cp950":
		label = "big5"
	}
	e, err := htmlindex.Get(label)
	if err != nil {
		return nil, fault.New(fault.Unsupported, "charset %q is unknown: send UTF-8", clip.Text(label, maxShown))
	}
	if name, _ := htmlindex.Name(e); name == "utf-8" {
		return nil, nil //nolint:nilnil // text that needs no decoding
	}
	return e, nil
}

// declared is the encoding that the declaration of an XML document names.
var declared = regexp.MustCompile(`^<\?xml\s+version\s*=\s*["'][0-9.]*["']\s+encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']`)

// Label returns the charset of a body: that of its type, or else the one that the declaration of XML names (RFC 7303, 3).
func (m MediaType) Label(b []byte) string {
	if m.Charset != "" || m.Type != "application/xml" && m.Type != "text/xml" && !strings.HasSuffix(m.Type, "+xml") {
		return m.Charset
	}
	label := declared.FindSubmatch(b[:min(len(b), 200)])
	if len(label) < 2 || strings.HasPrefix(strings.ToLower(string(label[1])), "utf-16") { // it was read in bytes: it is none
		return ""
	}
	return string(label[1])
}

// Text decodes bytes that a client sent in a charset, "" for UTF-8. Bytes that mean nothing become U+FFFD; a byte order
// mark is left out. It returns a fault of kind Unsupported for an unknown charset.
func Text(b []byte, charset string) (string, error) {
	e, err := FindCharset(charset)
	if err != nil {
		return "", err
	}
	switch {
	case hasPrefix(b, utf8BOM):
		b, e = b[len(utf8BOM):], nil
	case hasPrefix(b, utf16leBOM):
		b, e = b[len(utf16leBOM):], unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case hasPrefix(b, utf16beBOM):
		b, e = b[len(utf16beBOM):], unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	}
	if e == nil {
		return ValidUTF8(b), nil
	}
	text, err := e.NewDecoder().Bytes(b)
	if err != nil { // only a transformer that is broken: each of these replaces what it cannot read
		return "", fault.Wrap(fault.Invalid, err, "the text is not in charset %q", clip.Text(charset, maxShown))
	}
	return string(text), nil
}

// Whole returns a fault where the text of a body has U+FFFD for bytes that mean nothing in its charset. JSON must say what it says.
func Whole(b []byte, text string) error {
	if strings.Contains(text, "\uFFFD") && !utf8.Valid(b) {
		return fault.New(fault.Invalid, "the request body is not valid JSON: it holds bytes that mean nothing in its charset; send UTF-8")
	}
	return nil
}

// HasMark reports whether bytes begin with a byte order mark.
func HasMark(b []byte) bool {
	return hasPrefix(b, utf8BOM) || hasPrefix(b, utf16leBOM) || hasPrefix(b, utf16beBOM)
}

func hasPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}

// ValidUTF8 reads UTF-8 with one U+FFFD for each part that is none, as browsers cut the parts: a character that breaks off
// is one.
func ValidUTF8(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var s strings.Builder
	for len(b) > 0 {
		c, n := utf8.DecodeRune(b)
		s.WriteRune(c)
		if c == utf8.RuneError && n == 1 {
			for n < len(b) && !utf8.FullRune(b[:n+1]) {
				n++
			}
		}
		b = b[n:]
	}
	return s.String()
}

func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return ValidUTF8([]byte(s))
}

// decoderOf returns a function that decodes short texts of a charset.
func decoderOf(charset string) (func(string) string, error) {
	e, err := FindCharset(charset)
	if err != nil || e == nil {
		return valid, err
	}
	return func(s string) string {
		text, err := e.NewDecoder().String(s)
		if err != nil {
			return valid(s)
		}
		return text
	}, nil
}
