package accounts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// tokenBytes is the size of a token made here: 256 random bits.
const tokenBytes = 32

// ValidateToken reports whether the headers carry any token of that name that is active and not expired at now.
func (a *Accounts) ValidateToken(ctx context.Context, name string, headers http.Header, now time.Time) (bool, error) {
	rows, err := a.GetToken(ctx, name)
	if err != nil {
		return false, err
	}
	valid := false
	for _, t := range rows {
		usable := t.Active && t.Token != "" && (t.Expired == nil || *t.Expired > now.Unix())
		want := sha256.Sum256([]byte(t.Type + " " + t.Token))
		for _, value := range headers.Values(t.Header) {
			got := sha256.Sum256([]byte(value)) // equal lengths: the comparison reveals nothing about the token's
			valid = (subtle.ConstantTimeCompare(got[:], want[:]) == 1 && usable) || valid
		}
	}
	return valid, nil
}

// GetToken returns all tokens of a name; none is an empty list. The caller must not change it.
func (a *Accounts) GetToken(ctx context.Context, name string) ([]store.Token, error) {
	if !searchable(name) {
		return nil, nil
	}
	return a.tokens.get(ctx, name, a.now(), func(ctx context.Context) ([]store.Token, error) { return a.store.Tokens(ctx, name) })
}

// Tokens lists all tokens. The secrets are in it: do not print them.
func (a *Accounts) Tokens(ctx context.Context) ([]store.Token, error) { return a.store.AllTokens(ctx) }

// AddToken makes a token for header Authorization, type Bearer, and returns its secret; a zero expires means never.
// Another token of the same name stays valid, so that clients can move over.
func (a *Accounts) AddToken(ctx context.Context, name string, expires time.Time) (string, error) {
	if err := checkName("token name", name); err != nil {
		return "", err
	}
	start := a.now().Unix()
	t := store.Token{Name: name, Start: &start, Active: true}
	if !expires.IsZero() {
		if expires.Unix() <= start {
			return "", fault.New(fault.Invalid, "token %q would be expired already; use a time in the future", name)
		}
		t.Expired = new(expires.Unix())
	}
	secret := make([]byte, tokenBytes)
	rand.Read(secret) // never fails
	t.Token = base64.RawURLEncoding.EncodeToString(secret)
	defer a.tokens.clear()
	if err := a.store.AddToken(ctx, t); err != nil {
		return "", err
	}
	return t.Token, nil
}

// RevokeToken makes all tokens of a name invalid.
func (a *Accounts) RevokeToken(ctx context.Context, name string) error {
	defer a.tokens.clear()
	return a.store.RevokeToken(ctx, name)
}
