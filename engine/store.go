package engine

import (
	"context"
	"net/http"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/accounts"
	"github.com/arturoeanton/nflow-runtime/internal/history"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/source"
	"github.com/arturoeanton/nflow-runtime/model"
	"github.com/arturoeanton/nflow-runtime/store"
)

// Store is what a Runtime asks of an nFlow database. [OpenStore] opens one. A program that keeps a part of it elsewhere, such
// as secrets in a vault, embeds that in a type of its own with other methods.
type Store interface {
	store.Records
	store.Transactions
	store.Users
	store.Failures
	store.Tokens
	store.Tracks
	store.Keys
	store.Blobs
	store.KV
	store.Secrets
	store.History
	store.Watcher
}

// Source is where an app comes from. Its methods may be called by several goroutines concurrently.
type Source interface {
	// Load reads the app as it is now. An error goes into the log; visitors get a general text.
	Load(ctx context.Context) (*model.Bundle, error)
	// Watch calls changed, never twice at the same time, when the app differs from what was last loaded before Watch
	// was called, and from then on each time it changed again. It blocks until ctx ends and then returns nil.
	Watch(ctx context.Context, changed func()) error
}

// Clock is where the times of runs and of their records, limits and sleeps come from; tests inject one. Date in flow code reads
// the machine's clock, or the recording of a run. Its methods may be called by several goroutines concurrently.
type Clock interface {
	Now() time.Time
	// Sleep waits for d or until ctx is done, and then returns its cause.
	Sleep(ctx context.Context, d time.Duration) error
}

// Accounts checks and changes users and API tokens. Its methods may be called by several goroutines concurrently. An unknown
// user or token is an error that wraps [store.ErrNotFound].
type Accounts interface {
	// AddUser makes an active user; role defaults to ROL_USER. A name that is taken is an error.
	AddUser(ctx context.Context, username, password, role string) error
	// SetPassword replaces the password of a user.
	SetPassword(ctx context.Context, username, password string) error
	// Disable keeps a user from logging in; Enable lets one log in again.
	Disable(ctx context.Context, username string) error
	Enable(ctx context.Context, username string) error
	Users(ctx context.Context) ([]store.User, error)
	GetUser(ctx context.Context, username string) (store.User, error)
	// ValidateUser reports whether the password is that of an active user. address is where the login comes from, "" when it
	// is unknown: too many failures from one lock it out for a while.
	ValidateUser(ctx context.Context, username, password, address string) (bool, error)

	// AddToken makes a token for header Authorization, type Bearer, and returns its secret; a zero expires means never.
	// Another token of the same name stays valid.
	AddToken(ctx context.Context, name string, expires time.Time) (string, error)
	// RevokeToken makes all tokens of a name invalid.
	RevokeToken(ctx context.Context, name string) error
	// Tokens lists all tokens, GetToken those of a name. Their secrets are in it: do not print them.
	Tokens(ctx context.Context) ([]store.Token, error)
	GetToken(ctx context.Context, name string) ([]store.Token, error)
	// ValidateToken reports whether headers carry a token of that name that is valid at now.
	ValidateToken(ctx context.Context, name string, headers http.Header, now time.Time) (bool, error)

	// Forget drops what is cached for five seconds, because another process changed users or tokens.
	Forget()
}

// History holds the runs that [history] record keeps. Its methods may be called by several goroutines concurrently.
type History interface {
	// Runs lists runs, the last to end first.
	Runs(ctx context.Context, f store.RunFilter) (store.RunPage, error)
	// Run returns a run with its visits. One that is not kept is an error that wraps [store.ErrNotFound]; a run is written a
	// moment after it ended.
	Run(ctx context.Context, wid string) (*store.Run, error)
	// NodeStats counts the visits of a flow's nodes since a time, of all runs.
	NodeStats(ctx context.Context, app, flow string, since time.Time) ([]store.NodeStat, error)
	// Watch returns the begins and ends of runs of this process from now on. The channel is closed when ctx is done or the
	// Runtime closes.
	Watch(ctx context.Context) <-chan store.RunEvent
	// Stats counts the runs that were written, those that were lost, and those that wait to be written.
	Stats() (written, dropped int64, waiting int)
}

// runHistory is the recorder with what it has written.
type runHistory struct {
	*history.Recorder
	store.History
}

// What stands behind the interfaces.
var (
	_ Accounts      = (*accounts.Accounts)(nil)
	_ History       = runHistory{}
	_ source.Source = Source(nil)
	_ hostfn.Clock  = Clock(nil)
)
