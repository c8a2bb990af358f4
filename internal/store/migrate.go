package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// schemaFiles holds, in schema/contract, one file for each table of an nFlow database, made when it is missing and never
// altered, and in schema/own the numbered migrations of the runtime's own tables. What stands in braces is
// the dialect's.
//
//go:embed schema
var schemaFiles embed.FS

// migrateLock is the lock under which tables are made.
const migrateLock = "migrate"

// step is one piece of work that brings the database up to date.
type step struct {
	name    string
	sql     string
	version int // of an own migration; 0 for a contract table
}

// querier is the database itself or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func (b *Base) hasTable(ctx context.Context, q querier, name string) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, b.d.HasTable, name).Scan(&n)
	return n > 0, err
}

// migrate makes what is missing. It writes nothing, and takes no lock, when nothing is missing.
func (b *Base) migrate(ctx context.Context) error {
	todo, err := b.pending(ctx, b.db)
	if err != nil {
		return failed(err, "reading its tables")
	}
	if len(todo) == 0 {
		return nil
	}
	err = b.write(ctx, migrateLock, func(tx *sql.Tx) error {
		todo, err := b.pending(ctx, tx) // again: another process may have been faster
		if err != nil {
			return err
		}
		for _, s := range todo {
			if err := b.apply(ctx, tx, s); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
		return nil
	})
	if err != nil && b.d.ReadOnly(err) {
		return fault.Wrap(fault.Unavailable, err, "the database is read-only for this user, but tables are missing (first: %s); "+
			"allow writing, or open it once with a user that may create tables", todo[0].name)
	}
	return failed(err, "creating its tables")
}

func (b *Base) apply(ctx context.Context, tx *sql.Tx, s step) error {
	if _, err := tx.ExecContext(ctx, s.sql); err != nil {
		return err
	}
	if s.version == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO nflow_schema (version) VALUES ($1)`, s.version)
	return err
}

// pending lists what is to be done, in order.
func (b *Base) pending(ctx context.Context, q querier) ([]step, error) {
	var todo []step
	tables, err := b.steps("schema/contract")
	if err != nil {
		return nil, err
	}
	tables = append(tables, step{name: "nflow_schema", sql: `CREATE TABLE nflow_schema (version INTEGER PRIMARY KEY)`})
	for _, t := range tables {
		found, err := b.hasTable(ctx, q, t.name)
		if err != nil {
			return nil, err
		}
		if !found {
			todo = append(todo, t)
		}
	}
	version := 0
	if found, err := b.hasTable(ctx, q, "nflow_schema"); err != nil {
		return nil, err
	} else if found {
		if err := q.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM nflow_schema`).Scan(&version); err != nil {
			return nil, err
		}
	}
	own, err := b.steps("schema/own")
	if err != nil {
		return nil, err
	}
	if len(own) < version {
		return nil, fault.New(fault.Unavailable, "the database was written by a newer nflow-runtime (schema %d, this one knows %d); update this one",
			version, len(own))
	}
	return append(todo, own[version:]...), nil
}

// steps reads the files of a folder, in order of their names.
func (b *Base) steps(dir string) ([]step, error) {
	types := strings.NewReplacer("{id}", b.d.ID, "{bytes}", b.d.Bytes, "{number}", b.d.Number, "{runs}", b.d.Runs, "{run_nodes}", b.d.RunNodes)
	files, err := fs.ReadDir(schemaFiles, dir)
	if err != nil {
		return nil, err
	}
	var list []step
	for _, f := range files {
		data, err := fs.ReadFile(schemaFiles, path.Join(dir, f.Name()))
		if err != nil {
			return nil, err
		}
		s := step{name: strings.TrimSuffix(f.Name(), ".sql"), sql: types.Replace(string(data))}
		if number, _, ok := strings.Cut(s.name, "_"); ok {
			s.version, _ = strconv.Atoi(number) // 0, no migration, for a table such as api_tokens
		}
		list = append(list, s)
	}
	return list, nil
}
