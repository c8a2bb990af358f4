package sqldb

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/servertest"
	"github.com/arturoeanton/nflow-runtime/plugins"
)

// The tests in this file say what one run may leave behind for another on the same connection: nothing. probes show all
// that a session holds; what they show after a trace must be what a new connection shows.

var probes = map[string]string{
	"postgres": `var probe = () => JSON.stringify([
		db.query("SELECT name, setting FROM pg_settings WHERE name NOT LIKE '%.%'"),
		db.one("SELECT current_user u, session_user s, coalesce(current_setting('app.user', true), '') a, to_regclass('pg_temp.mine')::text t"),
		db.one("SELECT count(*) n FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"),
		db.one("SELECT count(*) n FROM pg_prepared_statements"), db.one("SELECT count(*) n FROM pg_cursors"),
		db.query("SELECT pg_listening_channels()"),
		["lastval()", "currval('numbers')"].map(f => { try { return db.one("SELECT " + f) } catch (e) { return e.code } }),
		db.one("SELECT random() = 0.2499104186659835 OR random() = 0.2499104186659835 AS told").told,
	])`,
	"mysql": `var probe = () => JSON.stringify([
		db.query("SHOW SESSION VARIABLES").filter(v => !/timestamp|rand_seed|pseudo_thread_id/i.test(JSON.stringify(v))),
		db.one("SELECT @a a, @b b, database() d, last_insert_id() l, is_used_lock(database()) i, current_role() r, row_count() c, now() > '2020-01-01' n, found_rows() f"),
		db.one("SELECT count(*) n FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = connection_id()"),
		["SELECT * FROM mine", "EXECUTE held", "HANDLER numbers READ FIRST", "SELECT lastval(counted)", "SHOW WARNINGS", "SHOW PROFILES", "GET DIAGNOSTICS @n = NUMBER", "BACKUP STAGE END"].map(q => { try { return db.query(q) } catch (e) { return e.code } }),
	])`,
	"sqlite": `var probe = () => JSON.stringify([
		db.one("SELECT last_insert_rowid() l, changes() c, total_changes() t"),
		db.query("SELECT name FROM sqlite_temp_master"), db.query("SELECT name FROM pragma_database_list ORDER BY 1"),
		db.one("SELECT * FROM pragma_foreign_keys"),
	])`,
}

