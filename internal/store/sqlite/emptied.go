package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"os"

	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// leastFile is the size of the smallest SQLite database. SQLite takes some shorter files for new ones, and writes over them.
const leastFile = 512

// emptied reports, as damage, a file that SQLite would take for new although it is not: one that is too short to be a
// database, and an empty one beside a write-ahead log that is not, which SQLite would delete. It writes the head of a file
// before it begins such a log.
func (s source) emptied() error {
	if s.memory {
		return nil
	}
	file, err := os.Stat(s.path)
	if err != nil || file.Size() >= leastFile || !file.Mode().IsRegular() || holdsMore(s.path+"-journal") {
		return nil //nolint:nilerr // SQLite says what is wrong with it
	}
	switch {
	case file.Size() > 0:
		return store.Troubled(store.Damaged, fmt.Errorf("%s has %d bytes, less than any SQLite database", s.path, file.Size()))
	case holdsMore(s.path + "-wal"):
		return store.Troubled(store.Damaged, fmt.Errorf("%s is empty, but %s-wal, the log of its last changes, is not", s.path, s.path))
	}
	return nil
}

func holdsMore(path string) bool {
	file, err := os.Stat(path)
	return err == nil && file.Size() > 0
}

// warnOfNew warns when the tables of nFlow are about to be made in a file that was there before: nothing else warns an
// operator that the file has lost what it held, or that it is another program's.
func (s *Store) warnOfNew(ctx context.Context, db *sql.DB, path string) error {
	var ours, all int
	const query = `SELECT count(*) FILTER (WHERE name = 'nflow' COLLATE NOCASE), count(*) FROM sqlite_master WHERE type IN ('table', 'view')`
	if err := db.QueryRowContext(ctx, query).Scan(&ours, &all); err != nil {
		return err
	}
	switch {
	case ours > 0:
	case all == 0:
		s.log.Warn("the SQLite database was empty, and becomes a new one; if it held data, stop the runtime and restore a copy made by nflow-runtime backup", "path", path)
	default:
		s.log.Warn("the SQLite database is another program's: the tables of nFlow are added to it", "path", path, "tables", all)
	}
	return nil
}
