package kit

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
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

const (
	maxKeySet    = 1 << 20          // bytes
	maxKeys      = 100              // of one set
	maxKeySets   = 100              // that are kept
	keySetLife   = 10 * time.Minute // after which a set is fetched again
	keySetPause  = 30 * time.Second // between two fetches for keys that are not known
	maxRSABits   = 8192             // checking takes longer with each
	keyTextStart = "-----BEGIN"
)

// keySet holds the keys that may have signed a token.
type keySet struct {
	keys    []namedKey
	private any // of a key that can sign; nil without one

	again func() (*keySet, error) // fetches the set anew; nil for one that was given
}

type namedKey struct {
	key       any // []byte, *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey
	kid       string
	algorithm string // "" for all that go with the key
}

// pick gives the keys for a token of that algorithm.
func (s *keySet) pick(algorithm string, kid any) (any, error) {
	if found := s.find(algorithm, kid); len(found) > 0 {
		return jwt.VerificationKeySet{Keys: found}, nil
	}
	if s.again != nil {
		if newer, err := s.again(); err == nil && newer != nil {
			if found := newer.find(algorithm, kid); len(found) > 0 {
				return jwt.VerificationKeySet{Keys: found}, nil
			}
		}
	}
	return nil, fault.New(fault.Script, "no key goes with the token's algorithm and key id")
}

func (s *keySet) find(algorithm string, kid any) (found []jwt.VerificationKey) {
	for _, k := range s.keys {
		if k.algorithm != "" && k.algorithm != algorithm || !slices.Contains(algorithmsOf(k.key), algorithm) {
			continue
		}
		if id, ok := kid.(string); ok && k.kid != "" && id != k.kid {
			continue
		}
		found = append(found, k.key)
	}
	return found
}

// parseSecret reads a PEM text, or takes the bytes as a secret. What looks like PEM is never a secret: a public key that
// is no secret must not become one.
func parseSecret(b []byte) (*keySet, error) {
	if len(b) == 0 {
		return nil, fault.New(fault.Script, "the key is empty")
	}
	if !bytes.Contains(b, []byte(keyTextStart)) {
		return &keySet{keys: []namedKey{{key: b}}, private: b}, nil
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fault.New(fault.Script, "the PEM text of the key cannot be read")
	}
	set := &keySet{}
	if key := privateKey(block.Bytes); key != nil {
		set.private = key
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
	return algorithmsOf(key) != nil
}

// jwk is one key as RFC 7517 writes it.
type jwk struct {
	Kty, Use, Kid, Alg, Crv, N, E, X, Y, K, D string
}

// parseKeySet reads a JWK or a set of them. Secrets count only where the flow itself gave them.
func parseKeySet(b []byte, secrets bool) (*keySet, error) {
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
	set := &keySet{}
	for _, k := range doc.Keys {
		key := k.key()
		if _, secret := key.([]byte); key == nil || k.Use == "enc" || secret && !secrets || !secret && !usable(key) {
			continue // sets hold keys for other uses too
		}
		set.keys = append(set.keys, namedKey{key, k.Kid, k.Alg})
		if secrets && len(doc.Keys) == 1 {
			set.private = k.private(key)
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

// key gives the key for checking; nil when it is of no known kind.
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

// private gives the key for signing; nil when the JWK has none. RSA keys for signing are given as PEM.
func (k jwk) private(public any) any {
	d := unbase64(k.D)
	switch p := public.(type) {
	case []byte:
		return p
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

// keySets keeps what was fetched, by URL.
type keySets struct {
	mu   sync.Mutex
	sets map[string]fetchedSet
}

type fetchedSet struct {
	set *keySet
	at  time.Time
}

func newKeySets() *keySets { return &keySets{sets: map[string]fetchedSet{}} }

// get gives the set of a URL, fetching it when it is not known or old. A key that is not in it may have come since: then
// the set is fetched again, but not for every token of somebody who makes up key ids.
func (c *keySets) get(address string, now time.Time, fetch func() (*keySet, error)) (*keySet, error) {
	c.mu.Lock()
	known, ok := c.sets[address]
	c.mu.Unlock()
	if !ok || now.Sub(known.at) > keySetLife {
		set, err := fetch()
		if err != nil {
			return nil, err
		}
		c.put(address, fetchedSet{set, now})
		return set, nil
	}
	set := *known.set
	if now.Sub(known.at) >= keySetPause {
		set.again = func() (*keySet, error) {
			c.put(address, fetchedSet{known.set, now}) // also when fetching fails
			newer, err := fetch()
			if err == nil {
				c.put(address, fetchedSet{newer, now})
			}
			return newer, err
		}
	}
	return &set, nil
}

func (c *keySets) put(address string, s fetchedSet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for other := range c.sets { // any: what is in use is fetched again
		if len(c.sets) < maxKeySets {
			break
		}
		delete(c.sets, other)
	}
	c.sets[address] = s
}
