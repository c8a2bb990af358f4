package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/libc"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/sqlitemem"
)

// This file keeps statements of SQLite within bounds that SQLite itself does not have: it computes inside this process,
// looks whether it was interrupted only where a program loops, and allocates outside of Go's heap.

const (
	// What a statement may cost between two places where it can be interrupted, in bytes that functions and operators look
	// at, once each. A byte is about a nanosecond.
	straightCost = 1 << 29

	maxValue     = 16 << 20 // bytes of one value, where max_memory_mb allows so much
	minValue     = 32 << 10 // of one value in a statement that is as dear as can be
	valueShare   = 8        // a value is at most this part of a run's memory
	dearValue    = 32 << 10 // of one value in a statement that calls one of dear
	maxProgram   = 150_000  // instructions of a statement; one that inserts all parameters has 100,000
	maxArguments = 200      // of one function
	maxPattern   = 1000     // bytes of a pattern, where PRAGMA case_sensitive_like has put SQLite's own LIKE back

	leastGrowth = 32 << 20  // bytes that SQLite may come to hold during a statement, where max_memory_mb is less
	maxGrowth   = 256 << 20 // and where it is unlimited
	filesShare  = 4         // times as much may be in temporary files

	comparisonSize = 72 // bytes of a program that compares two values, at least

	lookEvery  = 10 * time.Millisecond // how soon a statement ends after its run
	looksFiles = 16                    // between two looks at temporary files
)

// dear are functions of SQLite that take quadratic time and that only SQLite can compute: 32 KiB take them a
// fifth of a second.
const dear = " json_patch jsonb_patch geopoly_overlap geopoly_within "

// sqliteConnector makes connections with own functions and limits. Each has a driver of its own, because functions belong
// to a driver and need to know their connection; a driver outlives its connection and serves the next.
type sqliteConnector struct {
	driver.Connector // of the dsn, which it has checked
	dsn              string
	value            int32 // bytes of one value
	growth           int64 // bytes that a statement may have SQLite hold

	mu   sync.Mutex
	free []*sqliteSlot
}

// sqliteSlot is a connection's driver and what its functions know of it. It belongs to the user of the connection, except
// what is atomic.
type sqliteSlot struct {
	driver  sqlite.Driver
	stopped atomic.Bool // the statement is to end
	tls     *libc.TLS   // the driver's, with which alone its functions may ask SQLite
	db      uintptr
	value   int32 // bytes of one value, in the statement that is at work
	calls   int   // of functions, in the statement that is prepared
	before  int64 // changes of the connection before its present user
}

type sqliteDriverConn interface {
	driverConn
	sqlite.AuthorizerRegisterer
}

// sqliteConn is a connection with its slot.
type sqliteConn struct {
	sqliteDriverConn
	*sqliteSlot
	from *sqliteConnector
}

// newSQLiteConnector checks the dsn. memory is what a run may hold, 0 for no limit.
func newSQLiteConnector(dsn string, memory int64) (*sqliteConnector, error) {
	sqlitemem.Count()
	base, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	c := &sqliteConnector{Connector: base, dsn: dsn, value: maxValue, growth: maxGrowth}
	if memory > 0 {
		c.value = int32(min(maxValue, max(memory/valueShare, minValue))) //nolint:gosec // at most maxValue
		c.growth = max(memory, leastGrowth)
	}
	return c, nil
}

// Connect implements [driver.Connector].
func (c *sqliteConnector) Connect(ctx context.Context) (driver.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	slot, err := c.slot()
	if err != nil {
		return nil, err
	}
	conn, err := slot.driver.Open(c.dsn)
	if err != nil {
		c.put(slot)
		return nil, err
	}
	full, ok := conn.(sqliteDriverConn)
	// The driver has no call that returns them. SQLite's mutex of a connection is open only to the thread that has it.
	handle, thread := reflect.ValueOf(conn).Elem().FieldByName("db"), reflect.ValueOf(conn).Elem().FieldByName("tls")
	if !ok || handle.Kind() != reflect.Uintptr || !thread.IsValid() || thread.Type() != reflect.TypeFor[*libc.TLS]() {
		return nil, errors.Join(fmt.Errorf("the SQLite driver has another connection than expected: %T", conn), conn.Close())
	}
	slot.tls, slot.db, slot.value, slot.before = (*libc.TLS)(thread.UnsafePointer()), uintptr(handle.Uint()), c.value, 0
	for id, most := range map[int32]int32{
		sqlite3.SQLITE_LIMIT_LENGTH: c.value, sqlite3.SQLITE_LIMIT_SQL_LENGTH: maxStatement + 1024, sqlite3.SQLITE_LIMIT_VDBE_OP: maxProgram,
		sqlite3.SQLITE_LIMIT_FUNCTION_ARG: maxArguments, sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: maxPattern, sqlite3.SQLITE_LIMIT_ATTACHED: 0,
	} {
		slot.limit(id, most)
	}
	slot.dropModules()
	if err := full.RegisterAuthorizer(slot.authorize); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &sqliteConn{full, slot, c}, nil
}

