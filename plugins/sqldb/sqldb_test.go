package sqldb

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/plugins"
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
		w.throws(`db.query("SELECT $1", ["\ud83d"])`, "parameter $1 holds half a surrogate pair")
		w.throws(`db.query("SELECT 1 WHERE 'a' IN ($1)", [["\ud83d"]])`, "half a surrogate pair")
		w.throws(`db.query("SELECT 1", [], {timeout: 5})`, `db.query takes no options: "timeout" is unknown`)
		w.throws(`db.transaction(tx => 1, {isolation: "serializable"})`, `db.transaction takes no options: "isolation" is unknown`)
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

// TestReadOnlySaysWhatItCannotPromise, once.
func TestReadOnlySaysWhatItCannotPromise(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind string, c Database) {
		newRun(t, open(t, c)).js(`db.query("SELECT 1")`) // makes the file
		c.ReadOnly = true
		p := open(t, c)
		var log bytes.Buffer
		if err := p.Start(t.Context(), plugins.Env{Log: slog.New(slog.NewTextHandler(&log, nil))}); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			newRun(t, p).js(`db.query("SELECT 1"); db.transaction(tx => tx.query("SELECT 1"))`)
		}
		said, want := log.String(), map[string]string{"postgres": "superuser", "mysql": "ALL PRIVILEGES", "sqlite": ""}[kind]
		if strings.Count(said, "\n") > 2 || !strings.Contains(said, want) || want != "" && !strings.Contains(said, "read_only") || want == "" && said != "" {
			t.Errorf("%s", said) // two databases of one dsn
		}
	})
}

// TestReadOnlyHoldsForFunctions: what functions write is undone with the transaction, also where db.transaction ends well.
func TestReadOnlyHoldsForFunctions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind string, c Database) {
		rw := newRun(t, open(t, c))
		rw.js(map[string]string{
			"postgres": `db.exec("CREATE SEQUENCE counted")`, "mysql": `db.exec("CREATE SEQUENCE counted")`, "sqlite": `db.exec("CREATE TABLE counted (n INT)")`,
		}[kind])
		probe := map[string]string{
			"postgres": `JSON.stringify([db.one("SELECT last_value v, is_called c FROM counted"), db.one("SELECT count(*) n FROM pg_largeobject_metadata WHERE oid = 424242")])`,
			"mysql":    `JSON.stringify(db.one("SELECT next_not_cached_value FROM counted"))`,
			"sqlite":   `JSON.stringify(db.one("SELECT count(*) FROM counted"))`,
		}[kind]
		before := rw.js(probe)
		c.ReadOnly = true
		w := newRun(t, open(t, c))
		for _, sql := range map[string][]string{
			"postgres": {
				"SELECT lo_create(424242)", "SELECT lo_from_bytea(424242, 'x')", "SELECT nextval('counted')", "SELECT setval('counted', 9)", "SELECT set_config('transaction_read_only', 'off', true), lo_create(424242)",
				"DO $$ BEGIN PERFORM lo_create(424242); PERFORM nextval('counted'); END $$", "EXPLAIN ANALYZE SELECT lo_create(424242), nextval('counted')", "WITH a AS MATERIALIZED (SELECT lo_create(424242)) SELECT * FROM a", "DECLARE c CURSOR FOR SELECT lo_create(424242)",
			},
			"mysql": {
				"SELECT NEXTVAL(counted)", "SELECT SETVAL(counted, 9)", "SELECT 1 INTO OUTFILE '/tmp/nflow-never'", "SELECT 1 INTO DUMPFILE '/tmp/nflow-never'", "(SELECT 1 INTO OUTFILE '/tmp/nflow-never')",
				"EXECUTE IMMEDIATE 'SELECT NEXTVAL(counted)'", "SELECT 1 UNION SELECT NEXTVAL(counted)", "EXPLAIN DELETE FROM counted", "HANDLER counted OPEN", "SET @a = NEXTVAL(counted)", "DO NEXTVAL(counted)",
			},
			"sqlite": {"INSERT INTO counted VALUES (1)", "CREATE TEMP TABLE t (n INT)", "WITH x AS (SELECT 1) INSERT INTO counted SELECT 1", "EXPLAIN DELETE FROM counted"},
		}[kind] {
			w.js(fmt.Sprintf("for (const f of [() => db.query(%[1]q), () => db.exec(%[1]q), () => db.transaction(tx => tx.query(%[1]q)), () => db.transaction(tx => { tx.exec(%[1]q) })]) try { f() } catch (e) {}", sql))
			if after := rw.js(probe); after != before {
				t.Errorf("%s wrote: %s was %s", sql, after, before)
			}
		}
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
		w.throws(fmt.Sprintf("db.exec(%q)", sql), "is not allowed")
	}
}
