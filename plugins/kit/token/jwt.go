// Package token is the family of plugins/kit for signed tokens: jwt, with sets of keys that are fetched once for all runs. Of
// the other families it knows crypto.
package token

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/dop251/goja"
	"github.com/golang-jwt/jwt/v5"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/crypto"
)

const (
	maxToken     = 64 << 10 // bytes
	maxAudiences = 100      // that are wanted, or written into a token: each that is wanted is compared with each that is given
)

// Fetch reads the key set of a URL.
type Fetch = func(ctx context.Context, r *hostfn.Run, url string) ([]byte, error)

// tokens is what the functions share.
type tokens struct {
	fetchKeys Fetch // nil where keys cannot be fetched
	keySets   *keySets
}

// Rows lists the global of this package.
func Rows(fetch Fetch) []hostfn.Row {
	k := &tokens{fetch, newKeySets()}
	return []hostfn.Row{k.jwtRow()}
}

func (k *tokens) jwtRow() hostfn.Row {
	return hostfn.Row{
		Name: "jwt", Sig: "jwt",
		Calls: []string{
			`jwt.sign(claims, signingKey, {algorithm, expiresIn, notBefore, issuer, audience, subject, id, kid})`,
			`jwt.verify(token, signingKey, {algorithms, issuer, audience, subject, leeway, requireExpiry})`,
			`jwt.decode(token)`,
		},
		Doc: `Signed tokens: sign(claims, key, {algorithm, expiresIn, notBefore, issuer, audience, subject, id, kid}), verify(token, key, {algorithms, issuer, audience, subject, leeway, requireExpiry}) returns the claims or throws, ` +
			`decode(token) reads without checking. A key is a secret (HS256…), a PEM text (RS256…, PS256…, ES256…, Ed25519 or EdDSA), a JWK, {keys: […]} or {jwks: url}; the kind of the key decides which algorithms may sign. ` +
			`The set of a URL is cached for 10 minutes for all runs; if it cannot be refreshed, it is used for up to an hour after the fetch. ` +
			`Times are seconds or texts such as "15m", "2h", "7d". An option that is null, undefined or empty is an error: what it restricts would not be checked.`,
		Example: `const token = jwt.sign({ user: "ada" }, "a long random secret of the shop", { expiresIn: "15m", issuer: "shop" })
payload.user = jwt.verify(token, "a long random secret of the shop", { issuer: "shop" }).user`,
		Bind: arg.Object(arg.Method("sign", jwtSign), arg.Method("verify", k.jwtVerify), arg.Method("decode", jwtDecode)),
	}
}

func jwtSign(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "jwt.sign"
	given, err := r.Object(call.Argument(0))
	if err != nil {
		r.Rethrow(err)
	}
	if given == nil || given.Len() == 0 && holdsEntries(call.Argument(0)) {
		arg.Fail(r, fn, "argument 1 must be an object of claims")
	}
	numericDates(r, fn, call.Argument(0), given)
	key, err := signingKey(call.Argument(1), r)
	if err != nil {
		arg.Fail(r, fn, "%s", arg.Reason(err))
	}
	o := arg.Options(r, fn, call, 2, "algorithm", "expiresIn", "notBefore", "issuer", "audience", "subject", "id", "kid")
	o.Stated("algorithm", "expiresIn", "notBefore", "issuer", "audience", "subject", "id", "kid")
	stated(o, "algorithm", "issuer", "audience", "subject", "id", "kid")
	algorithms := crypto.AlgorithmsOf(key)
	algorithm := o.Text("algorithm", "")
	if algorithm == "" {
		algorithm = algorithms[0]
	}
	if !slices.Contains(algorithms, algorithm) {
		arg.Fail(r, fn, "algorithm %.20q does not go with this key; use one of %s", algorithm, strings.Join(algorithms, ", "))
	}
	setClaims(o, given)
	header := ordered.New(3)
	header.Set("alg", algorithm)
	header.Set("typ", "JWT")
	if kid := o.Text("kid", ""); kid != "" {
		header.Set("kid", kid)
	}
	signed, err := signToken(header, given, algorithm, key)
	if err != nil {
		arg.Fail(r, fn, "the key cannot sign with %s", algorithm)
	}
	return r.VM.ToValue(signed)
}

