package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/arturoeanton/nflow-runtime/internal/store"
)

const (
	// channel is what the triggers notify on.
	channel = "nflow_changed"

	// quiet is how many intervals pass without a look at the tables while the triggers are there: the look is for
	// notifications that a proxy in between has swallowed.
	quiet = 30
)

// triggerFunction and trigger notify once for each statement; the fingerprint shows whether rows really changed.
const (
	triggerFunction = `CREATE OR REPLACE FUNCTION nflow_notify_changed() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN PERFORM pg_notify('` + channel + `', ''); RETURN NULL; END $$`
	trigger = `CREATE TRIGGER nflow_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s
		FOR EACH STATEMENT EXECUTE PROCEDURE nflow_notify_changed()`
	countTriggers = `SELECT count(*) FROM pg_trigger WHERE tgname = 'nflow_changed' AND tgenabled <> 'D' AND tgrelid IN (%s)`
)

// Watch implements [store.Store]. Where triggers notify, it looks when they do; else it looks each interval.
func (s *Store) Watch(ctx context.Context, every time.Duration, changed func()) error {
	return s.Follow(ctx, every, &changes{config: s.config}, s.opened, s.log, changed)
}

// changes holds a connection of its own: one that listens must not go back to a pool.
type changes struct {
	config   *pgx.ConnConfig
	conn     *pgx.Conn
	notified bool // the triggers are there
}

var _ store.Changes = (*changes)(nil)

// Look implements [store.Changes].
func (c *changes) Look(ctx context.Context) (string, error) {
	if c.conn == nil {
		if err := c.connect(ctx); err != nil {
			return "", err
		}
	}
	var print string
	err := c.conn.QueryRow(ctx, fingerprintSQL()).Scan(&print)
	return print, err
}

// connect listens before the first look, so that no change falls in between.
func (c *changes) connect(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, c.config.Copy())
	if err != nil {
		return err
	}
	c.conn = conn
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	var n int
	if err := conn.QueryRow(ctx, countTriggersSQL()).Scan(&n); err != nil {
		return err
	}
	c.notified = n == len(store.Watched())
	return nil
}

// Wait implements [store.Changes].
func (c *changes) Wait(ctx context.Context, every time.Duration) error {
	if !c.notified {
		return store.Pause(ctx, every)
	}
	limited, cancel := context.WithTimeout(ctx, quiet*every)
	defer cancel()
	_, err := c.conn.WaitForNotification(limited)
	if limited.Err() != nil && ctx.Err() == nil {
		return nil // time to look all the same; the next Look finds whether the connection still works
	}
	return err
}

// Reset implements [store.Changes].
func (c *changes) Reset() {
	if c.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	c.conn.Close(ctx) //nolint:errcheck // it is being given up
	c.conn = nil
}

// installTriggers makes what is missing of the triggers. A user who may not is served all the same: Watch then looks
// each interval.
func (s *Store) installTriggers(ctx context.Context) {
	var n int
	if err := s.DB().QueryRowContext(ctx, countTriggersSQL()).Scan(&n); err != nil || n == len(store.Watched()) {
		return
	}
	for _, table := range store.Watched() {
		if err := s.installTrigger(ctx, table); err != nil {
			s.log.Info("database: change notifications are unavailable; polling", "table", table, "error", err)
			return
		}
	}
}

func (s *Store) installTrigger(ctx context.Context, table string) error {
	tx, err := s.DB().BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	// A table that is long in use must not hold up the start.
	if _, err := tx.ExecContext(ctx, "SET LOCAL lock_timeout = '2s'"); err != nil {
		return err
	}
	// Two processes that start together must not both make it.
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtext($1))", channel); err != nil {
		return err
	}
	var n int
	err = tx.QueryRowContext(ctx, fmt.Sprintf(countTriggers, "to_regclass('"+table+"')")).Scan(&n)
	if err != nil || n > 0 {
		return err
	}
	for _, sql := range []string{triggerFunction, fmt.Sprintf(trigger, table)} {
		if _, err := tx.ExecContext(ctx, sql); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func countTriggersSQL() string {
	var tables []string
	for _, t := range store.Watched() {
		tables = append(tables, "to_regclass('"+t+"')")
	}
	return fmt.Sprintf(countTriggers, strings.Join(tables, ", "))
}

func fingerprint(ctx context.Context, db *sql.DB) (print string, err error) {
	err = db.QueryRowContext(ctx, fingerprintSQL()).Scan(&print)
	return print, err
}

// fingerprintSQL hashes the rows of the watched tables on the server, whatever their order and columns. Row texts are
// compared by bytes, so that processes with other locales agree.
func fingerprintSQL() string {
	var parts []string
	for _, t := range store.Watched() {
		parts = append(parts, `coalesce((SELECT md5(string_agg(h, '' ORDER BY h)) FROM (SELECT md5(t::text) COLLATE "C" AS h FROM `+t+` t) rows), '')`)
	}
	return "SELECT " + strings.Join(parts, " || '/' || ")
}
