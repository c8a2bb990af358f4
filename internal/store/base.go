package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// Dialect is what two databases say differently. It is a plain value that a driver passes to [NewBase].
type Dialect struct {
	ID    string // type of a self-numbering primary key column
	Bytes string // type of a column of bytes

	HasTable string // statement that counts the tables or views named $1 that an unqualified name reaches
	Lock     string // statement that holds the lock numbered $1 until the transaction ends; empty: BEGIN locks already
	Patient  string // statement that lets those after it in the transaction take any time; empty: they may anyway
	PlanEach string // statement that has those after it in the transaction planned for their values; empty: they always are
	Now      string // the database's clock as an expression, in unix seconds
	Notify   string // statement that sends the signal $1 when the transaction ends; empty: there are no signals

	OneWriter bool // writes of one process are queued here instead of meeting in the database

	Number   string // type of a primary key column of numbers that the runtime assigns
	Insert   string // how statements begin that add many rows, in transactions that end when one fails
	Unnamed  bool   // their parameters are written ?, for a driver that looks up the name of each other one
	Runs     string // what follows the columns of table nflow_runs
	RunNodes string // and of nflow_run_nodes

	// Day makes, unless they are there, the partitions of both tables for a day: ids from and below to. DropDay removes
	// them. Both are nil where tables have no partitions.
	Day     func(day, from, to int64) string
	DropDay func(day int64) []string
	// Reclaim releases freed space to the disk, in steps that it hands to alone: this process does not write
	// meanwhile. It is nil where removing is enough.
	Reclaim func(ctx context.Context, db *sql.DB, alone func(func() error) error) error
	// Settle puts what was written to its place in the files, while others write: the writer of the thousandth page would
	// do it else, with all others waiting. It is nil where the server does that.
	Settle func(ctx context.Context, db *sql.DB)
	// Again reports whether an error goes away with other ids and with the partitions made anew.
	Again func(err error) bool

	Snapshot sql.IsolationLevel   // of a transaction that reads everything as it was at its first statement
	Document func(string) any     // how a long text is passed, so that text, json and bytes columns take it
	ReadOnly func(err error) bool // whether the error says that the database may not be written
}

// Base is the implementation of [Store], but for Watch, that both drivers embed.
type Base struct {
	records
	db         *sql.DB
	d          Dialect
	writing    chan struct{} // holds the one writer's place; nil when writers may run side by side
	queriesSQL string
	queries    atomic.Pointer[map[string]string]
	fresh      bool

	damage atomic.Pointer[damage] // once something was found damaged

	days   sync.Map // int64 → true: the days of the history that have their partitions
	places sync.Map // int64 → true: the places of the history that are written
}

// NewBase migrates the database and reads its named queries with the statement queriesSQL (defaults to
// [DefaultQueries]). The caller keeps db when an error is returned; else Close closes it.
func NewBase(ctx context.Context, db *sql.DB, d Dialect, queriesSQL string) (*Base, error) {
	b := &Base{db: db, d: d, queriesSQL: queriesSQL}
	b.records.b = b
	if queriesSQL == "" {
		b.queriesSQL = DefaultQueries
	}
	if d.OneWriter {
		b.writing = make(chan struct{}, 1)
	}
	if err := b.migrate(ctx); err != nil {
		return nil, err
	}
	if err := b.ReloadQueries(ctx); err != nil {
		return nil, err
	}
	var n int
	const rows = `SELECT (SELECT count(*) FROM nflow) + (SELECT count(*) FROM modules) + (SELECT count(*) FROM template)`
	if err := db.QueryRowContext(ctx, rows).Scan(&n); err != nil {
		return nil, failed(err, "reading apps")
	}
	b.fresh = n == 0
	return b, nil
}

// Fresh implements [Store].
func (b *Base) Fresh() bool { return b.fresh }

// DB implements [Store].
func (b *Base) DB() *sql.DB { return b.db }

// Ping implements [Store]. What was found damaged once stays so.
func (b *Base) Ping(ctx context.Context) error {
	if err := b.note(b.db.PingContext(ctx)); err != nil {
		if t := TroubleOf(err); t.text() != "" {
			return Troubled(t, err)
		}
		return fault.Wrap(fault.Unavailable, err, "the database does not answer")
	}
	if found := b.damage.Load(); found != nil {
		return found.error
	}
	return nil
}

