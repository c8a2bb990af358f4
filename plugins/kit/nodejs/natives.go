package nodejs

import (
	"crypto/hmac"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"reflect"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/body"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/crypto"
)

// maxBuffer is how many bytes the module buffer turns into text, or takes from text, in one call.
const maxBuffer = 16 << 20

// encodeText returns the bytes of a text in an encoding of Node's, as an ArrayBuffer. What cannot be read ends it, as in
// Node.
func encodeText(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	s, ok := call.Argument(0).(goja.String)
	if !ok || s.Length() > maxBuffer {
		arg.Fail(r, "Buffer", "a text of at most %d characters is taken", maxBuffer)
	}
	r.Spend(s.Length()>>6, 4*int64(s.Length()))
	var b []byte
	switch call.Argument(1).String() {
	case "utf8":
		b = []byte(wellFormed(s))
	case "hex":
		text := s.String()
		b = make([]byte, len(text)/2)
		n, _ := hex.Decode(b, []byte(text)[:len(b)*2])
		b = b[:n]
	case "base64", "base64url":
		b = lenientBase64(s.String())
	case "latin1", "ascii":
		b = make([]byte, s.Length())
		for i := range b {
			b[i] = byte(s.CharAt(i))
		}
	case "utf16le":
		b = make([]byte, 2*s.Length())
		for i := range s.Length() {
			b[2*i], b[2*i+1] = byte(s.CharAt(i)), byte(s.CharAt(i)>>8)
		}
	}
	return r.VM.ToValue(r.VM.NewArrayBuffer(b))
}

// wellFormed returns the text with U+FFFD for halves of characters.
func wellFormed(s goja.String) string {
	text := s.String()
	if utf8.ValidString(text) {
		return text
	}
	units := make([]uint16, s.Length())
	for i := range units {
		units[i] = s.CharAt(i)
	}
	return string(utf16.Decode(units))
}

// lenientBase64 reads both alphabets, with padding or without, passing over what is in neither.
func lenientBase64(s string) []byte {
	s, _, _ = strings.Cut(s, "=")
	clean := make([]byte, 0, len(s))
	for i := range len(s) {
		switch c := s[i]; {
		case c == '-':
			clean = append(clean, '+')
		case c == '_':
			clean = append(clean, '/')
		case c >= '0' && c <= '9', c|0x20 >= 'a' && c|0x20 <= 'z', c == '+', c == '/':
			clean = append(clean, c)
		}
	}
	if len(clean)%4 == 1 {
		clean = clean[:len(clean)-1]
	}
	b := make([]byte, base64.RawStdEncoding.DecodedLen(len(clean)))
	n, _ := base64.RawStdEncoding.Decode(b, clean)
	return b[:n]
}

// decodeBytes returns the text of bytes in an encoding of Node's.
func decodeBytes(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	o, ok := call.Argument(0).(*goja.Object)
	if !ok {
		arg.Fail(r, "Buffer", "bytes are taken")
	}
	if o.ExportType() != reflect.TypeFor[[]byte]() {
		arg.Fail(r, "Buffer", "bytes are taken")
	}
	b, ok := o.Export().([]byte) // read only
	if !ok || len(b) > maxBuffer {
		arg.Fail(r, "Buffer", "at most %d bytes become text at once", maxBuffer)
	}
	r.Spend(len(b)>>6, 4*int64(len(b)))
	form := call.Argument(1).String()
	if text, ok := crypto.Encode(b, form); ok {
		return r.VM.ToValue(text)
	}
	switch form {
	case "ascii", "latin1":
		mask := byte(0xFF)
		if form == "ascii" {
			mask = 0x7F
		}
		var s strings.Builder
		for _, c := range b {
			s.WriteRune(rune(c & mask))
		}
		return r.VM.ToValue(s.String())
	case "utf16le":
		units := make([]uint16, len(b)/2)
		for i := range units {
			units[i] = uint16(b[2*i]) | uint16(b[2*i+1])<<8
		}
		return goja.StringFromUTF16(units)
	}
	return r.VM.ToValue(body.ValidUTF8(b))
}

// newHash makes a hash, or an HMAC where there is a key, that is fed piece by piece.
func newHash(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	make := crypto.Hasher(r, "crypto", hostfn.String(call, 0))
	h := make()
	if key := call.Argument(1); !goja.IsUndefined(key) {
		h = hmac.New(make, crypto.BytesOf(r, "crypto", key))
	}
	return arg.Object(
		arg.Method("update", func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
			crypto.Hashed(r, h, crypto.BytesOf(r, "crypto", call.Argument(0)))
			return goja.Undefined()
		}),
		arg.Method("digest", func(r *hostfn.Run, _ goja.FunctionCall) goja.Value {
			return r.VM.ToValue(r.VM.NewArrayBuffer(h.Sum(nil)))
		}),
	)(r)
}

func randomNative(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	n := call.Argument(0).ToInteger()
	if n < 0 || n > crypto.MaxRandom {
		arg.Fail(r, "crypto.randomBytes", "the size must be between 0 and %d bytes", crypto.MaxRandom)
	}
	return r.VM.ToValue(r.VM.NewArrayBuffer(r.Random(int(n))))
}

func equalNative(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	a, b := crypto.BytesOf(r, "crypto", call.Argument(0)), crypto.BytesOf(r, "crypto", call.Argument(1))
	return r.VM.ToValue(subtle.ConstantTimeCompare(a, b) == 1)
}
