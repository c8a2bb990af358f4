package token

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/crypto"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/nodejs"
)

// world is a run with what fetches its keys.
type world struct {
	*hosttest.World
	fetch Fetch
}

func newWorld(t testing.TB) *world {
	w := &world{}
	w.World = hosttest.NewWorld(t, func() []hostfn.Row {
		return slices.Concat(Rows(w.fetch), crypto.Rows(), nodejs.New(nodejs.Options{}).Rows())
	})
	return w
}

func TestJWTSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Eq(`const key = "a secret", t = jwt.sign({user: "ada", n: 9007199254740991, "__proto__x": 1}, key, {expiresIn: "15m", issuer: "shop", audience: ["a", "b"], subject: "s", id: "j", notBefore: 0, kid: "k1"});
		jwt.verify(t, key, {issuer: "shop", audience: "b", subject: "s", algorithms: ["HS256"], requireExpiry: true})`,
		`{"user":"ada","n":9007199254740991,"__proto__x":1,"iat":1772600767,"iss":"shop","sub":"s","jti":"j","aud":["a","b"],"exp":1772601667,"nbf":1772600767}`)
	w.Eq(`jwt.decode(t).header`, `{"alg":"HS256","typ":"JWT","kid":"k1"}`)
	w.Eq(`["HS256", "HS384", "HS512"].map(a => jwt.verify(jwt.sign({a}, key, {algorithm: a}), key).a)`, `["HS256","HS384","HS512"]`)
	// The example of RFC 7515, A.1, signed by somebody else's code.
	w.At = time.Unix(1300819379, 0)
	w.Eq(`const rfc = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
		const oct = {kty: "oct", k: "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"};
		jwt.verify(rfc, oct).iss`, `"joe"`)
	w.At = time.Unix(1300819380, 0)
	w.Throws(`jwt.verify(rfc, oct)`, "the token has expired")
	w.Eq(`jwt.verify(rfc, oct, {leeway: 60}).iss`, `"joe"`)
	w.At = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"user":"eve"}`)) + "."
	throwsForForged(w)
	crit := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","crit":["x"]}`)) + ".e30.AAAA"
	for script, text := range map[string]string{
		`jwt.verify(t, "other")`:                                    "the signature is wrong",
		`jwt.verify(t.slice(0, -2) + "AA", key)`:                    "the signature is wrong",
		`jwt.verify(t, key, {issuer: "x"})`:                         "another issuer",
		`jwt.verify(t, key, {audience: "x"})`:                       "another audience",
		`jwt.verify(t, key, {subject: "x"})`:                        "another subject",
		`jwt.verify(t, key, {algorithms: ["HS512"]})`:               "tokens with algorithm HS256 are not accepted",
		`jwt.verify(jwt.sign({}, key), key, {requireExpiry: true})`: "lacks a claim",
		`jwt.verify(jwt.sign({}, key, {notBefore: 60}), key)`:       "not valid yet",
		`jwt.verify(jwt.sign({}, key, {expiresIn: -60}), key)`:      "has expired",
		`jwt.verify(jwt.sign({exp: "soon"}, key), key)`:             "the claim exp must be a number",
		`jwt.verify("` + none + `", key)`:                           "no key goes with",
		`jwt.verify("` + crit + `", key)`:                           "extensions that are not known",
		`jwt.verify("a.b", key)`:                                    "the text is not a token",
		`jwt.verify("", key)`:                                       "the text is not a token",
		`jwt.verify(7, key)`:                                        "must be text",
		`jwt.verify("a".repeat(70000), key)`:                        "longer than 64 KiB",
		`jwt.verify(t, "")`:                                         "the key is empty",
		`jwt.verify(t)`:                                             "the key is empty",
		`jwt.sign({}, "")`:                                          "the key is empty",
		`jwt.sign("x", key)`:                                        "must be an object of claims",
		`jwt.sign({}, key, {algorithm: "none"})`:                    "does not go with this key",
		`jwt.sign({}, key, {algorithm: "RS256"})`:                   "does not go with this key",
		`jwt.sign({}, key, {expiresIn: "soon"})`:                    "must be seconds",
		`jwt.sign({}, key, {expiresIn: NaN})`:                       "must be seconds",
		`jwt.sign({}, key, {expiresIn: Infinity})`:                  "must be seconds",
		`jwt.sign({}, key, {expiresIn: null})`:                      "option expiresIn is null",
		`jwt.verify(t, key, {leeway: NaN})`:                         "must be seconds",
		`jwt.verify(t, key, {algorithms: []})`:                      "are not accepted",
		`jwt.verify(t, key, {audience: []})`:                        "TypeError: jwt.verify: option audience is empty",
		`jwt.verify(t, key, {audience: [""]})`:                      "option audience is empty",
		`jwt.verify(t, key, {issuer: ""})`:                          "option issuer is empty",
		`jwt.verify(t, key, {subject: ""})`:                         "option subject is empty",
		`jwt.decode("x")`:                                           "not a token",
		`jwt.decode("!.!.!")`:                                       "not a token",
	} {
		if got := w.Throws(script, text); strings.Contains(got, "a secret") {
			t.Errorf("%s shows the key: %s", script, got)
		}
	}
}

