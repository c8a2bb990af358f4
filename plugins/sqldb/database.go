package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const (
	maxIdleTime = 5 * time.Minute
	attempts    = 3 // at connections that turn out to be dead before anything was sent
)

// server is what differs between the databases.
type server interface {
	syntax() syntax
	dsnForm() string // how a dsn is written, for people
	// refuse returns why a statement is not taken, "" when it is.
	refuse(st statement, readOnly bool) string
	// begin returns the statement that begins a transaction.
	begin(readOnly bool) string
	// run executes a statement of a transaction and puts what comes into a.
	run(ctx context.Context, c *sql.Conn, st statement, params []any, a *answer) error
	// alone executes a statement outside of a transaction, or in one of its own that is rolled back where readOnly, and
	// then has the session forget what was done in it. It reports whether others may use the connection.
	alone(ctx context.Context, c *sql.Conn, st statement, params []any, a *answer, readOnly bool) (clean bool, err error)
	// keeps reports whether the session can forget what a statement may leave behind in it.
	keeps(st statement) bool
	// end commits a transaction or rolls it back, and has the session forget what was done in it. It reports whether
	// others may use the connection.
	end(ctx context.Context, c *sql.Conn, commit bool) (clean bool, err error)
	// rights lists what the account may do although the database is read-only.
	rights(ctx context.Context, c *sql.Conn) ([]string, error)
	// said returns the words and the code of an error that the database itself answered.
	said(err error) (text, code string, ok bool)
}

// database is one configured database and its pool.
type database struct {
	name     string
	server   server
	pool     *sql.DB
	anchor   driver.Conn // keeps a database in memory alive; nil for others
	readOnly bool
	rows     int
	bytes    int64
	calls    *sync.WaitGroup
	log      *slog.Logger // nil before Start
	warned   atomic.Bool  // of what read_only cannot promise
	reused   atomic.Bool  // the log knows that connections are not used again
}

// sqlError is what the database answered to a statement. It is no fault: a script sees the text, an HTTP answer does not.
type sqlError struct{ text, code string }

func (e *sqlError) Error() string     { return e.text }
func (e *sqlError) ErrorCode() string { return e.code }

// saidAs returns what the database answered with an error of its driver's type E, or what this package says in its place.
func saidAs[E error](err error, read func(E) (text, code string)) (text, code string, ok bool) {
	if e, ok := errors.AsType[*sqlError](err); ok {
		return e.text, e.code, true
	}
	e, ok := errors.AsType[E](err)
	if !ok {
		return "", "", false
	}
	text, code = read(e)
	return text, code, true
}

// driverConn is what database/sql calls of a driver's connection.
type driverConn interface {
	driver.Conn
	driver.Pinger
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.QueryerContext
	driver.ExecerContext
	driver.SessionResetter
	driver.Validator
}

// ending is the statement that ends a transaction.
func ending(commit bool) string {
	if commit {
		return "COMMIT"
	}
	return "ROLLBACK"
}

// everyday lists the statements that leave nothing behind in their session.
func everyday(verb string) bool {
	return reads(verb) || slices.Contains([]string{"INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE"}, verb)
}

// reads lists the statements that only read, by their first word.
func reads(verb string) bool {
	return slices.Contains([]string{"SELECT", "WITH", "VALUES", "TABLE", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "("}, verb)
}

// parse reads a statement and refuses what may not run here.
func (d *database) parse(text string, params int, inside bool) (statement, error) {
	st, err := d.server.syntax().parse(text)
	if err != nil {
		return st, err
	}
	switch st.verb {
	case "BEGIN", "START", "COMMIT", "END", "ABORT":
		return st, fault.New(fault.Script, "%s is not allowed: db.transaction(fn) begins and ends a transaction", st.verb)
	case "ROLLBACK", "SAVEPOINT", "RELEASE":
		if !inside || st.verb == "ROLLBACK" && !st.to {
			return st, fault.New(fault.Script, "%s is not allowed here: db.transaction(fn) begins a transaction, throwing rolls it back", st.verb)
		}
	}
	if why := d.server.refuse(st, d.readOnly); why != "" {
		return st, fault.New(fault.Script, "%s is not allowed: %s", st.verb, why)
	}
	if st.rest && d.server.syntax().split {
		return st, fault.New(fault.Script, "one call takes one SQL statement; a second one follows the ;")
	}
	if st.count != params {
		return st, fault.New(fault.Script, "the SQL statement has parameters up to $%d and %d were given", st.count, params)
	}
	return st, nil
}

