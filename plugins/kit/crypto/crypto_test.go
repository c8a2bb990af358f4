package crypto_test

import (
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/crypto"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/nodejs"
)

func newWorld(t testing.TB) *hosttest.World {
	return hosttest.NewWorld(t, func() []hostfn.Row { return append(crypto.Rows(), nodejs.New(nodejs.Options{}).Rows()...) })
}

func TestCrypto(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Eq(`[crypto.sha256("abc"), crypto.sha1("abc"), crypto.hash("md5", "abc"), crypto.hash("SHA-224", "abc").length, crypto.sha384("").slice(0, 8), crypto.sha512("", "base64").slice(0, 8)]`,
		`["ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","a9993e364706816aba3e25717850c26c9cd0d89d","900150983cd24fb0d6963f7d28e17f72",56,"38b060a7","z4PhNX7v"]`)
	w.Eq(`crypto.hmac("sha256", "key", "The quick brown fox jumps over the lazy dog")`, `"f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"`)
	w.Eq(`[crypto.sha256(new Uint8Array([97, 98, 99])) === crypto.sha256("abc"), crypto.sha256("abc", "bytes") instanceof Uint8Array, crypto.randomBytes(16).length, crypto.randomBytes(16, "hex").length]`,
		`[true,true,16,32]`)
	w.Eq(`[crypto.timingSafeEqual("a", "a"), crypto.timingSafeEqual("a", "b"), crypto.timingSafeEqual("a", "aa"), crypto.randomUUID()]`,
		`[true,false,false,"11111111-2222-4333-8444-555555555555"]`)
	w.Eq(`const key = crypto.randomBytes(32), s = crypto.encrypt(key, "ñ secret", {aad: "order 7"});
		[crypto.decrypt(key, s, {aad: "order 7"}), s === crypto.encrypt(key, "ñ secret", {aad: "order 7"}), s.includes("secret"), crypto.decrypt(key, s, {aad: "order 7", as: "bytes"}).length]`,
		`["ñ secret",false,false,9]`)
	w.Eq(`[16, 24, 32].map(n => { const k = crypto.randomBytes(n, "hex"); return crypto.decrypt(k, crypto.encrypt(k, "x")) })`, `["x","x","x"]`)
	for script, text := range map[string]string{
		`crypto.decrypt(key, crypto.encrypt(key, new Uint8Array([255])))`: "is not UTF-8 text",
		`crypto.decrypt(key, s)`:                                              "was changed, or made with another key",
		`crypto.decrypt(crypto.randomBytes(32), s)`:                           "was changed, or made with another key",
		`crypto.decrypt(key, "AA" + s.slice(2))`:                              "was changed",
		`crypto.decrypt(key, "%%")`:                                           "not base64",
		`crypto.decrypt(key, "")`:                                             "was changed",
		`crypto.encrypt("short", "x")`:                                        "16, 24 or 32 bytes",
		`crypto.hash("sha3", "x")`:                                            `unknown algorithm "sha3"`,
		`crypto.hash("sha256", {})`:                                           "takes text",
		`crypto.hmac("sha256", undefined, "x")`:                               "and got undefined",
		`crypto.hmac("sha256", "k", null)`:                                    "and got null",
		`crypto.timingSafeEqual(undefined, undefined)`:                        "and got undefined",
		`crypto.timingSafeEqual("")`:                                          "and got undefined",
		`crypto.encrypt(key)`:                                                 "and got undefined",
		`crypto.sha256()`:                                                     "and got undefined",
		`crypto.hash("__proto__", "x")`:                                       `unknown algorithm "__proto__"`,
		`crypto.randomBytes(1e9)`:                                             "between 0 and",
		`crypto.randomBytes(-1)`:                                              "between 0 and",
		`crypto.sha256("x", "rot13")`:                                         "the form must be",
		`crypto.hmac("sha256", "k", Array(1 << 25).fill ? {length: 1e9} : 0)`: "takes text",
	} {
		w.Throws(script, text)
	}
}

func TestGetRandomValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Eq(`const a = new Uint8Array(64), same = crypto.getRandomValues(a) === a; [same, a.some(b => b > 0)]`, `[true,true]`)
	w.Eq(`const b = new Uint8Array(64); crypto.getRandomValues(b.subarray(8, 16)); [b.slice(0, 8).some(x => x), b.slice(8, 16).some(x => x), b.slice(16).some(x => x)]`, `[false,true,false]`)
	w.Eq(`crypto.getRandomValues(new Uint32Array(4)).length`, `4`)
	for _, bad := range []string{``, `1`, `{}`, `[1, 2]`, `{buffer: 1}`, `new Uint8Array(65537)`, `{buffer: new ArrayBuffer(4), byteOffset: 2, byteLength: 4}`, `{buffer: new ArrayBuffer(4), byteOffset: -1, byteLength: 1}`, `{buffer: new ArrayBuffer(4), byteOffset: 9007199254740991, byteLength: 9}`} {
		w.Throws(`crypto.getRandomValues(`+bad+`)`, "crypto.getRandomValues")
	}
}

func TestAadAsBytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Eq(`const key = crypto.randomBytes(32), aad = new Uint8Array([0, 255, 195, 40])
		const sealed = crypto.encrypt(key, "text", { aad })
		;[crypto.decrypt(key, sealed, { aad }), crypto.decrypt(key, sealed, { aad: aad.buffer }), crypto.decrypt(key, crypto.encrypt(key, "x", { aad: "é" }), { aad: require("buffer").Buffer.from("é") })]`, `["text","text","x"]`)
	for _, other := range []string{`{}`, `{ aad: "" }`, `{ aad: new Uint8Array(4) }`} {
		w.Throws(`crypto.decrypt(key, sealed, `+other+`)`, "another key")
	}
	for _, odd := range []string{`7`, `{}`, `[1, 2]`, `true`} {
		w.Throws(`crypto.encrypt(key, "x", { aad: `+odd+` })`, "aad must be text or bytes")
	}
	for _, call := range []string{`encrypt(key, "x", { AAD: "y" })`, `decrypt(key, sealed, { aad, encoding: "utf8" })`} {
		w.Throws(`crypto.`+call, "unknown option")
	}
	w.Throws(`crypto.decrypt(key, sealed, { aad, as: "byte" })`, `must be "text" or "bytes"`)
}

// TestSubtleDigest holds crypto.subtle.digest to what Node answers.
func TestSubtleDigest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Eq(`const hex = b => Buffer.from(b).toString("hex").slice(0, 16), abc = new TextEncoder().encode("abc"), seen = [];
		const later = (p) => p.then(b => seen.push(b instanceof ArrayBuffer && hex(b)), e => seen.push(e.name));
		for (const name of ["SHA-1", "sha-256", {name: "SHA-384"}, "SHA-512"]) later(crypto.subtle.digest(name, abc));
		later(crypto.subtle.digest("SHA-256", abc.buffer));
		later(crypto.subtle.digest("SHA-256", new Uint8Array([1, 97, 98, 99, 2]).subarray(1, 4)));
		later(crypto.subtle.digest("SHA-256", new DataView(new Uint8Array([1, 97, 98, 99]).buffer, 1)));
		later(crypto.subtle.digest("SHA-1", new Uint16Array([1, 2]).subarray(1)));
		later(crypto.subtle.digest("SHA-256", "abc")); later(crypto.subtle.digest("MD5", abc)); later(crypto.subtle.digest("SHA256", abc));
		later(crypto.subtle.digest("SHA-256")); later(crypto.subtle.digest({}, abc));
		const forged = new Uint8Array(4); Object.defineProperty(forged, "byteLength", {value: 1e9}); later(crypto.subtle.digest("SHA-1", forged)); 0`, `0`)
	w.Eq(`seen`, `["a9993e364706816a","ba7816bf8f01cfea","cb00753f45a35e8b","ddaf35a193617aba","ba7816bf8f01cfea","ba7816bf8f01cfea","ba7816bf8f01cfea","9b99593353a610c4","TypeError","NotSupportedError","NotSupportedError","TypeError","TypeError","TypeError"]`)
}
