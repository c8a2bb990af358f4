package sqldb

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dop251/goja"
	"github.com/go-sql-driver/mysql"
	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
	"github.com/arturoeanton/nflow-runtime/internal/servertest"
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
	hosttest.Serve(w.run, p.Functions())
	return w
}

// kill ends the run as the engine does.
func (w *world) kill() {
	w.vm.Interrupt(context.Canceled)
	w.cancel(context.Canceled)
}

func (w *world) js(script string) string {
	w.t.Helper()
	return hosttest.JS(w.t, w.run, script)
}

func (w *world) eq(script, want string) {
	w.t.Helper()
	hosttest.Eq(w.t, w.run, script, want)
}

// throws runs a script that must throw an Error whose message contains the text.
func (w *world) throws(script, text string) string {
	w.t.Helper()
	return hosttest.Throws(w.t, w.run, script, text)
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

func testPostgres(t testing.TB) Database {
	t.Helper()
	return Database{Driver: "postgres", DSN: servertest.Schema(t)}
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
	db, err := sql.Open("mysql", server.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Ping(); err != nil {
		_ = db.Close()
		t.Skipf("no mysql server for tests: %v", err)
	}
	server.DBName = "nflow_" + strings.ToLower(rand.Text())
	if _, err := db.Exec("CREATE DATABASE " + server.DBName); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.Exec("DROP DATABASE " + server.DBName); err != nil {
			t.Error(err)
		}
		_ = db.Close()
	})
	return Database{Driver: "mysql", DSN: server.FormatDSN()}
}

func testSQLite(t testing.TB) Database {
	t.Helper()
	return Database{Driver: "sqlite", DSN: filepath.Join(t.TempDir(), "a b#%.db")}
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
