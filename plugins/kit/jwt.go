package kit

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dop251/goja"
	"github.com/golang-jwt/jwt/v5"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const maxToken = 64 << 10 // bytes

func (k *kit) jwtRow() hostfn.Row {
	return hostfn.Row{
		Name: "jwt", Sig: "jwt",
		Doc: `Signed tokens: sign(claims, key, {algorithm, expiresIn, notBefore, issuer, audience, subject, id, kid}), verify(token, key, {algorithms, issuer, audience, subject, leeway, requireExpiry}) gives the claims or throws, ` +
			`decode(token) reads without checking. A key is a secret (HS256…), a PEM text (RS256…, PS256…, ES256…, EdDSA), a JWK, {keys: […]} or {jwks: url}; the kind of the key decides which algorithms may sign. ` +
			`Times are seconds or texts such as "15m", "2h", "7d".`,
		Example: `const token = jwt.sign({ user: "ada" }, "a long random secret of the shop", { expiresIn: "15m", issuer: "shop" })
payload.user = jwt.verify(token, "a long random secret of the shop", { issuer: "shop" }).user`,
		Bind: object(method{"sign", jwtSign}, method{"verify", k.jwtVerify}, method{"decode", jwtDecode}),
	}
}

func jwtSign(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "jwt.sign"
	given, ok := data(r, call.Argument(0)).(map[string]any)
	if !ok {
		fail(r, fn, "argument 1 must be an object of claims")
	}
	key, err := signingKey(call.Argument(1), r)
	if err != nil {
		fail(r, fn, "%s", parseText(err))
	}
	o := options(r, fn, call, 2)
	algorithms := algorithmsOf(key)
	algorithm := o.text("algorithm", "")
	if algorithm == "" {
		algorithm = algorithms[0]
	}
	if !slices.Contains(algorithms, algorithm) {
		fail(r, fn, "algorithm %.20q does not go with this key; use one of %s", algorithm, strings.Join(algorithms, ", "))
	}
	token := jwt.NewWithClaims(jwt.GetSigningMethod(algorithm), o.claims(given))
	if kid := o.text("kid", ""); kid != "" {
		token.Header["kid"] = kid
	}
	signed, err := token.SignedString(key)
	if err != nil {
		fail(r, fn, "the key cannot sign with %s", algorithm)
	}
	return r.VM.ToValue(signed)
}

// claims adds what the options say to the claims that were given.
func (s settings) claims(given map[string]any) jwt.MapClaims {
	c := jwt.MapClaims(maps.Clone(given))
	now := s.r.Now()
	if c["iat"] == nil {
		c["iat"] = now.Unix()
	}
	for option, claim := range map[string]string{"issuer": "iss", "subject": "sub", "id": "jti"} {
		if v := s.text(option, ""); v != "" {
			c[claim] = v
		}
	}
	switch list := s.texts("audience"); len(list) {
	case 0:
	case 1:
		c["aud"] = list[0]
	default:
		c["aud"] = list
	}
	for option, claim := range map[string]string{"expiresIn": "exp", "notBefore": "nbf"} {
		if d, set := s.span(option); set {
			c[claim] = now.Add(d).Unix()
		}
	}
	return c
}

// span reads a time span: seconds, or a text such as "15m" or "7d".
func (s settings) span(name string) (d time.Duration, set bool) {
	v, given := s.values[name]
	if !given {
		return 0, false
	}
	switch v := v.(type) { // nil is null, and NaN: a token must not live forever because of a number that went wrong
	case int64:
		if v < 1e9 && v > -1e9 {
			return time.Duration(v) * time.Second, true
		}
	case float64:
		if v < 1e9 && v > -1e9 {
			return time.Duration(v * float64(time.Second)), true
		}
	case string:
		if days, ok := strings.CutSuffix(v, "d"); ok {
			if n, err := strconv.Atoi(days); err == nil && n < 36500 && n > -36500 {
				return time.Duration(n) * 24 * time.Hour, true
			}
		} else if d, err := time.ParseDuration(v); err == nil {
			return d, true
		}
	}
	fail(s.r, s.fn, `option %s must be seconds or a text such as "15m", "2h", "7d"`, name)
	return 0, false
}

// algorithmsOf lists what a key may be used for, the default first. A key of one kind is never taken for another, so a
// token cannot choose how it is checked.
func algorithmsOf(key any) []string {
	switch k := key.(type) {
	case []byte:
		return []string{"HS256", "HS384", "HS512"}
	case *rsa.PublicKey, *rsa.PrivateKey:
		return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
	case *ecdsa.PublicKey:
		return []string{"ES" + strings.Replace(strconv.Itoa(k.Curve.Params().BitSize), "521", "512", 1)}
	case *ecdsa.PrivateKey:
		return algorithmsOf(&k.PublicKey)
	case ed25519.PublicKey, ed25519.PrivateKey:
		return []string{"EdDSA"}
	}
	return nil
}

