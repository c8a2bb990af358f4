package store

import (
	"context"
	"log/slog"
	"time"
)

// Changes is how a driver notices that the watched tables changed. One goroutine uses it.
type Changes interface {
	// Look returns a fingerprint of the watched tables, or "" when they cannot have changed since the last Look.
	Look(ctx context.Context) (string, error)
	// Wait returns when it is time to look again: after the interval, or earlier when the database said so.
	Wait(ctx context.Context, every time.Duration) error
	// Reset releases what was held of the database; the next Look or Wait starts afresh.
	Reset()
}

// Watched lists the tables whose change [Store].Watch reports.
func Watched() []string { return []string{"nflow", "modules", "template", "queries"} }

// Follow is Watch for drivers: last is the fingerprint at the time the database was opened.
func (b *Base) Follow(ctx context.Context, every time.Duration, c Changes, last string, log *slog.Logger, changed func()) error {
	if every <= 0 {
		every = time.Second
	}
	defer c.Reset()
	failing := false
	for {
		seen, err := c.Look(ctx)
		if err == nil && seen != "" && seen != last {
			if err = b.ReloadQueries(ctx); err == nil {
				last = seen
				changed()
			}
		}
		if err == nil {
			if failing {
				log.Info("database: watching for changes again")
			}
			failing = false
			err = c.Wait(ctx, every)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			continue
		}
		if !failing {
			_ = b.note(err)
			log.Warn("database: watching for changes failed; trying again", "error", err)
		}
		failing = true
		c.Reset()
		if Pause(ctx, every) != nil {
			return nil
		}
	}
}

// Pause waits, or returns ctx's error when that ends first.
func Pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
