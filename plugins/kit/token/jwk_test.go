package token

import (
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
)

// TestJWTPrivateJWK: each kind of key signs as a JWK, RSA with primes or without.
func TestJWTPrivateJWK(t *testing.T) {
	t.Parallel()
	keys := hosttest.Signers(t)
	for algorithm, key := range keys {
		w := newWorld(t)
		for _, primes := range []bool{true, false} {
			w.Eq(`(() => { const jwk = `+hosttest.PrivateJWK(t, key, primes)+`, { d, p, q, ...open } = jwk; return jwt.verify(jwt.sign({ a: 1 }, jwk), open).a })()`, `1`)
		}
		for _, spoilt := range []string{`{ ...jwk, d: undefined }`, `{ ...jwk, d: "AQAB" }`, `{ ...jwk, d: "" }`} {
			w.Throws(`(() => { const jwk = `+hosttest.PrivateJWK(t, key, true)+`; jwt.sign({}, `+spoilt+`) })()`, "private key")
		}
		if algorithm == "RS256" {
			for _, spoilt := range []string{`{ ...jwk, p: jwk.q }`, `{ ...jwk, q: undefined }`, `{ ...jwk, oth: [{}] }`, `{ ...jwk, p: "Aw", q: "BQ" }`} {
				w.Throws(`(() => { const jwk = `+hosttest.PrivateJWK(t, key, true)+`; jwt.sign({}, `+spoilt+`) })()`, "private key")
			}
		}
	}
}

// TestJWTEd25519: the name of RFC 9864 beside the older one.
func TestJWTEd25519(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := hosttest.Signers(t)["EdDSA"]
	w.Set(map[string]any{"text": hosttest.PrivateJWK(t, key, false)})
	w.Eq(`const jwk = JSON.parse(text), { d, ...open } = jwk, old = jwt.sign({ a: 1 }, jwk), now = jwt.sign({ a: 2 }, jwk, { algorithm: "Ed25519" })
		;[jwt.decode(old).header.alg, jwt.decode(now).header.alg, ...[open, { ...open, alg: "EdDSA" }, { ...open, alg: "Ed25519" }].flatMap(k => [jwt.verify(old, k).a, jwt.verify(now, k).a]), jwt.verify(now, open, { algorithms: ["Ed25519"] }).a]`,
		`["EdDSA","Ed25519",1,2,1,2,1,2,2]`)
	w.Throws(`jwt.verify(now, open, { algorithms: ["EdDSA"] })`, "are not accepted")
	w.Throws(`jwt.verify(now.slice(0, -4) + "AAAA", open)`, "signature is wrong")
}

// TestJWTClaimsAreAnObject, whoever signed them.
func TestJWTClaimsAreAnObject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Eq(`const b = t => require("buffer").Buffer.from(t).toString("base64url"), key = "0123456789abcdef0123456789abcdef"
		const make = (h, p) => { const s = b(h) + "." + b(p); return s + "." + crypto.hmac("sha256", key, s, "base64url") }, head = '{"alg":"HS256"}'
		jwt.verify(make(head, '{"a":9007199254740993,"b":{}}'), key).b`, `{}`)
	for _, claims := range []string{`null`, `[]`, `[{}]`, `1`, `"a"`, `true`, ``, `{`, `{}{}`, `{} x`} {
		w.Throws("jwt.verify(make(head, `"+claims+"`), key)", "is not a token")
		w.Throws("jwt.decode(make(head, `"+claims+"`))", "is not a token")
	}
	for _, head := range []string{`null`, `[]`, `{"alg":null}`, `{"alg":7}`, `{}`, `{"alg":"none"}`, `{"alg":"hs256"}`} {
		w.Throws("jwt.verify(make(`"+head+"`, '{}'), key)", "")
	}
}

// TestJWTOptions: an option that nobody knows is an error that lists the known ones.
func TestJWTOptions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Eq(`const K = "a long random secret of the shop 123456"; 1`, `1`)
	for _, o := range []string{`{ algorithm: "HS256" }`, `{ aud: "me" }`, `{ iss: "me" }`, `{ Issuer: "me" }`, `{ clockTolerance: 5 }`} {
		w.Throws(`jwt.verify(jwt.sign({ a: 1 }, K), K, `+o+`)`, "TypeError: jwt.verify: unknown option")
	}
	for _, o := range []string{`{ exp: "1m" }`, `{ aud: "me" }`, `{ algorithms: ["HS256"] }`, `{ expiresin: 5 }`} {
		w.Throws(`jwt.sign({ a: 1 }, K, `+o+`)`, "TypeError: jwt.sign: unknown option")
	}
}
