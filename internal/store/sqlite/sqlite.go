// Package sqlite opens an nFlow database in a SQLite file, without cgo.
//
// internal/app and the commands call Open and use what they get as a [store.Store]. Everything that the two databases
// share is in package store; here are the DSN, the pragmas, and how a change is noticed.
package sqlite

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/sqlitemem"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

const maxConns = 8

// Options say which database to open.
type Options struct {
	// DSN is a path, a path with parameters ("nflow.db?_pragma=synchronous(FULL)"), a file: URI, or ":memory:" for a
	// database of its own that exists until Close. A missing file is made for this user alone (mode 0600), its folders too
	// (0700).
	DSN string

	// Queries is the statement that reads named queries: columns name, query. Defaults to [store.DefaultQueries].
	Queries string

	MaxOpen int // concurrent connections, four at least; one of them writes. Defaults to 8
	MaxIdle int // connections kept. Defaults to half of them

	// Synchronous is how much is waited for the disk: NORMAL, which loses the last commits with the power but never breaks
	// the file, FULL, EXTRA or OFF. Defaults to NORMAL; what the DSN says comes first.
	Synchronous string

	// Log takes what Watch has to say. Defaults to saying nothing.
	Log *slog.Logger
}

// Store is an open SQLite database. Its Close must be called once, after Watch has returned.
type Store struct {
	*store.Base
	log      *slog.Logger
	opened   string    // fingerprint of the watched tables at Open
	accounts int64     // what is counted of users and tokens at Open; uncounted where nothing is
	anchor   *sql.Conn // keeps a database in memory alive; nil for files
	path     string    // of the file; "" in memory
	file     os.FileInfo
	dsn      string      // by which SQLite opens it
	moved    atomic.Bool // another file, or none, was where it had been
	made     time.Time
	checks   checks
}

var _ store.Store = (*Store)(nil)

// Open opens the database, makes it when it is missing and brings it up to date.
func Open(ctx context.Context, o Options) (store.Store, error) {
	src, err := parse(o.DSN)
	if err != nil {
		return nil, err
	}
	src.setSynchronous(cmp.Or(o.Synchronous, "NORMAL"))
	made, err := src.prepare()
	if err != nil {
		return nil, unopened(err)
	}
	if err := src.refuseShare(shareOf); err != nil {
		return nil, err
	}
	if err := src.emptied(); err != nil {
		return nil, err
	}
	sqlitemem.Count() // before the first connection of the process, which is this one
	db, err := sql.Open("sqlite", src.dsn())
	if err != nil {
		return nil, unopened(err)
	}
	open := max(4, cmp.Or(o.MaxOpen, maxConns)) // Watch and Signals hold one each, and a database in memory another
	db.SetMaxOpenConns(open)
	db.SetMaxIdleConns(cmp.Or(o.MaxIdle, open/2))
	s := &Store{log: o.Log, made: time.Now()}
	s.checks.start()
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.start(ctx, db, src, made, o.Queries); err != nil {
		db.Close() //nolint:errcheck // the first error is the one to report
		if busy(err) {
			const text = "the SQLite database is locked by another program, maybe an older nflow-runtime; " +
				"stop that one first, or name another file with --data or database_nflow.dsn"
			return nil, &fault.Error{Kind: fault.Unavailable, Text: text, Cause: err}
		}
		if hasCode(err, sqlite3.SQLITE_CANTOPEN) && !src.memory && readOnlyDisk(filepath.Dir(src.path)) {
			return nil, store.Troubled(store.ReadOnly, err)
		}
		return nil, err
	}
	return s, nil
}

func unopened(err error) error {
	t := store.TroubleOf(err).Kind()
	switch {
	case errors.Is(err, syscall.ENOSPC):
		t = store.DiskFull
	case errors.Is(err, syscall.EROFS):
		t = store.ReadOnly
	case hasCode(err, sqlite3.SQLITE_CANTOPEN):
		t = ""
	}
	if t != "" {
		return store.Troubled(t, err)
	}
	return fault.Wrap(fault.Unavailable, err, "the SQLite database cannot be opened; check database_nflow.dsn, --data and the permissions of the folder")
}

// start makes the Store of an open database, whose file was made here or was there before.
func (s *Store) start(ctx context.Context, db *sql.DB, src source, made bool, queries string) (err error) {
	if src.memory {
		if s.anchor, err = db.Conn(ctx); err != nil {
			return unopened(err)
		}
	} else if err := useWAL(ctx, db, src); err != nil {
		return unopened(err)
	}
	if !src.memory && !made {
		if err := s.warnOfNew(ctx, db, src.path); err != nil {
			return unopened(err)
		}
	}
	if s.Base, err = store.NewBase(ctx, db, dialect(), queries); err != nil {
		s.release()
		return err
	}
	if !src.memory {
		s.makeShrinkable(ctx)
		s.path, s.dsn = src.path, src.dsn()
		if s.file, err = os.Stat(s.path); err != nil {
			return unopened(err)
		}
	}
	s.accounts = s.countAccounts(ctx)
	if s.opened, err = fingerprint(ctx, db); err != nil {
		s.release()
		return unopened(err)
	}
	return nil
}

