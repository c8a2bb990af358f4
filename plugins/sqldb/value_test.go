package sqldb

import (
	"fmt"
	"strings"
	"testing"
)

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
		w.throws(`db.query("SELECT 1 WHERE 1 IN ($1)", [new Set([1])])`, "TypeError: db.query: parameter $1 is a Set")
		w.throws(`db.query("SELECT $1", [new Map()])`, "TypeError: db.query: parameter $1 is a Set, a Map or alike")
		w.throws(`db.query("SELECT 1 WHERE 1 IN ($1)", [[new Set([1])]])`, "is a Set")
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
		w.js(`db.exec("UPDATE pens SET stock = $1 WHERE name = $2", [1, "pen 1"]); db.exec("UPDATE pens SET stock = 9 WHERE name = 'pen 3'")`)
		for _, numbers := range []string{`new Int32Array([1, 9])`, `new Float64Array([9, 1])`, `new Int8Array([1, 9])`, `new Uint16Array([1, 9])`, `new BigInt64Array([1n, 9n])`, `[1n, 9n]`, `[1n, 9]`} {
			names(`stock IN ($1)`, numbers, `"pen 1,pen 2,pen 3"`)
			names(`stock NOT IN ($1)`, numbers, `""`)
			names(`stock IN (7, $1)`, numbers, `"pen 1,pen 2,pen 3"`)
		}
		names(`stock IN ($1)`, `new Int32Array(0)`, `""`)
		names(`name IN ($1) AND stock IN ($2)`, `["pen 1"], new Float32Array([1, 2])`, `"pen 1"`)
		for _, bytes := range []string{`new Uint8Array([1, 9])`, `new Uint8ClampedArray([1])`, `new ArrayBuffer(2)`, `new Uint8Array(0)`} {
			for _, where := range []string{`stock IN ($1)`, `stock NOT IN ( $1 )`} {
				w.throws(`db.query("SELECT 1 FROM pens WHERE `+where+`", [`+bytes+`])`, "[...bytes] for the other")
			}
		}
		names(`stock IN ($1)`, `[...new Uint8Array([1, 9])]`, `"pen 1,pen 2,pen 3"`)
		w.throws(`db.query("SELECT 1 FROM pens WHERE stock IN ($1)", [new Int32Array(40000)])`, "ask for fewer")
		w.throws(`db.query("SELECT 1 FROM pens WHERE stock IN ($1)", [Array(40000).fill(1)])`, "ask for fewer")
		blob := map[string]string{"postgres": "BYTEA", "mysql": "VARBINARY(9)", "sqlite": "BLOB"}[kind]
		w.js("db.exec(`CREATE TABLE hashes (h " + blob + ")`); db.exec(`INSERT INTO hashes VALUES ($1), ($2)`, [new Uint8Array([1, 9]), new Float32Array([1])])")
		w.eq(`db.query("SELECT h FROM hashes WHERE h IN ($1)", [[new Uint8Array([1, 9])]]).map(r => [...r.h])`, `[[1,9]]`)
		w.eq(`db.query("SELECT h FROM hashes WHERE h IN ($1, $2)", [new Uint8Array([1, 9]), new Uint8Array([0, 0, 128, 63])]).length`, `2`)
		w.eq(`[...db.one("SELECT h FROM hashes WHERE h = $1", [new Float32Array([1])]).h]`, `[0,0,128,63]`)
		if kind == "postgres" {
			w.eq(`db.one("SELECT count(*) AS n FROM pens WHERE stock = ANY($1) AND stock IN ($1)", [[9, 8]]).n`, `2`)
			w.eq(`db.one("SELECT count(*) AS n FROM pens WHERE stock = ANY($1) AND stock = ANY($2)", [new Int32Array([9, 8]), [9n]]).n`, `2`)
			w.eq(`{ const f = db.one("SELECT $1::float8[] AS f, $2::float8[] AS g", [[1.5, NaN, null], new Float64Array([Infinity])]); [f.f.map(String), f.g.map(String)] }`,
				`[["1.5","NaN","null"],["Infinity"]]`)
			w.eq(`[...db.one("SELECT $1::bytea[] AS b", [[new Uint8Array([1, 92])]]).b[0]]`, `[1,92]`)
			w.eq(`db.one("SELECT $1::jsonb AS j", [[1n, 12345678901234567890n, "x"]]).j[0]`, `1`)
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
		w.eq(`db.one("SELECT sum(m) s, max(m) m FROM (SELECT 9007199254740993 AS m) x")`, `{"s":"9007199254740993","m":"9007199254740993"}`)
		w.eq(`db.one("SELECT sum(m) s, avg(m) a, count(m) c, min(m) i FROM (SELECT 1 AS m UNION ALL SELECT 2 UNION ALL SELECT NULL) x")`, `{"s":3,"a":1.5,"c":2,"i":1}`)
		w.eq(`db.one("SELECT sum(m) s, avg(m) a, count(m) c, count(*) d, max(m) x FROM (SELECT 1 AS m) x WHERE m > 5")`, `{"s":null,"a":null,"c":0,"d":0,"x":null}`)
		w.eq(`db.one("SELECT 12.50 a, 0.1 b, -7.250 c, 1e3 d, 100.00 e, 1234567890.123 f, NULL g, 'é😀' h")`,
			`{"a":12.5,"b":0.1,"c":-7.25,"d":1000,"e":100,"f":1234567890.123,"g":null,"h":"é😀"}`)
		w.eq(`db.one("SELECT round(2.567, 2) a, abs(-1.50) b, floor(2.7) c, 5 % 3 d")`, `{"a":2.57,"b":1.5,"c":2,"d":2}`)
		w.eq(`db.one("SELECT d FROM kinds").d instanceof Date`, `true`)
	})
}

