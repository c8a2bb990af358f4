//go:build large

package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
	"github.com/arturoeanton/nflow-runtime/internal/store/storetest"
)

func TestLarge(t *testing.T) {
	storetest.Large(t, storetest.Driver{
		New: func(t *testing.T) string { return filepath.Join(t.TempDir(), "nflow.db") },
		Open: func(ctx context.Context, dsn string) (store.Store, error) {
			return sqlite.Open(ctx, sqlite.Options{DSN: dsn})
		},
	})
}
