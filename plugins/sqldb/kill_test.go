package sqldb

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/dop251/goja"
)

// TestDeadConnections: what the server closed while it was idle does not fail the next call.
func TestDeadConnections(t *testing.T) {
	t.Parallel()
	c := testMySQL(t)
	c.MaxOpen = 1
	w, other := newRun(t, open(t, c)), newRun(t, open(t, c))
	for _, script := range []string{`db.one("SELECT 1 AS n").n`, `db.transaction(tx => tx.one("SELECT 1 AS n").n)`} {
		other.js(`db.exec("KILL ` + w.js(`db.one("SELECT connection_id() AS n").n`) + `")`)
		w.eq(script, `1`)
	}
}

// killed runs a script that waits, kills its run and reports how long it took to come back.
func killed(t *testing.T, w *world, script string) time.Duration {
	t.Helper()
	at := make(chan time.Time, 1)
	timer := time.AfterFunc(30*time.Millisecond, func() { at <- time.Now(); w.kill() })
	defer timer.Stop()
	if _, err := w.vm.RunScript("flow/node", script); err == nil {
		t.Fatalf("%s came back", script)
	}
	select {
	case killed := <-at:
		return time.Since(killed)
	default:
		t.Fatalf("%s ended before it was killed", script)
		return 0
	}
}

// TestKill: a run that ends does not wait for its database.
func TestKill(t *testing.T) {
	t.Parallel()
	slow := map[string]string{
		"postgres": `SELECT pg_sleep(30)`,
		"mysql":    `SELECT sleep(30)`,
		"sqlite":   `WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s) SELECT count(*) FROM s`,
	}
	each(t, func(t *testing.T, kind string, c Database) {
		p := open(t, c)
		for _, script := range []string{"db.query(`" + slow[kind] + "`)", "db.transaction(tx => tx.query(`" + slow[kind] + "`))", "db.exec(`" + slow[kind] + "`)"} {
			least := time.Hour
			for range 3 { // the best counts: the machine may be busy
				w := newRun(t, p)
				w.js(`db.query("SELECT 1")`)
				least = min(least, killed(t, w, script))
			}
			if least > 50*time.Millisecond {
				t.Errorf("%s: %v after the kill", script, least)
			}
		}
		if kind != "sqlite" { // the server has stopped too
			watch := newRun(t, p)
			gone := `db.one("SELECT count(*) AS n FROM information_schema.processlist WHERE info LIKE '%sleep(30)%' AND db = database() AND id <> connection_id()").n === 0`
			if kind == "postgres" {
				gone = `db.one("SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND state = 'active' AND pid <> pg_backend_pid() AND $1 = $1", ["` + c.DSN + `"]).n === 0`
			}
			for deadline := time.Now().Add(5 * time.Second); watch.js(gone) != "true"; {
				if time.Now().After(deadline) {
					t.Fatal("the statement still runs on the server")
				}
			}
		}
	})
}

// TestKillDuringLock: SQLite waits for a lock without looking at contexts.
func TestKillDuringLock(t *testing.T) {
	t.Parallel()
	p := open(t, testSQLite(t))
	holder := newRun(t, p)
	table(holder, "sqlite")
	if err := holder.vm.Set("other", func(goja.FunctionCall) goja.Value {
		least := time.Hour
		for range 3 {
			w := newRun(t, p)
			w.js(`db.query("SELECT 1")`)
			least = min(least, killed(t, w, `db.exec("INSERT INTO pens (name) VALUES ('x')")`))
		}
		if least > 50*time.Millisecond {
			t.Errorf("%v after the kill", least)
		}
		return goja.Undefined()
	}); err != nil {
		t.Fatal(err)
	}
	holder.js(`db.transaction(tx => { tx.exec("INSERT INTO pens (name) VALUES ('y')"); other() })`)
}

// TestManyRuns: 64 runs at once, 100 statements each, on few connections.
func TestManyRuns(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind string, c Database) {
		c.MaxOpen = 8
		p := open(t, c)
		table(newRun(t, p), kind)
		var all sync.WaitGroup
		for i := range 64 {
			w := newRun(t, p)
			all.Go(func() {
				_, err := w.vm.RunScript("flow/node", fmt.Sprintf(`for (let i = 0; i < 100; i++) {
					if (db.one("SELECT $1 + 0 AS n", [i]).n != i) throw new Error("wrong row")
					if (i %% 25 == 0) db.transaction(tx => tx.exec("INSERT INTO pens (name) VALUES ($1)", ["%d/" + i]))
					if (i %% 30 == 7) try { db.transaction(tx => { tx.exec("INSERT INTO pens (name) VALUES ($1)", ["undone %d/" + i]); throw 1 }) } catch (e) {}
				}`, i, i))
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		stats := p.databases["default"].pool.Stats()
		if stats.InUse != 0 || stats.OpenConnections > 8 {
			t.Errorf("%+v", stats)
		}
		newRun(t, p).eq(`db.one("SELECT count(*) AS n FROM pens").n`, `256`)
	})
}
