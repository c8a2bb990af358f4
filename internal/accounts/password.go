package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// cost is what one hash takes. The one for new hashes is OWASP's recommendation for argon2id.
type cost struct {
	memory uint32 // KiB
	passes uint32
	lanes  uint8
}

func newCost() cost { return cost{memory: 19 * 1024, passes: 2, lanes: 1} }

// Bounds of what a stored hash may ask for, so that a row of the database cannot exhaust the process.
const (
	maxMemory = 128 * 1024
	maxPasses = 16
	maxLanes  = 16
	minBytes  = 8 // of salt and key
	maxBytes  = 64

	saltBytes = 16
	keyBytes  = 32
)

// phc is a stored hash, taken apart.
type phc struct {
	cost
	salt, key []byte
}

func (p phc) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.lanes,
		b64.EncodeToString(p.salt), b64.EncodeToString(p.key))
}

// parsePHC reads "$argon2id$v=19$m=…,t=…,p=…$salt$key".
func parsePHC(s string) (phc, error) {
	bad := func(why string) (phc, error) { return phc{}, fmt.Errorf("stored password hash: %s", why) }
	f := strings.Split(s, "$")
	if len(f) != 6 || f[0] != "" || f[1] != "argon2id" || f[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return bad("not an argon2id hash of version 19")
	}
	var p phc
	if n, err := fmt.Sscanf(f[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.lanes); n != 3 || err != nil {
		return bad("parameters cannot be read")
	}
	if p.lanes < 1 || p.lanes > maxLanes || p.passes < 1 || p.passes > maxPasses ||
		p.memory < 8*uint32(p.lanes) || p.memory > maxMemory {
		return bad("parameters out of bounds")
	}
	var err1, err2 error
	p.salt, err1 = base64.RawStdEncoding.Strict().DecodeString(f[4])
	p.key, err2 = base64.RawStdEncoding.Strict().DecodeString(f[5])
	if err1 != nil || err2 != nil || !sane(p.salt) || !sane(p.key) || p.String() != s {
		return bad("salt or key cannot be read")
	}
	return p, nil
}

func sane(b []byte) bool { return len(b) >= minBytes && len(b) <= maxBytes }

// derive computes a key, waiting for a place among the hashes computed concurrently.
func (a *Accounts) derive(ctx context.Context, c cost, password string, salt []byte, size int) ([]byte, error) {
	select {
	case a.hashing <- struct{}{}:
		defer func() { <-a.hashing }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	return argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.lanes, uint32(size)), nil
}

// hash makes what is stored for a password.
func (a *Accounts) hash(ctx context.Context, password string) (string, error) {
	p := phc{cost: newCost(), salt: make([]byte, saltBytes)}
	rand.Read(p.salt) // never fails
	var err error
	p.key, err = a.derive(ctx, p.cost, password, p.salt, keyBytes)
	return p.String(), err
}

// verify compares a password with a stored hash.
func (a *Accounts) verify(ctx context.Context, stored, password string) (bool, error) {
	p, err := parsePHC(stored)
	if err != nil {
		return false, fault.Wrap(fault.Internal, err, "the stored password of this user cannot be read; set it again")
	}
	key, err := a.derive(ctx, p.cost, password, p.salt, len(p.key))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, p.key) == 1, nil
}

// waste takes the time of a verification, so that a refusal does not show its reason.
func (a *Accounts) waste(ctx context.Context, password string) error {
	if len(password) > maxPassword {
		password = password[:maxPassword]
	}
	_, err := a.derive(ctx, newCost(), password, make([]byte, saltBytes), keyBytes)
	return err
}
