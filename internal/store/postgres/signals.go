package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// signals is the expression of the channel on which processes notify one another. A channel is heard in
// the whole database, so the processes of each schema have their own.
const signals = `'nflow_signal' || CASE current_schema() WHEN 'public' THEN '' ELSE coalesce('_' || md5(current_schema()), '') END`

// retry is how long Signals rests after it lost its connection.
const retry = time.Second

// Signals implements [store.Store]. It looks by itself as seldom as Watch does. It holds a connection of its own: one that listens must not go back to a pool.
func (s *Store) Signals(ctx context.Context, every time.Duration, f func(string)) {
	failing := false
	for ctx.Err() == nil {
		err := s.listen(ctx, every, func(what string) {
			if failing {
				s.log.Info("database: listening for signals again")
			}
			failing = false
			f(what)
		})
		if ctx.Err() != nil {
			return
		}
		if !failing {
			s.log.Warn("database: listening for signals failed; trying again", "error", err)
		}
		failing = true
		if store.Pause(ctx, retry) != nil {
			return
		}
	}
}

// listen passes on signals until the connection fails.
func (s *Store) listen(ctx context.Context, every time.Duration, f func(string)) error {
	conn, err := pgx.ConnectConfig(ctx, s.config.Copy())
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		conn.Close(ctx) //nolint:errcheck // it is being given up
	}()
	var channel string
	if err := conn.QueryRow(ctx, "SELECT "+signals).Scan(&channel); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	f("") // what was signalled before is lost
	for {
		limited, cancel := context.WithTimeout(ctx, quiet*every)
		n, err := conn.WaitForNotification(limited)
		cancel()
		switch {
		case err == nil:
			f(n.Payload)
		case ctx.Err() != nil || conn.IsClosed():
			return err
		default:
			if err := conn.Ping(ctx); err != nil { // a peer that went away without a word
				return err
			}
			f("") // a proxy in between may swallow signals
		}
	}
}
