package sqldb

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// sum adds a term to itself, 2^n times, without being deep.
func sum(n int, term string) string {
	for range n {
		term = "(" + term + " + " + term + ")"
	}
	return term
}

// TestSQLiteStraightLines: what SQLite computes without a loop cannot be interrupted. Views, triggers and common table
// expressions make much of it out of few words; each statement ends, or is refused, within two seconds of computing.
func TestSQLiteStraightLines(t *testing.T) { //nolint:paralleltest // measures what the process computes
	p := openWith(t, Options{Memory: 64 << 20}, testSQLite(t))
	d := p.databases["default"]
	w := newRun(t, p)
	w.js("db.exec(`CREATE TABLE pens (name TEXT)`); db.exec(`INSERT INTO pens VALUES (hex(zeroblob(4000000)))`)")
	for name, term := range map[string]string{
		"plain": "(name < name)", "folded": "(name < name COLLATE NOCASE)", "trimmed": "(name = name COLLATE RTRIM)", "joined": "length(name || name)",
		"chosen": "(CASE name WHEN name || 'x' THEN 1 ELSE 0 END)", "listed": "(name IN (name || 'x', name || 'y'))", "amid": "(name BETWEEN name || 'x' AND 'z')",
	} {
		w.js("db.exec(`CREATE VIEW " + name + " AS SELECT " + sum(8, term) + " AS yes FROM pens`)")
		w.js("db.exec(`CREATE VIEW more_" + name + " AS SELECT " + sum(4, "yes") + " AS yes FROM " + name + "`)")
	}
	w.js("db.exec(`CREATE VIEW kept AS WITH c AS MATERIALIZED (SELECT name || '' AS n FROM pens) SELECT " + sum(8, "(n < n COLLATE NOCASE)") + " AS yes FROM c`)")
	w.js("db.exec(`CREATE VIEW more_kept AS SELECT " + sum(4, "yes") + " AS yes FROM kept`)")
	w.js("db.exec(`CREATE TABLE shelves (n INT)`); db.exec(`CREATE TRIGGER compares AFTER INSERT ON shelves BEGIN SELECT " + sum(9, "(name < name COLLATE NOCASE)") + " FROM pens; END`)")
	// Triggers that set off each other multiply without a loop.
	for i := range 9 {
		w.js(fmt.Sprintf("db.exec(`CREATE TABLE t%d (n INT)`)", i))
	}
	for i := range 8 {
		w.js(fmt.Sprintf("db.exec(`CREATE TRIGGER g%d AFTER INSERT ON t%d BEGIN %s END`)", i, i, strings.Repeat(fmt.Sprintf("INSERT INTO t%d VALUES (1);", i+1), 10)))
	}
	big := strings.Repeat("a", 4<<20)
	for sql, params := range map[string][]any{
		"SELECT yes FROM more_plain": nil, "SELECT yes FROM more_folded": nil, "SELECT yes FROM more_trimmed": nil, "SELECT yes FROM more_joined": nil, "SELECT yes FROM more_chosen": nil,
		"SELECT yes FROM more_listed": nil, "SELECT yes FROM more_amid": nil, "SELECT yes FROM more_kept": nil, "INSERT INTO shelves VALUES (1)": nil, "INSERT INTO t0 VALUES (1)": nil,
		"WITH a AS (SELECT " + sum(4, "($1 < $1 COLLATE NOCASE)") + " AS x), b AS (SELECT " + sum(4, "x") + " AS y FROM a), c AS (SELECT " + sum(4, "y") + " AS z FROM b) SELECT z FROM c": {big},
		"WITH a AS (SELECT " + sum(4, "length($1 || $1)") + " AS x), b AS (SELECT " + sum(4, "x") + " AS y FROM a), c AS (SELECT " + sum(4, "y") + " AS z FROM b) SELECT z FROM c":         {big},
	} {
		st, err := d.parse(sql, len(params), false)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		began := computed()
		_, err = d.once(ctx, st, params)
		cancel()
		if took := computed() - began; err == nil || took > 2*time.Second {
			t.Errorf("%.80s: %v of computing, %v", sql, took, err)
		}
	}
	// Where values are small, all of it may be used, and an ordinary statement takes large ones.
	w.js("db.exec(`DELETE FROM pens`); db.exec(`INSERT INTO pens VALUES ('blue')`)")
	w.eq("db.one(`SELECT yes FROM more_folded`).yes", "0")
	w.js("db.exec(`INSERT INTO pens SELECT $1 WHERE $1 > 'a' AND length($1) > 1 AND $1 LIKE 'a%'`, ['a'.repeat(6 << 20)])")
	w.eq("db.one(`SELECT length(name) AS n FROM pens WHERE name > 'a' AND name < 'b' ORDER BY name LIMIT 1`).n", fmt.Sprint(6<<20))
}

// TestSQLiteModules: full-text search cannot be stopped, so it is refused, in a database that has it as well. JSON, trees
// of rectangles and what describes tables are there.
func TestSQLiteModules(t *testing.T) {
	t.Parallel()
	c := testSQLite(t)
	newRun(t, open(t, c)).js("db.query(`SELECT 1`)")
	raw := rawSQLiteFile(t, c.DSN)
	for _, sql := range []string{"CREATE VIRTUAL TABLE found USING fts5(x)", "INSERT INTO found VALUES ('a b a b')", "CREATE VIEW sneaky AS SELECT highlight(found, 0, '<', '>') FROM found"} {
		if _, err := raw.Exec(sql); err != nil {
			t.Fatal(err)
		}
	}
	w := newRun(t, open(t, c))
	for _, sql := range []string{
		"CREATE VIRTUAL TABLE other USING fts5(x)", "CREATE VIRTUAL TABLE other USING FTS5(x)", "SELECT x FROM found WHERE found MATCH 'a'", "SELECT * FROM found('a')",
		"SELECT bm25(found) FROM found WHERE found = 'a'", "SELECT x FROM found ORDER BY rank", "SELECT * FROM sneaky", "INSERT INTO found VALUES ('x')",
	} {
		w.throws(fmt.Sprintf("db.query(%q)", sql), "fts5) is not allowed")
	}
	w.throws("db.query(`SELECT * FROM sqlite_dbpage`)", "no such table")
	w.eq("db.one(`SELECT count(*) n FROM json_each('[1,2]')`).n", "2")
	w.eq("db.one(`SELECT count(*) n FROM pragma_table_info('sqlite_schema')`).n", "5")
	w.js("db.exec(`CREATE VIRTUAL TABLE boxes USING rtree(id, a, b)`); db.exec(`INSERT INTO boxes VALUES (1, 2, 3)`)")
	w.eq("db.one(`SELECT id FROM boxes WHERE a > 1`).id", "1")
}
