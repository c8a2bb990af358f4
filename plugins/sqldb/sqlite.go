package sqldb

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"modernc.org/sqlite"
)

// memoryPages is how large a database in memory may grow, in pages of 4 KiB, unless its dsn says otherwise.
const memoryPages = 64 << 20 / 4096

// sqliteFile is SQLite.
type sqliteFile struct{}

var _ server = sqliteFile{}

// openSQLite makes a pool. A missing file is made, unless the database is read-only. The anchor keeps a database in
// memory alive. memory is what a run may hold, 0 for no limit.
func openSQLite(c Database, memory int64) (*sql.DB, driver.Conn, error) {
	name, query, _ := strings.Cut(c.DSN, "?")
	params, err := url.ParseQuery(query)
	if err != nil {
		return nil, nil, errors.New("what follows the ? cannot be read")
	}
	inMemory := strings.TrimPrefix(name, "file:") == ":memory:" || params.Get("mode") == "memory"
	pragmas := []string{"busy_timeout(10000)", "foreign_keys(1)"}
	switch {
	case inMemory:
		params.Del("mode")
		params.Set("vfs", "memdb")
		pragmas = append(pragmas, "max_page_count("+strconv.Itoa(memoryPages)+")")
	case c.ReadOnly:
		params.Set("mode", "ro")
	default:
		pragmas = append(pragmas, "journal_mode(WAL)", "synchronous(NORMAL)")
	}
	params["_pragma"] = append(pragmas, params["_pragma"]...) // the last one of a name counts
	if c.ReadOnly {
		params.Add("_pragma", "query_only(1)")
	}
	path, err := sqlitePath(name, inMemory)
	if err != nil {
		return nil, nil, err
	}
	params.Set("_defensive", "1") // pages cannot be written past the tables
	connector, err := newSQLiteConnector(path+"?"+params.Encode(), memory)
	if err != nil {
		return nil, nil, err
	}
	if !inMemory {
		return sql.OpenDB(connector), nil, nil
	}
	anchor, err := connector.Connect(context.Background())
	return sql.OpenDB(connector), anchor, err
}

// sqlitePath makes a URI of a path, a file: URI or a database in memory.
func sqlitePath(name string, memory bool) (string, error) {
	if memory {
		return "file:/nflow-" + rand.Text(), nil // memdb shares names that begin with a slash
	}
	if rest, ok := strings.CutPrefix(name, "file:"); ok {
		unescaped, err := url.PathUnescape(strings.TrimPrefix(rest, "//"))
		if err != nil {
			return "", errors.New("the path of the file: URI cannot be read")
		}
		name = unescaped
	}
	full, err := filepath.Abs(filepath.FromSlash(name))
	if err != nil {
		return "", err
	}
	slashed := filepath.ToSlash(full)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed
	}
	return "file://" + (&url.URL{Path: slashed}).EscapedPath(), nil
}

func (sqliteFile) syntax() syntax {
	return syntax{brackets: true, question: true, split: true, noNaN: true}
}

func (sqliteFile) dsnForm() string { return "write the path of the file" }

// refuse keeps flows in the one file that was configured, with the settings that it was opened with.
func (sqliteFile) refuse(st statement, _ bool) string {
	switch st.verb {
	case "ATTACH", "DETACH", "VACUUM":
		return "flows stay in the configured file"
	case "PRAGMA":
		return "settings belong to the dsn, as in ?_pragma=foreign_keys(0); SELECT * FROM pragma_table_info('name') describes a table"
	}
	return ""
}

// begin takes the lock for writing at once: a reader that wants it later is refused without waiting.
func (sqliteFile) begin(readOnly bool) string {
	if readOnly {
		return "BEGIN"
	}
	return "BEGIN IMMEDIATE"
}

// alone needs no transaction where nothing may be written: the file itself is open for reading only.
func (f sqliteFile) alone(ctx context.Context, c *sql.Conn, st statement, params []any, a *answer, _ bool) (clean bool, err error) {
	err = f.run(ctx, c, st, params, a)
	return answered(f, err) && f.forget(c) == nil, err
}

