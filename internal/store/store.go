// Package store is what the runtime keeps in an nFlow database: apps, modules, templates, users, tokens, tracker rows and
// the runtime's own: keys, large sessions, values and secrets of flows, and the history of runs.
//
// It holds the records, the Store interface, the named statements with their built-in SQL, and Base, the one
// implementation over database/sql that both drivers embed. The drivers (store/sqlite, store/postgres) add only what
// differs: opening, change detection and a Dialect. Commands, engine and accounts call it; it knows none of them and has
// no opinion about passwords, tokens or flows.
//
// The tables of an existing nFlow database are read as they are: loose column types are scanned tolerantly, and a row of
// table queries replaces the built-in statement of its name. What the runtime adds of its own is in tables nflow_*.
package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// ErrNotFound is inside every error that says that a record does not exist; the error around it is a
// [fault.Error] of kind NotFound that names the record.
var ErrNotFound = errors.New("not found")

// App is one row of table nflow.
type App struct {
	Name      string
	JSON      []byte // the designer's export, byte for byte
	DefaultJS string // may define auth() and log(); empty for none
}

// Module is one row of table modules.
type Module struct {
	Name string
	Form string // HTML that the designer shows
	Mod  string // manifest, JSON
	Code string // JavaScript; empty where the database holds NULL
}

// Template is one row of table template.
type Template struct {
	Name    string
	Content string // Go html/template source
}

// User is one row of table users, without its password.
type User struct {
	ID       int64
	Username string
	Role     string
	Active   bool
}

// Token is one row of table api_tokens. Times are unix seconds.
type Token struct {
	ID      int64
	Name    string
	Token   string
	Start   *int64 // nil when unknown
	Expired *int64 // nil: never expires; a value that cannot be read counts as long ago
	Active  bool
	Header  string // defaults to "Authorization"
	Type    string // defaults to "Bearer"
}

// TrackRow is one row of table tracker: one node that a run passed. Texts are made valid UTF-8 and cut to the columns'
// widths when they are written.
type TrackRow struct {
	LogID, BoxID, BoxName, BoxType string
	URL, Username, ConnectionNext  string
	Duration                       string // as "12m" for 12 ms
	OrderBox                       int
	Payload                        string
	IP, RealIP, UserAgent          string
	QueryParam, Hostname, Host     string
}