// Close implements [Store].
func (b *Base) Close() error { return b.db.Close() }

// scanner scans the row at hand.
type scanner func(dest ...any) error

// each runs a statement and passes every row to f.
func (r records) each(ctx context.Context, query string, args []any, f func(scanner) error) error {
	return r.b.note(each(ctx, r.source(), query, args, f))
}

func each(ctx context.Context, q querier, query string, args []any, f func(scanner) error) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// one scans the first row of a statement; no row is the NotFound error that says what was looked for.
func (r records) one(ctx context.Context, what, name, query string, dest ...any) error {
	err := r.source().QueryRowContext(ctx, query, name).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return missing(what, name)
	}
	return failed(r.b.note(err), "reading %s %q", what, name)
}

// write runs f in a transaction. Transactions with the same lock name run one after the other, in all processes; an
// empty name takes no lock.
func (b *Base) write(ctx context.Context, lock string, f func(*sql.Tx) error) error {
	if b.writing != nil {
		select {
		case b.writing <- struct{}{}:
			defer func() { <-b.writing }()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return b.note(b.transact(ctx, lock, f))
}

func (b *Base) transact(ctx context.Context, lock string, f func(*sql.Tx) error) error {
	tx, err := b.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()                           //nolint:errcheck // after Commit it does nothing; before, the first error counts
	if lock == migrateLock && b.d.Patient != "" { // also the wait for another process that migrates
		if _, err := tx.ExecContext(ctx, b.d.Patient); err != nil {
			return err
		}
	}
	if err := b.lock(ctx, tx, lock); err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// lock holds the lock of that name until the transaction ends.
func (b *Base) lock(ctx context.Context, tx *sql.Tx, name string) error {
	if name == "" || b.d.Lock == "" {
		return nil
	}
	if _, err := tx.ExecContext(ctx, b.d.Lock, lockNumber(name)); err != nil {
		return fmt.Errorf("lock %s: %w", name, err)
	}
	return nil
}

func lockNumber(name string) int64 {
	h := fnv.New64a()
	h.Write([]byte("nflow-runtime/" + name))
	return int64(h.Sum64())
}

// change runs one statement that must touch a record; none touched is NotFound.
func (r records) change(ctx context.Context, what, name, query string, args ...any) error {
	err := r.write(ctx, "", func(tx *sql.Tx) error { return touch(ctx, tx, what, name, query, args...) })
	return failed(err, "changing %s %q", what, name)
}

// touch is change inside a transaction.
func touch(ctx context.Context, tx *sql.Tx, what, name, query string, args ...any) error {
	res, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return missing(what, name)
}

// statement is one SQL statement with its arguments.
type statement struct {
	sql  string
	args []any
}

// save counts the rows of that name with the statement count, then runs update or insert.
func (r records) save(ctx context.Context, what, name, count string, update, insert []statement) error {
	err := r.write(ctx, what, func(tx *sql.Tx) error {
		var n number
		if err := tx.QueryRowContext(ctx, count, name).Scan(&n); err != nil {
			return err
		}
		run := update
		if n == 0 {
			run = insert
		}
		for _, s := range run {
			if _, err := tx.ExecContext(ctx, s.sql, s.args...); err != nil {
				return err
			}
		}
		return nil
	})
	return failed(err, "saving %s %q", what, name)
}

// failed wraps an error of the database, and says what is wrong with that where it is known; nil stays nil and an error
// that has its kind already is kept.
func failed(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	if t := TroubleOf(err); t.text() != "" {
		return fault.Wrap(fault.Unavailable, err, "the database failed "+format+": %s", append(slices.Clip(args), t.text())...)
	}
	return fault.Wrap(fault.Internal, err, "the database failed "+format, args...)
}

// missing returns the error of a record that does not exist.
func missing(what, name string) error {
	return &fault.Error{Kind: fault.NotFound, Text: fmt.Sprintf("%s %q does not exist", what, name), Cause: ErrNotFound}
}
