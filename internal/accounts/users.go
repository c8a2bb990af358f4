package accounts

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// person is what the database knows of a name.
type person struct {
	store.User
	known bool
	old   string // users.password
	hash  string // of nflow_credentials; "" for none

	right atomic.Pointer[[sha256.Size]byte] // seal of the password that was right last
}

// person reads all of a name in one query, known or not, so that its time shows nothing.
func (a *Accounts) person(ctx context.Context, username string) (*person, error) {
	return a.users.get(ctx, username, a.now(), func(ctx context.Context) (*person, error) {
		user, old, err := a.store.UserWithPassword(ctx, username)
		if err != nil && !notFound(err) {
			return nil, err
		}
		p := &person{User: user, known: err == nil, old: old}
		if p.hash, err = a.store.Credential(ctx, username); err != nil && !notFound(err) {
			return nil, err
		}
		return p, nil
	})
}

// seal reports whether a password is one that was right, and nothing else about it.
func (a *Accounts) seal(username, password string) (sum [sha256.Size]byte) {
	m := hmac.New(sha256.New, a.secret[:])
	fmt.Fprintf(m, "%d %s%s", len(username), username, password)
	m.Sum(sum[:0])
	return sum
}

// ValidateUser reports whether the password is that of an active user. A hash in nflow_credentials wins; without one the
// old hash of users.password counts, and an argon2id hash of the right password is kept from then on. Unknown user,
// disabled user, wrong password and a client that is locked out take the same time. address is where the login comes
// from, "" when it is unknown.
func (a *Accounts) ValidateUser(ctx context.Context, username, password, address string) (bool, error) {
	if !searchable(username) || len(password) > maxPassword {
		return false, a.waste(ctx, password)
	}
	c := newClient(username, address)
	seal := a.seal(username, password)
	if locked, err := a.locked(ctx, c); err != nil {
		return false, err
	} else if locked {
		return false, a.waste(ctx, password)
	}
	if p, err := a.person(ctx, username); err != nil {
		return false, err
	} else if right := p.right.Load(); right != nil && subtle.ConstantTimeCompare(right[:], seal[:]) == 1 {
		return true, nil
	}
	leave, err := a.alone(ctx, c)
	if err != nil {
		return false, err
	}
	defer leave()
	if locked, err := a.locked(ctx, c); err != nil { // those before may have failed
		return false, err
	} else if locked {
		return false, a.waste(ctx, password)
	}
	p, err := a.person(ctx, username)
	if err != nil {
		return false, err
	}
	right, err := a.check(ctx, p, username, password)
	switch {
	case err != nil:
		return false, err
	case !right:
		return false, a.fail(ctx, c, username, address)
	}
	p.right.Store(&seal)
	a.succeed(ctx, c)
	return true, nil
}

// check compares a password with what is kept.
func (a *Accounts) check(ctx context.Context, p *person, username, password string) (bool, error) {
	switch {
	case p.known && p.hash != "":
		right, err := a.verify(ctx, p.hash, password)
		return right && p.Active, err
	case !p.known || !p.Active || !verifyOld(p.old, password):
		return false, a.waste(ctx, password)
	}
	a.upgrade(ctx, username, password)
	return true, nil
}

// verifyOld compares with the unsalted SHA-512/256 in hex of old databases. "!" is not a valid hash.
func verifyOld(stored, password string) bool {
	sum := sha512.Sum512_256([]byte(password))
	want := hex.EncodeToString(sum[:])
	return subtle.ConstantTimeCompare([]byte(strings.ToLower(strings.TrimSpace(stored))), []byte(want)) == 1
}

// upgrade keeps a better hash of a password that was just found right. Failing must not fail the login.
func (a *Accounts) upgrade(ctx context.Context, username, password string) {
	hash, err := a.hash(ctx, password)
	if err == nil {
		err = a.store.AddCredential(ctx, username, hash)
		a.users.clear()
	}
	if err != nil {
		a.log.Warn("accounts: the old password hash could not be replaced; trying again at the next login", "user", username, "error", err)
	}
}

// GetUser returns a user without any hash. An unknown one is a NotFound that wraps [store.ErrNotFound].
func (a *Accounts) GetUser(ctx context.Context, username string) (store.User, error) {
	if !searchable(username) {
		return store.User{}, unknownUser(username)
	}
	p, err := a.person(ctx, username)
	if err == nil && !p.known {
		err = unknownUser(username)
	}
	if err != nil {
		return store.User{}, err
	}
	return p.User, nil
}

func unknownUser(username string) error {
	return fault.Wrap(fault.NotFound, store.ErrNotFound, "user %q does not exist", username)
}

// Users lists all users.
func (a *Accounts) Users(ctx context.Context) ([]store.User, error) { return a.store.Users(ctx) }

// AddUser makes an active user; role defaults to [DefaultRole]. A name that is taken is a Conflict.
func (a *Accounts) AddUser(ctx context.Context, username, password, role string) error {
	role = cmp.Or(role, DefaultRole)
	if err := cmp.Or(checkName("user name", username), checkName("role", role), checkPassword(password)); err != nil {
		return err
	}
	hash, err := a.hash(ctx, password)
	if err != nil {
		return err
	}
	defer a.users.clear()
	return a.store.CreateUser(ctx, username, role, hash)
}

// SetPassword replaces the password of a user; the old one is of no use any more, here or to other readers of the
// database.
func (a *Accounts) SetPassword(ctx context.Context, username, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	hash, err := a.hash(ctx, password)
	if err != nil {
		return err
	}
	defer a.users.clear()
	return a.store.SetPassword(ctx, username, hash)
}

// Enable lets a user who was disabled log in again.
func (a *Accounts) Enable(ctx context.Context, username string) error {
	defer a.users.clear()
	return a.store.SetUserActive(ctx, username, true)
}

// Disable keeps a user from logging in.
func (a *Accounts) Disable(ctx context.Context, username string) error {
	defer a.users.clear()
	return a.store.SetUserActive(ctx, username, false)
}

func checkPassword(password string) error {
	if password == "" || len(password) > maxPassword {
		return fault.New(fault.Invalid, "a password has 1 to %d bytes", maxPassword)
	}
	return nil
}
