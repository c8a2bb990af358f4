package engine

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	database "github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/postgres"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
	"github.com/arturoeanton/nflow-runtime/store"
)

// OpenStore opens the database that [database_nflow] names; SQLite without a dsn is nflow.db in the data directory. The
// caller closes it.
func OpenStore(ctx context.Context, c *ConfigWorkspace, data string, log *slog.Logger) (store.Store, error) {
	d := &c.DatabaseNflow
	kind, err := database.Driver(d.Driver)
	if err != nil {
		return nil, err
	}
	if kind == database.Postgres {
		return postgres.Open(ctx, postgres.Options{
			DSN: d.DSN, Queries: d.Query, Log: log,
			MaxOpen: d.MaxOpen, MaxIdle: d.MaxIdle, IdleTime: zeroMeansUnlimited(d.IdleMinutes.Duration()), Lifetime: zeroMeansUnlimited(d.LifetimeMinutes.Duration()),
			StatementTimeout: zeroMeansUnlimited(d.StatementSeconds.Duration()),
		})
	}
	dsn := d.DSN
	if dsn == "" {
		dsn = filepath.Join(data, "nflow.db")
	}
	return sqlite.Open(ctx, sqlite.Options{
		DSN: dsn, Queries: d.Query, Synchronous: d.Synchronous, MaxOpen: d.MaxOpen, MaxIdle: d.MaxIdle, Log: log,
	})
}

// zeroMeansUnlimited converts a bound of 0, unlimited in the configuration, for packages that have a default for 0.
func zeroMeansUnlimited(d time.Duration) time.Duration {
	if d == 0 {
		return -1
	}
	return d
}