// keeps: what is temporary goes with its connection.
func (sqliteFile) keeps(st statement) bool { return everyday(st.verb) }

func (f sqliteFile) end(ctx context.Context, c *sql.Conn, commit bool) (clean bool, err error) {
	if _, err = c.ExecContext(ctx, ending(commit)); err != nil {
		return false, err
	}
	return f.forget(c) == nil, nil
}

func (sqliteFile) forget(c *sql.Conn) error {
	conn, err := sqliteConnOf(c)
	if err == nil {
		conn.forget()
	}
	return err
}

func (sqliteFile) run(ctx context.Context, c *sql.Conn, st statement, params []any, a *answer) error {
	conn, err := sqliteConnOf(c)
	if err != nil {
		return err
	}
	args := ordered(st, params, sqliteParam)
	conn.ready(st.tokens)
	watch := conn.watch(ctx)
	err = conn.prepared(ctx, c, st.text, func(prepared *sql.Stmt) error {
		if st.exec {
			return a.did(prepared.ExecContext(ctx, args...))
		}
		rows, err := prepared.QueryContext(ctx, args...)
		return a.read(rows, err, fromSQLite)
	})
	if st.exec && (st.verb != "INSERT" && st.verb != "REPLACE" || a.affected == 0) {
		a.lastID = 0 // SQLite reports the last one of the connection, whichever run inserted it
	}
	return conn.explain(err, watch.end())
}

// sqliteParam writes a time as SQLite's own functions do.
func sqliteParam(v any) any {
	switch v := v.(type) {
	case time.Time:
		return v.UTC().Format("2006-01-02 15:04:05.999")
	case document:
		return string(v)
	case list:
		return v.whole()
	}
	return v
}

// fromSQLite reads a value by the type that its column was declared with; SQLite itself has neither booleans, decimals
// nor JSON.
func fromSQLite(v any, kind string) any {
	kind, _, _ = strings.Cut(strings.ToUpper(kind), "(")
	kind, _, _ = strings.Cut(strings.TrimSpace(kind), " ") // TIMESTAMP WITH TIME ZONE
	text, isText := v.(string)
	switch kind {
	case "BOOL", "BOOLEAN":
		if n, ok := v.(int64); ok {
			return n != 0
		}
	case "JSON", "JSONB":
		if isText {
			return document(text)
		}
	case "DATE":
		if isText {
			v = timeOf(text)
		}
		if t, ok := v.(time.Time); ok { // the day that was written, whatever its time and zone
			year, month, day := t.Date()
			return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
		}
	case "DATETIME", "TIMESTAMP", "TIMESTAMPTZ":
		if isText { // in a form that the driver does not know, or of a type that it does not
			return timeOf(text)
		}
	case "TIME", "TIMETZ":
		if isText {
			return clockOf(text)
		}
	}
	return v
}

// clockOf reads a time of day as other databases keep it: without the day that was written before it, with seconds.
func clockOf(text string) string {
	day, clock, found := strings.Cut(strings.Replace(text, "T", " ", 1), " ")
	if found {
		if _, isTime := timeOf(text).(time.Time); !isTime {
			return text
		}
	} else {
		clock = day
	}
	if _, err := time.Parse("15:04", clock); err == nil {
		clock += ":00"
	}
	return clock
}

// timeOf reads a time as SQLite and others write it; without a zone it is UTC. Another text stays as it is.
func timeOf(text string) any {
	day, clock, found := strings.Cut(strings.Replace(text, "T", " ", 1), " ")
	if !found {
		clock = "00:00"
	}
	for _, layout := range [...]string{"15:04:05Z07:00", "15:04:05Z0700", "15:04:05", "15:04Z07:00", "15:04Z0700", "15:04"} {
		if t, err := time.Parse("2006-01-02 "+layout, day+" "+clock); err == nil {
			return t
		}
	}
	return text
}

func (sqliteFile) said(err error) (text, code string, ok bool) {
	return saidAs(err, func(e *sqlite.Error) (text, code string) { return e.Error(), strconv.Itoa(e.Code()) })
}