// TestColumnsOfOneName: no value of a row is lost because another column has its name.
func TestColumnsOfOneName(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind string, c Database) {
		w := newRun(t, open(t, c))
		table(w, kind)
		w.js(`db.exec("INSERT INTO pens (name, stock) VALUES ($1, $2)", ["pen", 1])`)
		for _, sql := range []string{
			`SELECT 1 AS a, 2 AS a`, `SELECT 1 AS a, 2 AS b, 3 AS a WHERE 1 = 0`, `SELECT stock, stock FROM pens`,
			`SELECT * FROM pens p JOIN pens q ON p.name = q.name`, `WITH x AS (SELECT 1 AS a) SELECT x.a, y.a FROM x, x y`,
		} {
			for _, call := range []string{`db.query("%s")`, `db.one("%s", [])`, `db("default").query("%s")`, `db.transaction(tx => tx.query("%s"))`, `db.transaction(tx => tx.one("%s"))`} {
				w.throws(fmt.Sprintf(call, sql), "with AS")
			}
		}
		w.throws(`db.one("SELECT count(*) AS n, 7 AS n FROM pens WHERE stock = $1", [1])`, `named "n"`)
		w.eq(`db.one("SELECT p.stock AS a, q.stock AS b FROM pens p JOIN pens q ON p.name = q.name")`, `{"a":1,"b":1}`)
		w.eq("db.one(`SELECT 1 AS a, 2 AS ${\"ä\"}, 3 AS aa`)", `{"a":1,"ä":2,"aa":3}`)
		w.eq(`db.query("SELECT a FROM (SELECT 1 AS a, 2 AS b) x UNION ALL SELECT 2").map(r => r.a).join()`, `"1,2"`)
		w.eq(`typeof db.exec("SELECT 1 AS a, 2 AS a").rowsAffected`, `"number"`)
		w.eq(`db.one("SELECT count(*) AS n FROM pens").n`, `1`)
	})
}

