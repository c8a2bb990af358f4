package syncsession

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

const (
	pgTime    = 5 * time.Second // for one statement, the wait for a connection included
	pgMaxOpen = 10              // connections, where the address does not say pool_max_conns
)

// pgTable makes the table of the sessions. The values of data are JSON as text, because jsonb refuses \u0000.
const pgTable = `
CREATE TABLE IF NOT EXISTS nflow_sessions (
	id      TEXT PRIMARY KEY,
	data    JSONB NOT NULL,
	saved   BIGINT NOT NULL,
	expires BIGINT NOT NULL,
	moved   TEXT
);
CREATE INDEX IF NOT EXISTS nflow_sessions_expires ON nflow_sessions (expires)`

// NewPostgres opens the PostgreSQL database at dsn, a URL or key=value text, and keeps each session in a row of table
// nflow_sessions, which it makes when it is missing. Expired rows are removed by Prune.
func NewPostgres(ctx context.Context, dsn string, opt Options) (*ServerStore, error) {
	if err := opt.complete(); err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		// The parser's error repeats the DSN, with the password hidden where it is recognised: not to be relied on.
		return nil, fault.InvalidSetting("pg_session.url", nil, "[pg_session] url is no PostgreSQL address; use postgres://user@host:5432/nflow")
	}
	if bare, err := pgx.ParseConfig(dsn); err == nil && bare.RuntimeParams["pool_max_conns"] == "" {
		config.MaxConns = pgMaxOpen
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = pgTime
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the PostgreSQL database of [pg_session] cannot be used")
	}
	p := &pgServer{pool: pool}
	if err := p.migrate(ctx); err != nil {
		pool.Close()
		return nil, fault.Wrap(fault.Unavailable, err, "the PostgreSQL database of [pg_session] cannot be used; check its url and the server")
	}
	p.bytes = opt.MaxTotal
	return &ServerStore{opt: opt, waits: &waits{made: opt.Now()}, server: p}, nil
}

type pgServer struct {
	pool  *pgxpool.Pool
	bytes int64 // of all sessions; 0 = no bound

	mu      sync.Mutex
	used    int64 // of bytes, when it was counted and what came since
	counted time.Time
}

const (
	countAfter   = 10 * time.Second // what other processes keep is seen after that time
	recountAfter = time.Second      // the same once the bound is reached
	smallChange  = 4 << 10          // bytes of a change that a session may have beyond the bound
)

