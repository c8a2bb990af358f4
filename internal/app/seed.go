package app

import (
	"context"
	"crypto/rand"
	"errors"
	"runtime/debug"
	"strings"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/accounts"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/source"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// demoUser is the login of the demo app in a fresh database.
const demoUser = "demo"

// firstStart is what a person should know about the first start on a database.
type firstStart struct {
	seeded   bool
	password string // of demoUser; "" when it was not made here
}

// seed puts the standard modules and the demo app into an empty database. The demo user is only made where a person
// reads its password: none is ever well known. Beginning means finishing, also when ctx ends.
func seed(ctx context.Context, st store.Store, app string, withUser bool) (first firstStart, err error) {
	if !st.Fresh() || source.IsPath(app) {
		return first, nil // an app of a folder must not find the demo's auth() in the database
	}
	ctx = context.WithoutCancel(ctx)
	if err := engine.Seed(ctx, st, app); err != nil {
		return first, err
	}
	first.seeded = true
	if withUser {
		first.password, err = addDemoUser(ctx, st)
		debug.FreeOSMemory() // a password hash takes 19 MiB, more than all else that is alive now
	}
	return first, err
}

// addDemoUser makes the demo user with a random password. One that exists already, made by another process that
// started at the same moment, keeps its own.
func addDemoUser(ctx context.Context, st accounts.Store) (password string, err error) {
	password = strings.ToLower(rand.Text()[:12]) // 60 random bits
	err = accounts.New(accounts.Options{Store: st}).AddUser(ctx, demoUser, password, "")
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind == fault.Conflict {
		return "", nil
	}
	return password, err
}
