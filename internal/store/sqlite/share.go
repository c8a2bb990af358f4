package sqlite

import (
	"path/filepath"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// refuseShare refuses a file on a network share: the memory that WAL shares between processes is none there, and locks
// often do nothing, so that the file would break sooner or later. kind returns the kind of the share that holds a folder,
// "" for none.
func (s source) refuseShare(kind func(dir string) string) error {
	if s.memory {
		return nil
	}
	share := kind(filepath.Dir(s.path))
	if share == "" {
		return nil
	}
	return fault.New(fault.Unavailable, "the SQLite database is on a network share (%s), where it would break: "+
		"put it on a local disk with --data or database_nflow.dsn, or use PostgreSQL", share)
}
