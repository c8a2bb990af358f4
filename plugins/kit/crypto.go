package kit

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
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const (
	maxRandom = 1 << 20  // bytes of one randomBytes
	maxHashed = 64 << 20 // bytes of one hash or cipher
)

func (k *kit) cryptoRow() hostfn.Row {
	methods := []method{
		{"hash", func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
			h := hasher(r, "crypto.hash", hostfn.String(call, 0))
			return digest(r, "crypto.hash", h(), bytesOf(r, "crypto.hash", call.Argument(1)), call.Argument(2))
		}},
		{"hmac", func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
			h := hasher(r, "crypto.hmac", hostfn.String(call, 0))
			mac := hmac.New(h, bytesOf(r, "crypto.hmac", call.Argument(1)))
			return digest(r, "crypto.hmac", mac, bytesOf(r, "crypto.hmac", call.Argument(2)), call.Argument(3))
		}},
		{"randomBytes", func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
			n := call.Argument(0).ToInteger()
			if n < 0 || n > maxRandom {
				fail(r, "crypto.randomBytes", "the size must be between 0 and %d bytes", maxRandom)
			}
			return encoded(r, "crypto.randomBytes", r.Random(int(n)), call.Argument(1))
		}},
		{"getRandomValues", fillRandom},
		{"randomUUID", func(r *hostfn.Run, _ goja.FunctionCall) goja.Value { return r.VM.ToValue(r.UUID()) }},
		{"timingSafeEqual", func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
			a, b := bytesOf(r, "crypto.timingSafeEqual", call.Argument(0)), bytesOf(r, "crypto.timingSafeEqual", call.Argument(1))
			return r.VM.ToValue(subtle.ConstantTimeCompare(a, b) == 1)
		}},
		{"encrypt", func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
			const fn = "crypto.encrypt"
			o := options(r, fn, call, 2)
			seal, plain, aad := aesGCM(r, fn, call.Argument(0)), bytesOf(r, fn, call.Argument(1)), []byte(o.text("aad", ""))
			b, _ := hostfn.Do(r.Effects, "random", "seal", func() ([]byte, error) { return seal.Seal(nil, nil, plain, aad), nil })
			return r.VM.ToValue(base64.StdEncoding.EncodeToString(b))
		}},
		{"decrypt", decrypt},
	}
	for _, name := range []string{"sha1", "sha256", "sha384", "sha512"} {
		methods = append(methods, method{name, func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
			fn := "crypto." + name
			return digest(r, fn, hasher(r, fn, name)(), bytesOf(r, fn, call.Argument(0)), call.Argument(1))
		}})
	}
	return hostfn.Row{
		Name: "crypto", Sig: "crypto",
		Doc: `Hashes, keys and ciphers: sha256(data) and sha1, sha384, sha512, hash(algorithm, data), hmac(algorithm, key, data), randomBytes(size), getRandomValues(typedArray), randomUUID(), ` +
			`timingSafeEqual(a, b), encrypt(key, data, {aad}) and decrypt(key, text, {aad, as}) with AES-GCM and a key of 16, 24 or 32 bytes. ` +
			`Digests are hexadecimal; a last argument "base64", "base64url" or "bytes" gives another form.`,
		Example: `const key = crypto.randomBytes(32)
const sealed = crypto.encrypt(key, "4242 4242")
payload.ok = crypto.timingSafeEqual(crypto.hmac("sha256", "secret", "body"), crypto.hmac("sha256", "secret", "body"))
payload.card = crypto.decrypt(key, sealed)`,
		Bind: object(methods...),
	}
}

