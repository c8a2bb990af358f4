// Package store is what the runtime keeps in an nFlow database: apps, modules, templates, users, tokens, tracker rows and
// the runtime's own: keys, large sessions, values and secrets of flows, and the history of runs.
//
// The records and the interfaces by table are those of the public package store. Here are the named statements with their
// built-in SQL, and Base, the one implementation over database/sql that both drivers embed. The drivers (store/sqlite, store/postgres) add only what
// differs: opening, change detection and a Dialect. Commands, engine and accounts call it; it knows none of them and has
// no opinion about passwords, tokens or flows.
//
// The tables of an existing nFlow database are read as they are: loose column types are scanned tolerantly, and a row of
// table queries replaces the built-in statement of its name. What the runtime adds of its own is in tables nflow_*.
package store

import (
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

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
