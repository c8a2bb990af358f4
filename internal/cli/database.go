package cli

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// hasDatabase reports whether opening the database would find one. Only SQLite makes a new one where there is none.
func hasDatabase(c *engine.ConfigWorkspace, data string) bool {
	if kind, err := store.Driver(c.DatabaseNflow.Driver); err != nil || kind != store.SQLite {
		return true
	}
	path, _, _ := strings.Cut(strings.TrimPrefix(c.DatabaseNflow.DSN, "file:"), "?")
	if path == "" {
		path = filepath.Join(data, "nflow.db")
	}
	_, err := os.Stat(path)
	return err == nil
}

// noDatabase is the error of a command that only reads.
func noDatabase() error {
	return fault.New(fault.NotFound, "no database found; name its folder with --data, or create one: %s serve, or %s import DIR", program, program)
}
