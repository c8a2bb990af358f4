package crypto

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const (
	maxKeySet    = 1 << 20 // bytes
	maxKeys      = 100     // of one set
	maxRSABits   = 8192    // checking takes longer with each
	maxPrivate   = 5000    // bytes of a private key: one of maxRSABits; reading a longer one takes seconds
	keyTextStart = "-----BEGIN"
)

// KeySet holds the keys that may have signed a token.
type KeySet struct {
	keys    []namedKey
	Private any // of a key that can sign; nil without one

	Again func() (*KeySet, error) // fetches the set anew; nil for one that was given
}

type namedKey struct {
	key       any // []byte, *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey
	kid       string
	algorithm string // "" for all that go with the key
}

// Pick returns the keys for a token of that algorithm.
func (s *KeySet) Pick(algorithm string, kid any) ([]any, error) {
	if found := s.find(algorithm, kid); len(found) > 0 {
		return found, nil
	}
	if s.Again != nil {
		if newer, err := s.Again(); err == nil && newer != nil {
			if found := newer.find(algorithm, kid); len(found) > 0 {
				return found, nil
			}
		}
	}
	return nil, fault.New(fault.Script, "no key goes with the token's algorithm and key id")
}

func (s *KeySet) find(algorithm string, kid any) (found []any) {
	for _, k := range s.keys {
		if k.algorithm != "" && Polymorphic(k.algorithm) != Polymorphic(algorithm) || !slices.Contains(AlgorithmsOf(k.key), algorithm) {
			continue
		}
		if id, ok := kid.(string); ok && k.kid != "" && id != k.kid {
			continue
		}
		found = append(found, k.key)
	}
	return found
}

// Polymorphic is the older name of an algorithm that got a name of its own. Source: RFC 9864
func Polymorphic(algorithm string) string {
	if algorithm == "Ed25519" {
		return "EdDSA"
	}
	return algorithm
}

// parseSecret reads a PEM text, or takes the bytes as a secret. What looks like PEM is never a secret: a public key that
// is no secret must not become one.
func parseSecret(b []byte) (*KeySet, error) {
	if len(b) == 0 {
		return nil, fault.New(fault.Script, "the key is empty")
	}
	if len(b) > maxKeySet {
		return nil, fault.New(fault.Script, "the key is longer than %d KiB", maxKeySet>>10)
	}
	if !bytes.Contains(b, []byte(keyTextStart)) {
		return &KeySet{keys: []namedKey{{key: b}}, Private: b}, nil
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fault.New(fault.Script, "the PEM text of the key cannot be read")
	}
	set := &KeySet{}
	if key := privateKey(block.Bytes); key != nil {
		set.Private = key
		set.keys = []namedKey{{key: key.Public()}}
	} else if key := publicKey(block.Bytes); key != nil {
		set.keys = []namedKey{{key: key}}
	}
	if len(set.keys) == 0 || !usable(set.keys[0].key) {
		return nil, fault.New(fault.Script, "the PEM text holds no RSA, EC or Ed25519 key that can be used")
	}
	return set, nil
}

// privateKey reads the forms of private keys; nil when it is none.
func privateKey(der []byte) crypto.Signer {
	if len(der) > maxPrivate {
		return nil
	}
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		signer, _ := key.(crypto.Signer)
		return signer
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key
	}
	return nil
}

// publicKey reads the forms of public keys, a certificate too; nil when it is none.
func publicKey(der []byte) any {
	if key, err := x509.ParsePKIXPublicKey(der); err == nil {
		return key
	}
	if key, err := x509.ParsePKCS1PublicKey(der); err == nil {
		return key
	}
	if c, err := x509.ParseCertificate(der); err == nil {
		return c.PublicKey
	}
	return nil
}

func usable(key any) bool {
	if k, ok := key.(*rsa.PublicKey); ok {
		return k.N.BitLen() >= 1024 && k.N.BitLen() <= maxRSABits && k.E >= 3 && k.E&1 == 1
	}
	return AlgorithmsOf(key) != nil
}

// jwk is one key as RFC 7517 writes it.
type jwk struct {
	Kty, Use, Kid, Alg, Crv, N, E, X, Y, K, D, P, Q string

	Oth []any // of RSA keys with more than two primes
}

