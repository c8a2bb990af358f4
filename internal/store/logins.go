package store

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"
)

// LoginFailures implements [Store].
func (b *Base) LoginFailures(ctx context.Context, ids ...string) (map[string]LoginFailures, error) {
	found, err := b.loginFailures(ctx, b.db, ids)
	return found, failed(err, "reading failed logins")
}

// rowsQuerier is the database itself or a transaction.
type rowsQuerier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func (b *Base) loginFailures(ctx context.Context, q rowsQuerier, ids []string) (map[string]LoginFailures, error) {
	marks, args := make([]string, len(ids)), make([]any, len(ids))
	for i, id := range ids {
		marks[i], args[i] = "$"+strconv.Itoa(i+1), id
	}
	rows, err := q.QueryContext(ctx, `SELECT id, failures, `+b.d.Now+` - last FROM nflow_login_failures WHERE id IN (`+strings.Join(marks, ", ")+`)`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[string]LoginFailures{}
	for rows.Next() {
		var id string
		var n, age int64
		if err := rows.Scan(&id, &n, &age); err != nil {
			return nil, err
		}
		found[id] = LoginFailures{Number: n, Age: time.Duration(max(0, age)) * time.Second}
	}
	return found, rows.Err()
}

// AddLoginFailure implements [Store].
func (b *Base) AddLoginFailure(ctx context.Context, window time.Duration, ids ...string) (found map[string]LoginFailures, err error) {
	since := b.d.Now + " - " + strconv.FormatInt(int64(window/time.Second), 10)
	count := `INSERT INTO nflow_login_failures (id, failures, last) VALUES ($1, 1, ` + b.d.Now + `)
		ON CONFLICT (id) DO UPDATE SET last = excluded.last,
			failures = CASE WHEN nflow_login_failures.last <= ` + since + ` THEN 1 ELSE nflow_login_failures.failures + 1 END`
	err = b.write(ctx, "", func(tx *sql.Tx) error {
		for _, id := range slices.Sorted(slices.Values(ids)) { // always in one order, so that two do not wait for each other
			if _, err := tx.ExecContext(ctx, count, id); err != nil {
				return err
			}
		}
		found, err = b.loginFailures(ctx, tx, ids)
		return err
	})
	return found, failed(err, "counting a failed login")
}

// ForgetLoginFailures implements [Store].
func (b *Base) ForgetLoginFailures(ctx context.Context, id string) error {
	err := b.write(ctx, "", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM nflow_login_failures WHERE id = $1`, id)
		return err
	})
	return failed(err, "clearing failed logins")
}

// MaxLoginFailures is how many ids with failed logins PruneLoginFailures leaves: a flood of them is no reason to fill the
// disk. Those that failed least go first, so that no flood releases a user who is locked out.
const MaxLoginFailures = 100_000

// PruneLoginFailures implements [Store].
func (b *Base) PruneLoginFailures(ctx context.Context, window time.Duration, most int64) (n int64, err error) {
	old := `DELETE FROM nflow_login_failures WHERE last <= ` + b.d.Now + ` - ` + strconv.FormatInt(int64(window/time.Second), 10)
	beyond := `DELETE FROM nflow_login_failures WHERE id IN
		(SELECT id FROM nflow_login_failures ORDER BY failures DESC, last DESC LIMIT 1000000000 OFFSET ` + strconv.FormatInt(most, 10) + `)`
	err = b.write(ctx, "", func(tx *sql.Tx) error {
		n = 0
		for _, remove := range []string{old, beyond} {
			res, err := tx.ExecContext(ctx, remove)
			if err != nil {
				return err
			}
			removed, err := res.RowsAffected()
			if err != nil {
				return err
			}
			n += removed
		}
		return nil
	})
	return n, failed(err, "removing failed logins")
}
