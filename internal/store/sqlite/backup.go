package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// Backup implements [store.Store]. VACUUM INTO reads in one transaction, beside which others write on.
func (s *Store) Backup(ctx context.Context, file string) error {
	if _, err := os.Lstat(file); err == nil {
		return exists(file)
	}
	made, err := os.CreateTemp(filepath.Dir(file), ".nflow-backup-*") // for this user alone
	if err != nil {
		return unwritten(err)
	}
	defer os.Remove(made.Name()) //nolint:errcheck // it is the backup by now, or worth nothing
	defer made.Close()
	if _, err := s.DB().ExecContext(ctx, `VACUUM INTO $1`, made.Name()); err != nil {
		return unwritten(err)
	}
	if err := made.Sync(); err != nil {
		return unwritten(err)
	}
	// A link takes no place that is taken; where there are none, the look above has to do.
	if err = os.Link(made.Name(), file); errors.Is(err, fs.ErrExist) {
		return exists(file)
	} else if err != nil {
		err = os.Rename(made.Name(), file)
	}
	if err != nil {
		return unwritten(err)
	}
	return nil
}

func exists(file string) error {
	return fault.New(fault.Conflict, "%s exists already; name a new file", filepath.Base(file))
}

func unwritten(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(fault.Invalid, err, "the folder does not exist; create it first")
	}
	if store.TroubleOf(err) == store.Damaged {
		return store.Troubled(store.Damaged, err)
	}
	return fault.Wrap(fault.Unavailable, err, "the backup cannot be written; check the folder and the free space of its disk")
}