// ParseKeySet reads a JWK or a set of them. Secrets count only where the flow itself gave them.
func ParseKeySet(b []byte, secrets bool) (*KeySet, error) {
	if len(b) > maxKeySet {
		return nil, fault.New(fault.Script, "the set of keys is larger than %d KiB", maxKeySet>>10)
	}
	var doc struct {
		Keys []jwk
		jwk
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		return nil, fault.New(fault.Script, "the set of keys cannot be read")
	}
	if doc.Keys == nil {
		doc.Keys = []jwk{doc.jwk}
	}
	if len(doc.Keys) > maxKeys {
		return nil, fault.New(fault.Script, "the set has more than %d keys", maxKeys)
	}
	set := &KeySet{}
	for _, k := range doc.Keys {
		key := k.key()
		if _, secret := key.([]byte); key == nil || k.Use == "enc" || secret && !secrets || !secret && !usable(key) {
			continue // sets hold keys for other uses too
		}
		set.keys = append(set.keys, namedKey{key, k.Kid, k.Alg})
		if secrets && len(doc.Keys) == 1 {
			set.Private = k.private(key)
		}
	}
	if len(set.keys) == 0 {
		return nil, fault.New(fault.Script, "the set holds no key that can be used")
	}
	return set, nil
}

func unbase64(s string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil {
		return nil
	}
	return b
}

// key returns the key for checking; nil when it is of no known kind.
func (k jwk) key() any {
	switch k.Kty {
	case "oct":
		if b := unbase64(k.K); len(b) > 0 {
			return b
		}
	case "RSA":
		n, e := new(big.Int).SetBytes(unbase64(k.N)), new(big.Int).SetBytes(unbase64(k.E))
		if e.IsInt64() && e.Int64() <= 1<<31-1 {
			return &rsa.PublicKey{N: n, E: int(e.Int64())}
		}
	case "EC":
		curve := curveOf(k.Crv)
		if curve == nil {
			return nil
		}
		size := (curve.Params().BitSize + 7) / 8
		x, y := unbase64(k.X), unbase64(k.Y)
		if len(x) != size || len(y) != size {
			return nil
		}
		if key, err := ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, x, y)); err == nil {
			return key
		}
	case "OKP":
		if x := unbase64(k.X); k.Crv == "Ed25519" && len(x) == ed25519.PublicKeySize {
			return ed25519.PublicKey(x)
		}
	}
	return nil
}

func curveOf(name string) elliptic.Curve {
	switch name {
	case "P-256":
		return elliptic.P256()
	case "P-384":
		return elliptic.P384()
	case "P-521":
		return elliptic.P521()
	}
	return nil
}

// private returns the key for signing; nil when the JWK has none.
func (k jwk) private(public any) any {
	d := unbase64(k.D)
	switch p := public.(type) {
	case []byte:
		return p
	case *rsa.PublicKey:
		if key, err := k.rsaPrivate(p); err == nil {
			return key
		}
	case *ecdsa.PublicKey:
		if key, err := ecdsa.ParseRawPrivateKey(p.Curve, d); err == nil && key.PublicKey.Equal(p) {
			return key
		}
	case ed25519.PublicKey:
		if len(d) == ed25519.SeedSize {
			if key := ed25519.NewKeyFromSeed(d); p.Equal(key.Public()) {
				return key
			}
		}
	}
	return nil
}

// AlgorithmsOf lists what a key may be used for, the default first. A key of one kind is never taken for another, so a
// token cannot choose how it is checked.
func AlgorithmsOf(key any) []string {
	switch k := key.(type) {
	case []byte:
		return []string{"HS256", "HS384", "HS512"}
	case *rsa.PublicKey, *rsa.PrivateKey:
		return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
	case *ecdsa.PublicKey:
		return []string{"ES" + strings.Replace(strconv.Itoa(k.Curve.Params().BitSize), "521", "512", 1)}
	case *ecdsa.PrivateKey:
		return AlgorithmsOf(&k.PublicKey)
	case ed25519.PublicKey, ed25519.PrivateKey:
		return []string{"EdDSA", "Ed25519"}
	}
	return nil
}

// KeysOf reads the keys that are given as they are.
func KeysOf(r *hostfn.Run, v goja.Value) (*KeySet, error) {
	if o, ok := v.(*goja.Object); ok {
		if _, isBytes := r.Bytes(v); !isBytes {
			if set, ok := hostfn.Property(o, "jwks").(*goja.Object); ok {
				o = set
			}
			b, err := json.Marshal(r.DataOf(o))
			if err != nil {
				return nil, err
			}
			return ParseKeySet(b, true)
		}
	}
	secret, err := r.BytesOf(v)
	if err != nil {
		return nil, err
	}
	return parseSecret(secret)
}