var traces = map[string][]string{
	"postgres": {
		`SET search_path = pg_catalog`, `SET TIME ZONE 'Asia/Tokyo'`, `SET statement_timeout = 12345`, `SET ROLE pg_monitor`,
		`SET SESSION AUTHORIZATION pg_monitor`, `SELECT set_config('app.user', 'ada', false)`, `SELECT set_config('search_path', 'pg_catalog', false)`,
		`SELECT set_config('role', 'pg_monitor', false)`, `SELECT set_config('statement_timeout', '5', false), pg_sleep(0)`, `SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY`,
		`SELECT pg_advisory_lock(42)`, `SELECT pg_try_advisory_lock_shared(43)`, `CREATE TEMPORARY TABLE mine (a INT)`, `SELECT 1 AS a INTO TEMP mine`,
		`PREPARE held AS SELECT 1`, `LISTEN told`, `SELECT nextval('numbers')`, `SELECT setseed(0.5)`,
		`DO $$ BEGIN PERFORM set_config('app.user', 'ada', false); PERFORM pg_advisory_lock(44); CREATE TEMP TABLE mine (a INT); PERFORM setseed(0.5); END $$`,
		`DO $$ BEGIN EXECUTE 'CREATE TEMP VIEW mine AS SELECT 1 AS a'; EXECUTE 'CREATE TEMP SEQUENCE numbers'; PERFORM nextval('pg_temp.numbers'); END $$`,
		`CREATE FUNCTION pg_temp.mine() RETURNS INT LANGUAGE sql AS 'SELECT 1'`, `DO $$ BEGIN EXECUTE 'LISTEN told'; EXECUTE 'SET SESSION AUTHORIZATION pg_monitor'; END $$`,
		`DO $$ BEGIN EXECUTE 'PREPARE held AS SELECT 1'; EXECUTE 'DECLARE held CURSOR WITH HOLD FOR SELECT 1'; END $$`, `SET LOCAL app.user = 'ada'`, `SET app.user TO 'ada'`,
		`CALL lingers()`, `SELECT set_config('session_authorization', 'pg_monitor', false)`, `SELECT pg_advisory_xact_lock(47), set_config('app.user', 'ada', true)`,
		`DECLARE held CURSOR WITH HOLD FOR SELECT 1`, `SELECT linger()`, `SELECT 1/0, pg_advisory_lock(45)`, `SELECT pg_advisory_lock(45) WHERE 1/0 = 1`,
	},
	"mysql": {
		`SET @a = 1`, `SELECT @b := 5`, `SET time_zone = '+05:00'`, `SET sql_mode = ''`, `SET NAMES latin1`, `SET autocommit = 0`, `SET SESSION TRANSACTION READ ONLY`,
		`SELECT GET_LOCK(database(), 0)`, `CREATE TEMPORARY TABLE mine (a INT)`, `INSERT INTO numbers (id) VALUES (NULL)`, `PREPARE held FROM 'SELECT 1'`,
		`LOCK TABLES numbers WRITE`, `USE mysql`, `EXECUTE IMMEDIATE 'USE mysql'`, `HANDLER numbers OPEN`, `SELECT linger()`, `SELECT last_insert_id(77)`, `SET SESSION sql_log_bin = 0`,
		`CALL begins()`, `EXECUTE IMMEDIATE 'START TRANSACTION'`, `EXECUTE IMMEDIATE 'SAVEPOINT held'`, `EXECUTE IMMEDIATE 'XA START "held"'`, `EXECUTE IMMEDIATE 'LOCK TABLES numbers WRITE'`, `SET @@session.time_zone = '+02:00'`,
		`SET character_set_results = latin1`, `SET collation_connection = latin1_bin`, `SET ROLE NONE`, `EXECUTE IMMEDIATE 'SET @a = 9'`, `SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE`,
		`SET rand_seed1 = 5`, `SET insert_id = 900`, `SET timestamp = 1`, `SET identity = 70`, `SELECT SQL_CALC_FOUND_ROWS 1 LIMIT 0`, `CREATE TEMPORARY SEQUENCE mine`, `SET foreign_key_checks = 0`,
		`SET max_statement_time = 1`, `SET SESSION group_concat_max_len = 4`, `BACKUP LOCK numbers`, `BACKUP STAGE START`, `SET profiling = 1`, `CALL profiles()`, `SELECT profiled()`,
		`SELECT nextval(counted)`, `CREATE TABLE IF NOT EXISTS numbers (id INT)`, `SIGNAL SQLSTATE '01000' SET MESSAGE_TEXT = 'ada'`, `SET SESSION wsrep_on = 0`,
		`SET default_storage_engine = 'MEMORY'`, `SET character_set_client = latin1`, `SET SESSION tx_isolation = 'SERIALIZABLE'`, `SET sql_log_off = 1`, `SET @@session.pseudo_thread_id = 7`,
		`SET STATEMENT max_statement_time = 7 FOR SELECT 1`, `SELECT 7 INTO @a`, `CALL lingers()`,
	},
	"sqlite": {
		`INSERT INTO numbers DEFAULT VALUES`, `UPDATE numbers SET id = id`, `CREATE TEMPORARY TABLE mine (a INT)`, `CREATE TEMP VIEW mine AS SELECT 1`,
	},
}

func withNumbers(w *world, kind string) {
	w.js("db.exec(`" + map[string]string{
		"postgres": "CREATE SEQUENCE numbers", "mysql": "CREATE TABLE numbers (id INT AUTO_INCREMENT PRIMARY KEY)", "sqlite": "CREATE TABLE numbers (id INTEGER PRIMARY KEY)",
	}[kind] + "`)")
	switch kind {
	case "postgres":
		w.js("db.exec(`CREATE FUNCTION linger() RETURNS TEXT LANGUAGE plpgsql AS $$ BEGIN PERFORM setseed(0.5); PERFORM pg_advisory_lock(46); RETURN set_config('app.user', 'ada', false); END $$`)")
		w.js("db.exec(`CREATE PROCEDURE lingers() LANGUAGE plpgsql AS $$ BEGIN PERFORM setseed(0.5); PERFORM set_config('app.user', 'ada', false); COMMIT; PERFORM pg_advisory_lock(48); END $$`)")
	case "mysql":
		w.js("db.exec(`CREATE FUNCTION linger() RETURNS INT BEGIN SET @a = 7; RETURN GET_LOCK(database(), 0); END`); db.exec(`CREATE PROCEDURE lingers() BEGIN SET @a = 8; SET time_zone = '+01:00'; END`)")
		w.js("db.exec(`CREATE SEQUENCE counted`); db.exec(`CREATE PROCEDURE profiles() SET profiling = 1`)")
		w.js("db.exec(`CREATE FUNCTION profiled() RETURNS INT BEGIN SET profiling = 1; RETURN 1; END`)")
		w.js("db.exec(`CREATE PROCEDURE begins() BEGIN START TRANSACTION; INSERT INTO numbers VALUES (NULL); SAVEPOINT held; SET autocommit = 0; END`)")
	}
}