// TestColumnsAlike: columns of one type, by the name that each database has for it, give the same value for the same literal.
func TestColumnsAlike(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind string, c Database) {
		w := newRun(t, open(t, c))
		for i, tt := range []struct{ postgres, mysql, sqlite, literal, want string }{
			{"SMALLINT", "SMALLINT", "SMALLINT", `-3`, `-3`},
			{"BIGINT", "BIGINT", "BIGINT", `9223372036854775807`, `"9223372036854775807"`},
			{"NUMERIC(20)", "BIGINT UNSIGNED", "TEXT", `'18446744073709551615'`, `"18446744073709551615"`},
			{"NUMERIC(20,4)", "DECIMAL(20,4)", "DECIMAL(20,4)", `'19.9900'`, `19.99`},
			{"NUMERIC(20,4)", "DECIMAL(20,4)", "NUMERIC", `'123456789012.34'`, `123456789012.34`},
			{"NUMERIC(30,5)", "DECIMAL(30,5)", "NUMERIC", `'3.00000'`, `3`},
			{"NUMERIC(30,5)", "DECIMAL(30,5)", "TEXT", `'12345678901234567890.5'`, `"12345678901234567890.5"`},
			{"REAL", "FLOAT", "FLOAT", `0.1`, `0.1`},
			{"DOUBLE PRECISION", "DOUBLE", "DOUBLE", `1e-7`, `1e-7`},
			{"CHAR(5)", "CHAR(5)", "CHAR(5)", `'ab'`, `"ab"`},
			{"VARCHAR(9)", "VARCHAR(9)", "VARCHAR(9)", `' ab '`, `" ab "`},
			{"DATE", "DATE", "DATE", `'2026-03-04'`, `"2026-03-04T00:00:00.000Z"`},
			{"TIME", "TIME", "TIME", `'05:06:07'`, `"05:06:07"`},
			{"TIMESTAMP", "DATETIME(3)", "DATETIME", `'2026-03-04 05:06:07.089'`, `"2026-03-04T05:06:07.089Z"`},
			{"TIMESTAMP(0)", "DATETIME", "TIMESTAMP(0)", `'2026-03-04 05:06:07'`, `"2026-03-04T05:06:07.000Z"`},
			{"TIMESTAMPTZ", "TIMESTAMP", "TIMESTAMPTZ", `'2026-03-04 05:06:07'`, `"2026-03-04T05:06:07.000Z"`},
			{"TIMESTAMP WITH TIME ZONE", "DATETIME(3)", "TIMESTAMP WITH TIME ZONE", `'2026-03-04 05:06:07.5'`, `"2026-03-04T05:06:07.500Z"`},
			{"UUID", "CHAR(36)", "UUID", `'6f1c1f0a-6e0c-4ac6-8f0f-0a4b0c1d2e3f'`, `"6f1c1f0a-6e0c-4ac6-8f0f-0a4b0c1d2e3f"`},
			{"INET", "VARCHAR(40)", "INET", `'10.0.0.1'`, `"10.0.0.1"`},
			{"INT", "YEAR", "YEAR", `2026`, `2026`},
			{"TEXT", "ENUM('a','b')", "TEXT", `'b'`, `"b"`},
			{"TEXT", "SET('a','b')", "TEXT", `'a,b'`, `"a,b"`},
		} {
			column := map[string]string{"postgres": tt.postgres, "mysql": tt.mysql, "sqlite": tt.sqlite}[kind]
			w.js(fmt.Sprintf("db.exec(`CREATE TABLE alike%[1]d (v %[2]s)`); db.exec(`INSERT INTO alike%[1]d VALUES (%[3]s), (NULL)`)", i, column, tt.literal))
			for where, params := range map[string]string{"": `[]`, " WHERE 'x' = $1": `["x"]`} { // with parameters, MySQL has another protocol
				w.eq(fmt.Sprintf("db.query(`SELECT v FROM alike%d%s`, %s).map(r => r.v)", i, where, params), "["+tt.want+",null]")
			}
		}
		if kind == "sqlite" {
			w.js("db.exec(`CREATE TABLE zones (v TIMESTAMPTZ)`); db.exec(`INSERT INTO zones VALUES ('2026-03-04T05:06:07+02:00'), ('2026-03-04 05:06:07.5-0130'), ('2026-03-04 05:06Z'), ('2026-03-04'), ('soon'), (7)`)")
			w.eq("db.query(`SELECT v FROM zones`).map(r => r.v)",
				`["2026-03-04T03:06:07.000Z","2026-03-04T06:36:07.500Z","2026-03-04T05:06:00.000Z","2026-03-04T00:00:00.000Z","soon",7]`)
		}
	})
}

