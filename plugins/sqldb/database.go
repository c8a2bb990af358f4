package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const (
	maxIdleTime = 5 * time.Minute
	attempts    = 3 // at connections that turn out to be dead before anything was sent
)

// server is what differs between the databases. Implementations hold no state.
type server interface {
	syntax() syntax
	dsnForm() string // how a dsn is written, for people
	// refuse answers why a statement of that verb is not taken, "" when it is.
	refuse(verb string, readOnly bool) string
	// begin gives the statement that begins a transaction.
	begin(readOnly bool) string
	// guards tells whether each statement of a read-only database needs a transaction of its own around it.
	guards() bool
	// commit ends a transaction, or answers that it could not be committed.
	commit(ctx context.Context, c *sql.Conn) error
	// run executes a statement and puts what comes into a.
	run(ctx context.Context, c *sql.Conn, st statement, params []any, a *answer) error
	// said gives the words and the code of an error that the database itself answered.
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
}

// sqlError is what the database answered to a statement. It is no fault: a script sees the text, an HTTP answer does not.
type sqlError struct{ text, code string }

func (e *sqlError) Error() string     { return e.text }
func (e *sqlError) ErrorCode() string { return e.code }

// everyday tells the statements that leave nothing behind in their session.
func everyday(verb string) bool {
	return reads(verb) || slices.Contains([]string{"INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE"}, verb)
}

// reads tells the statements that only read, as far as their first word says.
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
		return st, fault.New(fault.Script, "%s is not taken: db.transaction(fn) begins a transaction and ends it", st.verb)
	case "ROLLBACK", "SAVEPOINT", "RELEASE":
		if !inside || st.verb == "ROLLBACK" && !st.to {
			return st, fault.New(fault.Script, "%s is not taken here: db.transaction(fn) begins a transaction, throwing rolls it back", st.verb)
		}
	}
	if why := d.server.refuse(st.verb, d.readOnly); why != "" {
		return st, fault.New(fault.Script, "%s is not taken: %s", st.verb, why)
	}
	if st.rest && d.server.syntax().split {
		return st, fault.New(fault.Script, "one call takes one SQL statement; another one follows the first ;")
	}
	if st.count != params {
		return st, fault.New(fault.Script, "the SQL statement has parameters up to $%d and %d were given", st.count, params)
	}
	return st, nil
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

// again tells whether a call that failed may be made once more: its connection was dead before anything was sent.
func again(ctx context.Context, attempt int, err error) bool {
	return errors.Is(err, driver.ErrBadConn) && attempt < attempts && ctx.Err() == nil
}

func (d *database) once(ctx context.Context, st statement, params []any) (*answer, error) {
	c, err := d.connect(ctx)
	if err != nil {
		return nil, err
	}
	guard := d.readOnly && d.server.guards()
	if guard {
		err = d.begin(ctx, c)
	}
	a := &answer{rowCap: d.rows, byteCap: d.bytes}
	if err == nil {
		err = d.execute(ctx, c, st, params, a)
	}
	clean := d.clean(st, err)
	if guard && clean {
		_, undo := c.ExecContext(ctx, "ROLLBACK")
		clean = undo == nil
	}
	d.release(c, clean)
	return a, err
}

// execute runs a statement; what is left of an answer that grew too large is not read.
func (d *database) execute(ctx context.Context, c *sql.Conn, st statement, params []any, a *answer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a.stop = cancel
	err := d.server.run(ctx, c, st, params, a)
	if a.full != nil {
		return a.full
	}
	return err
}

func (d *database) connect(ctx context.Context) (*sql.Conn, error) {
	c, err := d.pool.Conn(ctx)
	if err != nil && ctx.Err() == nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the database of [db.%s] cannot be reached: look at its dsn and at the server", d.name)
	}
	return c, err
}

func (d *database) begin(ctx context.Context, c *sql.Conn) error {
	_, err := c.ExecContext(ctx, d.server.begin(d.readOnly))
	return err
}

// clean tells whether a connection may serve others after a statement.
func (d *database) clean(st statement, err error) bool {
	if !everyday(st.verb) {
		return false
	}
	if err == nil {
		return true
	}
	_, _, said := d.server.said(err)
	return said
}

// release gives a connection back to the pool, or closes it.
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

// lost tells the errors of a connection that broke.
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