// modules are the virtual tables that flows may use, beside those that are functions. Full-text search is none of them:
// what bm25 and highlight compute for one row grows with the cube of its words, in one call that nothing stops.
const modules = "rtree rtree_i32 geopoly dbstat"

// dropModules leaves only modules to a connection.
func (s *sqliteSlot) dropModules() {
	var list []byte // pointers to names, the last one is 0
	put := func(pointer uintptr) {
		if bits.UintSize == 64 {
			list = binary.NativeEndian.AppendUint64(list, uint64(pointer))
		} else {
			list = binary.NativeEndian.AppendUint32(list, uint32(pointer)) //nolint:gosec // that long
		}
	}
	for name := range strings.FieldsSeq(modules) {
		pointer, err := libc.CString(name)
		if err != nil {
			break // nothing is kept
		}
		defer libc.Xfree(s.tls, pointer) //nolint:gocritic // SQLite reads all of them below
		put(pointer)
	}
	put(0)
	names, err := libc.CString(string(list))
	if err != nil {
		names = 0
	}
	defer libc.Xfree(s.tls, names)
	sqlite3.Xsqlite3_drop_modules(s.tls, s.db, names)
}

func (c *sqliteConnector) slot() (*sqliteSlot, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.free); n > 0 {
		s := c.free[n-1]
		c.free = c.free[:n-1]
		return s, nil
	}
	s := &sqliteSlot{}
	err := s.register()
	return s, err
}

func (c *sqliteConnector) put(s *sqliteSlot) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.free = append(c.free, s)
}

// Close implements [driver.Conn].
func (c *sqliteConn) Close() error {
	err := c.sqliteDriverConn.Close()
	c.from.put(c.sqliteSlot)
	return err
}

func (s *sqliteSlot) limit(id, most int32) { sqlite3.Xsqlite3_limit(s.tls, s.db, id, most) }

// authorize refuses nothing. It is called for each function that a statement calls, those of views and triggers
// included, and makes values the smaller the more there are: between two places where the statement can be interrupted it
// may call all of them.
func (s *sqliteSlot) authorize(action sqlite.AuthorizerActionCode, _, function, _, _ string) sqlite.AuthorizerReturnCode {
	if action == sqlite.AuthFunction {
		s.calls++
		switch {
		case strings.Contains(dear, " "+strings.ToLower(function)+" "):
			s.atMost(dearValue)
		case s.calls > straightCost/maxValue:
			s.atMost(straightCost / s.calls)
		}
	}
	return sqlite.AuthorizerOK
}

// atMost bounds the values of the statement.
func (s *sqliteSlot) atMost(bytes int) {
	if n := int32(max(bytes, minValue)); n < s.value { //nolint:gosec // at most straightCost
		s.value = n
		s.limit(sqlite3.SQLITE_LIMIT_LENGTH, n)
	}
}

// ready prepares for a statement of that many words and signs.
func (c *sqliteConn) ready(tokens int) {
	c.stopped.Store(false)
	c.value, c.calls = c.from.value, 0
	c.limit(sqlite3.SQLITE_LIMIT_LENGTH, c.value)
	c.atMost(2 * straightCost / max(tokens, 1))
}

// prepared prepares a statement and calls do with it. Values are the smaller the longer its program is, that of the views
// and triggers included: where the program does not loop, nothing interrupts it.
func (c *sqliteConn) prepared(ctx context.Context, from *sql.Conn, text string, do func(*sql.Stmt) error) error {
	st, err := from.PrepareContext(ctx, text)
	if err != nil {
		return err
	}
	defer st.Close()
	if handle := sqlite3.Xsqlite3_next_stmt(c.tls, c.db, 0); handle != 0 {
		size := sqlite3.Xsqlite3_stmt_status(c.tls, handle, sqlite3.SQLITE_STMTSTATUS_MEMUSED, 0)
		c.atMost(2 * straightCost / max(int(size)/comparisonSize, 1))
	}
	return do(st)
}

