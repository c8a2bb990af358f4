package sqldb

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

func TestExample(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ string, c Database) {
		p := open(t, c)
		for _, row := range p.Functions() {
			newRun(t, p).eq(row.Example+"; JSON.stringify([row.name, row.answer])", `"[\"Ada\",42]"`)
		}
	})
}

func TestQueryOneExec(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind string, c Database) {
		w := newRun(t, open(t, c))
		table(w, kind)
		last := map[string]string{"postgres": "null", "mysql": "1", "sqlite": "1"}[kind]
		w.eq(`db.exec("INSERT INTO pens (name, stock) VALUES ($1, $2)", ["blue", 3])`, `{"lastInsertId":`+last+`,"rowsAffected":1}`)
		w.js(`db.exec("INSERT INTO pens (name, stock) VALUES ($2, $1)", [5, "it's $1 \\ \"red\""])`)
		w.eq(`db.query("SELECT name, stock FROM pens WHERE stock = $1 OR name = $2 OR stock = $1 ORDER BY id", [5, "blue"])`,
			`[{"name":"blue","stock":3},{"name":"it's $1 \\ \"red\"","stock":5}]`)
		w.eq(`db.one("SELECT name FROM pens WHERE stock > $1 ORDER BY id", [1]).name`, `"blue"`)
		w.eq(`db.one("SELECT name FROM pens WHERE stock > $1", [100])`, `null`)
		w.eq(`db.query("SELECT name FROM pens WHERE stock IS NULL")`, `[]`)
		w.eq(`db.exec("UPDATE pens SET stock = $1", [7])`, `{"lastInsertId":null,"rowsAffected":2}`)
		w.eq(`db.exec("UPDATE pens SET stock = $1", [7]).rowsAffected`, `2`) // rows found, on every database
		w.eq(`db("second").one("SELECT count(*) AS n FROM pens").n`, `2`)
		w.eq(`db("second") === db("second")`, `true`)
		w.eq(`Object.getPrototypeOf(db.query("SELECT 1 AS n")[0]) === Object.prototype`, `true`)
	})
}

func TestParameters(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind string, c Database) {
		w := newRun(t, open(t, c))
		w.throws(`db.query("SELECT $1", [])`, "parameters up to $1 and 0 were given")
		w.throws(`db.query("SELECT 1", [1])`, "parameters up to $0 and 1 were given")
		w.throws(`db.query("SELECT $1", "a")`, "as an array")
		w.throws(`db.query(["SELECT 1"])`, "as text")
		w.throws(`db.query("SELECT $1", [() => 1])`, "parameter")
		w.throws(`db.query("SELECT $1", [Symbol("a")])`, "$1")
		w.throws(`db.query("SELECT $1", [new Date(NaN)])`, "invalid Date")
		w.throws(`db.query("SELECT $1", [{ toJSON() { throw new RangeError("mine") } }])`, "RangeError: mine")
		w.throws(`db.query("SELECT $0", [])`, "numbered from $1")
		w.throws(`db.query("SELECT $99999999999999999999", [])`, "numbered from $1")
		w.throws(`db.query(" -- nothing\n ; ")`, "empty")
		if kind != "postgres" {
			w.throws(`db.query("SELECT ?", [])`, "$1, $2")
		}
		for _, script := range []string{`db.query("SELECT 1; SELECT 2")`, `db.exec("SELECT 1; DROP TABLE pens")`} {
			w.throws(script, "")
		}
	})
}