// Close implements [store.Store].
func (s *Store) Close() error {
	s.release()
	return s.Base.Close()
}

func (s *Store) release() {
	s.checks.stop()
	if s.anchor != nil {
		s.anchor.Close() //nolint:errcheck // closing it twice is the only way to fail
	}
}

func dialect() store.Dialect {
	return store.Dialect{
		ID:        "INTEGER PRIMARY KEY AUTOINCREMENT",
		Bytes:     "BLOB",
		HasTable:  `SELECT count(*) FROM sqlite_master WHERE type IN ('table', 'view') AND name = $1 COLLATE NOCASE`,
		Now:       `CAST(strftime('%s', 'now') AS INTEGER)`,
		OneWriter: true,
		Number:    "INTEGER",
		Insert:    "INSERT OR FAIL", // without a journal of each statement
		Unnamed:   true,
		RunNodes:  "WITHOUT ROWID",
		Reclaim:   reclaim,
		Settle:    settle,
		Again:     taken,
		Document:  func(s string) any { return s },
		ReadOnly:  readOnly,
	}
}

func taken(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY || e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE)
}

func busy(err error) bool {
	return hasCode(err, sqlite3.SQLITE_BUSY) || hasCode(err, sqlite3.SQLITE_LOCKED)
}

func readOnly(err error) bool { return hasCode(err, sqlite3.SQLITE_READONLY) }

// hasCode reports whether err is SQLite's of that result code, whatever it adds for details.
func hasCode(err error, code int) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == code
}

// useWAL lets readers and the writer work side by side. A database that cannot be switched, because it is read-only or
// in use right now, works as it is.
func useWAL(ctx context.Context, db *sql.DB, src source) error {
	var mode string
	if err := db.QueryRowContext(ctx, `PRAGMA journal_mode`).Scan(&mode); err != nil {
		return err
	}
	if strings.EqualFold(mode, "wal") || src.has("journal_mode") || src.params.Has("_journal") {
		return nil
	}
	_, err := db.ExecContext(ctx, `PRAGMA journal_mode = WAL`)
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN:
			return nil
		}
	}
	return err
}

// source is a DSN, taken apart.
type source struct {
	path   string // absolute; a random name in memory
	memory bool
	params url.Values
}

func parse(dsn string) (source, error) {
	name, query, _ := strings.Cut(dsn, "?")
	params, err := url.ParseQuery(query)
	if err != nil {
		return source{}, fault.InvalidSetting("database_nflow.dsn", err, "database_nflow.dsn: what follows the ? cannot be read")
	}
	if rest, ok := strings.CutPrefix(name, "file:"); ok {
		rest = strings.TrimPrefix(strings.TrimPrefix(rest, "//localhost"), "//")
		if name, err = url.PathUnescape(rest); err != nil {
			return source{}, fault.InvalidSetting("database_nflow.dsn", err, "database_nflow.dsn: the path of the file: URI cannot be read")
		}
		if len(name) > 2 && name[0] == '/' && filepath.VolumeName(name[1:]) != "" {
			name = name[1:] // file:///C:/nflow.db
		}
	}
	src := source{params: params}
	if name == ":memory:" || params.Get("mode") == "memory" {
		src.memory = true
		src.path = "/nflow-" + rand.Text()
		params.Del("mode")
		params.Set("vfs", "memdb") // unlike cache=shared it waits for locks
	} else if name == "" {
		return source{}, fault.InvalidSetting("database_nflow.dsn", nil, "database_nflow.dsn is empty; give the path of the SQLite file")
	} else if src.path, err = filepath.Abs(filepath.FromSlash(name)); err != nil {
		return source{}, unopened(err)
	}
	params.Del("cache") // shared caches answer "locked" instead of waiting
	params.Set("_txlock", "immediate")
	if !src.has("busy_timeout") && !params.Has("_timeout") {
		params.Add("_pragma", "busy_timeout(10000)")
	}
	return src, nil
}

func (s source) setSynchronous(mode string) {
	if !s.has("synchronous") && !s.params.Has("_sync") {
		s.params.Add("_pragma", "synchronous("+mode+")")
	}
}

// has reports whether the DSN sets that pragma.
func (s source) has(pragma string) bool {
	for _, p := range s.params["_pragma"] {
		if strings.HasPrefix(strings.ToLower(strings.TrimSpace(p)), pragma) {
			return true
		}
	}
	return s.params.Has("_" + pragma)
}

// dsn is what the driver opens.
func (s source) dsn() string {
	p := filepath.ToSlash(s.path)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p
	}
	if s.memory {
		return "file:" + p + "?" + s.params.Encode() // memdb shares names that start with one slash
	}
	return "file://" + (&url.URL{Path: p}).EscapedPath() + "?" + s.params.Encode()
}

// prepare makes a missing file, so that it belongs to this user alone; the files SQLite puts beside it take its mode.
func (s source) prepare() (made bool, err error) {
	if s.memory || s.params.Has("mode") && s.params.Get("mode") != "rwc" {
		return false, nil
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return false, err
	}
	f, err := os.OpenFile(s.path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, os.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, f.Close()
}
