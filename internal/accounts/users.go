package accounts

import (
	"cmp"
	"context"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// ValidateUser says whether the password is that of an active user. A hash in nflow_credentials wins; without one the
// old hash of users.password counts, and an argon2id hash of the right password is kept from then on. Unknown user,
// disabled user and wrong password take the same time.
func (a *Accounts) ValidateUser(ctx context.Context, username, password string) (bool, error) {
	if !searchable(username) || len(password) > maxPassword {
		return false, a.waste(ctx, password)
	}
	user, old, err := a.store.UserWithPassword(ctx, username)
	if notFound(err) {
		return false, a.waste(ctx, password)
	}
	if err != nil {
		return false, err
	}
	hash, err := a.store.Credential(ctx, username)
	switch {
	case err == nil:
		right, err := a.verify(ctx, hash, password)
		return right && user.Active, err
	case !notFound(err):
		return false, err
	case !user.Active || !verifyOld(old, password):
		return false, a.waste(ctx, password)
	}
	a.upgrade(ctx, username, password)
	return true, nil
}

// verifyOld compares with the unsalted SHA-512/256 in hex of old databases. "!" is nobody's hash.
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
	}
	if err != nil {
		a.log.Warn("accounts: the old password hash could not be replaced; trying again at the next login", "user", username, "error", err)
	}
}

// GetUser gives a user without any hash. An unknown one is a NotFound that wraps [store.ErrNotFound].
func (a *Accounts) GetUser(ctx context.Context, username string) (store.User, error) {
	if !searchable(username) {
		return store.User{}, &fault.Error{Kind: fault.NotFound, Text: "this user does not exist", Cause: store.ErrNotFound}
	}
	user, _, err := a.store.UserWithPassword(ctx, username)
	return user, err
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
	return a.store.SetPassword(ctx, username, hash)
}

// Disable keeps a user from logging in.
func (a *Accounts) Disable(ctx context.Context, username string) error {
	return a.store.SetUserActive(ctx, username, false)
}

func checkPassword(password string) error {
	if password == "" || len(password) > maxPassword {
		return fault.New(fault.Invalid, "a password has 1 to %d bytes", maxPassword)
	}
	return nil
}