func TestTypes(t *testing.T) {
	t.Parallel()
	columns := map[string]string{
		"postgres": `yes BOOLEAN, small INT, large BIGINT, amount NUMERIC(20,4), ratio DOUBLE PRECISION, at TIMESTAMPTZ, plain TIMESTAMP, day DATE, raw BYTEA, doc JSONB, note TEXT, missing TEXT`,
		"mysql":    `yes BOOLEAN, small INT, large BIGINT, amount DECIMAL(20,4), ratio DOUBLE, at DATETIME(3), plain DATETIME(3), day DATE, raw BLOB, doc TEXT, note TEXT, missing TEXT`,
		"sqlite":   `yes BOOLEAN, small INT, large BIGINT, amount DECIMAL(20,4), ratio REAL, at DATETIME, plain TIMESTAMP, day DATE, raw BLOB, doc JSON, note TEXT, missing TEXT`,
	}
	each(t, func(t *testing.T, kind string, c Database) {
		p := open(t, c)
		w := newRun(t, p)
		w.js("db.exec(`CREATE TABLE kinds (" + columns[kind] + ")`)")
		w.js(`const at = new Date("2026-03-04T05:06:07.089Z");
			db.exec("INSERT INTO kinds VALUES ($1, $2, $3, $4, $5, $6, $12, $7, $8, $9, $10, $11)",
				[true, 42, "9223372036854775807", "12.50", 1e21, at, "2026-03-04", new Uint8Array([0, 255, 39]), { a: [1, null, "ü"] }, "ñ'\\", undefined, at]);
			var row = db.one("SELECT * FROM kinds")`)
		w.eq(`row.yes == true && row.small === 42`, `true`)
		w.eq(`typeof row.yes`, map[string]string{"postgres": `"boolean"`, "mysql": `"number"`, "sqlite": `"boolean"`}[kind])
		w.eq(`row.large`, `"9223372036854775807"`)
		w.eq(`row.amount`, map[string]string{"postgres": `"12.5000"`, "mysql": `"12.5000"`, "sqlite": `"12.5"`}[kind])
		w.eq(`row.ratio`, `1e+21`)
		w.eq(`[row.at, row.plain, row.day].every(d => d instanceof Date)`, `true`)
		w.eq(`[row.at, row.plain, row.day]`, `["2026-03-04T05:06:07.089Z","2026-03-04T05:06:07.089Z","2026-03-04T00:00:00.000Z"]`)
		w.eq(`row.raw instanceof Uint8Array && Array.from(row.raw)`, `[0,255,39]`)
		w.eq(`typeof row.doc === "string" ? JSON.parse(row.doc) : row.doc`, `{"a":[1,null,"ü"]}`)
		w.eq(`row.note`, `"ñ'\\"`)
		w.eq(`row.missing`, `null`)
		w.eq(`db.one("SELECT count(*) AS n FROM kinds WHERE at = $1", [at]).n`, `1`)
		w.eq(`db.one("SELECT 9007199254740991 AS n").n`, `9007199254740991`)
		w.eq(`db.one("SELECT 9007199254740993 AS n").n`, `"9007199254740993"`)
		w.eq(`db.one("SELECT small FROM kinds WHERE small = $1", [42n]).small`, `42`)
	})
}

func TestBigInt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ string, c Database) {
		w := newRun(t, openWith(t, Options{BigInt: true}, c))
		w.eq(`[typeof db.one("SELECT 9007199254740993 AS n").n, typeof db.one("SELECT 5 AS n").n]`, `["bigint","number"]`)
		w.eq(`String(db.one("SELECT -9007199254740993 AS n").n)`, `"-9007199254740993"`)
	})
}

