// Package postgres opens an nFlow database on a PostgreSQL server.
//
// internal/app and the commands call Open and use what they get as a [store.Store]. Everything that the two databases
// share is in package store; here are the connection, the making of a missing database, and how a change is noticed.
package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

const (
	maxConns         = 16
	maxIdleTime      = 5 * time.Minute
	maxLifetime      = time.Hour
	statementTimeout = 30 * time.Second
	connectTimeout   = 10 * time.Second
)

// Error codes of the server that mean something here.
const (
	codeNoDatabase = "3D000"
	codeReadOnly   = "25006"
	codeNotAllowed = "42501"
	codeRefused    = "28000" // no such user, or pg_hba.conf does not let it in
	codePassword   = "28P01"

	codeTaken       = "23505"
	codeNoPartition = "23514"
)

// Options say which database to open.
type Options struct {
	// DSN is a URL ("postgres://user@host/nflow") or key=value text ("user=postgres dbname=nflow sslmode=disable"). A
	// missing database is made where the user may.
	DSN string

	// Queries is the statement that reads named queries: columns name, query. Defaults to [store.DefaultQueries].
	Queries string

	MaxOpen  int           // concurrent connections, besides two that listen. Defaults to 16
	MaxIdle  int           // connections kept while nothing needs them. Defaults to half of them
	IdleTime time.Duration // for how long; negative: for ever. Defaults to 5 min
	Lifetime time.Duration // after which a connection is replaced; negative: never. Defaults to 1 h

	// StatementTimeout is after which the server ends a statement; negative: never. Defaults to 30 s. Making tables is
	// exempt.
	StatementTimeout time.Duration

	// Log takes what Watch has to say. Defaults to saying nothing.
	Log *slog.Logger
}

// Store is an open PostgreSQL database. Its Close must be called once, after Watch has returned.
type Store struct {
	*store.Base
	config *pgx.ConnConfig // for connections outside the pool; copied before use
	log    *slog.Logger
	opened string // fingerprint of the watched tables at Open
}

var _ store.Store = (*Store)(nil)

// Open connects to the database, makes it when it is missing and brings it up to date.
func Open(ctx context.Context, o Options) (store.Store, error) {
	config, err := pgx.ParseConfig(o.DSN)
	if err != nil {
		// The parser's error repeats the DSN, with the password hidden where it is recognised: not to be relied on.
		return nil, fault.InvalidSetting("database_nflow.dsn", nil, "database_nflow.dsn is no PostgreSQL address; "+
			`use postgres://user@host:5432/nflow or "user=… dbname=nflow host=…"`)
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	made, err := ensureDatabase(ctx, config)
	if err != nil {
		return nil, noConnection(config, err)
	}
	db := stdlib.OpenDB(*config.Copy(), stdlib.OptionAfterConnect(limitStatements(cmp.Or(o.StatementTimeout, statementTimeout))))
	open := cmp.Or(o.MaxOpen, maxConns)
	db.SetMaxOpenConns(open)
	db.SetMaxIdleConns(cmp.Or(o.MaxIdle, max(1, open/2)))
	db.SetConnMaxIdleTime(cmp.Or(o.IdleTime, maxIdleTime))
	db.SetConnMaxLifetime(cmp.Or(o.Lifetime, maxLifetime))
	s := &Store{config: config, log: o.Log}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if made { // a name that was mistyped looks like this
		s.log.Warn("the database did not exist and was created; check database_nflow.dsn if that is not what you want", "name", config.Database)
	}
	if err := s.start(ctx, db, o.Queries); err != nil {
		db.Close() //nolint:errcheck // the first error is the one to report
		return nil, err
	}
	return s, nil
}

// limitStatements sets the timeout when a connection is made. A parameter of the connection would do, but PgBouncer
// refuses those that it does not know.
func limitStatements(timeout time.Duration) func(context.Context, *pgx.Conn) error {
	return func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, fmt.Sprintf("SET statement_timeout = %d", max(0, timeout.Milliseconds())))
		return err
	}
}

func (s *Store) start(ctx context.Context, db *sql.DB, queries string) (err error) {
	if s.Base, err = store.NewBase(ctx, db, dialect(), queries); err != nil {
		return err
	}
	s.installTriggers(ctx)
	if s.opened, err = fingerprint(ctx, db); err != nil {
		return fault.Wrap(fault.Internal, err, "the database failed reading its apps")
	}
	return nil
}

// Backup implements [store.Store]: PostgreSQL's own tools do it better.
func (s *Store) Backup(context.Context, string) error {
	return fault.New(fault.Invalid, "a PostgreSQL database is backed up with its own tools, as by: pg_dump --format=custom --file=FILE DSN")
}