// TestNothingStaysInASession leaves one trace after the other on the only connection of a pool, by query, exec and in
// transactions that end in every way.
func TestNothingStaysInASession(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind string, c Database) {
		c.MaxOpen = 1
		p := open(t, c)
		withNumbers(newRun(t, p), kind)
		fresh := newRun(t, open(t, c)).js(probes[kind] + `; probe()`)
		before := newRun(t, p).js(session[kind])
		ways := []string{
			"db.exec(%q)", "db.transaction(tx => tx.query(%q))", "db.transaction(tx => { tx.exec(%q); throw 1 })",
			"db.transaction(tx => { tx.exec(%q); tx.query(`SELECT * FROM nowhere`) })",
		}
		for i, trace := range traces[kind] {
			for _, way := range []string{"db.query(%q)", ways[i%len(ways)], ways[(i+1)%len(ways)]} {
				script := fmt.Sprintf(way, trace)
				newRun(t, p).js("try { " + script + " } catch (e) { String(e) }")
				if got := newRun(t, p).js(probes[kind] + `; probe()`); got != fresh {
					t.Errorf("%s left\n%s\nwhere a new connection has\n%s", script, differ(got, fresh), differ(fresh, got))
				}
			}
		}
		if after := newRun(t, p).js(session[kind]); kind == "postgres" && after != before {
			t.Errorf("the connection was closed: %s was %s", after, before)
		}
	})
}

var session = map[string]string{"postgres": `db.one("SELECT pg_backend_pid() n").n`, "mysql": `db.one("SELECT connection_id() n").n`, "sqlite": `1`}

// differ shows the part of a that b does not begin with.
func differ(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[max(0, n-60):min(len(a), n+120)]
}

// TestThousandRunsInTurn: two flows on one pool of PostgreSQL or MySQL, each leaving what it can and looking for what the other
// left.
func TestThousandRunsInTurn(t *testing.T) {
	t.Parallel()
	for kind, open1 := range map[string]func(testing.TB) Database{"postgres": testPostgres, "mysql": testMySQL} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			c := open1(t)
			c.MaxOpen = 2
			p := open(t, c)
			withNumbers(newRun(t, p), kind)
			fresh := newRun(t, open(t, c)).js(probes[kind] + `; probe()`)
			for i := range 1000 {
				w := newRun(t, p)
				if i%10 < 2 { // a probe takes milliseconds
					if got := w.js(probes[kind] + `; probe()`); got != fresh {
						t.Fatalf("run %d sees\n%s\nwhere a new connection has\n%s", i, differ(got, fresh), differ(fresh, got))
					}
				}
				trace := traces[kind][i/2%len(traces[kind])]
				w.js(fmt.Sprintf("try { db.query(%q) } catch (e) { String(e) }", trace))
				if kind == "postgres" {
					w.eq(`db.one("SELECT coalesce(current_setting('app.user', true), '') = '' AND current_user = session_user AS none").none`, `true`)
				}
			}
		})
	}
}

