// Package crypto is the family of plugins/kit for hashes, ciphers and signatures: crypto. It reads keys for token and hashes
// for the module crypto of nodejs, and knows neither.
package crypto

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
)

// MaxRandom is how many bytes one call of randomBytes returns at most.
const MaxRandom = 1 << 20

const maxHashed = 64 << 20 // bytes of one hash or cipher

// Rows lists the global of this package.
func Rows() []hostfn.Row { return []hostfn.Row{cryptoRow()} }

func cryptoRow() hostfn.Row {
	return hostfn.Row{
		Name: "crypto", Sig: "crypto",
		Calls: []string{
			`crypto.hash(algorithm, bytes, form)`,
			`crypto.hmac(algorithm, bytes, bytes, form)`,
			`crypto.sha1(bytes, form)`,
			`crypto.sha256(bytes, form)`,
			`crypto.sha384(bytes, form)`,
			`crypto.sha512(bytes, form)`,
			`crypto.randomBytes(size, form)`,
			`crypto.getRandomValues(bytes)`,
			`crypto.randomUUID()`,
			`crypto.sign(algorithm, signingKey, bytes, form)`,
			`crypto.verify(algorithm, signingKey, bytes, bytes, form)`,
			`crypto.timingSafeEqual(bytes, bytes)`,
			`crypto.encrypt(cipherKey, bytes, {aad})`,
			`crypto.decrypt(cipherKey, base64, {aad, as})`,
			`crypto.subtle.digest(algorithm, bytes)`,
		},
		Doc: `Hashes, keys and ciphers: sha256(data) and sha1, sha384, sha512, hash(algorithm, data), hmac(algorithm, key, data), randomBytes(size), getRandomValues(typedArray), randomUUID(), ` +
			`timingSafeEqual(a, b), encrypt(key, data, {aad}) and decrypt(key, text, {aad, as}) with AES-GCM and a key of 16, 24 or 32 bytes. ` +
			`sign(algorithm, key, data) and verify(algorithm, key, data, signature): RS256, PS256, ES256 (384, 512), Ed25519, or sha1, sha256, sha384, sha512 for an RSA or EC key; a key is PEM or JWK, a public one also DER or the bytes of Ed25519, ` +
			`as text or bytes. ES256 makes JOSE's form, sha256 ASN.1; verify takes both, as bytes, hexadecimal or base64. Signatures are base64. ` +
			`Digests are hexadecimal; a last argument "base64", "base64url" or "bytes" selects another form. ` +
			`subtle.digest(algorithm, bytes) is that of browsers: a promise of an ArrayBuffer; the rest of subtle is not there.`,
		Example: `const key = crypto.randomBytes(32)
const sealed = crypto.encrypt(key, "4242 4242")
payload.ok = crypto.timingSafeEqual(crypto.hmac("sha256", "secret", "body"), crypto.hmac("sha256", "secret", "body"))
payload.card = crypto.decrypt(key, sealed)`,
		Bind: bind,
	}
}

