package store

import (
	"context"
	"database/sql"
	"time"
)

// Store is an open nFlow database: all that a driver is. Only what opens one needs all of it.
type Store interface {
	// Records reads what is there now; each write is kept by itself. Transactions put several together.
	Records
	Transactions
	Users
	Failures
	Tokens
	Tracks
	Keys
	Blobs
	KV
	Secrets
	History
	Watcher
	Instances
	Kills
	Signals
	Database
}

// Records are the apps, modules and templates of a database: what an app is made of, and which app brought it.
type Records interface {
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

	// Owners lists which apps brought which modules and templates, as far as an import has noted it.
	Owners(ctx context.Context) ([]Owner, error)
	// AddOwner notes it, once.
	AddOwner(ctx context.Context, o Owner) error
}

// Transactions put several reads or writes of records together.
type Transactions interface {
	// Snapshot calls f with the records as they are at one moment. f may only read.
	Snapshot(ctx context.Context, f func(Records) error) error
	// Change calls f with records whose writes are kept together when f returns nil, and none of them else, also when the
	// process is killed. Changes come one after the other, in all processes. f must use no other method of the Store.
	Change(ctx context.Context, f func(Records) error) error
}

// Users are the tables users and nflow_credentials.
type Users interface {
	Users(ctx context.Context) ([]User, error)
	// UserWithPassword also returns the text of users.password: an old hash, or "!" for none.
	UserWithPassword(ctx context.Context, username string) (User, string, error)
	// CreateUser adds an active user whose hash is kept in nflow_credentials and whose users.password is "!". A user of
	// that name that exists already is a Conflict.
	CreateUser(ctx context.Context, username, role, hash string) error
	SetUserActive(ctx context.Context, username string, active bool) error
	// Credential returns the hash in nflow_credentials.
	Credential(ctx context.Context, username string) (string, error)
	// AddCredential keeps a hash for a user that has none; a hash that is there already stays.
	AddCredential(ctx context.Context, username, hash string) error
	// SetPassword replaces the hash of a user and sets users.password to "!", so that the old password is of no use
	// to any other reader either.
	SetPassword(ctx context.Context, username, hash string) error
}

// Failures are the failed logins of table nflow_login_failures.
type Failures interface {
	// LoginFailures reports how often logins failed, by id; those that never failed are left out.
	LoginFailures(ctx context.Context, ids ...string) (map[string]LoginFailures, error)
	// AddLoginFailure counts a failed login for each id, anew where the last one is longer ago than window, and returns what
	// LoginFailures would.
	AddLoginFailure(ctx context.Context, window time.Duration, ids ...string) (map[string]LoginFailures, error)
	// ForgetLoginFailures counts anew for an id.
	ForgetLoginFailures(ctx context.Context, id string) error
	// PruneLoginFailures forgets those whose last one is longer ago, and of the others all but so many; it returns how many ids
	// there were.
	PruneLoginFailures(ctx context.Context, window time.Duration, most int64) (int64, error)
}

// Tokens is the table api_tokens.
type Tokens interface {
	// Tokens returns all tokens of one name; none is an empty list.
	Tokens(ctx context.Context, name string) ([]Token, error)
	AllTokens(ctx context.Context) ([]Token, error)
	AddToken(ctx context.Context, t Token) error
	// RevokeToken makes all tokens of that name inactive.
	RevokeToken(ctx context.Context, name string) error
}

// Tracks is the table tracker.
type Tracks interface {
	// Track writes the rows in one transaction: all or none.
	Track(ctx context.Context, rows []TrackRow) error
}

// Keys are the keys of the installation, in table nflow_keys.
type Keys interface {
	// Key returns the random key of that name and makes it, size bytes long, when there is none. All processes on one
	// database get the same. A key of another length is an error.
	Key(ctx context.Context, name string, size int) ([]byte, error)
	// OwnsOldSessions reports whether those sessions are the app's that name no app, because an older version made them: the
	// app that this database served then, and of several of that name the first that asks. id tells apps of one name apart.
	OwnsOldSessions(ctx context.Context, app, id string) (bool, error)
}

// Blobs are the large sessions of table nflow_session_blobs.
type Blobs interface {
	// LoadBlob returns the data of a large session. It does not look at the expiry; PruneBlobs does.
	LoadBlob(ctx context.Context, id string) ([]byte, error)
	SaveBlob(ctx context.Context, id string, data []byte, expires time.Time) error
	// DeleteBlob removes the data; that there was none is no error.
	DeleteBlob(ctx context.Context, id string) error
	// BlobUsage returns the bytes of all large sessions, those that have expired and are not removed yet included.
	BlobUsage(ctx context.Context) (int64, error)
	// PruneBlobs removes what has expired at that time and says how many there were.
	PruneBlobs(ctx context.Context, now time.Time) (int64, error)
}