// throwsForForged: what a token says of its own key counts for nothing, and no spelling of none is an algorithm.
func throwsForForged(w *world) {
	w.T.Helper()
	for _, header := range []string{`{"alg":"None"}`, `{"alg":"NONE"}`, `{"alg":""}`, `{}`, `{"alg":["HS256"]}`, `{"alg":"HS256","jwk":{"kty":"oct","k":""}}`, `{"alg":"HS256","jku":"http://127.0.0.1:1/keys"}`, `{"alg":"HS256","kid":"../../dev/null"}`} {
		for _, signature := range []string{"", "AA", strings.Repeat("A", 43)} {
			forged := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"user":"eve"}`)) + "." + signature
			w.Throws(`jwt.verify("`+forged+`", key)`, "jwt.verify: ")
			w.Throws(`jwt.verify("`+forged+`", key, {algorithms: ["none", "None", ""]})`, "jwt.verify: ")
		}
	}
}

func TestJWTKeyPairs(t *testing.T) {
	t.Parallel()
	keys := hosttest.Signers(t)
	for algorithm, key := range keys {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			der, err := x509.MarshalPKCS8PrivateKey(key)
			private := hosttest.PEM(t, "PRIVATE KEY", der, err)
			der, err = x509.MarshalPKIXPublicKey(key.Public())
			public := hosttest.PEM(t, "PUBLIC KEY", der, err)
			jwk, err := json.Marshal(hosttest.JWK(t, "k1", key.Public()))
			if err != nil {
				t.Fatal(err)
			}
			for name, text := range map[string]string{"priv": private, "pub": public} {
				if err := w.VM.Set(name, text); err != nil {
					t.Fatal(err)
				}
			}
			w.Eq(`const t = jwt.sign({a: 1, iat: 1}, priv, {kid: "k1"}); const jwk = `+string(jwk)+`;
				[jwt.decode(t).header.alg, ...[pub, priv, jwk, {keys: [jwk]}, {jwks: {keys: [{kty: "X"}, jwk]}}].map(k => jwt.verify(t, k).a)]`,
				`["`+algorithm+`",1,1,1,1,1]`)
			// The public key as a secret of an HMAC is the classic confusion: the token must not choose.
			w.Throws(`jwt.sign({}, pub)`, "private key")
			w.Throws(`jwt.sign({}, priv, {algorithm: "HS256"})`, "does not go with this key")
			for _, k := range []string{"pub", "{keys: [jwk]}"} {
				w.Throws(`const [h, p] = [{alg: "HS256"}, {a: 2}].map(o => crypto.hash("sha256", "").length && require("buffer").Buffer.from(JSON.stringify(o)).toString("base64url"));
				jwt.verify(h + "." + p + "." + crypto.hmac("sha256", pub, h + "." + p, "base64url"), `+k+`)`, "no key goes with")
			}
			w.Throws(`jwt.verify(t, "-----BEGIN PUBLIC KEY----- broken")`, "cannot be read")
			// Signatures of nothing but zeros, which careless code takes for ECDSA.
			w.Throws(`[0, 64, 132, 256].forEach(n => { const s = require("buffer").Buffer.alloc(n).toString("base64url"); let ok = false
				try { jwt.verify(t.split(".").slice(0, 2).join(".") + "." + s, {keys: [jwk]}); ok = true } catch (e) {} if (ok) throw new Error("taken") }); throw new Error("all refused")`, "all refused")
			w.Throws(`jwt.verify(t, {kty: "oct", k: "AAAA"})`, "no key goes with")
			w.Throws(`jwt.verify(t, {keys: [{...jwk, kid: "other"}]})`, "no key goes with")
			w.Throws(`jwt.verify(t, {keys: [{...jwk, use: "enc"}]})`, "holds no key that can be used")
			w.Throws(`jwt.verify(t, {...jwk, x: "AAAA", n: "AAAA"})`, "holds no key that can be used")
			w.Throws(`jwt.verify(t, {})`, "holds no key that can be used")
			for other, k := range keys {
				if other != algorithm {
					der, err := x509.MarshalPKIXPublicKey(k.Public())
					if err := w.VM.Set("other", hosttest.PEM(t, "PUBLIC KEY", der, err)); err != nil {
						t.Fatal(err)
					}
					w.Throws(`jwt.verify(t, other)`, "no key goes with")
				}
			}
		})
	}
	w := newWorld(t)
	w.Throws(`jwt.verify("a.b.c", {keys: Array(200).fill({kty: "oct", k: "AA"})})`, "more than 100 keys")
}

func TestJWTKeysOfAURL(t *testing.T) {
	t.Parallel()
	keys := hosttest.Signers(t)
	var served atomic.Value
	var asked atomic.Int32
	served.Store([]any{hosttest.JWK(t, "rsa", keys["RS256"].Public()), map[string]any{"kty": "oct", "kid": "evil", "k": "c2VjcmV0"}})
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
			return
		}
		_ = json.NewEncoder(out).Encode(map[string]any{"keys": served.Load()})
	}))
	t.Cleanup(server.Close)
	w := newWorld(t)
	w.Network = true
	w.fetch = func(ctx context.Context, _ *hostfn.Run, url string) ([]byte, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return nil, err
		}
		res, err := server.Client().Do(req)
		if err != nil {
			return nil, err
		}
		defer res.Body.Close()
		return io.ReadAll(res.Body)
	}
	for name, key := range keys {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err := w.VM.Set(name, hosttest.PEM(t, "PRIVATE KEY", der, err)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.VM.Set("address", server.URL+"/keys"); err != nil {
		t.Fatal(err)
	}
	w.Eq(`const keys = {jwks: address}, t = jwt.sign({a: 1}, RS256, {kid: "rsa"}); [jwt.verify(t, keys).a, jwt.verify(t, keys).a]`, `[1,1]`)
	w.Throws(`jwt.verify(jwt.sign({}, "secret", {kid: "evil"}), keys)`, "no key goes with")
	w.Throws(`jwt.verify(jwt.sign({}, ES256, {kid: "new"}), keys)`, "no key goes with")
	if n := asked.Load(); n != 1 {
		t.Errorf("the keys were fetched %d times", n)
	}
	served.Store([]any{hosttest.JWK(t, "new", keys["ES256"].Public())})
	w.At = w.At.Add(time.Minute)
	w.Eq(`[jwt.verify(jwt.sign({a: 2}, ES256, {kid: "new"}), keys).a, jwt.verify(jwt.sign({a: 2}, ES256, {kid: "new"}), keys).a]`, `[2,2]`)
	w.Throws(`jwt.verify(t, keys)`, "no key goes with")
	if n := asked.Load(); n != 2 {
		t.Errorf("the keys were fetched %d times", n)
	}
	w.Throws(`jwt.verify(t, {jwks: "http://127.0.0.1:1/keys"})`, "cannot be fetched")
	ctx, kill := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer kill()
	w.Ctx = ctx
	start := time.Now()
	w.Throws(`jwt.verify(t, {jwks: address.replace("/keys", "/slow")})`, "")
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("the end of the run did not stop the call: %v", d)
	}
}

func FuzzJWT(f *testing.F) {
	hosttest.FuzzParser(newWorld(f).World, f, `t => { try { jwt.decode(t) } catch (e) {} return jwt.verify(t, "a secret") }`, "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJIUzI1NiJ9.e30.x", "...", "eyJhbGciOiJIUzI1NiIsImNyaXQiOlsieCJdfQ.e30.AA")
}

func FuzzKeys(f *testing.F) {
	hosttest.FuzzParser(newWorld(f).World, f, `t => { let k = t; try { k = JSON.parse(t) } catch (e) {} return jwt.verify("eyJhbGciOiJFUzI1NiJ9.e30.AAAA", k) }`, `{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}`, `{"keys":[{"kty":"RSA","n":"AQ","e":"AQAB"}]}`, "-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----", `{"kty":"OKP","crv":"Ed25519","x":""}`)
}

// What is no object of claims, or no date, would be lost or never valid.
// TestClaimsAndOptionsAgree: an option does not replace a claim that was given.
func TestClaimsAndOptionsAgree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.JS(`const long = "k".repeat(40)`)
	for script, text := range map[string]string{
		`jwt.sign({exp: 5}, long, {expiresIn: "1h"})`:        "the claims have exp already",
		`jwt.sign({nbf: 5}, long, {notBefore: 5})`:           "the claims have nbf already",
		`jwt.sign({iss: "a"}, long, {issuer: "b"})`:          "leave it or option issuer out",
		`jwt.sign({sub: "a"}, long, {subject: "b"})`:         "the claims have sub already",
		`jwt.sign({jti: "a"}, long, {id: "b"})`:              "the claims have jti already",
		`jwt.sign({aud: ["a"]}, long, {audience: ["b"]})`:    "the claims have aud already",
		`jwt.sign({aud: ["a", "b"]}, long, {audience: "a"})`: "the claims have aud already",
	} {
		w.Throws(script, text)
	}
	w.Eq(`jwt.decode(jwt.sign({iss: "a", aud: "x", exp: 9e9}, long, {issuer: "a", audience: "x"})).claims.iss`, `"a"`)
}

func TestClaimsAreClaims(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for script, text := range map[string]string{
		`jwt.sign(new Map([["a", 1]]), "a secret that is long enough for it")`: "an object of claims",
		`jwt.sign(new Set(["a"]), "a secret that is long enough for it")`:      "an object of claims",
		`jwt.sign({exp: "soon"}, "a secret that is long enough for it")`:       "the claim exp must be a number",
		`jwt.sign({nbf: new Date(0)}, "a secret that is long enough for it")`:  "the claim nbf must be a number",
	} {
		w.Throws(script, text)
	}
	w.Eq(`jwt.decode(jwt.sign({exp: 2e9, nbf: 1.5}, "a secret that is long enough for it")).claims.exp`, `2000000000`)
}