// TestTimesAlike: a date keeps no time and a time no date, however they were written; the first days of the calendar are days.
func TestTimesAlike(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind string, c Database) {
		w := newRun(t, open(t, c))
		at := map[string]string{"postgres": "TIMESTAMP(3)", "mysql": "DATETIME(3)", "sqlite": "DATETIME"}[kind]
		w.js("db.exec(`CREATE TABLE times (n INT, d DATE, t TIME(3), a " + at + ")`)")
		for i, tt := range []struct{ d, t, a, want string }{
			{`'2026-03-04 05:06:07'`, `'2026-03-04 05:06:07'`, `'2026-03-04'`, `["2026-03-04T00:00:00.000Z","05:06:07","2026-03-04T00:00:00.000Z"]`},
			{`'2026-03-04 23:59:59.999'`, `'05:06'`, `'2026-03-04 05:06'`, `["2026-03-04T00:00:00.000Z","05:06:00","2026-03-04T05:06:00.000Z"]`},
			{`'0001-01-01'`, `'00:00:00'`, `'0001-01-01 00:00:00'`, `["0001-01-01T00:00:00.000Z","00:00:00","0001-01-01T00:00:00.000Z"]`},
			{`'1000-01-01'`, `'23:59:59'`, `'9999-12-31 23:59:59'`, `["1000-01-01T00:00:00.000Z","23:59:59","9999-12-31T23:59:59.000Z"]`},
		} {
			w.js(fmt.Sprintf("db.exec(`INSERT INTO times VALUES (%d, %s, %s, %s)`)", i, tt.d, tt.t, tt.a))
			for where, params := range map[string]string{`= 0 + `: `[]`, `= $1 + `: `[0]`} {
				w.eq(fmt.Sprintf("{ const r = db.one(`SELECT d, t, a FROM times WHERE n %s %d`, %s); [r.d, r.t.replace('.000', ''), r.a] }", where, i, params), tt.want)
			}
		}
		for _, day := range []string{"0001-01-01T00:00:00.000Z", "2026-03-04T05:06:07.089Z"} {
			w.js(fmt.Sprintf(`db.exec("DELETE FROM times"); db.exec("INSERT INTO times VALUES (7, $1, $2, $3)", [new Date(%[1]q), %[2]s, new Date(%[1]q)])`,
				day, map[bool]string{true: `"05:06:07"`, false: `new Date("` + day + `")`}[kind == "postgres"])) // which refuses a day where a time is due
			w.eq(`{ const r = db.one("SELECT d, a FROM times WHERE n = 7"); [r.d, r.a] }`, fmt.Sprintf(`["%sT00:00:00.000Z",%q]`, day[:10], day))
			if kind != "postgres" {
				w.eq(`db.one("SELECT t FROM times").t.slice(0, 8)`, fmt.Sprintf("%q", day[11:19]))
			}
			w.eq(fmt.Sprintf(`db.query("SELECT n FROM times WHERE a = $1", [new Date(%q)]).length`, day), `1`)
		}
		switch kind {
		case "mysql":
			w.eq(`db.transaction(tx => {
				tx.exec("SET sql_mode = ''")
				tx.exec("INSERT INTO times VALUES (8, '0000-00-00', '00:00:00', '0000-00-00 00:00:00'), (9, '2026-00-00', '00:00:00', '2026-03-00 05:06:07')")
				return [tx.query("SELECT d, a FROM times WHERE n > 7"), tx.query("SELECT d, a FROM times WHERE n > $1", [8])]
			})`, `[[{"d":null,"a":null},{"d":"2026-00-00","a":"2026-03-00 05:06:07.000"}],[{"d":"2026-00-00","a":"2026-03-00 05:06:07.000"}]]`)
		case "sqlite":
			w.js("db.exec(`INSERT INTO times VALUES (8, '2026-03-04T23:30:00-05:00', '2026-03-04T05:06:07+02:00', 'soon'), (9, 'soon', 'soon T 7', 7)`)")
			w.eq(`db.query("SELECT d, t, a FROM times WHERE n > 7")`,
				`[{"d":"2026-03-04T00:00:00.000Z","t":"05:06:07+02:00","a":"soon"},{"d":"soon","t":"soon T 7","a":7}]`)
		}
	})
}