func decrypt(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "crypto.decrypt"
	o := options(r, fn, call, 2)
	sealed := []byte(nil)
	if s, ok := call.Argument(1).Export().(string); ok {
		var err error
		if sealed, err = base64.StdEncoding.DecodeString(s); err != nil {
			fail(r, fn, "the text is no base64")
		}
	} else {
		sealed = bytesOf(r, fn, call.Argument(1))
	}
	plain, err := aesGCM(r, fn, call.Argument(0)).Open(nil, nil, sealed, []byte(o.text("aad", "")))
	if err != nil {
		fail(r, fn, "the text was changed, or made with another key")
	}
	if o.text("as", "text") == "bytes" {
		return r.Uint8Array(plain)
	}
	return r.VM.ToValue(string(plain))
}

// hasher gives a hash by its name, as Node spells them.
func hasher(r *hostfn.Run, fn, name string) func() hash.Hash {
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
	fail(r, fn, "there is no algorithm %.40q; use md5, sha1, sha224, sha256, sha384 or sha512", name)
	return nil
}

func digest(r *hostfn.Run, fn string, h hash.Hash, b []byte, form goja.Value) goja.Value {
	h.Write(b)
	if goja.IsUndefined(form) {
		form = r.VM.ToValue("hex")
	}
	return encoded(r, fn, h.Sum(nil), form)
}

// encoded gives bytes in a form: "hex", "base64", "base64url", or as a Uint8Array.
func encoded(r *hostfn.Run, fn string, b []byte, form goja.Value) goja.Value {
	if goja.IsUndefined(form) {
		return r.Uint8Array(b)
	}
	switch form.String() {
	case "hex":
		return r.VM.ToValue(hex.EncodeToString(b))
	case "base64":
		return r.VM.ToValue(base64.StdEncoding.EncodeToString(b))
	case "base64url":
		return r.VM.ToValue(base64.RawURLEncoding.EncodeToString(b))
	case "bytes":
		return r.Uint8Array(b)
	}
	fail(r, fn, `the form must be "hex", "base64", "base64url" or "bytes"`)
	return nil
}

// bytesOf gives the bytes of an argument.
func bytesOf(r *hostfn.Run, fn string, v goja.Value) []byte {
	if goja.IsUndefined(v) || goja.IsNull(v) { // a key or a signature that is missing must not count as an empty one
		fail(r, fn, "takes text or bytes, and got %s", v)
	}
	b, err := hostfn.BytesOf(v)
	if err != nil {
		fail(r, fn, "%v", err)
	}
	if len(b) > maxHashed {
		fail(r, fn, "the data is larger than %d MiB", maxHashed>>20)
	}
	return b
}

// fillRandom is the getRandomValues of browsers, which npm packages use: it fills a typed array of at most 64 KiB.
func fillRandom(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	o, _ := call.Argument(0).(*goja.Object)
	var memory []byte
	if o != nil {
		if buffer, ok := hostfn.Property(o, "buffer").Export().(goja.ArrayBuffer); ok {
			memory = buffer.Bytes()
		}
	}
	if memory == nil {
		fail(r, "crypto.getRandomValues", "argument 1 must be a typed array")
	}
	from, n := hostfn.Property(o, "byteOffset").ToInteger(), hostfn.Property(o, "byteLength").ToInteger()
	if from < 0 || n < 0 || n > 64<<10 || from > int64(len(memory))-n {
		fail(r, "crypto.getRandomValues", "the array must have at most 65536 bytes")
	}
	copy(memory[from:from+n], r.Random(int(n)))
	return o
}

// aesGCM makes the cipher of a key: bytes, or text that holds them as hexadecimal or base64.
func aesGCM(r *hostfn.Run, fn string, v goja.Value) cipher.AEAD {
	key := bytesOf(r, fn, v)
	if s, ok := v.Export().(string); ok {
		if b, err := hex.DecodeString(s); err == nil {
			key = b
		} else if b, err := base64.RawStdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/", "=", "").Replace(s)); err == nil {
			key = b
		}
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		fail(r, fn, "the key must be 16, 24 or 32 bytes, or text that holds them as hexadecimal or base64; make one with crypto.randomBytes(32)")
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		r.Throw(err)
	}
	return seal
}
