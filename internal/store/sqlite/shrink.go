package sqlite

import (
	"context"
	"database/sql"
	"fmt"
)

const (
	// shrinkAtStart is the size, in bytes, up to which the file of an older version is written anew when it is opened, so
	// that space can be given back from then on. It takes about a second for each 200 MB.
	shrinkAtStart = 256 << 20

	shrinkPages = 64  // given back in one step
	sparePages  = 256 // kept for what comes next
)

// makeShrinkable makes the file one that can give space back: a new one, and one of an older version. A file that is large, in use or
// read-only stays as it is: what is removed from it makes room for what comes, but the file does not shrink.
func (s *Store) makeShrinkable(ctx context.Context) {
	var mode, pages, size int64
	const look = `SELECT v.auto_vacuum, c.page_count, s.page_size FROM pragma_auto_vacuum v, pragma_page_count c, pragma_page_size s`
	if err := s.DB().QueryRowContext(ctx, look).Scan(&mode, &pages, &size); err != nil || mode != 0 {
		return
	}
	if pages*size > shrinkAtStart {
		s.log.Warn("the database file does not shrink when old runs are removed: stop the runtime and run VACUUM on it once, after PRAGMA auto_vacuum = 2")
		return
	}
	conn, err := s.DB().Conn(ctx)
	if err != nil {
		return
	}
	defer conn.Close()
	var wait int
	if err := conn.QueryRowContext(ctx, `PRAGMA busy_timeout`).Scan(&wait); err != nil {
		return
	}
	// Not waiting for others: the next start tries again.
	for _, statement := range []string{`PRAGMA busy_timeout = 0`, `PRAGMA auto_vacuum = 2`, `VACUUM`} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			s.log.Debug("the database file cannot be made to shrink now", "error", err)
			break
		}
	}
	_, _ = conn.ExecContext(ctx, fmt.Sprintf(`PRAGMA busy_timeout = %d`, wait))
}

// reclaim releases free pages at the end of the file to the disk. A file of another mode stays as it is.
func reclaim(ctx context.Context, db *sql.DB, alone func(func() error) error) error {
	for {
		var mode, free int64
		const look = `SELECT v.auto_vacuum, f.freelist_count FROM pragma_auto_vacuum v, pragma_freelist_count f`
		if err := db.QueryRowContext(ctx, look).Scan(&mode, &free); err != nil {
			return err
		}
		if mode != 2 || free <= sparePages {
			return nil
		}
		err := alone(func() error {
			rows, err := db.QueryContext(ctx, fmt.Sprintf(`PRAGMA incremental_vacuum(%d)`, min(shrinkPages, free-sparePages)))
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() { // each step frees a page
			}
			return rows.Err()
		})
		if err != nil {
			return err
		}
		settle(ctx, db)
	}
}

// settle copies what is in the write-ahead log into the file. Waiting for the disk, which is most of it, stops no writer.
func settle(ctx context.Context, db *sql.DB) {
	_, _ = db.ExecContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`) // what it leaves, the next one takes
}