func TestPostgresTypes(t *testing.T) {
	t.Parallel()
	w := newRun(t, open(t, testPostgres(t)))
	w.eq(`db.one("SELECT $1::text[] AS a, $2::int[] AS b, $3::int[] AS c", [["x", null, "a,\"b\\"], [[1, 2], [3, 4]], []])`,
		`{"a":["x",null,"a,\"b\\"],"b":[[1,2],[3,4]],"c":[]}`)
	w.eq(`db.query("SELECT n FROM generate_series(1, 9) n WHERE n = ANY($1)", [[2, 5]])`, `[{"n":2},{"n":5}]`)
	w.eq(`db.one("SELECT $1::jsonb AS a, $2::json AS b", [[1, "x"], "\"text\""])`, `{"a":[1,"x"],"b":"text"}`)
	w.eq(`db.one("SELECT '6f1c1f0a-6e0c-4ac6-8f0f-0a4b0c1d2e3f'::uuid AS u, interval '1 day 2 hours' AS i, 'infinity'::timestamp AS t, '1.10'::numeric AS n, 'NaN'::float8 AS f")`,
		`{"u":"6f1c1f0a-6e0c-4ac6-8f0f-0a4b0c1d2e3f","i":"1 day 02:00:00","t":"infinity","n":"1.10","f":null}`)
	w.eq(`db.one("SELECT ARRAY['2026-01-02T03:04:05Z'::timestamptz, NULL] AS a").a`, `["2026-01-02T03:04:05.000Z",null]`)
	w.eq(`db.one("SELECT ARRAY['\\x00ff'::bytea] AS a").a[0] instanceof Uint8Array`, `true`)
	w.eq(`db.one("SELECT '{\"n\": 12345678901234567890, \"__proto__\": 1}'::jsonb AS j").j.n`, `12345678901234567000`)
	w.eq(`db.one("SELECT $1 ? 'a' AS has", ['{"a":1}']) || 0`, `{"has":true}`)
	w.eq(`db.one("SELECT $$ $1 $$ AS a, $q$ ' $q$ AS b, E'it\\'s $1' AS c, 1 /* $1 /* $2 */ */ AS d -- $3")`, `{"a":" $1 ","b":" ' ","c":"it's $1","d":1}`)
	w.js(`db.exec("CREATE TABLE found (id INT)")`)
	w.eq(`db.one("INSERT INTO found VALUES (7) RETURNING id")`, `{"id":7}`)
	w.eq(`db.query("INSERT INTO found VALUES (7)")`, `[]`)
}

func TestErrors(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind string, c Database) {
		w := newRun(t, open(t, c))
		table(w, kind)
		w.js(`db.exec("INSERT INTO pens (name) VALUES ('blue')")`)
		w.throws(`db.exec("INSERT INTO pens (name) VALUES ($1)", ["blue"])`, map[string]string{
			"postgres": "duplicate key value violates unique constraint", "mysql": "Duplicate entry 'blue'", "sqlite": "UNIQUE constraint failed: pens.name",
		}[kind])
		w.eq(`(() => { try { db.exec("INSERT INTO pens (name) VALUES ($1)", ["blue"]) } catch (e) { return e.code } })()`,
			map[string]string{"postgres": `"23505"`, "mysql": `"1062"`, "sqlite": `"2067"`}[kind])
		w.throws(`db.query("SELECT * FROM nowhere")`, "nowhere")
		w.eq(`db.one("SELECT count(*) AS n FROM pens").n`, `1`) // the connection is as good as before

		// What a script does not catch must not be shown: it is no fault.
		_, err := w.vm.RunScript("flow/node", `db.query("SELECT * FROM nowhere")`)
		if _, ok := errors.AsType[*fault.Error](err); err == nil || ok {
			t.Errorf("got %v", err)
		}
		stack := w.js("(() => { try { db.query(`SELECT * FROM nowhere`) } catch (e) { return e.stack } })()")
		if strings.Contains(stack, "github.com") || !strings.Contains(stack, "flow/node:1") {
			t.Errorf("stack %v", stack)
		}
	})
}

func TestNotConfigured(t *testing.T) {
	t.Parallel()
	p, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := newRun(t, p)
	w.throws(`db.query("SELECT 1")`, `set driver and dsn in [db.default]`)
	w.throws(`db.transaction(() => 1)`, `set driver and dsn in [db.default]`)
	w.throws(`db("sales")`, `set driver and dsn in [db.sales]`)
	w.throws(`db("__proto__")`, `[db.__proto__]`)
}