func methods() []arg.Member {
	all := []arg.Member{
		arg.Method("hash", func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
			h := Hasher(r, "crypto.hash", hostfn.String(call, 0))
			return digest(r, "crypto.hash", h(), BytesOf(r, "crypto.hash", call.Argument(1)), call.Argument(2))
		}),
		arg.Method("hmac", func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
			h := Hasher(r, "crypto.hmac", hostfn.String(call, 0))
			mac := hmac.New(h, BytesOf(r, "crypto.hmac", call.Argument(1)))
			return digest(r, "crypto.hmac", mac, BytesOf(r, "crypto.hmac", call.Argument(2)), call.Argument(3))
		}),
		arg.Method("randomBytes", func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
			n := call.Argument(0).ToInteger()
			if n < 0 || n > MaxRandom {
				arg.Fail(r, "crypto.randomBytes", "the size must be between 0 and %d bytes", MaxRandom)
			}
			return encoded(r, "crypto.randomBytes", r.Random(int(n)), call.Argument(1))
		}),
		arg.Method("getRandomValues", fillRandom),
		arg.Method("randomUUID", func(r *hostfn.Run, _ goja.FunctionCall) goja.Value { return r.VM.ToValue(r.UUID()) }),
		arg.Method("timingSafeEqual", func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
			a, b := BytesOf(r, "crypto.timingSafeEqual", call.Argument(0)), BytesOf(r, "crypto.timingSafeEqual", call.Argument(1))
			return r.VM.ToValue(subtle.ConstantTimeCompare(a, b) == 1)
		}),
		arg.Method("encrypt", func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
			const fn = "crypto.encrypt"
			arg.Options(r, fn, call, 2, "aad").Stated("aad")
			seal, plain, aad := aesGCM(r, fn, call.Argument(0)), BytesOf(r, fn, call.Argument(1)), aadOf(r, fn, call.Argument(2))
			r.Spend(len(plain)>>7, 4*int64(len(plain)))
			b, _ := hostfn.Do(r.Effects, "random", "seal", func() ([]byte, error) { return seal.Seal(nil, nil, plain, aad), nil })
			return r.VM.ToValue(base64.StdEncoding.EncodeToString(b))
		}),
		arg.Method("decrypt", decrypt),
		arg.Method("sign", cryptoSign),
		arg.Method("verify", cryptoVerify),
	}
	for _, name := range []string{"sha1", "sha256", "sha384", "sha512"} {
		all = append(all, arg.Method(name, func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
			fn := "crypto." + name
			return digest(r, fn, Hasher(r, fn, name)(), BytesOf(r, fn, call.Argument(0)), call.Argument(1))
		}))
	}
	return all
}

func decrypt(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "crypto.decrypt"
	o := arg.Options(r, fn, call, 2, "aad", "as")
	o.Stated("aad")
	sealed := []byte(nil)
	if s, ok := r.TextOf(call.Argument(1)); ok {
		r.Spend(len(s)>>8, int64(len(s)))
		var err error
		if sealed, err = base64.StdEncoding.DecodeString(s); err != nil {
			arg.Fail(r, fn, "the text is not base64")
		}
	} else {
		sealed = BytesOf(r, fn, call.Argument(1))
	}
	plain, err := aesGCM(r, fn, call.Argument(0)).Open(nil, nil, sealed, aadOf(r, fn, call.Argument(2)))
	if err != nil {
		arg.Fail(r, fn, "the text was changed, or made with another key")
	}
	switch as := o.Text("as", "text"); as {
	case "bytes":
		return r.Uint8Array(plain)
	case "text":
		if !utf8.Valid(plain) {
			panic(r.VM.NewTypeError(`%s: the content is not UTF-8 text: {as: "bytes"} returns it`, fn))
		}
		return r.VM.ToValue(string(plain))
	default:
		arg.Fail(r, fn, `option as must be "text" or "bytes"`)
		return nil
	}
}

// aadOf is the option aad, text or bytes: what is bound to a sealed text without being in it.
func aadOf(r *hostfn.Run, fn string, given goja.Value) []byte {
	o, ok := given.(*goja.Object)
	if !ok {
		return nil
	}
	v := hostfn.Property(o, "aad")
	if goja.IsUndefined(v) {
		return nil
	}
	if _, isBytes := r.Bytes(v); !isBytes {
		if _, isText := v.(goja.String); !isText {
			arg.Fail(r, fn, "option aad must be text or bytes")
		}
	}
	return BytesOf(r, fn, v)
}

// Hasher returns a hash by its name, as Node spells them.
func Hasher(r *hostfn.Run, fn, name string) func() hash.Hash {
	switch strings.ReplaceAll(strings.ToLower(name), "-", "") {
	case "md5":
		return md5.New // of old checksums and signatures
	case "sha1":
		return sha1.New // of old checksums and signatures
	case "sha224":
		return sha256.New224
	case "sha256":
		return sha256.New
	case "sha384":
		return sha512.New384
	case "sha512":
		return sha512.New
	}
	arg.Fail(r, fn, "unknown algorithm %.40q; use md5, sha1, sha224, sha256, sha384 or sha512", name)
	return nil
}

