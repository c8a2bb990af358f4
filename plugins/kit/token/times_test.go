package token

import "testing"

// TestTimes: a token is good from the very moment of nbf until just before that of exp, whatever numbers say so.
func TestTimes(t *testing.T) {
	t.Parallel()
	w := newWorld(t) // 1772600767
	w.Eq(`const key = "a secret that is long enough for it", b64 = s => require("buffer").Buffer.from(s).toString("base64url");
		const made = claims => { const text = b64('{"alg":"HS256"}') + "." + b64(claims); return text + "." + crypto.hmac("sha256", key, text, "base64url") }; 1`, `1`)
	for claims, text := range map[string]string{
		`{"exp":1e20}`: "", `{"exp":1e400}`: "", `{"exp":9223372036854775807}`: "", `{"exp":99999999999999999999999}`: "", `{"exp":1772600767.5}`: "", `{"exp":1772600768}`: "",
		`{"nbf":1772600767}`: "", `{"nbf":-1}`: "", `{"nbf":-1e20}`: "", `{"nbf":1772600766.9}`: "", `{"iat":1e20}`: "", `{"iat":-1}`: "", `{"iat":1.5}`: "",
		`{"exp":1772600767}`: "has expired", `{"exp":1772600766.5}`: "has expired", `{"exp":-1}`: "has expired", `{"exp":0}`: "has expired", `{"exp":-1e20}`: "has expired", `{"exp":-1e400}`: "has expired",
		`{"nbf":1e20}`: "not valid yet", `{"nbf":1e400}`: "not valid yet", `{"nbf":1772600767.5}`: "not valid yet", `{"nbf":9223372036854775807}`: "not valid yet",
		`{"exp":"1e20"}`: "the claim exp is not a number", `{"exp":null}`: "the claim exp is not a number", `{"exp":true}`: "the claim exp is not a number", `{"exp":[2e9]}`: "the claim exp is not a number",
		`{"nbf":"0"}`: "the claim nbf is not a number", `{"nbf":null}`: "the claim nbf is not a number", `{"iat":"soon"}`: "the claim iat is not a number", `{"iat":{}}`: "the claim iat is not a number",
	} {
		script := `jwt.verify(made('` + claims + `'), key)`
		if text != "" {
			w.Throws(script, text)
		} else {
			w.Eq("typeof "+script, `"object"`)
		}
	}
	w.Throws(`jwt.verify(made('{}'), key, {requireExpiry: true})`, "lacks a claim")
	w.Eq(`jwt.verify(made('{"exp":1e20}'), key, {requireExpiry: true}).exp`, `100000000000000000000`)
	w.Eq(`jwt.verify(made('{"exp":1772600766.5}'), key, {leeway: 1}).exp`, `1772600766.5`)
	w.Eq(`jwt.verify(made('{"nbf":1772600767.5}'), key, {leeway: 0.5}).nbf`, `1772600767.5`)
	w.Eq(`jwt.verify(jwt.sign({exp: 1e20, nbf: -5, iat: 0.5}, key), key)`, `{"exp":100000000000000000000,"nbf":-5,"iat":0.5}`)
	for _, name := range []string{"exp", "nbf", "iat"} {
		for _, value := range []string{"NaN", "Infinity", "null", "undefined", `"2000000000"`, "new Date(0)", "{}", "true"} {
			w.Throws(`jwt.sign({`+name+`: `+value+`}, key)`, "the claim "+name+" must be a number")
		}
	}
}

// TestOptionsThatAreMissing: an option that restricts and was given without a value is an error, not a check that is left out.
func TestOptionsThatAreMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Eq(`const key = "a secret that is long enough for it", t = jwt.sign({}, key), k = crypto.randomBytes(32); 1`, `1`)
	for _, value := range []string{"undefined", "null"} {
		for _, name := range []string{"algorithms", "issuer", "audience", "subject", "requireExpiry"} {
			w.Throws(`jwt.verify(t, key, {`+name+`: `+value+`})`, "TypeError: jwt.verify: option "+name+" is "+value+": leave it out")
		}
		for _, name := range []string{"algorithm", "expiresIn", "notBefore", "issuer", "audience", "subject", "id", "kid"} {
			w.Throws(`jwt.sign({}, key, {`+name+`: `+value+`})`, "TypeError: jwt.sign: option "+name+" is "+value)
		}
		w.Throws(`crypto.encrypt(k, "x", {aad: `+value+`})`, "option aad is "+value)
		w.Throws(`crypto.decrypt(k, crypto.encrypt(k, "x"), {aad: `+value+`})`, "option aad is "+value)
		w.Eq(`typeof jwt.verify(t, key, `+value+`)`, `"object"`)
	}
	for _, options := range []string{`new Map([["audience", "x"]])`, `new Set(["audience"])`, `["audience"]`, `"audience"`} {
		w.Throws(`jwt.verify(t, key, `+options+`)`, "argument 3 must be an object of options")
	}
	for _, options := range []string{`Object.create({audience: "x"})`, `Object.defineProperty({}, "audience", {value: "x"})`, `new (class { get audience() { return "x" } })()`} {
		w.Throws(`jwt.verify(t, key, `+options+`)`, "option audience is inherited or hidden")
	}
	for _, name := range []string{"issuer", "audience", "subject", "id", "kid", "algorithm"} {
		w.Throws(`jwt.sign({}, key, {`+name+`: ""})`, "option "+name+" is empty")
	}
	w.Eq(`typeof jwt.verify(t, key, {leeway: undefined})`, `"object"`)
}
