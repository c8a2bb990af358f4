package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// Watch implements [store.Store]. PRAGMA data_version costs next to nothing and moves with every commit of any other
// connection; only then the watched tables are read.
func (s *Store) Watch(ctx context.Context, every time.Duration, changed func()) error {
	return s.Follow(ctx, every, &changes{commits{db: s.DB()}}, s.opened, s.log, changed)
}

// commits notices that other connections have committed. It holds one of its own, whose data_version counts them.
type commits struct {
	db      *sql.DB
	conn    *sql.Conn
	version int64 // data_version of conn at the last look
}

// seen reports whether there may have been commits since the last call; at the first call there may.
func (c *commits) seen(ctx context.Context) (bool, error) {
	first := c.conn == nil
	if first {
		conn, err := c.db.Conn(ctx)
		if err != nil {
			return false, err
		}
		c.conn = conn
	}
	before := c.version
	err := c.conn.QueryRowContext(ctx, `PRAGMA data_version`).Scan(&c.version)
	return first || c.version != before, err
}

// Reset releases the connection; the next look takes another one.
func (c *commits) Reset() {
	if c.conn != nil {
		c.conn.Close() //nolint:errcheck // it only goes back to the pool
		c.conn = nil
	}
}

// changes is how Watch looks.
type changes struct{ commits }

var _ store.Changes = (*changes)(nil)

// Look implements [store.Changes].
func (c *changes) Look(ctx context.Context) (string, error) {
	if seen, err := c.seen(ctx); err != nil || !seen {
		return "", err
	}
	return fingerprint(ctx, c.conn)
}

// Wait implements [store.Changes].
func (c *changes) Wait(ctx context.Context, every time.Duration) error {
	return store.Pause(ctx, every)
}

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// fingerprint is a hash over the rows of the watched tables, whatever their order and columns.
func fingerprint(ctx context.Context, q queryer) (string, error) {
	all := sha256.New()
	for _, table := range store.Watched() {
		rows, err := rowHashes(ctx, q, table)
		if err != nil {
			return "", err
		}
		slices.Sort(rows)
		all.Write([]byte(table))
		for _, r := range rows {
			all.Write([]byte(r))
		}
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

func rowHashes(ctx context.Context, q queryer, table string) ([]string, error) {
	rows, err := q.QueryContext(ctx, "SELECT * FROM "+table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	cols, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	cells := make([]sql.RawBytes, len(cols))
	dest := make([]any, len(cols))
	for i := range cells {
		dest[i] = &cells[i]
	}
	var list []string
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		h := sha256.New()
		for _, c := range cells {
			size := int64(len(c))
			if c == nil {
				size = -1
			}
			h.Write(binary.BigEndian.AppendUint64(nil, uint64(size)))
			h.Write(c)
		}
		list = append(list, string(h.Sum(nil)))
	}
	return list, rows.Err()
}