// TestParametersAlike: what JavaScript has is the same in a column, and what a database would turn into another value is refused.
func TestParametersAlike(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind string, c Database) {
		w := newRun(t, open(t, c))
		w.js("db.exec(`CREATE TABLE given (s VARCHAR(200), f DOUBLE PRECISION)`)")
		for param, want := range map[string]string{
			`"é"`: `"é"`, `5`: `"5"`, `-1.5`: `"-1.5"`, `12345678901234567890n`: `"12345678901234567890"`, `null`: `null`, `undefined`: `null`,
			`{ b: 1, a: "é" }`: `"{\"b\":1,\"a\":\"é\"}"`, `[1, "x"]`: `"[1,\"x\"]"`, `new String("x")`: `"x"`, `new Number(5)`: `"5"`, `Object(7n)`: `"7"`,
		} {
			w.eq(`db.exec("DELETE FROM given"); db.exec("INSERT INTO given (s) VALUES ($1)", [`+param+`]); db.one("SELECT s FROM given").s`, want)
		}
		for _, number := range []string{`NaN`, `Infinity`, `-Infinity`, `new Number(NaN)`} {
			insert := `db.exec("DELETE FROM given"); db.exec("INSERT INTO given (f) VALUES ($1)", [` + number + `])`
			if kind == "mysql" || kind == "sqlite" && strings.Contains(number, "NaN") {
				w.throws(insert, "which this database cannot keep")
				w.throws(`db.query("SELECT 1 FROM given WHERE f IN ($1)", [[1, `+number+`]])`, "which this database cannot keep")
			} else {
				w.eq(insert+`; Object.is(db.one("SELECT f FROM given").f, Number(`+number+`))`, `true`)
			}
		}
	})
}

func TestDecimal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		"0": 0.0, "10.50": 10.5, "-0.1": -0.1, "123456789012345": 123456789012345.0, "0.00000000000000123456789012345": 0.00000000000000123456789012345,
		"9007199254740991": 9007199254740991.0, "9007199254740993": "9007199254740993", "12345678901234567": "12345678901234567", "1234567890.1234567": 1234567890.1234567, "1234567890.12345678": "1234567890.12345678",
		"4.1666666666666667": "4.1666666666666667", "9007199254740993.0000": "9007199254740993", "12345678901234567890.50": "12345678901234567890.5", "0012.50": 12.5, "-00.50": -0.5,
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
	w.eq(`db.one("SELECT '6f1c1f0a-6e0c-4ac6-8f0f-0a4b0c1d2e3f'::uuid AS u, interval '1 day 2 hours' AS i, 'infinity'::timestamp AS t, '1.10'::numeric AS n, '12345678901234.56789'::numeric AS m, 'NaN'::float8 AS f")`,
		`{"u":"6f1c1f0a-6e0c-4ac6-8f0f-0a4b0c1d2e3f","i":"1 day 02:00:00","t":"infinity","n":1.1,"m":"12345678901234.56789","f":null}`)
	w.eq(`db.one("SELECT ARRAY['2026-01-02T03:04:05Z'::timestamptz, NULL] AS a").a`, `["2026-01-02T03:04:05.000Z",null]`)
	w.eq(`db.one("SELECT ARRAY['\\x00ff'::bytea] AS a").a[0] instanceof Uint8Array`, `true`)
	w.eq(`db.one("SELECT '{\"n\": 12345678901234567890, \"__proto__\": 1}'::jsonb AS j").j.n`, `12345678901234567000`)
	w.eq(`db.one("SELECT $1 ? 'a' AS has", ['{"a":1}']) || 0`, `{"has":true}`)
	w.eq(`db.one("SELECT $$ $1 $$ AS a, $q$ ' $q$ AS b, E'it\\'s $1' AS c, 1 /* $1 /* $2 */ */ AS d -- $3")`, `{"a":" $1 ","b":" ' ","c":"it's $1","d":1}`)
	w.js(`db.exec("CREATE TABLE found (id INT)")`)
	w.eq(`db.one("INSERT INTO found VALUES (7) RETURNING id")`, `{"id":7}`)
	w.eq(`db.query("INSERT INTO found VALUES (7)")`, `[]`)
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