// Store is an open nFlow database. All methods may be called by several goroutines at once. Every error is a
// [fault.Error] whose text may be shown; a missing record is kind NotFound and wraps [ErrNotFound].
type Store interface {
	// Apps lists the names of all apps, sorted.
	Apps(ctx context.Context) ([]string, error)
	App(ctx context.Context, name string) (App, error)
	// SaveApp inserts the app or replaces the one of that name; its tag is left alone.
	SaveApp(ctx context.Context, a App) error

	Modules(ctx context.Context) ([]Module, error)
	Module(ctx context.Context, name string) (Module, error)
	SaveModule(ctx context.Context, m Module) error
	DeleteModule(ctx context.Context, name string) error

	Templates(ctx context.Context) ([]Template, error)
	Template(ctx context.Context, name string) (Template, error)
	SaveTemplate(ctx context.Context, t Template) error
	DeleteTemplate(ctx context.Context, name string) error

	Users(ctx context.Context) ([]User, error)
	// UserWithPassword also gives the text of users.password: an old hash, or "!" for none.
	UserWithPassword(ctx context.Context, username string) (User, string, error)
	// CreateUser adds an active user whose hash is kept in nflow_credentials and whose users.password is "!". A user of
	// that name that exists already is a Conflict.
	CreateUser(ctx context.Context, username, role, hash string) error
	SetUserActive(ctx context.Context, username string, active bool) error
	// Credential gives the hash in nflow_credentials.
	Credential(ctx context.Context, username string) (string, error)
	// AddCredential keeps a hash for a user that has none; a hash that is there already stays.
	AddCredential(ctx context.Context, username, hash string) error
	// SetPassword replaces the hash of a user and sets users.password to "!", so that the old password is of no use
	// to any other reader either.
	SetPassword(ctx context.Context, username, hash string) error

	// LoginFailures tells how often logins failed, by id; those that never failed are left out.
	LoginFailures(ctx context.Context, ids ...string) (map[string]LoginFailures, error)
	// AddLoginFailure counts a failed login for each id, anew where the last one is longer ago than window, and tells what
	// LoginFailures would.
	AddLoginFailure(ctx context.Context, window time.Duration, ids ...string) (map[string]LoginFailures, error)
	// ForgetLoginFailures counts anew for an id.
	ForgetLoginFailures(ctx context.Context, id string) error
	// PruneLoginFailures forgets those whose last one is longer ago, and says how many ids there were.
	PruneLoginFailures(ctx context.Context, window time.Duration) (int64, error)

	// Tokens gives all tokens of one name; none is an empty list.
	Tokens(ctx context.Context, name string) ([]Token, error)
	AllTokens(ctx context.Context) ([]Token, error)
	AddToken(ctx context.Context, t Token) error
	// RevokeToken makes all tokens of that name inactive.
	RevokeToken(ctx context.Context, name string) error

	// Track writes the rows in one transaction: all or none.
	Track(ctx context.Context, rows []TrackRow) error

	// Key gives the random key of that name and makes it, size bytes long, when there is none. All processes on one
	// database get the same. A key of another length is an error.
	Key(ctx context.Context, name string, size int) ([]byte, error)

	// LoadBlob gives the data of a large session. It does not look at the expiry; PruneBlobs does.
	LoadBlob(ctx context.Context, id string) ([]byte, error)
	SaveBlob(ctx context.Context, id string, data []byte, expires time.Time) error
	// DeleteBlob removes the data; that there was none is no error.
	DeleteBlob(ctx context.Context, id string) error
	// PruneBlobs removes what has expired at that time and says how many there were.
	PruneBlobs(ctx context.Context, now time.Time) (int64, error)

	// KVGet gives a value that a flow of the app keeps; false when there is none or it has expired at that time.
	KVGet(ctx context.Context, app, key string, now time.Time) (value string, found bool, err error)
	// KVSet keeps a value until expires; the zero time is never.
	KVSet(ctx context.Context, app, key, value string, expires time.Time) error
	// KVIncr adds to the whole number that is kept and answers the sum; all processes may count at once. Where there is
	// none it keeps by, until expires; else the expiry stays.
	KVIncr(ctx context.Context, app, key string, by int64, expires, now time.Time) (int64, error)
	// KVDelete removes a value and says whether there was one.
	KVDelete(ctx context.Context, app, key string, now time.Time) (found bool, err error)
	// PruneKV removes what has expired at that time and says how many there were.
	PruneKV(ctx context.Context, now time.Time) (int64, error)

	// Secrets lists the names of the secrets in the database, sorted. Their values are sealed with a key of nflow_keys.
	Secrets(ctx context.Context) ([]string, error)
	Secret(ctx context.Context, name string) (string, error)
	SetSecret(ctx context.Context, name, value string) error
	DeleteSecret(ctx context.Context, name string) error

	History

	// Watch calls changed, on the caller's goroutine, when rows of nflow, modules, template or queries differ from what
	// they were when the database was opened, then from what they were at the last call, whoever changed them. Writes to
	// other tables are not reported. It looks at least every interval (defaults to 1 s), outlives lost connections and
	// returns nil when ctx ends. The named statements are read again before changed is called.
	Watch(ctx context.Context, every time.Duration, changed func()) error
	// Beat tells that an instance lives and what it does; runs replace those that it told of before, nil leaves them.
	Beat(ctx context.Context, i Instance, runs []LiveRun) error
	// Leave forgets an instance that ends, and its runs.
	Leave(ctx context.Context, id string) error
	// Instances lists those that have told of themselves, also those that have ended without leaving: look at their Age.
	Instances(ctx context.Context) ([]Instance, error)
	// LiveRuns lists the runs that instances have told of, the oldest first.
	LiveRuns(ctx context.Context) ([]LiveRun, error)
	// PruneInstances forgets what instances that ended more than a minute ago have left.
	PruneInstances(ctx context.Context) error

	// AskKill asks the instance that has this run to end it, with a signal.
	AskKill(ctx context.Context, wid string) error
	// KillsAsked lists the runs that are to be ended; the instance that has one ends it and calls AnswerKill.
	KillsAsked(ctx context.Context) ([]string, error)
	AnswerKill(ctx context.Context, wid string) error
	// KillDone tells whether AnswerKill was called for a run; ForgetKill takes the request back.
	KillDone(ctx context.Context, wid string) (bool, error)
	ForgetKill(ctx context.Context, wid string) error

	// Signals calls f, on the caller's goroutine, with what any process signals: SignalKill, SignalAccounts. It calls f with
	// "", which is time to look whether somebody asks for something, at first, when signals may have been lost, and instead
	// of those that the database does not have. A database that has to be asked is asked every interval. It outlives lost
	// connections and returns when ctx ends.
	Signals(ctx context.Context, every time.Duration, f func(what string))

	// ReloadQueries reads table queries again.
	ReloadQueries(ctx context.Context) error

	// Backup writes a copy of the database, as it is at one moment, into a new file, while others go on. PostgreSQL has
	// tools of its own for that: it refuses.
	Backup(ctx context.Context, file string) error

	// Fresh says whether the database held no app, module or template when it was opened: it wants seeding.
	Fresh() bool
	// DB gives the database itself, for programs that embed the runtime. Do not close it.
	DB() *sql.DB
	Ping(ctx context.Context) error
	Close() error
}

// Kind is a kind of database.
type Kind string

// The kinds of database.
const (
	SQLite   Kind = "sqlite"
	Postgres Kind = "postgres"
)

// Driver resolves the spellings of the driver key of [database_nflow]; empty means SQLite.
func Driver(name string) (Kind, error) {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "", "sqlite", "sqlite3":
		return SQLite, nil
	case "postgres", "postgresql", "pgx":
		return Postgres, nil
	case "mysql", "mariadb":
		return "", fault.New(fault.Invalid, "database_nflow.driver is %q, but MySQL can only hold data of flows: name it in a section [db.NAME], "+
			"and use sqlite or postgres for the app", name)
	}
	return "", fault.New(fault.Invalid, "database_nflow.driver is %q; use sqlite3, sqlite, postgres or pgx", name)
}
