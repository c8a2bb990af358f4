package engine

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/source"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/postgres"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
)

// OpenStore opens the database that [database_nflow] names; SQLite without a dsn is nflow.db in the data directory. The
// caller closes it.
func OpenStore(ctx context.Context, c *ConfigWorkspace, data string, log *slog.Logger) (store.Store, error) {
	d := &c.DatabaseNflow
	kind, err := store.Driver(d.Driver)
	if err != nil {
		return nil, err
	}
	if kind == store.Postgres {
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

// SourceOptions returns the folders of page templates and triggers from the environment ("NAME=value"):
// NFLOW_TEMPLATE_PATH, defaults to ./templates; NFLOW_TRIGGERS_FOLD, in old installations spelled NFLOE_TRIGGERS_FOLD,
// defaults to ./triggers.
func SourceOptions(environ []string, log *slog.Logger) source.Options {
	o := source.Options{TemplateDir: "templates", TriggersDir: "triggers", Log: log}
	set := func(name string, to *string) {
		for _, e := range environ {
			if value, ok := strings.CutPrefix(e, name+"="); ok && value != "" {
				*to = value
			}
		}
	}
	set("NFLOW_TEMPLATE_PATH", &o.TemplateDir)
	set("NFLOE_TRIGGERS_FOLD", &o.TriggersDir)
	set("NFLOW_TRIGGERS_FOLD", &o.TriggersDir)
	return o
}
