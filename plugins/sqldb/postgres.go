package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgres is PostgreSQL. All values travel as PostgreSQL's own text, so that a parameter takes the type that the
// statement names it, and a type that is not known here arrives as people write it.
type postgres struct {
	lingers *atomic.Pointer[string] // what a session keeps that cannot be cleared, see lingering
}

var _ server = postgres{}

// messageRoom is what a message of the server may have beside the values of a row.
const messageRoom = 1 << 20

func openPostgres(c Database, maxBytes int64) (*sql.DB, postgres, error) {
	p := postgres{lingers: new(atomic.Pointer[string])}
	cfg, err := pgx.ParseConfig(c.DSN)
	if err != nil {
		return nil, p, errors.New("the PostgreSQL driver cannot parse it") // its own words repeat the dsn
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	cfg.RuntimeParams["datestyle"] = "ISO, MDY"
	cfg.RuntimeParams["client_encoding"] = "UTF8"
	cfg.MaxProtocolMessageBodyLen = int(min(maxBytes, math.MaxInt32-messageRoom)) + messageRoom
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec // DISCARD ALL would take away what a cache believes to be prepared
	if c.ReadOnly {
		cfg.RuntimeParams["default_transaction_read_only"] = "on"
	}
	return stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(p.look)), p, nil
}

// lingering finds what keeps state in a session that DISCARD ALL leaves: connections of dblink, and the global variables of
// languages, as %_SHARED of PL/Perl.
const lingering = `SELECT string_agg(what, ', ') FROM (
	SELECT 'extension ' || extname AS what FROM pg_extension WHERE extname = 'dblink'
	UNION SELECT 'language ' || lanname FROM pg_language WHERE lanname NOT IN ('internal', 'c', 'sql', 'plpgsql') ORDER BY 1) AS list`

// look finds out, for each new connection, whether others may use it.
func (p postgres) look(ctx context.Context, c *pgx.Conn) error {
	var what *string
	if err := c.QueryRow(ctx, lingering).Scan(&what); err != nil {
		return err
	}
	p.lingers.Store(what)
	return nil
}

func (postgres) syntax() syntax { return syntax{dollarQuotes: true, nestedComments: true} }

func (postgres) dsnForm() string { return "write it as postgres://user:password@host:5432/database" }

func (postgres) refuse(st statement, _ bool) string {
	switch {
	case st.verb == "COPY":
		return "read and write rows with db.query and db.exec"
	case st.verb == "PREPARE" && st.second == "TRANSACTION":
		return "a transaction ends with the run that began it"
	}
	return ""
}

// keeps: DISCARD ALL unloads no library, and in some databases it leaves more. What is no everyday statement may have made
// such a database of it: then the next connection looks.
func (p postgres) keeps(st statement) bool {
	if st.verb == "LOAD" || p.lingers.Load() != nil || holds(st.text) {
		return false
	}
	if !everyday(st.verb) && installs(strings.ToUpper(st.text)) {
		p.lingers.Store(&st.verb)
		return false
	}
	return true
}

// holds reports whether a statement names what only the end of a session releases: a temporary replication slot, the
// origin of replication, a backup that has begun. An account needs rights of an administrator for each.
func holds(text string) bool {
	for from := 0; ; from++ {
		at := strings.IndexByte(text[from:], '_')
		if at < 0 {
			return false
		}
		from += at
		for _, name := range [...]string{"replication_", "backup_start", "start_backup"} {
			begin := from - strings.IndexByte(name, '_')
			if end := begin + len(name); begin >= 0 && end <= len(text) && strings.EqualFold(text[begin:end], name) {
				return true
			}
		}
	}
}

// installs reports whether a statement in capital letters may bring an extension or a language. A function has a language
// too, which is there already.
func installs(text string) bool {
	words := strings.Fields(text)
	words = words[:min(len(words), 6)] // CREATE OR REPLACE TRUSTED PROCEDURAL LANGUAGE
	has := func(word string) bool { return slices.Contains(words, word) }
	return strings.Contains(text, "EXTENSION") || strings.Contains(text, "CREATE LANGUAGE") ||
		has("CREATE") && has("LANGUAGE") && !has("FUNCTION") && !has("PROCEDURE")
}

