package token

import (
	"context"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/crypto"
)

// signingKey reads a secret, a PEM text or a JWK.
func signingKey(v goja.Value, r *hostfn.Run) (any, error) {
	keys, err := crypto.KeysOf(r, v)
	if err != nil {
		return nil, err
	}
	if keys.Private == nil {
		return nil, fault.New(fault.Script, "signing takes a secret or a private key")
	}
	return keys.Private, nil
}

// verifyingKeys reads a secret, a PEM text, a JWK, a set of them or the URL of one.
func (k *tokens) verifyingKeys(r *hostfn.Run, v goja.Value) (*crypto.KeySet, error) {
	o, ok := v.(*goja.Object)
	if !ok {
		return crypto.KeysOf(r, v)
	}
	address, ok := r.TextOf(hostfn.Property(o, "jwks"))
	if !ok {
		return crypto.KeysOf(r, v)
	}
	r.Require("enable_network")
	if k.fetchKeys == nil {
		return nil, fault.New(fault.Unavailable, "this runtime cannot fetch keys")
	}
	f := &keyFetch{k, r, address}
	if r.Effects != nil { // what other runs have fetched is no part of a recording
		return f.fetch()
	}
	return k.keySets.get(address, f)
}

// keyFetch fetches a set of keys for a run.
type keyFetch struct {
	tokens  *tokens
	run     *hostfn.Run
	address string
}

func (f *keyFetch) now() time.Time { return f.run.Time.Now() }

func (f *keyFetch) fetch() (*crypto.KeySet, error) {
	b, err := hostfn.Take(f.run, "http", hostfn.Words("GET "+f.address), func(ctx context.Context) ([]byte, error) {
		b, err := f.tokens.fetchKeys(ctx, f.run, f.address)
		if err != nil {
			return nil, fault.Wrap(fault.Unavailable, err, "the keys cannot be fetched from the URL in jwks")
		}
		return b, nil
	})
	if err != nil {
		return nil, err
	}
	return crypto.ParseKeySet(b, false)
}

func (f *keyFetch) wait(over <-chan struct{}) error {
	return f.run.Block(func(ctx context.Context) error {
		select {
		case <-over:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
}

func (f *keyFetch) ended() bool { return f.run.Ctx().Err() != nil }

func (f *keyFetch) failed(err error) {
	f.run.Log().Warn("a set of keys cannot be fetched", "error", err.Error())
}