func dialect() store.Dialect {
	return store.Dialect{
		ID:       "BIGSERIAL PRIMARY KEY",
		Bytes:    "BYTEA",
		Number:   "BIGINT",
		Insert:   "INSERT",
		Runs:     "PARTITION BY RANGE (id)",
		RunNodes: "PARTITION BY RANGE (run)",
		Day:      makeDay,
		DropDay:  dropDay,
		Again:    func(err error) bool { return hasCode(err, codeTaken) || hasCode(err, codeNoPartition) },
		// Not to_regclass: it may remember, from before the wait for the lock, that there was no such table.
		HasTable: `SELECT count(*) FROM pg_class WHERE relname = $1 AND relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_table_is_visible(oid)`,
		Lock:     `SELECT pg_advisory_xact_lock($1)`,
		Patient:  `SET LOCAL statement_timeout = 0`,
		PlanEach: `SET LOCAL plan_cache_mode = force_custom_plan`,
		Now:      `CAST(extract(epoch FROM clock_timestamp()) AS BIGINT)`,
		Notify:   `SELECT pg_notify(` + signals + `, $1)`,
		Snapshot: sql.LevelRepeatableRead,
		// Bytes, because text, json, jsonb and bytea columns all take them as they are.
		Document: func(s string) any { return []byte(s) },
		ReadOnly: func(err error) bool { return hasCode(err, codeReadOnly) || hasCode(err, codeNotAllowed) },
	}
}

// Days of the history are partitions: dropping one is how PostgreSQL releases disk space immediately.

func makeDay(day, from, to int64) string {
	const table = "CREATE TABLE IF NOT EXISTS %[1]s_%[2]d PARTITION OF %[1]s FOR VALUES FROM (%[3]d) TO (%[4]d);"
	return fmt.Sprintf(table, "nflow_runs", day, from, to) + fmt.Sprintf(table, "nflow_run_nodes", day, from, to)
}

func dropDay(day int64) []string {
	return []string{
		"SET LOCAL lock_timeout = '200ms'", // writers queue behind the session that waits for the lock
		fmt.Sprintf("DROP TABLE IF EXISTS nflow_run_nodes_%d, nflow_runs_%[1]d", day),
	}
}

func hasCode(err error, code string) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == code
}

// noConnection reports whether the server was not reached, or answered and refused. The server's own words stay in the cause:
// they may repeat what a mistyped DSN took for something else than its password.
func noConnection(config *pgx.ConnConfig, err error) error {
	server := net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
	say := func(format string, args ...any) error { return fault.Wrap(fault.Unavailable, err, format, args...) }
	refused, answered := errors.AsType[*pgconn.PgError](err)
	switch {
	case errors.Is(err, errNoDatabase):
		return say("the PostgreSQL server at %s was reached: it has no database %q, and user %q could not create it; create it there, or check database_nflow.dsn",
			server, config.Database, config.User)
	case !answered:
		return say("the PostgreSQL database at %s cannot be reached; check database_nflow.dsn and the server", server)
	case refused.Code == codeRefused || refused.Code == codePassword:
		return say("the PostgreSQL server at %s was reached and refuses user %q or its password; check database_nflow.dsn and the server's pg_hba.conf",
			server, config.User)
	case refused.Code == codeNotAllowed:
		return say("the PostgreSQL server at %s was reached and does not let user %q into database %q; grant it CONNECT there, or check database_nflow.dsn",
			server, config.User, config.Database)
	}
	return say("the PostgreSQL server at %s was reached and refuses the connection (SQLSTATE %s; -v shows its message); check database_nflow.dsn and the server",
		server, refused.Code)
}

// errNoDatabase is inside the error of a database that is missing and could not be made.
var errNoDatabase = errors.New("the database does not exist")

// ensureDatabase makes the database when the server says that there is none.
func ensureDatabase(ctx context.Context, config *pgx.ConnConfig) (made bool, err error) {
	conn, err := pgx.ConnectConfig(ctx, config.Copy())
	if err == nil {
		return false, conn.Close(ctx)
	}
	if !hasCode(err, codeNoDatabase) {
		return false, err
	}
	maintenance := config.Copy()
	maintenance.Database = "postgres"
	conn, err = pgx.ConnectConfig(ctx, maintenance)
	if err != nil {
		return false, fmt.Errorf("%w: %w", errNoDatabase, err)
	}
	defer conn.Close(ctx) //nolint:errcheck // nothing is left to be lost
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{config.Database}.Sanitize())
	if err == nil {
		return true, nil
	}
	// Another process may have been faster; the server says so in several ways.
	other, again := pgx.ConnectConfig(ctx, config.Copy())
	if hasCode(again, codeNoDatabase) {
		return false, fmt.Errorf("%w and cannot be made: %w", errNoDatabase, err)
	}
	if again != nil {
		return false, again
	}
	return false, other.Close(ctx)
}
