package sqldb

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dop251/goja"
	"github.com/go-sql-driver/mysql"
	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is one run.
type world struct {
	t      testing.TB
	plugin *Plugin
	vm     *goja.Runtime
	run    *hostfn.Run
	ctx    context.Context
	cancel context.CancelCauseFunc
}

// newRun makes a run of its own, with db in its VM.
func newRun(t testing.TB, p *Plugin) *world {
	t.Helper()
	w := &world{t: t, plugin: p, vm: goja.New()}
	w.ctx, w.cancel = context.WithCancelCause(context.Background())
	t.Cleanup(func() { w.cancel(context.Canceled) })
	w.run = &hostfn.Run{
		VM: w.vm, Wid: "wid-1", Host: &hosttest.Host{VM: w.vm, Ctx: func() context.Context { return w.ctx }},
	}
	for _, row := range p.Functions() {
		if err := w.vm.Set(row.Name, row.Bind(w.run)); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// kill ends the run as the engine does.
func (w *world) kill() {
	w.vm.Interrupt(context.Canceled)
	w.cancel(context.Canceled)
}

func (w *world) js(script string) string {
	w.t.Helper()
	v, err := w.vm.RunScript("flow/node", script)
	if err != nil {
		w.t.Fatalf("%s\nthrew %v", script, err)
	}
	text, err := w.run.Stringify(v)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

func (w *world) eq(script, want string) {
	w.t.Helper()
	if got := w.js(script); got != want {
		w.t.Errorf("%s\n got %s\nwant %s", script, got, want)
	}
}

// throws runs a script that must throw an Error whose message contains the text.
func (w *world) throws(script, text string) string {
	w.t.Helper()
	v, err := w.vm.RunScript("flow/node", "(() => { try { "+script+" } catch (e) { return e instanceof Error ? e.name + ': ' + e.message : 'not an Error' } return 'nothing thrown' })()")
	if err != nil {
		w.t.Fatalf("%s\nthrew past catch: %v", script, err)
	}
	if !strings.Contains(v.String(), text) || v.String() == "nothing thrown" {
		w.t.Errorf("%s\nthrew %q\nwant   %q", script, v, text)
	}
	return v.String()
}

// each runs a test on every database of this machine, in a schema of its own.
func each(t *testing.T, f func(t *testing.T, kind string, c Database)) {
	t.Helper()
	for kind, open := range map[string]func(testing.TB) Database{"postgres": testPostgres, "mysql": testMySQL, "sqlite": testSQLite} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			f(t, kind, open(t))
		})
	}
}

func schemaName() string { return "nflow_" + strings.ToLower(rand.Text()) }

func testPostgres(t testing.TB) Database {
	t.Helper()
	dsn := os.Getenv("NFLOW_TEST_POSTGRES")
	if dsn == "" {
		dsn = "postgres://postgres@127.0.0.1:5432/test?sslmode=disable"
	}
	schema := schemaName()
	admin(t, "pgx", dsn, "CREATE SCHEMA "+schema, "DROP SCHEMA "+schema+" CASCADE")
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return Database{Driver: "postgres", DSN: u.String()}
}

func testMySQL(t testing.TB) Database {
	t.Helper()
	dsn := os.Getenv("NFLOW_TEST_MYSQL")
	if dsn == "" {
		dsn = "root@tcp(127.0.0.1:3306)/"
	}
	server, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	server.DBName = ""
	schema := schemaName()
	admin(t, "mysql", server.FormatDSN(), "CREATE DATABASE "+schema, "DROP DATABASE "+schema)
	server.DBName = schema
	return Database{Driver: "mysql", DSN: server.FormatDSN()}
}

func testSQLite(t testing.TB) Database {
	t.Helper()
	return Database{Driver: "sqlite", DSN: filepath.Join(t.TempDir(), "a b#%.db")}
}

// admin makes a schema and removes it when the test ends.
func admin(t testing.TB, driver, dsn, create, drop string) {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Ping(); err != nil {
		_ = db.Close()
		t.Skipf("no %s server for tests: %v", driver, err)
	}
	if _, err := db.Exec(create); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.Exec(drop); err != nil {
			t.Error(err)
		}
		_ = db.Close()
	})
}

// open makes a plugin with one database.
func open(t testing.TB, c Database) *Plugin { return openWith(t, Options{}, c) }

func openWith(t testing.TB, o Options, c Database) *Plugin {
	t.Helper()
	o.Databases = map[string]Database{"default": c, "second": c}
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		for name, d := range p.databases {
			if n := d.pool.Stats().InUse; n != 0 {
				t.Errorf("%s: %d connections were not given back", name, n)
			}
		}
	})
	return p
}

func id(kind string) string {
	return map[string]string{
		"postgres": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "mysql": "BIGINT AUTO_INCREMENT PRIMARY KEY", "sqlite": "INTEGER PRIMARY KEY",
	}[kind]
}

func table(w *world, kind string) {
	w.t.Helper()
	w.js(fmt.Sprintf("db.exec(`CREATE TABLE pens (id %s, name VARCHAR(80) UNIQUE, stock INT)`)", id(kind)))
}
