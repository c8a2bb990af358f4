package crypto

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math/big"
	"slices"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
)

// scheme is a way to sign: a padding or a curve, and the hash.
type scheme struct {
	hash crypto.Hash // 0 for Ed25519, which hashes by itself
	kind string      // RSA, PSS, EC or Ed25519; "" for what goes with the key
	bits int         // of the curve that the name prescribes; 0 for any
	raw  bool        // ECDSA's signature is r and s side by side, as JOSE has it, and not ASN.1
}

// schemeOf finds a scheme by its name in JOSE (RFC 7518, RFC 9864) or in Node: RS256, sha256, RSA-SHA256, Ed25519.
func schemeOf(name string) (scheme, error) {
	plain := strings.ReplaceAll(strings.ToUpper(name), "-", "")
	hashes := map[string]crypto.Hash{"1": crypto.SHA1, "256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}
	for _, family := range []struct {
		prefix string
		scheme scheme
	}{
		{"RSASHA", scheme{kind: "RSA"}},
		{"ECDSASHA", scheme{kind: "EC"}},
		{"SHA", scheme{}},
		{"RS", scheme{kind: "RSA"}},
		{"PS", scheme{kind: "PSS"}},
		{"ES", scheme{kind: "EC", raw: true}},
	} {
		size, ok := strings.CutPrefix(plain, family.prefix)
		if h, known := hashes[size]; ok && known && (size != "1" || strings.HasSuffix(family.prefix, "SHA")) {
			s := family.scheme
			s.hash = h
			if s.raw {
				s.bits = map[string]int{"256": 256, "384": 384, "512": 521}[size]
			}
			return s, nil
		}
	}
	if plain == "EDDSA" || plain == "ED25519" {
		return scheme{kind: "Ed25519"}, nil
	}
	return scheme{}, fault.New(fault.Script, "unknown algorithm %.40q; use RS256, PS256, ES256 (or 384, 512), Ed25519, sha1, sha256, sha384 or sha512", name)
}

// fits reports whether a scheme goes with a key: the public one, or the one that signs.
func (s scheme) fits(key any) bool {
	switch k := key.(type) {
	case *rsa.PublicKey, *rsa.PrivateKey:
		return s.kind == "RSA" || s.kind == "PSS" || s.kind == ""
	case *ecdsa.PublicKey:
		return (s.kind == "EC" || s.kind == "") && (s.bits == 0 || s.bits == k.Curve.Params().BitSize)
	case *ecdsa.PrivateKey:
		return s.fits(&k.PublicKey)
	case ed25519.PublicKey, ed25519.PrivateKey:
		return s.kind == "Ed25519"
	}
	return false
}

func (s scheme) digest(data []byte) []byte {
	if s.hash == 0 {
		return data
	}
	h := s.hash.New()
	h.Write(data)
	return h.Sum(nil)
}

// schemeAndKeys reads the first two arguments of crypto.sign and crypto.verify.
func schemeAndKeys(r *hostfn.Run, fn string, call goja.FunctionCall) (scheme, *KeySet) {
	s, err := schemeOf(hostfn.String(call, 0))
	if err != nil {
		arg.Fail(r, fn, "%s", arg.Reason(err))
	}
	keys, err := rawKeysOf(r, call.Argument(1))
	if err != nil {
		arg.Fail(r, fn, "%s", arg.Reason(err))
	}
	return s, keys
}

func cryptoSign(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "crypto.sign"
	s, keys := schemeAndKeys(r, fn, call)
	signer, ok := keys.Private.(crypto.Signer)
	if !ok {
		arg.Fail(r, fn, "signing takes a private key as PEM or JWK; crypto.hmac takes a secret")
	}
	if !s.fits(signer) {
		arg.Fail(r, fn, "the algorithm %.40q does not go with this key", hostfn.String(call, 0))
	}
	data := BytesOf(r, fn, call.Argument(2))
	signature, err := hostfn.Do(r.Effects, "random", "sign", func() ([]byte, error) { return s.sign(signer, data) })
	if err != nil {
		arg.Fail(r, fn, "the key cannot sign with this algorithm")
	}
	form := call.Argument(3)
	if goja.IsUndefined(form) {
		form = r.VM.ToValue("base64")
	}
	return encoded(r, fn, signature, form)
}

func (s scheme) sign(key crypto.Signer, data []byte) ([]byte, error) {
	var opts crypto.SignerOpts = s.hash
	if s.kind == "PSS" {
		opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: s.hash}
	}
	signature, err := key.Sign(rand.Reader, s.digest(data), opts)
	k, isEC := key.(*ecdsa.PrivateKey)
	if err != nil || !isEC || !s.raw {
		return signature, err
	}
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(signature, &pair); err != nil {
		return nil, err
	}
	size := (k.Curve.Params().BitSize + 7) / 8
	out := make([]byte, 2*size)
	pair.R.FillBytes(out[:size])
	pair.S.FillBytes(out[size:])
	return out, nil
}

func cryptoVerify(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "crypto.verify"
	s, keys := schemeAndKeys(r, fn, call)
	data, fits, valid := s.digest(BytesOf(r, fn, call.Argument(2))), false, false
	for _, signature := range signaturesOf(r, fn, call.Argument(3)) {
		for _, k := range keys.keys {
			if s.fits(k.key) {
				fits = true
				valid = valid || s.verify(k.key, data, signature)
			}
		}
	}
	if !fits {
		arg.Fail(r, fn, "the algorithm %.40q does not go with this key", hostfn.String(call, 0))
	}
	return r.VM.ToValue(valid)
}

