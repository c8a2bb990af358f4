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

// sqliteFile is SQLite.
type sqliteFile struct{}

var _ server = sqliteFile{}

// openSQLite makes a pool. A missing file is made, unless the database is read-only. The anchor keeps a database in
// memory alive.
func openSQLite(c Database) (*sql.DB, driver.Conn, error) {
	name, query, _ := strings.Cut(c.DSN, "?")
	params, err := url.ParseQuery(query)
	if err != nil {
		return nil, nil, errors.New("what follows the ? cannot be read")
	}
	memory := strings.TrimPrefix(name, "file:") == ":memory:" || params.Get("mode") == "memory"
	pragmas := []string{"busy_timeout(10000)", "foreign_keys(1)"}
	switch {
	case memory:
		params.Del("mode")
		params.Set("vfs", "memdb")
	case c.ReadOnly:
		params.Set("mode", "ro")
		pragmas = append(pragmas, "query_only(1)")
	default:
		pragmas = append(pragmas, "journal_mode(WAL)", "synchronous(NORMAL)")
	}
	params["_pragma"] = append(pragmas, params["_pragma"]...) // the last one of a name counts
	path, err := sqlitePath(name, memory)
	if err != nil {
		return nil, nil, err
	}
	connector, err := sqlite.NewConnector(path + "?" + params.Encode())
	if err != nil {
		return nil, nil, err
	}
	if !memory {
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

func (sqliteFile) syntax() syntax { return syntax{brackets: true, question: true, split: true} }

func (sqliteFile) dsnForm() string { return "write the path of the file" }

// refuse keeps flows in the one file that was configured, with the settings that it was opened with.
func (sqliteFile) refuse(verb string, _ bool) string {
	switch verb {
	case "ATTACH", "DETACH", "VACUUM":
		return "flows stay in the file that is configured"
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

// guards: the file itself is open for reading only.
func (sqliteFile) guards() bool { return false }

func (sqliteFile) commit(ctx context.Context, c *sql.Conn) error {
	_, err := c.ExecContext(ctx, "COMMIT")
	return err
}

func (sqliteFile) run(ctx context.Context, c *sql.Conn, st statement, params []any, a *answer) error {
	args := ordered(st, params, sqliteParam)
	if !st.exec {
		return a.query(ctx, c, st, args, fromSQLite)
	}
	err := a.exec(ctx, c, st, args)
	if st.verb != "INSERT" && st.verb != "REPLACE" || a.affected == 0 {
		a.lastID = 0 // SQLite tells the last one of the connection, whoever inserted it
	}
	return err
}

// sqliteParam writes a time as SQLite's own functions do.
func sqliteParam(v any) any {
	switch v := v.(type) {
	case time.Time:
		return v.UTC().Format("2006-01-02 15:04:05.999")
	case document:
		return string(v)
	case list:
		return string(v)
	}
	return v
}

// fromSQLite reads a value by the type that its column was declared with; SQLite itself has neither booleans, decimals
// nor JSON.
func fromSQLite(v any, kind string) any {
	kind, _, _ = strings.Cut(strings.ToUpper(kind), "(")
	switch kind = strings.TrimSpace(kind); kind {
	case "BOOL", "BOOLEAN":
		if n, ok := v.(int64); ok {
			return n != 0
		}
	case "DECIMAL", "NUMERIC":
		switch n := v.(type) {
		case int64:
			return strconv.FormatInt(n, 10)
		case float64:
			return strconv.FormatFloat(n, 'f', -1, 64)
		}
	case "JSON", "JSONB":
		if text, ok := v.(string); ok {
			return document(text)
		}
	}
	return v
}

func (sqliteFile) said(err error) (text, code string, ok bool) {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return "", "", false
	}
	return e.Error(), strconv.Itoa(e.Code()), true
}
