package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// leastSpace is how many free bytes of the disk count as none: a commit may still find room in the write-ahead log.
const leastSpace = 64 << 10

// Probe implements [store.Store]. SQLite reports only errors that it comes across: it does not notice that the file has
// gone, and what it holds in memory hides that the rest is damaged.
func (s *Store) Probe(ctx context.Context) error {
	if s.file != nil {
		now, err := os.Stat(s.path)
		if errors.Is(err, os.ErrNotExist) || err == nil && !os.SameFile(now, s.file) {
			s.moved.Store(true) // for good: connections that are made meanwhile are to another file
		}
		if s.moved.Load() {
			return store.Troubled(store.Moved, err)
		}
		if free, known := freeSpace(filepath.Dir(s.path)); known && free < leastSpace {
			return store.Troubled(store.DiskFull, fmt.Errorf("%d bytes are free", free))
		}
		s.seek(ctx, `SELECT CASE count(*) WHEN 1 THEN 'ok' ELSE 'a table of nFlow is gone' END FROM sqlite_master WHERE name = 'nflow_probe'`)
		s.lookThrough()
	}
	return s.Base.Probe(ctx)
}

// seek runs a statement that answers ok unless the file is damaged, and notes damage.
func (s *Store) seek(ctx context.Context, query string) {
	if err := s.readFresh(ctx, query); store.TroubleOf(err) == store.Damaged {
		s.FoundDamage(err)
	}
}

// readFresh reads the file without a cache. It must be SQLite that opens and closes it: closing the file anywhere else in
// the process drops all locks that SQLite has on it.
func (s *Store) readFresh(ctx context.Context, query string) error {
	db, err := sql.Open("sqlite", s.dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	var found string
	if err := db.QueryRowContext(ctx, query).Scan(&found); err != nil {
		return err
	}
	if found != "ok" {
		return store.Troubled(store.Damaged, errors.New(found))
	}
	return nil
}
