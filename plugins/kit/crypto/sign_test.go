package crypto_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
)

// TestSign: what one key signs is valid with it, in each form, and with nothing else.
func TestSign(t *testing.T) {
	t.Parallel()
	keys := hosttest.Signers(t)
	for _, c := range []struct {
		key        string
		algorithms string
	}{
		{"RS256", `["RS256","RS384","RS512","PS256","PS384","PS512","sha1","sha256","SHA-384","RSA-SHA512","rs256"]`},
		{"ES256", `["ES256","sha256","ECDSA-SHA384"]`},
		{"EdDSA", `["EdDSA","Ed25519","ed25519"]`},
	} {
		t.Run(c.key, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			key := keys[c.key]
			der, err := x509.MarshalPKCS8PrivateKey(key)
			private := hosttest.PEM(t, "PRIVATE KEY", der, err)
			der, err = x509.MarshalPKIXPublicKey(key.Public())
			w.Set(map[string]any{"priv": private, "pub": hosttest.PEM(t, "PUBLIC KEY", der, err), "der": base64.StdEncoding.EncodeToString(der)})
			w.Eq(`const jwk = `+hosttest.PrivateJWK(t, key, true)+`, { d, p, q, ...open } = jwk, names = `+c.algorithms+`
				names.flatMap(n => [priv, jwk].flatMap(k => ["base64", "base64url", "hex", "bytes", undefined].flatMap(form => [pub, open, der, priv, {keys: [open]}].map(v => {
					const s = crypto.sign(n, k, "a text", form)
					return crypto.verify(n, v, "a text", s) && !crypto.verify(n, v, "another", s) && !crypto.verify(n, v, "a text", crypto.sign(n, k, "another"))
				})))).every(Boolean)`, `true`)
			w.Eq(`names.every(n => crypto.verify(n, pub, "ab", crypto.sign(n, priv, require("buffer").Buffer.from("ab"))))`, `true`)
			w.Eq(`names.some(n => crypto.verify(n, pub, "x", "AAAA") || crypto.verify(n, pub, "x", "00".repeat(64)) || crypto.verify(n, pub, "x", "00".repeat(256)))`, `false`)
			w.Throws(`crypto.sign(names[0], pub, "x")`, "private key")
			w.Throws(`crypto.sign(names[0], "a secret", "x")`, "")
			w.Eq(`[crypto.verify(names[0], pub, "x", "no signature!"), crypto.verify(names[0], pub, "x", "")]`, `[false,false]`)
			w.Throws(`crypto.verify(names[0], pub, "x")`, "text or bytes")
			w.Throws(`crypto.verify(names[0], pub)`, "text or bytes")
			w.Throws(`crypto.verify("RS257", pub, "x", "AAAA")`, "unknown algorithm")
			w.Throws(`crypto.verify("HS256", pub, "x", "AAAA")`, "unknown algorithm")
			w.Throws(`crypto.verify("RS1", pub, "x", "AAAA")`, "unknown algorithm")
			for _, other := range []string{"RS256", "ES256", "ES384", "EdDSA"} {
				if other != c.key {
					w.Throws(`crypto.verify("`+other+`", pub, "x", "AAAA")`, "does not go with this key")
					w.Throws(`crypto.sign("`+other+`", priv, "x")`, "does not go with this key")
				}
			}
		})
	}
}

// TestVerifyServices: signatures as services send them, with public keys in the form in which they give them out.
func TestVerifyServices(t *testing.T) {
	t.Parallel()
	keys := hosttest.Signers(t)
	w := newWorld(t)
	ed, ec, rs := keys["EdDSA"].(ed25519.PrivateKey), keys["ES256"].(*ecdsa.PrivateKey), keys["RS256"].(*rsa.PrivateKey)
	public := ed.Public().(ed25519.PublicKey)
	data := []byte(`1770000000{"type":1}`)
	sum := sha256.Sum256(data)
	asn1, err := ecdsa.SignASN1(rand.Reader, ec, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	pkcs, err := rsa.SignPKCS1v15(rand.Reader, rs, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(ec.Public())
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1)}, &x509.Certificate{SerialNumber: big.NewInt(1)}, rs.Public(), rs)
	b64 := base64.StdEncoding.EncodeToString
	w.Set(map[string]any{
		"data": string(data), "discordKey": hex.EncodeToString(public), "discord": hex.EncodeToString(ed25519.Sign(ed, data)),
		"sendgridKey": b64(spki), "sendgrid": b64(asn1), "snsKey": hosttest.PEM(t, "CERTIFICATE", certificate, err), "sns": b64(pkcs),
		"whpk": "whpk_" + b64(public), "whsk": "whsk_" + b64(ed), "v1a": b64(ed25519.Sign(ed, data)),
	})
	w.Eq(`const sent = [["Ed25519", discordKey, discord], ["sha256", sendgridKey, sendgrid], ["ES256", sendgridKey, sendgrid], ["RSA-SHA256", snsKey, sns], ["Ed25519", whpk, v1a], ["ed25519", whpk, crypto.sign("Ed25519", whsk, data)]]
		;[sent.map(([a, k, s]) => crypto.verify(a, k, data, s)), sent.map(([a, k, s]) => crypto.verify(a, k, data + " ", s))]`,
		`[[true,true,true,true,true,true],[false,false,false,false,false,false]]`)
	// RFC 8032, 7.1, test 2.
	w.Eq(`crypto.verify("Ed25519", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", new Uint8Array([0x72]), "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")`, `true`)
	for _, key := range []string{`""`, `"nonsense"`, `"a secret of thirty-one bytes ..."`, `{}`, `null`, `undefined`, `7`, `new Uint8Array(31)`} {
		w.Throws(`crypto.verify("Ed25519", `+key+`, data, discord)`, "")
	}
}
