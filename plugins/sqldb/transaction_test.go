package sqldb

import (
	"context"
	"testing"
	"time"
)

const count = `db.one("SELECT count(*) AS n FROM pens").n`

func TestTransaction(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind string, c Database) {
		p := open(t, c)
		w := newRun(t, p)
		table(w, kind)
		w.eq(`db.transaction(tx => { tx.exec("INSERT INTO pens (name) VALUES ($1)", ["a"]); return tx.one("SELECT name FROM pens") })`, `{"name":"a"}`)
		w.eq(count, `1`)

		w.throws(`db.transaction(tx => { tx.exec("INSERT INTO pens (name) VALUES ('b')"); throw new RangeError("no") })`, "RangeError: no")
		w.throws(`db.transaction(tx => { tx.exec("INSERT INTO pens (name) VALUES ('b')"); tx.query("SELECT * FROM nowhere") })`, "nowhere")
		w.eq(`(() => { try { db.transaction(tx => { tx.exec("INSERT INTO pens (name) VALUES ('b')"); throw 5 }) } catch (e) { return e } })()`, `5`)
		w.eq(count, `1`)

		w.throws(`db.transaction(tx => tx.transaction(() => 1))`, "do not nest")
		w.throws(`db.transaction(tx => db.transaction(() => 1))`, "do not nest")
		w.throws(`db.transaction(tx => db.query("SELECT 1"))`, "use its tx")
		w.throws(`db.transaction(tx => db("default").exec("SELECT 1"))`, "use its tx")
		w.throws(`db.transaction(tx => tx.exec("COMMIT"))`, "is not allowed")
		w.throws(`db.transaction(tx => tx.exec("ROLLBACK"))`, "is not allowed")
		w.throws(`db.transaction()`, "takes a function")
		w.throws(`let kept; db.transaction(tx => { kept = tx }); kept.query("SELECT 1")`, "has ended")
		w.throws(`let lost; try { db.transaction(tx => { lost = tx; throw 1 }) } catch (e) {} lost.query("SELECT 1")`, "has ended")
		w.eq(count, `1`)

		w.js(`db.transaction(tx => {
			tx.exec("INSERT INTO pens (name) VALUES ('c')"); tx.exec("SAVEPOINT s");
			tx.exec("INSERT INTO pens (name) VALUES ('d')"); tx.exec("ROLLBACK TO SAVEPOINT s") })`)
		w.eq(`db.query("SELECT name FROM pens ORDER BY name")`, `[{"name":"a"},{"name":"c"}]`)
	})
}

func TestTransactionAcrossDatabases(t *testing.T) {
	t.Parallel()
	w := newRun(t, open(t, testPostgres(t)))
	table(w, "postgres")
	w.eq(`db.transaction(tx => { tx.exec("INSERT INTO pens (name) VALUES ('a')"); return db("second").one("SELECT count(*) AS n FROM pens").n })`, `0`)
	w.eq(count, `1`)
}

func TestPostgresTellsThatItRolledBack(t *testing.T) {
	t.Parallel()
	w := newRun(t, open(t, testPostgres(t)))
	table(w, "postgres")
	w.throws(`db.transaction(tx => { tx.exec("INSERT INTO pens (name) VALUES ('a')"); try { tx.query("SELECT * FROM nowhere") } catch (e) {} })`, "was rolled back")
	w.eq(count, `0`)
}

func TestAsyncTransaction(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind string, c Database) {
		p := open(t, c)
		w := newRun(t, p)
		table(w, kind)
		w.js(`var seen; db.transaction(async tx => { await null; tx.exec("INSERT INTO pens (name) VALUES ('a')"); await null; return 7 }).then(v => { seen = v })`)
		w.eq(`seen`, `7`)
		w.eq(count, `1`)
		w.js(`db.transaction(async tx => { await null; tx.exec("INSERT INTO pens (name) VALUES ('b')"); await null; throw new Error("no") }).catch(e => { seen = e.message })`)
		w.eq(`seen`, `"no"`)
		w.eq(count, `1`)
		w.js(`var open = db.transaction(async tx => { tx.exec("INSERT INTO pens (name) VALUES ('b')"); await new Promise(() => {}) })`)
		w.throws(`db.query("SELECT 1")`, "wait for its end")
		w.cancel(context.Canceled) // the run ends with its promise pending
		settled(t, newRun(t, p), "1")
	})
}

// settled waits until nothing is left of what an ended run did. Writing waits for its locks.
func settled(t *testing.T, w *world, want string) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for w.run.Ctx().Err() == nil {
		if stats := w.plugin.databases["default"].pool.Stats(); stats.InUse == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a connection is still out")
		}
	}
	w.eq(count, want)
	w.js(`db.exec("INSERT INTO pens (name) VALUES ('after')"); db.exec("DELETE FROM pens WHERE name = 'after'")`)
}

// TestKilledTransaction: what a killed run did in a transaction is undone, wherever it was.
func TestKilledTransaction(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind string, c Database) {
		p := open(t, c)
		table(newRun(t, p), kind)
		for _, body := range []string{`for (;;) {}`, `try { for (;;) {} } finally { tx.query("SELECT 1") }`, `for (;;) tx.query("SELECT 1")`} {
			w := newRun(t, p)
			timer := time.AfterFunc(30*time.Millisecond, w.kill)
			_, err := w.vm.RunScript("flow/node", `db.transaction(tx => { tx.exec("INSERT INTO pens (name) VALUES ('b')"); `+body+` })`)
			timer.Stop()
			if err == nil {
				t.Errorf("%s was not killed", body)
			}
			settled(t, newRun(t, p), "0")
		}
		// Only the script is stopped, as by a limit of operations: the context ends with the run, later.
		w := newRun(t, p)
		timer := time.AfterFunc(30*time.Millisecond, func() { w.vm.Interrupt(context.Canceled) })
		_, err := w.vm.RunScript("flow/node", `try { db.transaction(tx => { tx.exec("INSERT INTO pens (name) VALUES ('b')"); for (;;) {} }) } catch (e) { for (;;) {} }`)
		timer.Stop()
		if err == nil {
			t.Error("the limit was not kept")
		}
		settled(t, newRun(t, p), "0")
	})
}