func digest(r *hostfn.Run, fn string, h hash.Hash, b []byte, form goja.Value) goja.Value {
	Hashed(r, h, b)
	if goja.IsUndefined(form) {
		form = r.VM.ToValue("hex")
	}
	return encoded(r, fn, h.Sum(nil), form)
}

// Hashed feeds a hash piece by piece.
func Hashed(r *hostfn.Run, h hash.Hash, b []byte) {
	for len(b) > 0 {
		n := min(len(b), 1<<20)
		h.Write(b[:n])
		r.Spend(n>>6, 0)
		b = b[n:]
	}
}

// Encode returns bytes as text in the form "hex", "base64" or "base64url"; of another it reports false.
func Encode(b []byte, form string) (text string, ok bool) {
	switch form {
	case "hex":
		return hex.EncodeToString(b), true
	case "base64":
		return base64.StdEncoding.EncodeToString(b), true
	case "base64url":
		return base64.RawURLEncoding.EncodeToString(b), true
	}
	return "", false
}

// encoded returns bytes in a form: "hex", "base64", "base64url", or as a Uint8Array.
func encoded(r *hostfn.Run, fn string, b []byte, form goja.Value) goja.Value {
	if goja.IsUndefined(form) {
		return r.Uint8Array(b)
	}
	r.Spend(len(b)>>7, 2*int64(len(b)))
	if text, ok := Encode(b, form.String()); ok {
		return r.VM.ToValue(text)
	}
	if form.String() == "bytes" {
		return r.Uint8Array(b)
	}
	arg.Fail(r, fn, `the form must be "hex", "base64", "base64url" or "bytes"`)
	return nil
}

// BytesOf returns the bytes of an argument.
func BytesOf(r *hostfn.Run, fn string, v goja.Value) []byte {
	if goja.IsUndefined(v) || goja.IsNull(v) { // a key or a signature that is missing must not count as an empty one
		arg.Fail(r, fn, "takes text or bytes, and got %s", v)
	}
	b, err := r.BytesOf(v)
	if err != nil {
		arg.Fail(r, fn, "%v", err)
	}
	if len(b) > maxHashed {
		arg.Fail(r, fn, "the data is larger than %d MiB", maxHashed>>20)
	}
	return b
}

// fillRandom is the getRandomValues of browsers, which npm packages use: it fills a typed array of at most 64 KiB.
func fillRandom(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	o, _ := call.Argument(0).(*goja.Object)
	var memory []byte
	if o != nil {
		if buffer, ok := hostfn.Property(o, "buffer").(*goja.Object); ok && buffer.ExportType() == reflect.TypeFor[goja.ArrayBuffer]() {
			memory = buffer.Export().(goja.ArrayBuffer).Bytes()
		}
	}
	if memory == nil {
		arg.Fail(r, "crypto.getRandomValues", "argument 1 must be a typed array")
	}
	from, n := hostfn.Property(o, "byteOffset").ToInteger(), hostfn.Property(o, "byteLength").ToInteger()
	if from < 0 || n < 0 || n > 64<<10 || from > int64(len(memory))-n {
		arg.Fail(r, "crypto.getRandomValues", "the array must have at most 65536 bytes")
	}
	copy(memory[from:from+n], r.Random(int(n)))
	return o
}

// aesGCM makes the cipher of a key: bytes, or text that holds them as hexadecimal or base64.
func aesGCM(r *hostfn.Run, fn string, v goja.Value) cipher.AEAD {
	key := BytesOf(r, fn, v)
	if len(key) > 1024 {
		key = nil // is none, in no form
		v = goja.Undefined()
	}
	if s, ok := r.TextOf(v); ok {
		if b, err := hex.DecodeString(s); err == nil {
			key = b
		} else if b, err := base64.RawStdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/", "=", "").Replace(s)); err == nil {
			key = b
		}
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		arg.Fail(r, fn, "the key must be 16, 24 or 32 bytes, or text that holds them as hexadecimal or base64; make one with crypto.randomBytes(32)")
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		r.Throw(err)
	}
	return seal
}