func TestConfigurationErrorsHideTheDSN(t *testing.T) {
	t.Parallel()
	for _, c := range []Database{
		{Driver: "oracle", DSN: "s3cret"},
		{Driver: "postgres", DSN: "postgres://u:s3cret@host:port/x"},
		{Driver: "mysql", DSN: "u:s3cret@host/x"},
		{Driver: "sqlite", DSN: "s3cret?%zz"},
		{Driver: "postgres"},
	} {
		_, err := New(Options{Databases: map[string]Database{"sales": c}})
		if err == nil || !strings.Contains(err.Error(), "[db.sales]") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	for _, c := range []Database{
		{Driver: "postgres", DSN: "postgres://u:s3cret@127.0.0.1:1/x?sslmode=disable"},
		{Driver: "mysql", DSN: "u:s3cret@tcp(127.0.0.1:1)/x"},
		{Driver: "mysql", DSN: "nobody:s3cret@tcp(127.0.0.1:3306)/x"},
		{Driver: "sqlite", DSN: filepath.Join(t.TempDir(), "s3cret", "no", "folder.db")},
	} {
		w := newRun(t, open(t, c))
		for _, script := range []string{`db.query("SELECT 1")`, `db.transaction(tx => 1)`} {
			got := w.throws(script, "the database of [db.default] cannot be reached")
			if strings.Contains(got, "s3cret") || strings.Contains(got, "127.0.0.1") {
				t.Errorf("%s", got)
			}
		}
	}
}

func TestCaps(t *testing.T) {
	t.Parallel()
	series := map[string]string{
		"postgres": `SELECT n, repeat('x', 100) AS x FROM generate_series(1, 1000000) n`,
		"mysql":    `SELECT seq AS n, repeat('x', 100) AS x FROM seq_1_to_1000000`,
		"sqlite":   `WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 1000000) SELECT n, 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' AS x FROM s`,
	}
	each(t, func(t *testing.T, kind string, c Database) {
		w := newRun(t, openWith(t, Options{RowCap: 50}, c))
		w.throws("db.query(`"+series[kind]+"`)", "more than 50 rows")
		w.eq("db.query(`"+series[kind]+" LIMIT 50`).length", `50`)
		w.throws("db.transaction(tx => tx.query(`"+series[kind]+"`))", "more than 50 rows")
		w.eq(`db.one("SELECT 1 AS n").n`, `1`)

		w = newRun(t, openWith(t, Options{ByteCap: 1 << 20, RowCap: 1e6}, c))
		w.throws("db.query(`"+series[kind]+"`)", "larger than 1 MiB")
		w.throws(`db.query("SELECT $1", ["x".repeat(1 << 20) + "x"])`, "larger than 1 MiB")
		wide := map[string]string{"postgres": `SELECT repeat('x', 9000000) AS x`, "mysql": `SELECT repeat('x', 9000000) AS x`, "sqlite": `SELECT zeroblob(9000000) AS x`}[kind]
		w.throws(`db.query("`+wide+`")`, "larger than 1 MiB")
		w.eq(`db.one("SELECT 1 AS n").n`, `1`)
	})
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind string, c Database) {
		rw := newRun(t, open(t, c))
		table(rw, kind)
		rw.js(`db.exec("INSERT INTO pens (name, stock) VALUES ('blue', 1)")`)
		c.ReadOnly = true
		w := newRun(t, open(t, c))
		w.eq(`db.one("SELECT stock FROM pens").stock`, `1`)
		w.eq(`db.transaction(tx => tx.one("SELECT stock FROM pens").stock)`, `1`)
		for _, sql := range []string{
			"INSERT INTO pens (name) VALUES ('x')", "UPDATE pens SET stock = 2", "DELETE FROM pens", "DROP TABLE pens", "CREATE TABLE other (a INT)",
			"/* a */ DELETE FROM pens", "TRUNCATE TABLE pens", "WITH x AS (SELECT 1) DELETE FROM pens", "COMMIT", "/*! COMMIT */", "BEGIN; DELETE FROM pens",
		} {
			w.throws(fmt.Sprintf("db.exec(%q)", sql), "")
			w.throws(fmt.Sprintf("db.query(%q)", sql), "")
			w.throws(fmt.Sprintf("db.transaction(tx => tx.exec(%q))", sql), "")
		}
		if kind == "mysql" { // what a SELECT calls may write
			rw.js("db.exec(`CREATE FUNCTION sell() RETURNS INT BEGIN UPDATE pens SET stock = 6; RETURN 1; END`)")
			w.throws(`db.query("SELECT sell()")`, "READ ONLY")
			w.throws(`db.transaction(tx => tx.query("SELECT sell()"))`, "READ ONLY")
		}
		// Ways to make the session writable again.
		for _, sql := range []string{
			"SET TRANSACTION READ WRITE", "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE", "SET default_transaction_read_only = off",
			"SET SESSION TRANSACTION READ WRITE", "SELECT set_config('transaction_read_only', 'off', false)", "PRAGMA query_only = 0", "RESET ALL",
			"SELECT set_config('default_transaction_read_only', 'off', false)", "DO $$ BEGIN COMMIT; UPDATE pens SET stock = 3; END $$", "SET STATEMENT tx_read_only = 0 FOR DELETE FROM pens",
		} {
			w.js(fmt.Sprintf(`try { db.exec(%[1]q); } catch (e) {} try { db.query(%[1]q) } catch (e) {}
				try { db.exec("UPDATE pens SET stock = 4") } catch (e) {}
				try { db.transaction(tx => { try { tx.exec(%[1]q) } catch (e) {} tx.exec("UPDATE pens SET stock = 5") }) } catch (e) {}`, sql))
		}
		rw.eq(`db.query("SELECT name, stock FROM pens")`, `[{"name":"blue","stock":1}]`)
	})
}