// verify checks a signature of data that s has digested. ECDSA's may have either form.
func (s scheme) verify(key any, data, signature []byte) bool {
	switch k := key.(type) {
	case *rsa.PublicKey:
		if s.kind == "PSS" {
			return rsa.VerifyPSS(k, s.hash, data, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthAuto}) == nil
		}
		return rsa.VerifyPKCS1v15(k, s.hash, data, signature) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(k, data, signature) || verifyRaw(k, data, signature)
	case ed25519.PublicKey:
		return ed25519.Verify(k, data, signature)
	}
	return false
}

func verifyRaw(key *ecdsa.PublicKey, digest, signature []byte) bool {
	size := (key.Curve.Params().BitSize + 7) / 8
	if len(signature) != 2*size {
		return false
	}
	text, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])})
	return err == nil && ecdsa.VerifyASN1(key, digest, text)
}

// signaturesOf returns what a signature may be: its bytes, or those that a text holds as hexadecimal or base64. A text may be
// both; it does no harm to try each. Another text is a signature without bytes, which no key has made.
func signaturesOf(r *hostfn.Run, fn string, v goja.Value) [][]byte {
	text, ok := r.TextOf(v)
	if !ok {
		return [][]byte{BytesOf(r, fn, v)}
	}
	if found := decodings(text); len(found) > 0 {
		return found
	}
	return [][]byte{nil} // what a client sent is no signature, which is no error of the flow
}

// decodings are the bytes that a text may hold: as hexadecimal, as base64 of either alphabet.
func decodings(text string) (found [][]byte) {
	text = strings.TrimSpace(text)
	if b, err := hex.DecodeString(text); err == nil && len(b) > 0 {
		found = append(found, b)
	}
	plain := strings.NewReplacer("-", "+", "_", "/", "\r", "", "\n", "").Replace(strings.TrimRight(text, "="))
	if b, err := base64.RawStdEncoding.DecodeString(plain); err == nil && len(b) > 0 {
		found = append(found, b)
	}
	return found
}

// rawKeysOf reads a key as keysOf does, and as services hand out their public keys: DER or the 32 bytes of Ed25519, as bytes or
// as text that holds them (SendGrid, Discord), or with the prefixes of Standard Webhooks.
func rawKeysOf(r *hostfn.Run, v goja.Value) (*KeySet, error) {
	text, isText := r.TextOf(v)
	raw, isBytes := r.Bytes(v)
	if o, isObject := v.(*goja.Object); isObject && !isBytes {
		return KeysOf(r, o)
	}
	if strings.Contains(text, keyTextStart) || strings.Contains(string(raw), keyTextStart) {
		return KeysOf(r, v)
	}
	candidates := [][]byte{raw}
	if isText {
		text = strings.TrimSpace(text)
		if seed, ok := strings.CutPrefix(text, "whsk_"); ok {
			for _, b := range decodings(seed) {
				if len(b) >= ed25519.SeedSize {
					key := ed25519.NewKeyFromSeed(b[:ed25519.SeedSize])
					return &KeySet{keys: []namedKey{{key: key.Public()}}, Private: key}, nil
				}
			}
		}
		candidates = decodings(strings.TrimPrefix(text, "whpk_"))
	}
	for _, b := range candidates {
		if len(b) == ed25519.PublicKeySize {
			return &KeySet{keys: []namedKey{{key: ed25519.PublicKey(slices.Clone(b))}}}, nil
		}
		if key := privateKey(b); key != nil && usable(key.Public()) {
			return &KeySet{keys: []namedKey{{key: key.Public()}}, Private: key}, nil
		}
		if key := publicKey(b); key != nil && usable(key) {
			return &KeySet{keys: []namedKey{{key: key}}}, nil
		}
	}
	return nil, fault.New(fault.Script, "the key must be a PEM text, a JWK, or DER as bytes or base64")
}

// rsaPrivate makes the key of a JWK for signing; nil when it is none. The numbers that only make it faster are worked out anew.
// Source: RFC 7518, 6.3.2
func (k jwk) rsaPrivate(public *rsa.PublicKey) (*rsa.PrivateKey, error) {
	if k.D == "" {
		return nil, errors.New("there is no private exponent")
	}
	key := &rsa.PrivateKey{PublicKey: *public, D: new(big.Int).SetBytes(unbase64(k.D))}
	for _, prime := range []string{k.P, k.Q} {
		if p := new(big.Int).SetBytes(unbase64(prime)); p.Sign() > 0 {
			key.Primes = append(key.Primes, p)
		}
	}
	if len(k.Oth) > 0 || len(key.Primes) == 1 {
		return nil, errors.New("a key has two primes")
	}
	key.Precompute()
	if len(key.Primes) > 0 {
		err := key.Validate()
		return key, err
	}
	digest := make([]byte, crypto.SHA256.Size()) // without primes, only a signature shows that the numbers belong together
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest)
	if err != nil {
		return nil, err
	}
	return key, rsa.VerifyPKCS1v15(public, crypto.SHA256, digest, signature)
}