// begin makes a transaction that a statement cannot make writable again: after the first query PostgreSQL refuses that.
func (postgres) begin(readOnly bool) string {
	if readOnly {
		return "BEGIN READ ONLY; SELECT 1"
	}
	return "BEGIN"
}

// raw reaches PostgreSQL's own protocol.
func raw(c *sql.Conn, f func(*pgconn.PgConn, *pgtype.Map) error) error {
	return c.Raw(func(dc any) error {
		conn := dc.(*stdlib.Conn).Conn()
		err := f(conn.PgConn(), conn.TypeMap())
		if err != nil && pgconn.SafeToRetry(err) {
			return driver.ErrBadConn
		}
		return err
	})
}

// postgresParam writes a parameter as PostgreSQL reads it.
func postgresParam(v any) []byte {
	switch v := v.(type) {
	case nil:
		return nil
	case bool:
		return strconv.AppendBool(nil, v)
	case int64:
		return strconv.AppendInt(nil, v, 10)
	case float64:
		if math.IsInf(v, 0) {
			return []byte(infinity(v))
		}
		if math.Abs(v) < 1e21 { // an integer column takes no exponent
			return strconv.AppendFloat(nil, v, 'f', -1, 64)
		}
		return strconv.AppendFloat(nil, v, 'g', -1, 64)
	case []byte:
		return hex.AppendEncode([]byte(`\x`), v)
	case time.Time:
		return v.UTC().AppendFormat(nil, time.RFC3339Nano)
	case document:
		return []byte(v)
	case string:
		return []byte(v)
	}
	return fmt.Append(nil, v)
}

// elementOf returns the type of an array's elements, 0 for what is no known array.
func elementOf(types *pgtype.Map, oid uint32) uint32 {
	if t, ok := types.TypeForOID(oid); ok {
		if array, ok := t.Codec.(*pgtype.ArrayCodec); ok {
			return array.ElementType.OID
		}
	}
	return 0
}

// fromPostgres reads a value; what cannot be read stays the text that PostgreSQL wrote.
func fromPostgres(types *pgtype.Map, oid uint32, src []byte) any {
	if src == nil {
		return nil
	}
	switch oid {
	case pgtype.BoolOID:
		return string(src) == "t"
	case pgtype.Int8OID, pgtype.Int4OID, pgtype.Int2OID, pgtype.OIDOID:
		if n, err := strconv.ParseInt(string(src), 10, 64); err == nil {
			return n
		}
	case pgtype.Float8OID, pgtype.Float4OID:
		if f, err := strconv.ParseFloat(string(src), 64); err == nil {
			return f
		}
	case pgtype.NumericOID:
		return decimal(string(src))
	case pgtype.JSONOID, pgtype.JSONBOID:
		return document(src)
	case pgtype.BPCharOID: // its padding is no part of the value
		return strings.TrimRight(string(src), " ")
	case pgtype.ByteaOID:
		var b []byte
		if types.Scan(oid, pgx.TextFormatCode, src, &b) == nil {
			return b
		}
	case pgtype.DateOID, pgtype.TimestampOID, pgtype.TimestamptzOID:
		var t time.Time
		if types.Scan(oid, pgx.TextFormatCode, src, &t) == nil {
			return t
		}
	default:
		if element := elementOf(types, oid); element != 0 {
			if array, ok := parseArray(string(src), func(text string) any { return fromPostgres(types, element, []byte(text)) }); ok {
				return array
			}
		}
	}
	return string(src)
}

func (postgres) said(err error) (text, code string, ok bool) {
	return saidAs(err, func(e *pgconn.PgError) (text, code string) {
		if e.Detail != "" {
			return e.Message + ": " + e.Detail, e.Code
		}
		return e.Message, e.Code
	})
}