func TestSQLiteStaysInItsFile(t *testing.T) {
	t.Parallel()
	c := testSQLite(t)
	w := newRun(t, open(t, c))
	other := filepath.Join(t.TempDir(), "other.db")
	for _, sql := range []string{
		"ATTACH '" + other + "' AS o", "attach database '" + other + "' as o", "VACUUM INTO '" + other + "'", "SELECT 1; ATTACH '" + other + "' AS o",
		"/**/ATTACH '" + other + "' AS o", "PRAGMA temp_store_directory = '/tmp'", "SELECT load_extension('x')", ";ATTACH '" + other + "' AS o",
	} {
		w.throws(fmt.Sprintf("db.exec(%q)", sql), "")
		w.throws(fmt.Sprintf("db.query(%q)", sql), "")
	}
	if found, _ := filepath.Glob(other + "*"); found != nil {
		t.Errorf("made %v", found)
	}
	// A trigger has semicolons of its own.
	w.js("db.exec(`CREATE TABLE a (n INT)`); db.exec(`CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET n = CASE WHEN n > 1 THEN 9 ELSE n END; UPDATE a SET n = n + 1; END;`); db.exec(`INSERT INTO a VALUES (2)`)")
	w.eq("db.one(`SELECT n FROM a`).n", `10`)
	w.throws("db.exec(`CREATE TRIGGER u AFTER INSERT ON a BEGIN SELECT 1; END; DROP TABLE a`)", "one SQL statement")
}

func TestSQLiteInMemory(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{":memory:", "file::memory:", "file:x?mode=memory&cache=shared"} {
		p := open(t, Database{Driver: "sqlite3", DSN: dsn})
		w := newRun(t, p)
		table(w, "sqlite")
		w.js(`db.exec("INSERT INTO pens (name) VALUES ('blue')")`)
		newRun(t, p).eq(`db.one("SELECT name FROM pens").name`, `"blue"`)
	}
}

func TestSessionsDoNotLeak(t *testing.T) {
	t.Parallel()
	c := testPostgres(t)
	c.MaxOpen = 1
	p := open(t, c)
	newRun(t, p).js(`db.exec("SET search_path = pg_catalog"); db.exec("CREATE TEMPORARY TABLE mine (a INT)")`)
	w := newRun(t, p)
	w.eq(`db.one("SHOW search_path").search_path !== "pg_catalog"`, `true`)
	w.throws(`db.query("SELECT * FROM mine")`, "does not exist")
	for _, sql := range []string{"BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK", "SAVEPOINT a", "END", "COPY pens TO STDOUT"} {
		w.throws(fmt.Sprintf("db.exec(%q)", sql), "is not taken")
	}
}

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

// killed runs a script that waits, kills its run and tells how long it took to come back.
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
		"mysql":    `SELECT sleep(3)`,
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
		if kind == "postgres" { // the server has stopped too
			watch := newRun(t, p)
			gone := `db.one("SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND state = 'active' AND pid <> pg_backend_pid() AND $1 = $1", ["` + c.DSN + `"]).n === 0`
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

// BenchmarkBind measures what db costs a run that uses it; others pay nothing.
func BenchmarkBind(b *testing.B) {
	p := openWith(b, Options{}, testSQLite(b))
	w := newRun(b, p)
	row := p.Functions()[0]
	b.ReportAllocs()
	for b.Loop() {
		row.Bind(w.run)
	}
}
