package hosttest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"testing"
)

// Signers makes a key of each kind.
func Signers(t testing.TB) map[string]crypto.Signer {
	t.Helper()
	rsaKey, err1 := rsa.GenerateKey(rand.Reader, 2048)
	p256, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p521, err3 := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	_, ed, err4 := ed25519.GenerateKey(rand.Reader)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	return map[string]crypto.Signer{"RS256": rsaKey, "ES256": p256, "ES512": p521, "EdDSA": ed}
}

// PEM writes a key as a text; err is that of what made its bytes.
func PEM(t testing.TB, kind string, der []byte, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// JWK writes a public key as RFC 7517 does.
func JWK(t testing.TB, kid string, public any) map[string]any {
	b64 := base64.RawURLEncoding.EncodeToString
	switch k := public.(type) {
	case *rsa.PublicKey:
		return map[string]any{"kty": "RSA", "kid": kid, "n": b64(k.N.Bytes()), "e": b64([]byte{1, 0, 1}), "use": "sig", "alg": "RS256"}
	case *ecdsa.PublicKey:
		raw, err := k.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		n := (len(raw) - 1) / 2
		return map[string]any{"kty": "EC", "kid": kid, "crv": fmt.Sprint("P-", k.Curve.Params().BitSize), "x": b64(raw[1 : 1+n]), "y": b64(raw[1+n:])}
	case ed25519.PublicKey:
		return map[string]any{"kty": "OKP", "kid": kid, "crv": "Ed25519", "x": b64(k)}
	}
	t.Fatalf("no JWK of %T", public)
	return nil
}

// PrivateJWK is a private key as RFC 7517 writes it, as JSON.
func PrivateJWK(t testing.TB, key crypto.Signer, primes bool) string {
	t.Helper()
	b := func(v []byte) string { return base64.RawURLEncoding.EncodeToString(v) }
	out := JWK(t, "k1", key.Public())
	switch k := key.(type) {
	case *rsa.PrivateKey:
		out["d"] = b(k.D.Bytes())
		if primes {
			out["p"], out["q"] = b(k.Primes[0].Bytes()), b(k.Primes[1].Bytes())
		}
	case *ecdsa.PrivateKey:
		d, err := k.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		out["d"] = b(d)
	case ed25519.PrivateKey:
		out["d"] = b(k.Seed())
	}
	text, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
