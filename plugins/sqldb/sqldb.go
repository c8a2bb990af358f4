// Package sqldb is the plugin db: flows query the databases of [db.NAME], on PostgreSQL, MySQL, MariaDB or SQLite.
//
// The engine makes one Plugin from the configuration. Nothing connects before a flow first calls it. Every call takes one
// statement with its parameters $1, $2 …, waits with the context of the run, and returns the connection; a
// transaction keeps one connection until the function of the script returns, throws, or the run ends.
//
// Flow code is hostile: a statement cannot be several, cannot end a transaction that it did not begin, cannot write
// where read_only says so, and cannot make SQLite open another file. What may leave something behind in its session
// (SET, CREATE TEMPORARY …) costs its connection: no other run ever sees it. Errors show the database's words, never the
// dsn.
package sqldb

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"sync"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins"
)

// Options of the plugin.
type Options struct {
	// Databases by name; "default" is the one that db itself uses.
	Databases map[string]Database

	RowCap  int   // rows that one response may have. Defaults to 10,000.
	ByteCap int64 // bytes that one response, or the parameters of one call, may have. Defaults to 16 MiB.
	Memory  int64 // bytes that a run may hold; SQLite's values and statements are bounded by it. Defaults to 0: unlimited.
	BigInt  bool  // integers beyond 2^53 become BigInt instead of text. Defaults to false.
}

// Database is one database that flows may use.
type Database struct {
	Driver   string // postgres, pgx, mysql, mariadb, sqlite or sqlite3. Defaults to postgres.
	DSN      string // as the driver's own documents write it; required
	ReadOnly bool   // nothing can be written. Defaults to false.
	MaxOpen  int    // concurrent connections. Defaults to 10.
}

const (
	defaultRows    = 10_000
	defaultBytes   = 16 << 20
	defaultMaxOpen = 10
)

// Plugin is the plugin db. Its methods may be called from any goroutine.
type Plugin struct {
	options   Options
	databases map[string]*database
	calls     sync.WaitGroup // calls whose runs may have ended before them
}

var (
	_ hostfn.Plugin   = (*Plugin)(nil)
	_ plugins.Starter = (*Plugin)(nil)
	_ plugins.Stopper = (*Plugin)(nil)
)

// New reads the configuration and connects to nothing. Its errors are faults that name the key.
func New(o Options) (*Plugin, error) {
	if o.RowCap <= 0 {
		o.RowCap = defaultRows
	}
	if o.ByteCap <= 0 {
		o.ByteCap = defaultBytes
	}
	p := &Plugin{options: o, databases: map[string]*database{}}
	for _, name := range slices.Sorted(maps.Keys(o.Databases)) {
		d, err := p.open(name, o.Databases[name])
		if err != nil {
			_ = p.Stop(context.Background())
			return nil, err
		}
		p.databases[name] = d
	}
	return p, nil
}

// open makes the pool of a database.
func (p *Plugin) open(name string, c Database) (*database, error) {
	if c.DSN == "" {
		return nil, fault.New(fault.Invalid, "[db.%s] dsn is missing: it says where the database is", name)
	}
	if c.MaxOpen <= 0 {
		c.MaxOpen = defaultMaxOpen
	}
	d := &database{name: name, readOnly: c.ReadOnly, calls: &p.calls, rows: p.options.RowCap, bytes: p.options.ByteCap}
	var pool *sql.DB
	var err error
	switch c.Driver {
	case "", "postgres", "pgx":
		pool, d.server, err = openPostgres(c, d.bytes)
	case "mysql", "mariadb":
		pool, d.server, err = openMySQL(c)
	case "sqlite", "sqlite3":
		d.server = sqliteFile{}
		pool, d.anchor, err = openSQLite(c, p.options.Memory)
	default:
		return nil, fault.New(fault.Invalid, "[db.%s] driver is %q: use postgres, mysql, mariadb or sqlite", name, c.Driver)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "[db.%s] dsn cannot be read: %s", name, d.server.dsnForm())
	}
	pool.SetMaxOpenConns(c.MaxOpen)
	pool.SetMaxIdleConns(c.MaxOpen)
	pool.SetConnMaxIdleTime(maxIdleTime)
	d.pool = pool
	return d, nil
}

// Pool describes the connections to a database; all is 0 for one that is not configured.
func (p *Plugin) Pool(name string) sql.DBStats {
	if d := p.databases[name]; d != nil {
		return d.pool.Stats()
	}
	return sql.DBStats{}
}

// Name is db.
func (p *Plugin) Name() string { return "db" }

// Start takes the log, which says what read_only cannot promise. It connects to nothing.
func (p *Plugin) Start(_ context.Context, env plugins.Env) error {
	for _, d := range p.databases {
		d.log = env.Log
	}
	return nil
}

// Stop closes all connections, after the calls that ended runs had left behind.
func (p *Plugin) Stop(ctx context.Context) error {
	done := make(chan struct{})
	go func() { p.calls.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
	for _, d := range p.databases {
		if d.anchor != nil {
			_ = d.anchor.Close()
		}
		_ = d.pool.Close()
	}
	return context.Cause(ctx)
}