// forget makes the connection as good as new. What it has changed cannot be undone, so it is subtracted.
func (c *sqliteConn) forget() {
	sqlite3.Xsqlite3_set_last_insert_rowid(c.tls, c.db, 0)
	c.before = sqlite3.Xsqlite3_total_changes64(c.tls, c.db)
}

// changed returns what the present user of the connection has changed: rows by its last statement, and rows in all.
func (s *sqliteSlot) changed() (last, all int64) {
	all = sqlite3.Xsqlite3_total_changes64(s.tls, s.db) - s.before
	if all > 0 {
		last = sqlite3.Xsqlite3_changes64(s.tls, s.db)
	}
	return last, all
}

func sqliteConnOf(c *sql.Conn) (conn *sqliteConn, err error) {
	err = c.Raw(func(dc any) error { conn = dc.(*sqliteConn); return nil })
	return conn, err
}

// sqliteWatch ends a statement with its run, or when it has SQLite hold too much. The driver's own watch sees only what
// comes before the first row, and loses an interruption that comes before the statement has begun.
type sqliteWatch struct {
	conn  *sqliteConn
	ctx   context.Context
	tls   *libc.TLS
	held  int64 // before the statement
	files int64 // bytes of temporary files, before the statement
	looks int
	timer *time.Timer

	mu   sync.Mutex
	over bool // the statement has ended
	full what // it had SQLite hold too much of
}

// what a statement may have too much of.
type what string

const (
	inMemory what = "memory"
	inFiles  what = "files"
)

func (c *sqliteConn) watch(ctx context.Context) *sqliteWatch {
	w := &sqliteWatch{conn: c, ctx: ctx}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(lookEvery, w.look)
	return w
}

func (w *sqliteWatch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return
	}
	now := sqlitemem.InUse()
	if w.tls == nil {
		w.tls, w.held, w.files = libc.NewTLS(), now, sqlitemem.Files()
	}
	if now-w.held > w.conn.from.growth {
		w.full = inMemory
	}
	if w.looks++; w.looks%looksFiles == 0 && sqlitemem.Files()-w.files > filesShare*w.conn.from.growth {
		w.full = inFiles
	}
	if w.full != "" || w.ctx.Err() != nil {
		w.conn.stopped.Store(true)
		sqlite3.Xsqlite3_interrupt(w.tls, w.conn.db)
	}
	w.timer.Reset(lookEvery)
}

// end ends the watch, not the statement. It returns what the statement was ended for having too much of, "" for nothing.
func (w *sqliteWatch) end() (full what) {
	w.timer.Stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	if w.tls != nil {
		w.tls.Close()
	}
	return w.full
}

// explain returns the bounds in terms of the statement that a flow wrote.
func (c *sqliteConn) explain(err error, full what) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	big := ok && (e.Code() == sqlite3.SQLITE_TOOBIG || strings.Contains(e.Error(), errTooBig.Error()))
	switch {
	case full == inMemory:
		return fault.New(fault.Script, "the statement needs more than %d MB in SQLite: work on fewer or smaller rows at a time", c.from.growth>>20)
	case full == inFiles:
		return fault.New(fault.Script, "the statement needs more than %d MB of temporary files: sort or group fewer rows at a time (the limit follows [vm_pool] max_memory_mb)", filesShare*c.from.growth>>20)
	case !ok:
		return err
	case strings.Contains(strings.ToLower(e.Error()), "no such module: fts5"):
		return &sqlError{"full-text search (fts5) is not allowed: a search and its highlight may compute for hours and cannot be stopped; use LIKE, or a PostgreSQL database", "1"}
	case big && c.value == c.from.value:
		return &sqlError{fmt.Sprintf("string or blob too big (18): a value may have %d KiB", c.value>>10), "18"}
	case big:
		return &sqlError{fmt.Sprintf("string or blob too big (18): in a statement with so many words, calls or comparisons, those of its views and triggers included, or with json_patch, geopoly_overlap or geopoly_within, a value may have %d KiB", c.value>>10), "18"}
	case e.Code() == sqlite3.SQLITE_NOMEM && sqlitemem.InUse() < c.from.growth:
		return &sqlError{"the statement is too long or too complex for SQLite (7): split it", "7"}
	}
	return err
}
