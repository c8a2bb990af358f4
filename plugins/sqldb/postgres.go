package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgres is PostgreSQL. All values travel as PostgreSQL's own text, so that a parameter takes the type that the
// statement gives it, and a type that is not known here arrives as people write it.
type postgres struct{}

var _ server = postgres{}

// messageRoom is what a message of the server may have beside the values of a row.
const messageRoom = 1 << 20

func openPostgres(c Database, maxBytes int64) (*sql.DB, error) {
	cfg, err := pgx.ParseConfig(c.DSN)
	if err != nil {
		return nil, errors.New("the PostgreSQL driver cannot parse it") // its own words repeat the dsn
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	cfg.RuntimeParams["datestyle"] = "ISO, MDY"
	cfg.RuntimeParams["client_encoding"] = "UTF8"
	cfg.MaxProtocolMessageBodyLen = int(min(maxBytes, math.MaxInt32-messageRoom)) + messageRoom
	return stdlib.OpenDB(*cfg), nil
}

func (postgres) syntax() syntax { return syntax{dollarQuotes: true, nestedComments: true} }

func (postgres) dsnForm() string { return "write it as postgres://user:password@host:5432/database" }

func (postgres) refuse(verb string, _ bool) string {
	if verb == "COPY" {
		return "rows come and go by db.query and db.exec"
	}
	return ""
}

// begin makes a transaction that a statement cannot make writable again: after the first query PostgreSQL refuses that.
func (postgres) begin(readOnly bool) string {
	if readOnly {
		return "BEGIN READ ONLY; SELECT 1"
	}
	return "BEGIN"
}

func (postgres) guards() bool { return true }

// commit answers an error where PostgreSQL rolls back instead: after a failed statement.
func (p postgres) commit(ctx context.Context, c *sql.Conn) error {
	return raw(c, func(pg *pgconn.PgConn, _ *pgtype.Map) error {
		results, err := pg.Exec(ctx, "COMMIT").ReadAll()
		if err != nil {
			return err
		}
		if len(results) != 1 || results[0].CommandTag.String() != "COMMIT" {
			return &sqlError{text: "the transaction was rolled back, because one of its statements had failed", code: "25P02"}
		}
		return nil
	})
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

func (p postgres) run(ctx context.Context, c *sql.Conn, st statement, params []any, a *answer) error {
	err := raw(c, func(pg *pgconn.PgConn, types *pgtype.Map) error {
		rows, err := p.send(ctx, pg, types, st, params)
		if err != nil {
			return err
		}
		fields := rows.FieldDescriptions()
		for i := range fields {
			a.columns = append(a.columns, fields[i].Name)
		}
		for rows.NextRow() {
			if !a.take(types, fields, rows.Values()) {
				break
			}
		}
		tag, err := rows.Close()
		a.affected = tag.RowsAffected()
		return err
	})
	if _, ok := errors.AsType[*pgproto3.ExceededMaxBodyLenErr](err); ok {
		a.full = tooLarge(a.byteCap)
	}
	return err
}

// send sends a statement. Only lists need to know the type of their parameter, and with it one more round trip.
func (p postgres) send(ctx context.Context, pg *pgconn.PgConn, types *pgtype.Map, st statement, params []any) (*pgconn.ResultReader, error) {
	values, lists := make([][]byte, len(params)), false
	for i, v := range params {
		if _, ok := v.(list); ok {
			lists = true
			continue
		}
		values[i] = postgresParam(v)
	}
	if !lists {
		return pg.ExecParams(ctx, st.text, values, nil, nil, nil), nil
	}
	described, err := pg.Prepare(ctx, "", st.text, nil)
	if err != nil {
		return nil, err
	}
	for i, v := range params {
		l, ok := v.(list)
		if !ok || i >= len(described.ParamOIDs) {
			continue
		}
		if values[i] = []byte(l); elementOf(types, described.ParamOIDs[i]) == 0 {
			continue
		}
		if values[i], err = arrayLiteral(l); err != nil {
			return nil, err
		}
	}
	return pg.ExecPrepared(ctx, "", values, nil, nil), nil
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

// take adds a row.
func (a *answer) take(types *pgtype.Map, fields []pgconn.FieldDescription, values [][]byte) bool {
	size := 0
	for _, v := range values {
		size += len(v)
	}
	if !a.room(size) {
		return false
	}
	row := make([]any, len(values))
	for i, v := range values {
		row[i] = fromPostgres(types, fields[i].DataTypeOID, v)
	}
	a.values = append(a.values, row)
	return true
}

// elementOf gives the type of an array's elements, 0 for what is no known array.
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
	case pgtype.JSONOID, pgtype.JSONBOID:
		return document(src)
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
	if e, ok := errors.AsType[*sqlError](err); ok {
		return e.text, e.code, true
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return "", "", false
	}
	text = e.Message
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text, e.Code, true
}
