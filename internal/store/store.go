// Package store is what the runtime keeps in an nFlow database: apps, modules, templates, users, tokens, tracker rows and
// the runtime's own: keys, large sessions, values and secrets of flows, and the history of runs.
//
// It holds the records, the interfaces by table, the named statements with their built-in SQL, and Base, the one
// implementation over database/sql that both drivers embed. The drivers (store/sqlite, store/postgres) add only what
// differs: opening, change detection and a Dialect. Commands, engine and accounts call it; it knows none of them and has
// no opinion about passwords, tokens or flows.
//
// The tables of an existing nFlow database are read as they are: loose column types are scanned tolerantly, and a row of
// table queries replaces the built-in statement of its name. What the runtime adds of its own is in tables nflow_*.
package store

import (
	"context"
	"errors"
	"strings"

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

// Owner is the app that brought a record: Kind is "module" or "template".
type Owner struct{ Kind, Name, App string }

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