// reserve refuses what would be beyond the bound. It counts what this process writes, an overwritten value as a new one.
func (p *pgServer) reserve(ctx context.Context, c change) error {
	if p.bytes == 0 {
		return nil
	}
	var size int64
	for name, value := range c.set {
		size += int64(len(name) + len(value))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.now.Sub(p.counted) > countAfter || p.used+size > p.bytes && c.now.Sub(p.counted) > recountAfter {
		err := p.row(ctx, `SELECT coalesce(sum(octet_length(data::text)), 0)::bigint FROM nflow_sessions WHERE expires > $1`, []any{c.now.UnixMilli()}, &p.used)
		if err != nil {
			return err
		}
		p.counted = c.now
	}
	if p.used+size > p.bytes {
		return fault.New(fault.Unavailable, "session storage is full: sessions use %d MiB ([session] max_mb); store less in sessions, or lower [session] ttl", p.bytes>>20)
	}
	p.used += size
	return nil
}

// migrate makes the table unless it is there; of several instances that start at once, one does.
func (p *pgServer) migrate(ctx context.Context) error {
	var found bool
	err := p.pool.QueryRow(ctx, `SELECT to_regclass('nflow_sessions') IS NOT NULL`).Scan(&found)
	if err != nil || found {
		return err
	}
	return pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('nflow_sessions'))`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, pgTable)
		return err
	})
}

// row runs a statement and reads its row; no row is pgx.ErrNoRows. Where the connection broke it tries once more: the
// server may have been restarted, and every statement here may be repeated.
func (p *pgServer) row(ctx context.Context, sql string, args []any, into ...any) error {
	ctx, cancel := context.WithTimeout(ctx, pgTime)
	defer cancel()
	err := p.pool.QueryRow(ctx, sql, args...).Scan(into...)
	_, answered := errors.AsType[*pgconn.PgError](err)
	if err == nil || errors.Is(err, pgx.ErrNoRows) || ctx.Err() != nil || answered && !p.stopped(err) {
		return err
	}
	return p.pool.QueryRow(ctx, sql, args...).Scan(into...)
}

// stopped reports whether a server ended the connection of its own accord (class 57P).
func (p *pgServer) stopped(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && len(e.Code) == 5 && e.Code[:3] == "57P"
}

func (p *pgServer) load(ctx context.Context, key string, now time.Time) (k kept, err error) {
	var data []byte
	var saved int64
	err = p.row(ctx, `SELECT data::text, abs(saved), moved IS NOT NULL FROM nflow_sessions WHERE id = $1 AND expires > $2`,
		[]any{key, now.UnixMilli()}, &data, &saved, &k.moved)
	if errors.Is(err, pgx.ErrNoRows) {
		return kept{}, nil
	}
	if err != nil {
		return kept{}, err
	}
	k.found, k.saved = true, time.UnixMilli(saved)
	return k, json.Unmarshal(data, &k.fields)
}

func (p *pgServer) create(ctx context.Context, key string, c change) error {
	if err := p.reserve(ctx, c); err != nil {
		return err
	}
	var done bool
	return p.row(ctx, `INSERT INTO nflow_sessions (id, data, saved, expires) VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET data = excluded.data RETURNING true`,
		[]any{key, c.set, c.now.UnixMilli(), c.now.Add(c.ttl).UnixMilli()}, &done)
}

// merge changes a row in one statement, so the row's lock lets changes come one after the other. saved is 0 while there
// are no values, and below 0 after the change that brought the first again.
func (p *pgServer) merge(ctx context.Context, key string, c change) (m merged, err error) {
	if err := p.reserve(ctx, c); err != nil && !c.small() {
		return m, err
	}
	err = p.row(ctx, `UPDATE nflow_sessions SET data = (data - $2::text[]) || $3::jsonb,
			saved = CASE WHEN (data - $2::text[]) || $3::jsonb = '{}' THEN 0 WHEN $4 THEN $5 WHEN saved = 0 THEN -$5 ELSE abs(saved) END,
			expires = CASE WHEN (data - $2::text[]) || $3::jsonb = '{}' THEN $7 WHEN $4 OR saved = 0 THEN $6 ELSE expires END
		WHERE id = $1 AND expires > $5 AND moved IS NULL RETURNING data = '{}', saved < 0`,
		[]any{key, c.deleted(), c.set, c.slide, c.now.UnixMilli(), c.now.Add(c.ttl).UnixMilli(), c.now.Add(grace).UnixMilli()},
		&m.empty, &m.revived)
	if errors.Is(err, pgx.ErrNoRows) {
		return p.whereabouts(ctx, key, c.now)
	}
	return m, err
}

// renew copies and changes in one statement; a change of the old row comes before it as a whole, or finds it renewed.
func (p *pgServer) renew(ctx context.Context, key, to string, c change) (merged, error) {
	var m merged
	err := p.row(ctx, `WITH old AS (
			UPDATE nflow_sessions SET moved = $2, expires = $7 WHERE id = $1 AND expires > $5 AND moved IS NULL RETURNING data
		) INSERT INTO nflow_sessions (id, data, saved, expires)
		SELECT $2, (data - $3::text[]) || $4::jsonb, $5, $6 FROM old RETURNING data = '{}'`,
		[]any{key, to, c.deleted(), c.set, c.now.UnixMilli(), c.now.Add(c.ttl).UnixMilli(), c.now.Add(grace).UnixMilli()}, &m.empty)
	if errors.Is(err, pgx.ErrNoRows) {
		m, err := p.whereabouts(ctx, key, c.now)
		if m.moved == to {
			m.moved = "" // done already, and the response was lost
		}
		return m, err
	}
	if err == nil && m.empty {
		var n int
		err = p.row(ctx, `WITH gone AS (DELETE FROM nflow_sessions WHERE id IN ($1, $2) RETURNING 1) SELECT count(*) FROM gone`, []any{key, to}, &n)
	}
	return m, err
}

// whereabouts reports what became of a session that could not be changed.
func (p *pgServer) whereabouts(ctx context.Context, key string, now time.Time) (merged, error) {
	var moved *string
	err := p.row(ctx, `SELECT moved FROM nflow_sessions WHERE id = $1 AND expires > $2`, []any{key, now.UnixMilli()}, &moved)
	switch {
	case errors.Is(err, pgx.ErrNoRows) || err == nil && moved == nil:
		return merged{gone: true}, nil
	case err != nil:
		return merged{}, err
	}
	return merged{moved: *moved}, nil
}

func (p *pgServer) prune(ctx context.Context, now time.Time) (n int64, err error) {
	tag, err := p.pool.Exec(ctx, `DELETE FROM nflow_sessions WHERE expires <= $1`, now.UnixMilli())
	return tag.RowsAffected(), err
}

func (p *pgServer) ping(ctx context.Context) error { return p.pool.Ping(ctx) }

// probe writes a row that no session can have, and that has expired.
func (p *pgServer) probe(ctx context.Context, now time.Time) error {
	var done bool
	err := p.row(ctx, `INSERT INTO nflow_sessions (id, data, saved, expires) VALUES ('probe', '{}', $1, 0)
		ON CONFLICT (id) DO UPDATE SET saved = excluded.saved RETURNING true`, []any{now.UnixMilli()}, &done)
	if err == nil {
		return nil
	}
	text := "the PostgreSQL database of the sessions rejects writes; check [pg_session] url and at the log of that server"
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch e.Code {
		case "25006":
			text = "the PostgreSQL database of the sessions rejects writes, as a standby does; name the primary in [pg_session] url"
		case "53100":
			text = "the disk of the PostgreSQL server of the sessions is full; free space on the server that [pg_session] url names"
		case "42501":
			text = "the user of [pg_session] url may not write table nflow_sessions; grant it SELECT, INSERT, UPDATE and DELETE there"
		}
	}
	return fault.Wrap(fault.Unavailable, err, "%s", text)
}

func (p *pgServer) close() error {
	p.pool.Close()
	return nil
}

// small reports whether a change may be made where no more is to be kept: what lives there continues.
func (c change) small() bool {
	size := 0
	for name, value := range c.set {
		size += len(name) + len(value)
	}
	return size <= smallChange
}

// deleted returns the deleted fields as a list, which PostgreSQL tells from none at all.
func (c change) deleted() []string {
	if c.del == nil {
		return []string{}
	}
	return c.del
}