// TestConnectionsOfDblink: DISCARD ALL leaves what dblink keeps in a session, so that in a database that has it no
// connection serves two runs, also when the extension comes later.
func TestConnectionsOfDblink(t *testing.T) {
	t.Parallel()
	c := Database{Driver: "postgres", DSN: servertest.Database(t), MaxOpen: 1}
	p := open(t, c)
	var log bytes.Buffer
	if err := p.Start(t.Context(), plugins.Env{Log: slog.New(slog.NewTextHandler(&log, nil))}); err != nil {
		t.Fatal(err)
	}
	first := newRun(t, p).js(session["postgres"])
	newRun(t, p).eq(session["postgres"], first) // the same connection, as long as nothing can linger
	for _, install := range []string{"DO $$ BEGIN EXECUTE 'CREATE EXTENSION dblink'; END $$", "SELECT 1"} {
		newRun(t, p).js(fmt.Sprintf("db.exec(%q)", install))
		for _, trace := range []string{
			"SELECT dblink_connect('held', 'dbname=' || current_database() || ' user=' || current_user || ' host=127.0.0.1 port=' || inet_server_port())",
			"SELECT dblink_connect('dbname=' || current_database() || ' user=' || current_user || ' host=127.0.0.1 port=' || inet_server_port())",
		} {
			for _, way := range []string{"db.query(%q)", "db.transaction(tx => tx.query(%q))", "db.transaction(tx => { tx.query(%q); throw 1 })"} {
				newRun(t, p).js("try { " + fmt.Sprintf(way, trace) + " } catch (e) { if (e !== 1) throw e }")
				newRun(t, p).eq(`db.one("SELECT coalesce(array_length(dblink_get_connections(), 1), 0) AS n").n`, "0")
				newRun(t, p).throws(`db.query("SELECT * FROM dblink('SELECT 1') AS x(n INT)")`, "")
			}
		}
	}
	if said := log.String(); !strings.Contains(said, "extension dblink") || strings.Count(said, "\n") > 2 { // two databases of one dsn
		t.Errorf("the log says %q", said)
	}
}

// TestWhatOnlyTheEndOfASessionClears: DISCARD ALL leaves temporary replication slots, the origin of replication and
// a backup that has begun, so that the connection is closed after a statement that names them, in any case of letters.
func TestWhatOnlyTheEndOfASessionClears(t *testing.T) {
	t.Parallel()
	p := open(t, Database{Driver: "postgres", DSN: servertest.Database(t), MaxOpen: 1})
	name := strings.ToLower(strings.ReplaceAll(t.Name(), "/", "_"))[:20] + fmt.Sprint(time.Now().UnixNano()) // slots and origins are the server's
	newRun(t, p).js(fmt.Sprintf("db.query(`SELECT pg_replication_origin_create('%s')`)", name))
	t.Cleanup(func() { newRun(t, p).js(fmt.Sprintf("db.query(`SELECT pg_replication_origin_drop('%s')`)", name)) })
	for trace, probe := range map[string]string{
		"SELECT pg_create_physical_replication_slot('" + name + "', false, true)":                  "SELECT count(*)::int AS n FROM pg_replication_slots WHERE slot_name = '" + name + "'",
		"SELECT x.* FROM PG_Create_Physical_Replication_Slot('" + name + "', temporary => true) x": "SELECT count(*)::int AS n FROM pg_replication_slots WHERE slot_name = '" + name + "'",
		"SELECT pg_replication_origin_session_setup('" + name + "')":                               "SELECT pg_replication_origin_session_is_setup()::int AS n",
		"DO $$ BEGIN PERFORM pg_replication_origin_session_setup('" + name + "'); END $$":          "SELECT pg_replication_origin_session_is_setup()::int AS n",
	} {
		for _, way := range []string{"db.query(%q)", "db.transaction(tx => tx.query(%q))", "db.transaction(tx => { tx.query(%q); throw 1 })"} {
			newRun(t, p).js("try { " + fmt.Sprintf(way, trace) + " } catch (e) { if (e !== 1) throw e }")
			// the server notices the end of a session in its own time
			newRun(t, p).js(fmt.Sprintf("for (let i = 0; i < 500 && db.one(%q).n > 0; i++) db.query('SELECT pg_sleep(0.01)')", probe))
			newRun(t, p).eq(fmt.Sprintf("db.one(%q).n", probe), "0")
		}
	}
	for text, want := range map[string]bool{
		"SELECT pg_backup_start('x')": true, "select PG_START_BACKUP('x')": true, "_": false, "replication": false, "INSERT INTO backup_started VALUES (1)": true,
		"SELECT a_b, backup_a FROM replications": false, "replication_": true, "backup_star": false, "x_start_backup": true,
	} {
		if holds(text) != want {
			t.Errorf("%q: %t", text, !want)
		}
	}
}

