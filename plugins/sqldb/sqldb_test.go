package sqldb

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dop251/goja"

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
		w.eq(`row.amount`, `12.5`)
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

// TestIn: an array in IN ($1) is written out on every database.
func TestIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind string, c Database) {
		w := newRun(t, open(t, c))
		table(w, kind)
		w.js(`for (const n of [1, 2, 3]) db.exec("INSERT INTO pens (name, stock) VALUES ($1, $2)", ["pen " + n, n])`)
		names := func(where, params, want string) {
			t.Helper()
			w.eq(`db.query("SELECT name FROM pens WHERE `+where+` ORDER BY name", [`+params+`]).map(r => r.name).join()`, want)
		}
		names(`stock IN ($1)`, `[1, 3]`, `"pen 1,pen 3"`)
		names(`name = $2 OR stock in ( $1 ) OR name = $3`, `[3], "pen 1", "x"`, `"pen 1,pen 3"`)
		names(`stock NOT IN ($1) AND stock IN ($1, $2)`, `[1, 3], 2`, `"pen 2"`)
		names(`name IN ($1) AND stock IN ($2)`, `["pen 1", "it's", "pen 2"], [2, null]`, `"pen 2"`)
		names(`stock IN ($1)`, `[]`, `""`)
		names(`stock IN (/* in */ 7, $1)`, `[2]`, `"pen 2"`)
		names(`stock IN (SELECT stock FROM pens WHERE stock IN ($1))`, `[2]`, `"pen 2"`)
		w.eq(`db.transaction(tx => tx.query("SELECT name FROM pens WHERE stock IN ($1)", [[1, 2]]).length)`, `2`)
		w.eq(`db.exec("UPDATE pens SET stock = $1 WHERE stock IN ($2)", [9, [1, 2]]).rowsAffected`, `2`)
		w.throws(`db.query("SELECT 1 FROM pens WHERE stock NOT IN ($1)", [[]])`, "empty array")
		w.throws(`db.query("SELECT 1 FROM pens WHERE stock IN ($1)", [[[1]]])`, "array itself")
		if kind == "postgres" {
			w.eq(`db.one("SELECT count(*) AS n FROM pens WHERE stock = ANY($1) AND stock IN ($1)", [[9, 8]]).n`, `2`)
		}
	})
}

// TestOneTableOfTypes: the same literal is the same value on every database, in a column, from a function and from SUM.
func TestOneTableOfTypes(t *testing.T) {
	t.Parallel()
	columns := map[string]string{
		"postgres": `p NUMERIC(10,2), q NUMERIC, n BIGINT, d DATE, t TIME, s TEXT`, "mysql": `p DECIMAL(10,2), q DECIMAL(20,5), n BIGINT, d DATE, t TIME, s TEXT`,
		"sqlite": `p DECIMAL(10,2), q NUMERIC, n BIGINT, d DATE, t TIME, s TEXT`,
	}
	each(t, func(t *testing.T, kind string, c Database) {
		w := newRun(t, open(t, c))
		w.js("db.exec(`CREATE TABLE kinds (" + columns[kind] + ")`); db.exec(`INSERT INTO kinds VALUES (10.50, 3, 9007199254740991, '2026-03-04', '05:06:07', 'x')`)")
		w.eq(`db.one("SELECT p, q, n, d, t, s FROM kinds")`, `{"p":10.5,"q":3,"n":9007199254740991,"d":"2026-03-04T00:00:00.000Z","t":"05:06:07","s":"x"}`)
		w.eq(`db.one("SELECT max(p) p, max(q) q, sum(n) n, sum(p) sp, count(*) c, avg(p) a, 10.50 l, 7 i FROM kinds")`,
			`{"p":10.5,"q":3,"n":9007199254740991,"sp":10.5,"c":1,"a":10.5,"l":10.5,"i":7}`)
		w.eq(`db.one("SELECT sum(m) s FROM (SELECT 9007199254740993 AS m) x").s`, `"9007199254740993"`)
		w.eq(`db.one("SELECT d FROM kinds").d instanceof Date`, `true`)
	})
}

func TestDecimal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		"0": 0.0, "10.50": 10.5, "-0.1": -0.1, "123456789012345": 123456789012345.0, "0.00000000000000123456789012345": 0.00000000000000123456789012345,
		"9007199254740991": 9007199254740991.0, "9007199254740993": "9007199254740993", "12345678901234567": "12345678901234567", "1234567890.1234567": "1234567890.1234567",
		"NaN": "NaN", "Infinity": "Infinity", "100000000000000000000": "100000000000000000000",
	} {
		if got := decimal(text); got != want {
			t.Errorf("%s is %v, want %v", text, got, want)
		}
	}
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
	w.eq(`db.one("SELECT '{\"b\": 1, \"a\": {\"z\": [1, {\"y\": null, \"x\": 2}], \"c\": \"\"}}'::json AS j").j`, `{"b":1,"a":{"z":[1,{"y":null,"x":2}],"c":""}}`)
	w.eq(`db.one("SELECT $1::jsonb AS a, $2::json AS b", [[1, "x"], "\"text\""])`, `{"a":[1,"x"],"b":"text"}`)
	w.eq(`db.one("SELECT '6f1c1f0a-6e0c-4ac6-8f0f-0a4b0c1d2e3f'::uuid AS u, interval '1 day 2 hours' AS i, 'infinity'::timestamp AS t, '1.10'::numeric AS n, '12345678901234.567'::numeric AS m, 'NaN'::float8 AS f")`,
		`{"u":"6f1c1f0a-6e0c-4ac6-8f0f-0a4b0c1d2e3f","i":"1 day 02:00:00","t":"infinity","n":1.1,"m":"12345678901234.567","f":null}`)
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