// statement parses a statement whose arrays in IN (…) are written out, among the parameters too.
func (d *database) statement(text string, params *[]any, inside bool) (statement, error) {
	st, err := d.parse(text, len(*params), inside)
	if err != nil {
		return st, err
	}
	if err := d.server.syntax().unlike(*params); err != nil {
		return st, err
	}
	written, all, changed, err := st.expand(text, *params)
	if err != nil || !changed {
		return st, err
	}
	*params = all
	return d.parse(written, len(all), inside)
}

// run executes one statement on a connection of the pool. It comes back when ctx ends, whatever the driver does.
func (d *database) run(ctx context.Context, st statement, params []any) (*answer, error) {
	return await(ctx, d, func() (*answer, error) {
		for attempt := 1; ; attempt++ {
			a, err := d.once(ctx, st, params)
			if again(ctx, attempt, err) {
				continue
			}
			return a, d.explain(ctx, err)
		}
	})
}

// again reports whether a call that failed may be made once more: its connection was dead before anything was sent.
func again(ctx context.Context, attempt int, err error) bool {
	return errors.Is(err, driver.ErrBadConn) && attempt < attempts && ctx.Err() == nil
}

func (d *database) once(ctx context.Context, st statement, params []any) (*answer, error) {
	c, err := d.connect(ctx)
	if err != nil {
		return nil, err
	}
	a := &answer{rowCap: d.rows, byteCap: d.bytes}
	clean := false
	err = d.bounded(ctx, a, func(ctx context.Context) (err error) {
		clean, err = d.server.alone(ctx, c, st, params, a, d.readOnly)
		return err
	})
	d.release(c, clean && d.server.keeps(st))
	return a, err
}

// bounded runs a statement; what is left of a response that grew too large is not read.
func (d *database) bounded(ctx context.Context, a *answer, run func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a.stop = cancel
	err := run(ctx)
	if a.full != nil {
		return a.full
	}
	return err
}

func (d *database) connect(ctx context.Context) (*sql.Conn, error) {
	c, err := d.pool.Conn(ctx)
	if err != nil && ctx.Err() == nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the database of [db.%s] cannot be reached: check its dsn and the server", d.name)
	}
	if err == nil {
		d.warn(ctx, c)
	}
	return c, err
}

func (d *database) begin(ctx context.Context, c *sql.Conn) error {
	_, err := c.ExecContext(ctx, d.server.begin(d.readOnly))
	return err
}

// answered reports whether the database itself answered, so that the connection is as good as before.
func answered(s server, err error) bool {
	_, _, said := s.said(err)
	return err == nil || said
}

// release returns a connection to the pool, or closes it.
func (d *database) release(c *sql.Conn, clean bool) {
	if !clean {
		_ = c.Raw(func(any) error { return driver.ErrBadConn })
	}
	_ = c.Close()
}

// explain makes the error of a failed call: the database's words where it answered.
func (d *database) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if text, code, ok := d.server.said(err); ok {
		return &sqlError{text, code}
	}
	if lost(err) {
		return fault.Wrap(fault.Unavailable, err, "the connection to the database of [db.%s] was lost", d.name)
	}
	return fault.Wrap(fault.Script, err, "the database of [db.%s] did not take the statement or its parameters", d.name)
}

// lost reports whether an error is that of a broken connection.
func lost(err error) bool {
	for _, e := range []error{driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF, mysql.ErrInvalidConn} {
		if errors.Is(err, e) {
			return true
		}
	}
	_, network := errors.AsType[net.Error](err)
	return network
}

// await is hostfn.Await for a call that Stop waits for.
func await[T any](ctx context.Context, d *database, f func() (T, error)) (T, error) {
	d.calls.Add(1)
	return hostfn.Await(ctx, func() (T, error) {
		defer d.calls.Done()
		return f()
	})
}
