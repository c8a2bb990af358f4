package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// uncounted is what is known of users and tokens where no triggers count their changes. No count is negative.
const uncounted = -1

// Signals implements [store.Store]. It looks for the commits of others, as Watch does, for SQLite signals nothing. Most
// of them are the history's: whether users or tokens changed shows a count that triggers keep, so changes that are
// made by hand are signalled, too.
func (s *Store) Signals(ctx context.Context, every time.Duration, f func(string)) {
	c := &commits{db: s.DB()}
	defer c.Reset()
	known, failing := s.accounts, false
	for {
		seen, count, err := s.look(ctx, c)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if !failing {
				s.log.Warn("database: looking for signals failed; trying again", "error", err)
			}
			failing = true
			c.Reset()
		case failing:
			s.log.Info("database: looking for signals again")
			failing = false
		}
		if err == nil && seen && count != known {
			known = count
			f(store.SignalAccounts)
		}
		if seen {
			f("")
		}
		if store.Pause(ctx, every) != nil {
			return
		}
	}
}

// look reports whether others have committed, and then the count of changes of users and tokens.
func (s *Store) look(ctx context.Context, c *commits) (seen bool, count int64, err error) {
	seen, err = c.seen(ctx)
	if err != nil || !seen || s.accounts == uncounted {
		return seen, uncounted, err
	}
	count, err = accountsCount(ctx, c.conn)
	return seen, count, err
}

type rower interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func accountsCount(ctx context.Context, q rower) (count int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT changes FROM nflow_accounts`).Scan(&count)
	return count, err
}

// countTable holds one row.
const countTable = `CREATE TABLE IF NOT EXISTS nflow_accounts (changes INTEGER NOT NULL);
	INSERT INTO nflow_accounts (changes) SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM nflow_accounts)`

// trigger counts one kind of change of one table.
type trigger struct{ table, change string }

// countTriggers lists the triggers. A credential that is added belongs to a user who is added, or to one who logs in and
// had an older hash: that changes nothing.
func countTriggers() []trigger {
	var list []trigger
	for _, table := range []string{"users", "api_tokens"} {
		for _, change := range []string{"INSERT", "UPDATE", "DELETE"} {
			list = append(list, trigger{table, change})
		}
	}
	return append(list, trigger{"nflow_credentials", "UPDATE"}, trigger{"nflow_credentials", "DELETE"})
}

func (t trigger) name() string { return "nflow_accounts_" + t.table + "_" + t.change }

// missing reports whether a table, which may be a view that takes no such trigger, is without it. A table that was renamed
// has taken its triggers along.
func (t trigger) missing(ctx context.Context, db *sql.DB) (bool, error) {
	var missing bool
	err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1 COLLATE NOCASE)
		AND NOT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND tbl_name = $1 COLLATE NOCASE AND name = $2)`,
		t.table, t.name()).Scan(&missing)
	return missing, err
}

func (t trigger) make() string {
	return fmt.Sprintf(`DROP TRIGGER IF EXISTS %[1]s;
		CREATE TRIGGER %[1]s AFTER %[2]s ON %[3]s BEGIN UPDATE nflow_accounts SET changes = changes + 1; END`, t.name(), t.change, t.table)
}

// countAccounts has changes of users and tokens counted, and returns the current count. Where that cannot be they are
// noticed when what is known of them is too old.
func (s *Store) countAccounts(ctx context.Context) int64 {
	count, err := s.counting(ctx)
	switch {
	case err == nil:
		return count
	case readOnly(err):
		s.log.Debug("database: changes of users and tokens are not counted: the database is read-only")
	default:
		s.log.Warn("database: changes of users and tokens by other processes are noticed late: no counter is available", "error", err)
	}
	return uncounted
}

// counting makes what is missing. It writes nothing when nothing is missing.
func (s *Store) counting(ctx context.Context) (int64, error) {
	var todo []trigger
	for _, t := range countTriggers() {
		missing, err := t.missing(ctx, s.DB())
		if err != nil {
			return uncounted, err
		}
		if missing {
			todo = append(todo, t)
		}
	}
	if count, err := accountsCount(ctx, s.DB()); err == nil && len(todo) == 0 {
		return count, nil
	}
	tx, err := s.DB().BeginTx(ctx, nil)
	if err != nil {
		return uncounted, err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing; before, the first error counts
	if _, err := tx.ExecContext(ctx, countTable); err != nil {
		return uncounted, err
	}
	for _, t := range todo { // another process that was faster made the same
		if _, err := tx.ExecContext(ctx, t.make()); err != nil {
			return uncounted, err
		}
	}
	if err := tx.Commit(); err != nil {
		return uncounted, err
	}
	return accountsCount(ctx, s.DB())
}
