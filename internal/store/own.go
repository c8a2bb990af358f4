package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// Key implements [Store].
func (b *Base) Key(ctx context.Context, name string, size int) ([]byte, error) {
	const read = `SELECT value FROM nflow_keys WHERE name = $1`
	var key []byte
	err := b.db.QueryRowContext(ctx, read, name).Scan(&key)
	if errors.Is(err, sql.ErrNoRows) {
		made := make([]byte, size)
		rand.Read(made) // never fails
		err = b.write(ctx, "", func(tx *sql.Tx) error {
			const insert = `INSERT INTO nflow_keys (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`
			if _, err := tx.ExecContext(ctx, insert, name, made); err != nil {
				return err
			}
			// The first of several makers wins; all of them read its key.
			return tx.QueryRowContext(ctx, read, name).Scan(&key)
		})
	}
	if err != nil {
		return nil, failed(err, "reading key %q", name)
	}
	if len(key) != size {
		return nil, fault.New(fault.Internal, "key %q in table nflow_keys has %d bytes, not %d", name, len(key), size)
	}
	return key, nil
}

// LoadBlob implements [Store].
func (b *Base) LoadBlob(ctx context.Context, id string) ([]byte, error) {
	var data []byte
	err := b.db.QueryRowContext(ctx, `SELECT data FROM nflow_session_blobs WHERE id = $1`, id).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		// The id is as good as the session: it is not in the error.
		return nil, &fault.Error{Kind: fault.NotFound, Text: "this session does not exist", Cause: ErrNotFound}
	}
	return data, failed(err, "reading a session")
}

// SaveBlob implements [Store].
func (b *Base) SaveBlob(ctx context.Context, id string, data []byte, expires time.Time) error {
	if data == nil {
		data = []byte{}
	}
	return b.blobs(ctx, "writing a session", `INSERT INTO nflow_session_blobs (id, data, expires) VALUES ($1, $2, $3)
		ON CONFLICT (id) DO UPDATE SET data = excluded.data, expires = excluded.expires`, id, data, expires.Unix())
}

// DeleteBlob implements [Store].
func (b *Base) DeleteBlob(ctx context.Context, id string) error {
	return b.blobs(ctx, "removing a session", `DELETE FROM nflow_session_blobs WHERE id = $1`, id)
}

func (b *Base) blobs(ctx context.Context, doing, query string, args ...any) error {
	err := b.write(ctx, "", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
	return failed(err, doing)
}

// BlobUsage implements [Store].
func (b *Base) BlobUsage(ctx context.Context) (bytes int64, err error) {
	err = b.db.QueryRowContext(ctx, `SELECT COALESCE(SUM(octet_length(data)), 0) FROM nflow_session_blobs`).Scan(&bytes)
	return bytes, failed(err, "counting the sessions")
}

// PruneBlobs implements [Store].
func (b *Base) PruneBlobs(ctx context.Context, now time.Time) (int64, error) {
	var n int64
	err := b.write(ctx, "", func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM nflow_session_blobs WHERE expires <= $1`, now.Unix())
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	return n, failed(err, "removing expired sessions")
}
