package sqldb

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"errors"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"
)

// forgetting is what makes a session as good as new: each statement stands between two synchronization points, because
// DISCARD ALL must be alone. It knows nothing of random(), whose seed a flow may have set, so that is set anew.
const (
	forgetting = "DISCARD ALL"
	reseeding  = "SELECT setseed($1)"
)

// run executes a statement of a transaction.
func (p postgres) run(ctx context.Context, c *sql.Conn, st statement, params []any, a *answer) error {
	err := raw(c, func(pg *pgconn.PgConn, types *pgtype.Map) error {
		values, kinds, err := p.encode(ctx, pg, types, st, params)
		if err != nil {
			return err
		}
		return a.readPostgres(types, pg.ExecParams(ctx, st.text, values, kinds, nil, nil))
	})
	a.tooLong(err)
	return err
}

// alone executes a statement, in a transaction of its own that is rolled back where nothing may be written, and clears
// the session. All of it is sent immediately and takes one round trip.
func (p postgres) alone(ctx context.Context, c *sql.Conn, st statement, params []any, a *answer, readOnly bool) (clean bool, err error) {
	err = raw(c, func(pg *pgconn.PgConn, types *pgtype.Map) error {
		values, kinds, err := p.encode(ctx, pg, types, st, params)
		if err != nil {
			_, _, clean = p.said(err) // nothing was executed
			return err
		}
		pipe := pg.StartPipeline(ctx)
		at := 0 // the place of the statement
		if readOnly {
			send(pipe, "BEGIN READ ONLY", "SELECT 1") // after a query no statement can make the transaction writable
			at = 2
		}
		pipe.SendQueryParams(st.text, values, kinds, nil, nil)
		pipe.SendPipelineSync()
		if readOnly {
			send(pipe, "ROLLBACK")
			pipe.SendPipelineSync()
		}
		clean, err = p.forget(pg, pipe, at, func(r *pgconn.ResultReader) error { return a.readPostgres(types, r) })
		return err
	})
	a.tooLong(err)
	return clean, err
}

// end ends a transaction and clears the session. It returns an error where PostgreSQL rolls back instead of committing:
// after a failed statement.
func (p postgres) end(ctx context.Context, c *sql.Conn, commit bool) (clean bool, err error) {
	word := ending(commit)
	err = raw(c, func(pg *pgconn.PgConn, _ *pgtype.Map) error {
		pipe := pg.StartPipeline(ctx)
		send(pipe, word)
		pipe.SendPipelineSync()
		clean, err = p.forget(pg, pipe, 0, func(r *pgconn.ResultReader) error {
			tag, err := r.Close()
			if err == nil && tag.String() != word {
				err = &sqlError{text: "the transaction was rolled back, because one of its statements had failed", code: "25P02"}
			}
			return err
		})
		return err
	})
	return clean, err
}

func send(pipe *pgconn.Pipeline, statements ...string) {
	for _, s := range statements {
		pipe.SendQueryParams(s, nil, nil, nil, nil)
	}
}

// forget appends to a pipeline what clears the session, sends it and passes read the result of the statement at that
// place. The session is clean when all that follows the first synchronization point has succeeded.
func (p postgres) forget(pg *pgconn.PgConn, pipe *pgconn.Pipeline, at int, read func(*pgconn.ResultReader) error) (clean bool, failed error) {
	send(pipe, forgetting)
	pipe.SendPipelineSync()
	pipe.SendQueryParams(reseeding, [][]byte{seed()}, nil, nil, nil)
	err := pipe.Sync()
	syncs, results := 0, 0
	for clean = true; err == nil; {
		var r any
		r, err = pipe.GetResults()
		if r == nil && err == nil {
			break
		}
		switch r := r.(type) {
		case *pgconn.PipelineSync:
			syncs++
		case *pgconn.ResultReader:
			if results == at {
				err = read(r)
			} else {
				_, err = r.Close()
			}
			results++
		}
		if _, _, said := p.said(err); said {
			if clean = clean && syncs == 0; failed == nil && syncs == 0 {
				failed = err
			}
			err = nil
		}
	}
	if closed := pipe.Close(); err == nil && closed != nil {
		if _, _, said := p.said(closed); !said {
			err = closed
		}
	}
	if err != nil {
		return false, err
	}
	return clean && pg.TxStatus() == 'I', failed
}

// seed writes an unguessable number between -1 and 1.
func seed() []byte {
	var b [8]byte
	_, _ = rand.Read(b[:])                                                                                 // never fails
	return strconv.AppendFloat(nil, float64(int64(binary.NativeEndian.Uint64(b[:])))/(1<<63), 'f', -1, 64) //nolint:gosec // any bits will do
}

// encode writes the parameters. Only lists need to know the type of their parameter, and with it one more round trip.
func (p postgres) encode(ctx context.Context, pg *pgconn.PgConn, types *pgtype.Map, st statement, params []any) (values [][]byte, kinds []uint32, err error) {
	values, lists := make([][]byte, len(params)), false
	for i, v := range params {
		if _, ok := v.(list); ok {
			lists = true
			continue
		}
		values[i] = postgresParam(v)
	}
	if !lists {
		return values, nil, nil
	}
	described, err := pg.Prepare(ctx, "", st.text, nil)
	if err != nil {
		return nil, nil, err
	}
	for i, v := range params {
		l, ok := v.(list)
		if !ok || i >= len(described.ParamOIDs) {
			continue
		}
		if elementOf(types, described.ParamOIDs[i]) != 0 {
			values[i] = arrayLiteral(nil, l.items)
		} else {
			values[i] = postgresParam(l.whole())
		}
	}
	return values, described.ParamOIDs, nil
}

// readPostgres takes the rows of a result.
func (a *answer) readPostgres(types *pgtype.Map, rows *pgconn.ResultReader) error {
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

// tooLong notes that one row alone was larger than a response may be.
func (a *answer) tooLong(err error) {
	if _, ok := errors.AsType[*pgproto3.ExceededMaxBodyLenErr](err); ok {
		a.full = tooLarge(a.byteCap)
	}
}