// TestMySQLUnderTLS: where the session cannot be reset, only what is plainly harmless keeps its connection.
func TestMySQLUnderTLS(t *testing.T) {
	t.Parallel()
	m := mysqlServer{}
	for sql, want := range map[string]bool{
		"SELECT a, count(*) FROM t WHERE b IN (1, 2) GROUP BY a":      true,
		"INSERT INTO t (a, b) VALUES (NOW(), UPPER('x'))":             true,
		"UPDATE t SET a = COALESCE (b, 1) WHERE c = '@x GET_LOCK(1)'": true,
		"SELECT GET_LOCK('x', 1)":                                     false,
		"SELECT get_lock ('x', 1)":                                    false,
		"SELECT GET_LOCK/**/('x', 1)":                                 false,
		"SELECT @a":                                                   false,
		"SELECT mine(1)":                                              false,
		"SELECT `mine`(1)":                                            false,
		"SELECT db.mine(1)":                                           false,
		"SELECT 1 INTO @a":                                            false,
		"SET NAMES latin1":                                            false,
		"CALL p()":                                                    false,
		"CREATE TEMPORARY TABLE t (a INT)":                            false,
	} {
		st, err := m.syntax().parse(sql)
		if err != nil {
			t.Fatal(err)
		}
		if m.keeps(st) != want {
			t.Errorf("%s: keeps its connection: %v", sql, !want)
		}
	}
	c := testMySQL(t)
	c.DSN += strings.Repeat("?", 1-strings.Count(c.DSN, "?")) + "&compress=true" // like TLS, as far as this goes
	c.MaxOpen = 1
	p := open(t, c)
	if p.databases["default"].server.(mysqlServer).resets {
		t.Fatal("the session would be reset")
	}
	withNumbers(newRun(t, p), "mysql")
	fresh := newRun(t, open(t, c)).js(probes["mysql"] + `; probe()`)
	for _, trace := range traces["mysql"] {
		newRun(t, p).js(fmt.Sprintf("try { db.query(%q) } catch (e) { String(e) }", trace))
		if got := newRun(t, p).js(probes["mysql"] + `; probe()`); got != fresh {
			t.Errorf("%s left\n%s\nwhere a new connection has\n%s", trace, differ(got, fresh), differ(fresh, got))
		}
	}
}

// BenchmarkReset measures what it costs that no run sees another: a statement alone, the same with the session cleared
// after it as every call does, and what a new connection would cost instead.
func BenchmarkReset(b *testing.B) {
	for kind, open1 := range map[string]func(testing.TB) Database{"postgres": testPostgres, "mysql": testMySQL} {
		d := openWith(b, Options{}, open1(b)).databases["default"]
		st, err := d.server.syntax().parse("SELECT 1")
		if err != nil {
			b.Fatal(err)
		}
		use := func(b *testing.B, f func(ctx context.Context, c *sql.Conn, a *answer) error) {
			c, err := d.connect(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = c.Close() })
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				if err := f(b.Context(), c, &answer{rowCap: d.rows, byteCap: d.bytes, stop: func() {}}); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took) // the fastest tenth says what it costs where the machine is busy with other things
			b.ReportMetric(float64(took[len(took)/10].Nanoseconds()), "p10-ns/op")
		}
		b.Run(kind+"/statement", func(b *testing.B) {
			use(b, func(ctx context.Context, c *sql.Conn, a *answer) error { return d.server.run(ctx, c, st, nil, a) })
		})
		b.Run(kind+"/statement-and-reset", func(b *testing.B) {
			use(b, func(ctx context.Context, c *sql.Conn, a *answer) error {
				clean, err := d.server.alone(ctx, c, st, nil, a, false)
				if !clean {
					b.Error("the session is not clean")
				}
				return err
			})
		})
		b.Run(kind+"/new-connection", func(b *testing.B) {
			for b.Loop() {
				c, err := d.connect(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				if err := d.server.run(b.Context(), c, st, nil, &answer{rowCap: d.rows, byteCap: d.bytes}); err != nil {
					b.Fatal(err)
				}
				d.release(c, false)
			}
		})
	}
}
