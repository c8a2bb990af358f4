package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/go-sql-driver/mysql"
)

const connectTimeout = 10 * time.Second

// mysqlServer is MySQL and MariaDB.
type mysqlServer struct{}

var _ server = mysqlServer{}

// openMySQL makes a pool. What the dsn says about several statements, local files and the form of values does not count:
// flows must not depend on it.
func openMySQL(c Database) (*sql.DB, error) {
	cfg, err := mysql.ParseDSN(c.DSN)
	if err != nil {
		return nil, errors.New("the MySQL driver cannot parse it") // its own words may repeat the password
	}
	cfg.MultiStatements, cfg.AllowAllFiles, cfg.InterpolateParams = false, false, false
	cfg.ParseTime, cfg.ClientFoundRows, cfg.ColumnsWithAlias = true, true, false
	cfg.Loc = time.UTC
	if cfg.Params == nil {
		cfg.Params = map[string]string{}
	}
	cfg.Params["time_zone"] = "'+00:00'"
	if cfg.Timeout == 0 {
		cfg.Timeout = connectTimeout
	}
	cfg.Logger = quiet{}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, errors.New("the MySQL driver cannot use it")
	}
	return sql.OpenDB(connector), nil
}

// quiet drops what the driver logs: the same comes as errors.
type quiet struct{}

func (quiet) Print(...any) {}

func (mysqlServer) syntax() syntax {
	return syntax{backslashes: true, hashComments: true, codeComments: true, spacedDashes: true, question: true}
}

func (mysqlServer) dsnForm() string { return "write it as user:password@tcp(host:3306)/database" }

// refuse keeps a read-only database to statements that a transaction cannot be ended by, in whatever they contain.
func (mysqlServer) refuse(verb string, readOnly bool) string {
	if readOnly && !reads(verb) {
		return "the database is read-only (read_only)"
	}
	return ""
}

func (mysqlServer) begin(readOnly bool) string {
	if readOnly {
		return "START TRANSACTION READ ONLY"
	}
	return "START TRANSACTION"
}

func (mysqlServer) guards() bool { return true }

func (mysqlServer) commit(ctx context.Context, c *sql.Conn) error {
	_, err := c.ExecContext(ctx, "COMMIT")
	return err
}

func (mysqlServer) run(ctx context.Context, c *sql.Conn, st statement, params []any, a *answer) error {
	args := ordered(st, params, mysqlParam)
	if st.exec {
		return a.exec(ctx, c, st, args)
	}
	return a.query(ctx, c, st, args, fromMySQL)
}

func mysqlParam(v any) any {
	switch v := v.(type) {
	case document:
		return string(v)
	case list:
		return string(v)
	}
	return v
}

// fromMySQL gives text for DECIMAL, ENUM and the like, bytes for the binary types.
func fromMySQL(v any, kind string) any {
	switch v := v.(type) {
	case []byte:
		switch kind {
		case "BLOB", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB", "BINARY", "VARBINARY", "BIT", "GEOMETRY", "VECTOR":
			return v
		case "JSON":
			return document(v)
		}
		return string(v)
	case float32: // as the server would write it
		f, _ := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64)
		return f
	case uint64:
		if v <= math.MaxInt64 {
			return int64(v)
		}
	case time.Time:
		if v.IsZero() { // 0000-00-00
			return nil
		}
	}
	return v
}

func (mysqlServer) said(err error) (text, code string, ok bool) {
	e, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok {
		return "", "", false
	}
	return e.Message, strconv.Itoa(int(e.Number)), true
}
