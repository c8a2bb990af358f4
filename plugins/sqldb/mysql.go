package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

const connectTimeout = 10 * time.Second

// mysqlServer is MySQL and MariaDB.
type mysqlServer struct {
	resets bool // whether a session can be reset, see forget
	named  bool // whether the dsn names a database
}

var _ server = mysqlServer{}

// openMySQL makes a pool. What the dsn says about several statements, local files and the form of values does not count:
// flows must not depend on it.
func openMySQL(c Database) (*sql.DB, mysqlServer, error) {
	cfg, err := mysql.ParseDSN(c.DSN)
	if err != nil {
		return nil, mysqlServer{}, errors.New("the MySQL driver cannot parse it") // its own words may repeat the password
	}
	cfg.MultiStatements, cfg.AllowAllFiles, cfg.InterpolateParams = false, false, false
	cfg.ParseTime, cfg.ClientFoundRows, cfg.ColumnsWithAlias = false, true, false // 2026-00-00 would be parsed as 2025-11-30
	cfg.Loc = time.UTC
	if cfg.Params == nil {
		cfg.Params = map[string]string{}
	}
	cfg.Params["time_zone"] = "'+00:00'"
	if cfg.Timeout == 0 {
		cfg.Timeout = connectTimeout
	}
	cfg.Logger = quiet{}
	connector, err := newMySQLConnector(cfg)
	if err != nil {
		return nil, mysqlServer{}, errors.New("the MySQL driver cannot use it")
	}
	return sql.OpenDB(connector), mysqlServer{resets: connector.again != nil, named: cfg.DBName != ""}, nil
}

// quiet drops what the driver logs: the same comes as errors.
type quiet struct{}

func (quiet) Print(...any) {}

func (mysqlServer) syntax() syntax {
	return syntax{backslashes: true, hashComments: true, codeComments: true, spacedDashes: true, question: true, noNaN: true, noInfinity: true}
}

func (mysqlServer) dsnForm() string { return "write it as user:password@tcp(host:3306)/database" }

// refuse keeps a read-only database to statements that a transaction cannot be ended by, in whatever they contain.
func (mysqlServer) refuse(st statement, readOnly bool) string {
	switch {
	case st.verb == "XA":
		return "a transaction ends with the run that began it"
	case readOnly && !reads(st.verb):
		return "the database is read-only (read_only)"
	case readOnly && st.into:
		return "the database is read-only (read_only), and INTO writes files"
	}
	return ""
}

func (mysqlServer) begin(readOnly bool) string {
	if readOnly {
		return "START TRANSACTION READ ONLY"
	}
	return "START TRANSACTION"
}

func (m mysqlServer) alone(ctx context.Context, c *sql.Conn, st statement, params []any, a *answer, readOnly bool) (clean bool, err error) {
	if readOnly {
		if _, err := c.ExecContext(ctx, m.begin(true)); err != nil {
			return false, err
		}
	}
	if err = m.run(ctx, c, st, params, a); !answered(m, err) {
		return false, err
	}
	if readOnly {
		if _, undo := c.ExecContext(ctx, "ROLLBACK"); undo != nil {
			return false, err
		}
	}
	return m.forget(ctx, c) == nil, err
}

func (m mysqlServer) end(ctx context.Context, c *sql.Conn, commit bool) (clean bool, err error) {
	if _, err := c.ExecContext(ctx, ending(commit)); err != nil {
		return false, err
	}
	return m.forget(ctx, c) == nil, nil
}

func (m mysqlServer) run(ctx context.Context, c *sql.Conn, st statement, params []any, a *answer) error {
	args := ordered(st, params, mysqlParam)
	conn, err := mysqlConnOf(c)
	if err != nil {
		return err
	}
	conn.wire.left = a.byteCap + messageRoom
	conn.odd = conn.odd || st.odd || !everyday(st.verb)
	if st.exec {
		err = a.did(c.ExecContext(ctx, st.text, args...))
	} else {
		rows, failed := c.QueryContext(ctx, st.text, args...)
		err = a.read(rows, failed, fromMySQL)
	}
	if conn.wire.left < 0 && a.full == nil {
		a.full = tooLarge(a.byteCap)
	}
	if ctx.Err() != nil || a.full != nil {
		conn.kill()
	}
	return err
}

func mysqlParam(v any) any {
	switch v := v.(type) {
	case document:
		return string(v)
	case list:
		return v.whole()
	case time.Time:
		if v.IsZero() { // 0001-01-01, which the driver would write as 0000-00-00
			return v.UTC().Format(time.DateTime)
		}
	}
	return v
}

// fromMySQL returns text for ENUM and the like, bytes for the binary types.
func fromMySQL(v any, kind string) any {
	switch v := v.(type) {
	case []byte:
		switch kind {
		case "BLOB", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB", "BINARY", "VARBINARY", "BIT", "GEOMETRY", "VECTOR":
			return v
		case "JSON":
			return document(v)
		case "DECIMAL":
			return decimal(string(v))
		case "DATE", "DATETIME", "TIMESTAMP":
			if strings.Trim(string(v), "0-: .") == "" { // 0000-00-00
				return nil
			}
			return timeOf(string(v))
		}
		return string(v)
	case float32: // as the server would write it
		f, _ := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64)
		return f
	case uint64:
		if v <= math.MaxInt64 {
			return int64(v)
		}
	}
	return v
}

func (mysqlServer) said(err error) (text, code string, ok bool) {
	return saidAs(err, func(e *mysql.MySQLError) (text, code string) { return e.Message, strconv.Itoa(int(e.Number)) })
}
