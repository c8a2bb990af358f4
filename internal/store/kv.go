package store

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"database/sql"
	"errors"
	"strconv"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// unixOrNever is how table nflow_kv says when a value expires: 0 for the zero time.
func unixOrNever(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

const readKV = `SELECT value FROM nflow_kv WHERE app = $1 AND key = $2 AND (expires = 0 OR expires > $3)`

// KVGet implements [Store].
func (b *Base) KVGet(ctx context.Context, app, key string, now time.Time) (value string, found bool, err error) {
	err = b.db.QueryRowContext(ctx, readKV, app, key, now.Unix()).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return value, err == nil, failed(err, "reading a value of app %q", app)
}

// KVSet implements [Store].
func (b *Base) KVSet(ctx context.Context, app, key, value string, expires time.Time) error {
	err := b.write(ctx, lockKV(app, key), func(tx *sql.Tx) error { return putKV(ctx, tx, app, key, value, expires) })
	return failed(err, "writing a value of app %q", app)
}

// KVIncr implements [Store].
func (b *Base) KVIncr(ctx context.Context, app, key string, by int64, expires, now time.Time) (sum int64, err error) {
	err = b.write(ctx, lockKV(app, key), func(tx *sql.Tx) error {
		var old string
		err := tx.QueryRowContext(ctx, readKV, app, key, now.Unix()).Scan(&old)
		if errors.Is(err, sql.ErrNoRows) {
			sum = by
			return putKV(ctx, tx, app, key, strconv.FormatInt(sum, 10), expires)
		}
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(old, 10, 64)
		if err != nil {
			return fault.New(fault.Script, "the value of %q is not a whole number", key)
		}
		if sum = n + by; by > 0 && sum < n || by < 0 && sum > n {
			return fault.New(fault.Script, "the number of %q would get too large", key)
		}
		_, err = tx.ExecContext(ctx, `UPDATE nflow_kv SET value = $1 WHERE app = $2 AND key = $3`, strconv.FormatInt(sum, 10), app, key)
		return err
	})
	return sum, failed(err, "counting a value of app %q", app)
}

// lockKV lets the writers of one value come one after the other.
func lockKV(app, key string) string { return "kv/" + app + "/" + key }

func putKV(ctx context.Context, tx *sql.Tx, app, key, value string, expires time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO nflow_kv (app, key, value, expires) VALUES ($1, $2, $3, $4)
		ON CONFLICT (app, key) DO UPDATE SET value = excluded.value, expires = excluded.expires`, app, key, value, unixOrNever(expires))
	return err
}

// KVDelete implements [Store].
func (b *Base) KVDelete(ctx context.Context, app, key string, now time.Time) (found bool, err error) {
	err = b.write(ctx, lockKV(app, key), func(tx *sql.Tx) error {
		var old string
		err := tx.QueryRowContext(ctx, readKV, app, key, now.Unix()).Scan(&old)
		if found = err == nil; err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM nflow_kv WHERE app = $1 AND key = $2`, app, key)
		return err
	})
	return found, failed(err, "removing a value of app %q", app)
}

// KVUsage implements [Store].
func (b *Base) KVUsage(ctx context.Context, app string) (keys, bytes int64, err error) {
	err = b.db.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(SUM(octet_length(key) + octet_length(value)), 0) FROM nflow_kv WHERE app = $1`, app).Scan(&keys, &bytes)
	return keys, bytes, failed(err, "counting the values of app %q", app)
}

// PruneKV implements [Store].
func (b *Base) PruneKV(ctx context.Context, now time.Time) (n int64, err error) {
	err = b.write(ctx, "", func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM nflow_kv WHERE expires > 0 AND expires <= $1`, now.Unix())
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	return n, failed(err, "removing expired values")
}

// secretKey names the key of nflow_keys that seals nflow_secrets.
const secretKey = "secrets"

// sealer returns the cipher of nflow_secrets. The name of a secret is sealed with it, so that a row cannot be renamed.
func (b *Base) sealer(ctx context.Context) (cipher.AEAD, error) {
	key, err := b.Key(ctx, secretKey, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Secret implements [Store].
func (b *Base) Secret(ctx context.Context, name string) (string, error) {
	var sealed []byte
	if err := b.one(ctx, "secret", name, `SELECT sealed FROM nflow_secrets WHERE name = $1`, &sealed); err != nil {
		return "", err
	}
	seal, err := b.sealer(ctx)
	if err != nil {
		return "", failed(err, "reading secret %q", name)
	}
	plain, err := seal.Open(nil, nil, sealed, []byte(name))
	if err != nil {
		return "", fault.Wrap(fault.Internal, err, "secret %q cannot be opened: it was sealed with another key; set it again", name)
	}
	return string(plain), nil
}

// SetSecret implements [Store].
func (b *Base) SetSecret(ctx context.Context, name, value string) error {
	seal, err := b.sealer(ctx)
	if err != nil {
		return failed(err, "writing secret %q", name)
	}
	sealed := seal.Seal(nil, nil, []byte(value), []byte(name))
	err = b.write(ctx, "", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO nflow_secrets (name, sealed) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed`, name, sealed)
		return err
	})
	return failed(err, "writing secret %q", name)
}

// DeleteSecret implements [Store].
func (b *Base) DeleteSecret(ctx context.Context, name string) error {
	return b.change(ctx, "secret", name, `DELETE FROM nflow_secrets WHERE name = $1`, name)
}

// Secrets implements [Store].
func (b *Base) Secrets(ctx context.Context) (names []string, err error) {
	err = b.each(ctx, `SELECT name FROM nflow_secrets ORDER BY name`, nil, func(scan scanner) error {
		var name string
		err := scan(&name)
		names = append(names, name)
		return err
	})
	return names, failed(err, "listing the secrets")
}
