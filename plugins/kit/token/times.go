package token

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dop251/goja"
	"github.com/golang-jwt/jwt/v5"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
)

// numericDates refuses times that are none (RFC 7519, 2), or missing: a token must not live forever because of a number that went
// wrong.
func numericDates(r *hostfn.Run, fn string, claims goja.Value, read *ordered.Object) {
	o, _ := claims.(*goja.Object)
	for _, name := range timeClaims() {
		missing := o != nil && slices.Contains(r.Keys(o), name) && !read.Has(name) // it is undefined
		switch read.Get(name).(type) {
		case int64, float64, json.Number:
			continue
		case nil:
			missing = missing || read.Has(name)
		default:
			missing = true
		}
		if missing {
			arg.Fail(r, fn, "the claim %s must be a number of seconds since 1970", name)
		}
	}
}

func timeClaims() []string { return []string{"exp", "nbf", "iat"} }

// current checks the times of the token, and takes them out of the claims: golang-jwt cuts fractions off and overflows. A number
// that no float64 holds is beyond all times.
func (t *signedToken) current(now time.Time, leeway time.Duration, expires bool) error {
	at := map[string]float64{}
	for _, name := range timeClaims() {
		v, given := t.claims[name]
		delete(t.claims, name)
		if !given {
			continue
		}
		number, ok := v.(json.Number)
		if !ok {
			return fault.New(fault.Script, "the claim %s is not a number of seconds since 1970", name)
		}
		at[name], _ = strconv.ParseFloat(number.String(), 64)
	}
	seconds, spare := now.Sub(time.Unix(0, 0)).Seconds(), leeway.Seconds()
	exp, limited := at["exp"]
	nbf, early := at["nbf"]
	switch {
	case expires && !limited:
		return jwt.ErrTokenRequiredClaimMissing
	case limited && seconds >= exp+spare:
		return jwt.ErrTokenExpired
	case early && seconds < nbf-spare:
		return jwt.ErrTokenNotValidYet
	}
	return nil
}

// span reads a time span: seconds, or a text such as "15m" or "7d".
func span(s arg.Settings, name string) (d time.Duration, set bool) {
	v, given := s.Values[name]
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
	arg.Fail(s.R, s.Fn, `option %s must be seconds or a text such as "15m", "2h", "7d"`, name)
	return 0, false
}