// KV are the values that flows keep, in table nflow_kv.
type KV interface {
	// KVGet returns a value that a flow of the app keeps; false when there is none or it has expired at that time.
	KVGet(ctx context.Context, app, key string, now time.Time) (value string, found bool, err error)
	// KVSet keeps a value until expires; the zero time is never.
	KVSet(ctx context.Context, app, key, value string, expires time.Time) error
	// KVIncr adds to the whole number that is kept and returns the sum; all processes may count at once. Where there is
	// none it keeps by, until expires; else the expiry stays.
	KVIncr(ctx context.Context, app, key string, by int64, expires, now time.Time) (int64, error)
	// KVDelete removes a value and says whether there was one.
	KVDelete(ctx context.Context, app, key string, now time.Time) (found bool, err error)
	// KVUsage returns how many values an app keeps, expired ones included, and the bytes of their keys and texts.
	KVUsage(ctx context.Context, app string) (keys, bytes int64, err error)
	// PruneKV removes what has expired at that time and says how many there were.
	PruneKV(ctx context.Context, now time.Time) (int64, error)
}

// Secrets is the table nflow_secrets.
type Secrets interface {
	// Secrets lists the names of the secrets in the database, sorted. Their values are sealed with a key of nflow_keys.
	Secrets(ctx context.Context) ([]string, error)
	Secret(ctx context.Context, name string) (string, error)
	SetSecret(ctx context.Context, name, value string) error
	DeleteSecret(ctx context.Context, name string) error
}

// History is the part of [Store] that keeps runs.
type History interface {
	// WriteRuns adds runs with their visits: all or none. It sets their ID and Bytes.
	WriteRuns(ctx context.Context, runs []*Run) error
	// Runs lists runs.
	Runs(ctx context.Context, f RunFilter) (RunPage, error)
	// Run returns a complete run.
	Run(ctx context.Context, wid string) (*Run, error)
	// AddNodeStats adds to the counts of nodes.
	AddNodeStats(ctx context.Context, stats []NodeStat) error
	// NodeStats returns the counts of a flow's nodes since a time, summed over the hours.
	NodeStats(ctx context.Context, app, flow string, since time.Time) ([]NodeStat, error)
	// PruneRuns removes the oldest runs until the retention holds, in small transactions with pauses between, and frees
	// disk space. It returns how many runs and about how many bytes went.
	PruneRuns(ctx context.Context, r Retention) (runs, bytes int64, err error)
}

// Watcher reports changes that anybody makes to the records.
type Watcher interface {
	// Watch calls changed, on the caller's goroutine, when rows of nflow, modules, template or queries differ from what
	// they were when the database was opened, then from what they were at the last call, whatever changed them. Writes to
	// other tables are not reported. It looks at least every interval (defaults to 1 s), outlives lost connections and
	// returns nil when ctx ends. The named statements are read again before changed is called.
	Watch(ctx context.Context, every time.Duration, changed func()) error
	// ReloadQueries reads table queries again.
	ReloadQueries(ctx context.Context) error
}

// Instances are the processes on the database and their long runs, in tables nflow_instances and nflow_live_runs.
type Instances interface {
	// Beat records that an instance lives and what it does; runs replace those of its last beat, nil leaves them.
	Beat(ctx context.Context, i Instance, runs []LiveRun) error
	// Leave forgets an instance that ends, and its runs.
	Leave(ctx context.Context, id string) error
	// Instances lists those that have beaten, also those that have ended without leaving: look at their Age.
	Instances(ctx context.Context) ([]Instance, error)
	// LiveRuns lists the runs that instances have reported, the oldest first.
	LiveRuns(ctx context.Context) ([]LiveRun, error)
	// PruneInstances forgets what instances that ended more than a minute ago have left.
	PruneInstances(ctx context.Context) error
}

// Kills are the requests of table nflow_kills to end a run.
type Kills interface {
	// AskKill signals the instance that has this run to end it.
	AskKill(ctx context.Context, wid string) error
	// KillsAsked lists the runs that are to be ended; the instance that has one ends it and calls AnswerKill.
	KillsAsked(ctx context.Context) ([]string, error)
	AnswerKill(ctx context.Context, wid string) error
	// KillDone reports whether AnswerKill was called for a run; ForgetKill takes the request back.
	KillDone(ctx context.Context, wid string) (bool, error)
	ForgetKill(ctx context.Context, wid string) error
}

// Signals reach all processes on the database.
type Signals interface {
	// Signals calls f, on the caller's goroutine, with what any process signals: SignalKill, SignalAccounts. It calls f with
	// "", which is time to look for requests, at first, when signals may have been lost, and instead
	// of those that the database does not have. A database that has to be polled is polled every interval. It outlives lost
	// connections and returns when ctx ends.
	Signals(ctx context.Context, every time.Duration, f func(what string))
}

// Database is the database as a whole.
type Database interface {
	// Probe writes to the database and returns why that cannot be. It may take as long as the
	// database lets a writer wait.
	Probe(ctx context.Context) error
	// Backup writes a copy of the database, as it is at one moment, into a new file, while others go on. PostgreSQL has
	// tools of its own for that: it refuses.
	Backup(ctx context.Context, file string) error
	// Fresh reports whether the database held no app, module or template when it was opened: it wants seeding.
	Fresh() bool
	// DB returns the database itself, for programs that embed the runtime. Do not close it.
	DB() *sql.DB
	Ping(ctx context.Context) error
	Close() error
}
