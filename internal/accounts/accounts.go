// Package accounts holds the rules for users and API tokens: which password is right, which token is valid, which names
// are allowed, how a secret is made, when there were too many failed logins.
//
// Users and tokens are cached for five seconds, unless a change is reported, so that a
// flow behind a login needs no query at most requests. A password that was right is recognised for as long without
// being hashed again.
//
// The engine passes an Accounts to the JavaScript globals (validate_user, validate_token, …) and the commands user and
// token manage the same rows with it. It keeps everything in a [Store] and knows nothing of HTTP routes, sessions
// or flows.
package accounts

import (
	"cmp"
	"crypto/rand"
	"errors"
	"log/slog"
	"runtime"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

const (
	maxName     = 128  // characters of a name made here
	maxLookup   = 1024 // bytes of a name that is looked for
	maxPassword = 1024 // bytes

	// DefaultRole is the role of a user for whom none is named.
	DefaultRole = "ROL_USER"
)

// Store is what the accounts need of a database.
type Store interface {
	store.Users
	store.Failures
	store.Tokens
}

// Options say what accounts work with.
type Options struct {
	Store Store // required

	Failures int           // logins of a user from one address that may fail before it is locked out; negative: any. Defaults to DefaultFailures
	Window   time.Duration // for how long. Defaults to DefaultWindow

	Now func() time.Time // the clock; defaults to time.Now
	Log *slog.Logger     // defaults to saying nothing
}

// Accounts checks users and tokens. Its methods may be called by several goroutines concurrently.
type Accounts struct {
	store Store
	now   func() time.Time
	log   *slog.Logger

	failures int
	window   time.Duration

	users  cache[*person]
	tokens cache[[]store.Token]
	failed cache[failures]
	turns  [places]chan struct{}
	secret [32]byte // of this process, for remembering right passwords

	// hashing bounds the password hashes computed concurrently: each takes memory and a core.
	hashing chan struct{}
}

// New makes an Accounts.
func New(o Options) *Accounts {
	a := &Accounts{
		store: o.Store, now: o.Now, log: o.Log, hashing: make(chan struct{}, runtime.GOMAXPROCS(0)),
		failures: cmp.Or(o.Failures, DefaultFailures), window: cmp.Or(o.Window, DefaultWindow),
	}
	for i := range a.turns {
		a.turns[i] = make(chan struct{}, 1)
	}
	rand.Read(a.secret[:]) // never fails
	if a.now == nil {
		a.now = time.Now
	}
	a.log = cmp.Or(a.log, slog.New(slog.DiscardHandler))
	return a
}

// Forget drops the cache, because another process changed users or tokens.
func (a *Accounts) Forget() {
	a.users.clear()
	a.tokens.clear()
	a.failed.clear()
}

// checkName refuses names that would be trouble in a CHAR column, a log line or a terminal.
func checkName(what, name string) error {
	ok := name != "" && utf8.ValidString(name) && utf8.RuneCountInString(name) <= maxName && name[0] != ' ' && name[len(name)-1] != ' '
	for _, r := range name {
		switch r {
		case '.', '_', '-', '@', '+', ' ':
		default:
			ok = ok && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r))
		}
	}
	if !ok {
		return fault.New(fault.Invalid, "%s %.64q is not allowed; use 1 to %d letters, digits, spaces inside and . _ - @ +", what, name, maxName)
	}
	return nil
}

// searchable reports whether a database can look the name up at all. Names that others have made follow no rules.
func searchable(name string) bool {
	if name == "" || len(name) > maxLookup || !utf8.ValidString(name) {
		return false
	}
	for i := range len(name) {
		if name[i] == 0 {
			return false
		}
	}
	return true
}

func notFound(err error) bool { return errors.Is(err, store.ErrNotFound) }