// holdsEntries reports whether a value is one like a Map, which has no JSON of its own.
func holdsEntries(v goja.Value) bool {
	o, ok := v.(*goja.Object)
	return ok && o.GetSymbol(goja.SymIterator) != nil
}

// signToken writes header and claims in their order and signs them.
func signToken(header, claims *ordered.Object, algorithm string, key any) (string, error) {
	var parts []string
	for _, part := range []*ordered.Object{header, claims} {
		text, err := part.MarshalJSON()
		if err != nil {
			return "", err
		}
		parts = append(parts, base64.RawURLEncoding.EncodeToString(text))
	}
	text := strings.Join(parts, ".")
	signature, err := jwt.GetSigningMethod(crypto.Polymorphic(algorithm)).Sign(text, key)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), err
}

// setClaims adds what the options say to the claims that were given.
func setClaims(s arg.Settings, c *ordered.Object) {
	now := s.R.Now()
	if c.Get("iat") == nil {
		c.Set("iat", now.Unix())
	}
	for _, o := range [][2]string{{"issuer", "iss"}, {"subject", "sub"}, {"id", "jti"}} {
		if v := s.Text(o[0], ""); v != "" {
			claim(s, c, o[0], o[1], v)
		}
	}
	switch list := few(s, "audience"); len(list) {
	case 0:
	case 1:
		claim(s, c, "audience", "aud", list[0])
	default:
		claim(s, c, "audience", "aud", list)
	}
	for _, o := range [][2]string{{"expiresIn", "exp"}, {"notBefore", "nbf"}} {
		if d, set := span(s, o[0]); set {
			claim(s, c, o[0], o[1], now.Add(d).Unix())
		}
	}
}

// claim sets the claim of an option. One that was given with another value is an error: which of the two is meant?
func claim(s arg.Settings, c *ordered.Object, option, name string, v any) {
	if old := c.Get(name); old != nil && old != any(v) {
		arg.Fail(s.R, s.Fn, "the claims have %s already: leave it or option %s out", name, option)
	}
	c.Set(name, v)
}

// few reads a text or a short list of them.
func few(s arg.Settings, name string) []string {
	list := s.Texts(name)
	if len(list) > maxAudiences {
		arg.Fail(s.R, s.Fn, "option %s has more than %d texts", name, maxAudiences)
	}
	return list
}

// stated refuses options that are given and say nothing, such as a setting that is missing: the token would pass unchecked.
func stated(s arg.Settings, names ...string) {
	for _, name := range names {
		if list := s.Texts(name); s.Values[name] != nil && (len(list) == 0 || slices.Contains(list, "")) {
			panic(s.R.VM.NewTypeError("%s: option %s is empty: leave it out where it is not to be checked", s.Fn, name))
		}
	}
}

func (k *tokens) jwtVerify(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "jwt.verify"
	token := tokenText(r, fn, call)
	keys, err := k.verifyingKeys(r, call.Argument(1))
	if err != nil {
		arg.Fail(r, fn, "%s", arg.Reason(err))
	}
	o := arg.Options(r, fn, call, 2, "algorithms", "issuer", "audience", "subject", "leeway", "requireExpiry")
	o.Stated("algorithms", "issuer", "audience", "subject", "requireExpiry")
	stated(o, "issuer", "audience", "subject")
	var parser []jwt.ParserOption
	leeway, _ := span(o, "leeway")
	if iss := o.Text("issuer", ""); iss != "" {
		parser = append(parser, jwt.WithIssuer(iss))
	}
	if aud := few(o, "audience"); len(aud) > 0 {
		parser = append(parser, jwt.WithAudience(aud...))
	}
	if sub := o.Text("subject", ""); sub != "" {
		parser = append(parser, jwt.WithSubject(sub))
	}
	expires := o.Flag("requireExpiry", false)
	wanted := few(o, "algorithms")
	t, err := parseToken(token)
	if err == nil {
		err = t.check(keys, wanted)
	}
	if err == nil {
		err = t.current(r.Time.Now(), max(leeway, 0), expires)
	}
	if err == nil {
		err = jwt.NewValidator(parser...).Validate(jwt.MapClaims(t.claims))
	}
	if err != nil {
		arg.Fail(r, fn, "%s", tokenError(err))
	}
	return inOrder(r, t.claimsText)
}

