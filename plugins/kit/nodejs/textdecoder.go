package nodejs

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/transform"

	"github.com/arturoeanton/nflow-runtime/internal/body"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
)

// newDecoder makes what the class TextDecoder decodes with (WHATWG Encoding, 7): {name, decode(bytes, stream)}. It is
// null for a label that nobody knows, and what decode returns for bytes that are not of it.
func newDecoder(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	d := decoder{name: "utf-8", fatal: call.Argument(1).ToBoolean(), keepBOM: call.Argument(2).ToBoolean()}
	charset, err := body.FindCharset(hostfn.String(call, 0))
	if err != nil {
		return goja.Null()
	}
	if charset != nil {
		if d.name, err = htmlindex.Name(charset); err != nil || d.name == "replacement" {
			return goja.Null()
		}
		d.legacy = charset.NewDecoder()
		d.table, _ = charset.(*charmap.Charmap)
	}
	o := arg.Object(arg.Method("decode", d.decode))(r).(*goja.Object)
	hostfn.SetOwn(o, "name", r.VM.ToValue(d.name))
	return o
}

// decoder decodes a text that may come in pieces.
type decoder struct {
	name           string
	fatal, keepBOM bool
	legacy         transform.Transformer // nil for UTF-8
	table          *charmap.Charmap      // of single bytes
	left           []byte                // of a character that broke off
	begun          bool                  // the byte order mark is behind
}

func (d *decoder) decode(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "TextDecoder.decode"
	b, ok := r.Bytes(call.Argument(0))
	more := call.Argument(1).ToBoolean()
	if !ok || len(b) > maxBuffer {
		arg.Fail(r, fn, "at most %d bytes become text at once", maxBuffer)
	}
	r.Spend(len(b)>>5, 8*int64(len(b)))
	b = append(d.left, b...)
	d.left = nil
	text, err := d.text(b, more)
	if err == nil && d.fatal && strings.ContainsRune(text, utf8.RuneError) && d.wrong(b, text) {
		err = errors.New("it is not")
	}
	if !more && d.legacy != nil {
		d.legacy.Reset()
	}
	if err != nil {
		d.left, d.begun = nil, false
		return goja.Null()
	}
	if !d.begun && !d.keepBOM && strings.HasPrefix(d.name, "utf-") {
		text = strings.TrimPrefix(text, "\ufeff")
	}
	d.begun = more && (d.begun || text != "" || len(b) > len(d.left))
	return r.VM.ToValue(text)
}

// text decodes bytes, and keeps what breaks off at their end where more follow.
func (d *decoder) text(b []byte, more bool) (string, error) {
	if d.legacy == nil {
		if more {
			end := len(b)
			for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
				if c := b[len(b)-i]; utf8.RuneStart(c) {
					if !utf8.FullRune(b[len(b)-i:]) {
						end = len(b) - i
					}
					break
				}
			}
			d.left = append([]byte(nil), b[end:]...)
			b = b[:end]
		}
		return body.ValidUTF8(b), nil
	}
	if d.table != nil {
		return d.single(b), nil
	}
	var out strings.Builder
	piece := make([]byte, 4096)
	for {
		n, used, err := d.legacy.Transform(piece, b, !more)
		out.Write(piece[:n])
		b = b[used:]
		switch {
		case errors.Is(err, transform.ErrShortSrc) && more:
			d.left = append([]byte(nil), b...)
			return out.String(), nil
		case errors.Is(err, transform.ErrShortDst):
		case err != nil:
			return "", fault.Wrap(fault.Invalid, err, "the text cannot be decoded")
		case len(b) == 0:
			return out.String(), nil
		}
	}
}

// single decodes bytes that are a character each. What stands for no character among the control characters is one.
func (d *decoder) single(b []byte) string {
	var out strings.Builder
	for _, c := range b {
		r := d.table.DecodeByte(c)
		if r == utf8.RuneError && c < 0xa0 {
			r = rune(c)
		}
		out.WriteRune(r)
	}
	return out.String()
}

// wrong reports whether a U+FFFD of the text stands for bytes that mean nothing, and was not sent as such.
func (d *decoder) wrong(b []byte, text string) bool {
	switch d.name {
	case "utf-8":
		return !utf8.Valid(b[:len(b)-len(d.left)])
	case "utf-16le", "utf-16be", "gb18030":
		sent := strings.Count(string(b), "\xfd\xff") + strings.Count(string(b), "\xff\xfd") + strings.Count(string(b), "\x84\x31\xa4\x37")
		return strings.Count(text, "\ufffd") > sent
	}
	return true
}
