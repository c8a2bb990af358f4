package kit

import (
	"crypto/hmac"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// maxBuffer is how many bytes the module buffer turns into text, or takes from text, in one call.
const maxBuffer = 16 << 20

// encodeText gives the bytes of a text in an encoding of Node's, as an ArrayBuffer. What cannot be read ends it, as in
// Node.
func encodeText(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	s, ok := call.Argument(0).(goja.String)
	if !ok || s.Length() > maxBuffer {
		fail(r, "Buffer", "a text of at most %d characters is taken", maxBuffer)
	}
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

// wellFormed gives the text with U+FFFD for halves of characters.
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

// decodeBytes gives the text of bytes in an encoding of Node's.
func decodeBytes(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	o, ok := call.Argument(0).(*goja.Object)
	if !ok {
		fail(r, "Buffer", "bytes are taken")
	}
	b, ok := o.Export().([]byte) // read only
	if !ok || len(b) > maxBuffer {
		fail(r, "Buffer", "at most %d bytes become text at once", maxBuffer)
	}
	switch call.Argument(1).String() {
	case "hex":
		return r.VM.ToValue(hex.EncodeToString(b))
	case "base64":
		return r.VM.ToValue(base64.StdEncoding.EncodeToString(b))
	case "base64url":
		return r.VM.ToValue(base64.RawURLEncoding.EncodeToString(b))
	case "ascii", "latin1":
		mask := byte(0xFF)
		if call.Argument(1).String() == "ascii" {
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
	return r.VM.ToValue(repaired(b))
}

// repaired reads UTF-8 with one U+FFFD for each part that is none, as browsers cut the parts: a character that breaks
// off is one.
func repaired(b []byte) string {
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

// newHash makes a hash, or an HMAC where there is a key, that is fed piece by piece.
func newHash(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	make := hasher(r, "crypto", hostfn.String(call, 0))
	h := make()
	if key := call.Argument(1); !goja.IsUndefined(key) {
		h = hmac.New(make, bytesOf(r, "crypto", key))
	}
	return object(
		method{"update", func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
			h.Write(bytesOf(r, "crypto", call.Argument(0)))
			return goja.Undefined()
		}},
		method{"digest", func(r *hostfn.Run, _ goja.FunctionCall) goja.Value {
			return r.VM.ToValue(r.VM.NewArrayBuffer(h.Sum(nil)))
		}},
	)(r)
}

func randomNative(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	n := call.Argument(0).ToInteger()
	if n < 0 || n > maxRandom {
		fail(r, "crypto.randomBytes", "the size must be between 0 and %d bytes", maxRandom)
	}
	return r.VM.ToValue(r.VM.NewArrayBuffer(r.Random(int(n))))
}

func equalNative(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	a, b := bytesOf(r, "crypto", call.Argument(0)), bytesOf(r, "crypto", call.Argument(1))
	return r.VM.ToValue(subtle.ConstantTimeCompare(a, b) == 1)
}