// signedToken is a token that was read and not checked.
type signedToken struct {
	header, claims map[string]any

	headerText, claimsText []byte // the same, in their order
	signed                 string // what the signature is of
	signature              []byte
}

// parseToken reads a token. Header and claims are objects: a token that says null says nothing, and would pass every check of
// what it does not say. Fails with jwt.ErrTokenMalformed.
func parseToken(text string) (t *signedToken, err error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil, jwt.ErrTokenMalformed
	}
	t = &signedToken{signed: parts[0] + "." + parts[1]}
	texts := []*[]byte{&t.headerText, &t.claimsText}
	for i, to := range []*map[string]any{&t.header, &t.claims} {
		b, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return nil, jwt.ErrTokenMalformed
		}
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		if d.Decode(to) != nil || *to == nil || d.Decode(new(any)) != io.EOF {
			return nil, jwt.ErrTokenMalformed
		}
		*texts[i] = b
	}
	if t.signature, err = base64.RawURLEncoding.DecodeString(parts[2]); err != nil {
		return nil, jwt.ErrTokenMalformed
	}
	return t, nil
}

// check checks the signature. golang-jwt's parser knows the algorithms of a list that is global: Ed25519 is not in it.
func (t *signedToken) check(keys *crypto.KeySet, wanted []string) error {
	algorithm, _ := t.header["alg"].(string)
	method := jwt.GetSigningMethod(crypto.Polymorphic(algorithm))
	if method == nil {
		return jwt.ErrTokenUnverifiable
	}
	if wanted != nil && !slices.Contains(wanted, algorithm) {
		return fault.New(fault.Script, "tokens with algorithm %.40s are not accepted", algorithm)
	}
	if t.header["crit"] != nil {
		return fault.New(fault.Script, "the token asks for extensions that are not known")
	}
	candidates, err := keys.Pick(algorithm, t.header["kid"])
	if err != nil {
		return err
	}
	for _, key := range candidates {
		if method.Verify(t.signed, t.signature, key) == nil {
			return nil
		}
	}
	return jwt.ErrTokenSignatureInvalid
}

// tokenError returns what is wrong with a token. It never repeats the token or a key.
func tokenError(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Text
	}
	for _, known := range []struct {
		err  error
		text string
	}{
		{jwt.ErrTokenMalformed, "the text is not a token"},
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
	token := arg.Text(r, fn, call, 0)
	if len(token) > maxToken {
		arg.Fail(r, fn, "the token is longer than %d KiB", maxToken>>10)
	}
	return strings.TrimSpace(token)
}

func jwtDecode(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	t, err := parseToken(tokenText(r, "jwt.decode", call))
	if err != nil {
		arg.Fail(r, "jwt.decode", "%s", tokenError(err))
	}
	o := ordered.New(2)
	o.Set("header", inOrder(r, t.headerText))
	o.Set("claims", inOrder(r, t.claimsText))
	return r.ToJS(o)
}

// inOrder makes a value of JSON that was read before.
func inOrder(r *hostfn.Run, text []byte) goja.Value {
	v, err := r.Parse(text)
	if err != nil {
		r.Throw(err)
	}
	return v
}