func (k *kit) jwtVerify(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "jwt.verify"
	token := tokenText(r, fn, call)
	keys, err := k.verifyingKeys(r, call.Argument(1))
	if err != nil {
		fail(r, fn, "%s", parseText(err))
	}
	o := options(r, fn, call, 2)
	parser := []jwt.ParserOption{jwt.WithTimeFunc(r.Time.Now), jwt.WithJSONNumber()}
	if leeway, set := o.span("leeway"); set {
		parser = append(parser, jwt.WithLeeway(max(leeway, 0)))
	}
	if iss := o.text("issuer", ""); iss != "" {
		parser = append(parser, jwt.WithIssuer(iss))
	}
	if aud := o.texts("audience"); len(aud) > 0 {
		parser = append(parser, jwt.WithAudience(aud...))
	}
	if sub := o.text("subject", ""); sub != "" {
		parser = append(parser, jwt.WithSubject(sub))
	}
	if o.flag("requireExpiry", false) {
		parser = append(parser, jwt.WithExpirationRequired())
	}
	wanted := o.texts("algorithms")
	claims := jwt.MapClaims{}
	_, err = jwt.NewParser(parser...).ParseWithClaims(token, claims, func(t *jwt.Token) (any, error) {
		algorithm := t.Method.Alg()
		if wanted != nil && !slices.Contains(wanted, algorithm) {
			return nil, fault.New(fault.Script, "tokens with algorithm %s are not accepted", algorithm)
		}
		if t.Header["crit"] != nil {
			return nil, fault.New(fault.Script, "the token asks for extensions that are not known")
		}
		return keys.pick(algorithm, t.Header["kid"])
	})
	if err != nil {
		fail(r, fn, "%s", tokenError(err))
	}
	return hostfn.ToJS(r.VM, map[string]any(claims))
}

// tokenError says what is wrong with a token. It never repeats the token or a key.
func tokenError(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Text
	}
	for _, known := range []struct {
		err  error
		text string
	}{
		{jwt.ErrTokenMalformed, "the text is no token"},
		{jwt.ErrTokenSignatureInvalid, "the signature is wrong"},
		{jwt.ErrTokenUnverifiable, "the token cannot be checked with this key"},
		{jwt.ErrTokenExpired, "the token has expired"},
		{jwt.ErrTokenNotValidYet, "the token is not valid yet"},
		{jwt.ErrTokenInvalidIssuer, "the token has another issuer"},
		{jwt.ErrTokenInvalidAudience, "the token is for another audience"},
		{jwt.ErrTokenInvalidSubject, "the token has another subject"},
		{jwt.ErrTokenRequiredClaimMissing, "the token lacks a claim that is required"},
	} {
		if errors.Is(err, known.err) {
			return known.text
		}
	}
	return "the token is not valid"
}

func tokenText(r *hostfn.Run, fn string, call goja.FunctionCall) string {
	token := text(r, fn, call, 0)
	if len(token) > maxToken {
		fail(r, fn, "the token is longer than %d KiB", maxToken>>10)
	}
	return strings.TrimSpace(token)
}

func jwtDecode(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	parts := strings.Split(tokenText(r, "jwt.decode", call), ".")
	if len(parts) != 3 {
		fail(r, "jwt.decode", "the text is no token")
	}
	read := func(part string) any {
		b, err := jwt.NewParser().DecodeSegment(part)
		if err == nil {
			if v, err := hostfn.Decode(b); err == nil {
				return v
			}
		}
		fail(r, "jwt.decode", "the text is no token")
		return nil
	}
	return hostfn.ToJS(r.VM, map[string]any{"header": read(parts[0]), "claims": read(parts[1])})
}

// signingKey reads a secret, a PEM text or a JWK.
func signingKey(v goja.Value, r *hostfn.Run) (any, error) {
	keys, err := keysOf(r, v)
	if err != nil {
		return nil, err
	}
	if keys.private == nil {
		return nil, fault.New(fault.Script, "signing takes a secret or a private key")
	}
	return keys.private, nil
}

// verifyingKeys reads a secret, a PEM text, a JWK, a set of them or the URL of one.
func (k *kit) verifyingKeys(r *hostfn.Run, v goja.Value) (*keySet, error) {
	o, ok := v.(*goja.Object)
	if !ok {
		return keysOf(r, v)
	}
	address, ok := hostfn.Property(o, "jwks").Export().(string)
	if !ok {
		return keysOf(r, v)
	}
	r.Require("enable_network")
	if k.Fetch == nil {
		return nil, fault.New(fault.Unavailable, "this runtime cannot fetch keys")
	}
	fetch := func() (set *keySet, err error) {
		b, err := hostfn.Take(r, "http", hostfn.Words("GET "+address), func(ctx context.Context) ([]byte, error) {
			b, err := k.Fetch(ctx, r, address)
			if err != nil {
				return nil, fault.Wrap(fault.Unavailable, err, "the keys cannot be fetched from the URL in jwks")
			}
			return b, nil
		})
		if err != nil {
			return nil, err
		}
		return parseKeySet(b, false)
	}
	if r.Effects != nil { // what other runs have fetched is no part of a recording
		return fetch()
	}
	return k.keySets.get(address, r.Time.Now(), fetch)
}

// keysOf reads the keys that are given as they are.
func keysOf(r *hostfn.Run, v goja.Value) (*keySet, error) {
	if o, ok := v.(*goja.Object); ok {
		if _, isBytes := hostfn.Bytes(v); !isBytes {
			if set, ok := hostfn.Property(o, "jwks").(*goja.Object); ok {
				o = set
			}
			b, err := json.Marshal(data(r, o))
			if err != nil {
				return nil, err
			}
			return parseKeySet(b, true)
		}
	}
	secret, err := hostfn.BytesOf(v)
	if err != nil {
		return nil, err
	}
	return parseSecret(secret)
}
