package sqldb

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"
)

// computed is how long this process has computed so far, which a busy machine does not change.
func computed() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// TestSQLiteEndsWithItsRun: the connection is free again soon after the run has ended, wherever the statement is.
func TestSQLiteEndsWithItsRun(t *testing.T) { //nolint:paralleltest // measures what the process computes
	p := openWith(t, Options{Memory: 64 << 20}, testSQLite(t))
	d := p.databases["default"]
	w := newRun(t, p)
	w.js("db.exec(`CREATE TABLE pens (name TEXT)`); db.exec(`CREATE VIEW all_pens AS SELECT " + strings.Repeat("name LIKE '%a%' AND ", 200) + "1 AS yes FROM pens`)")
	w.js("db.exec(`INSERT INTO pens VALUES (hex(zeroblob(500000)))`)")
	big, most := strings.Repeat("a", 8<<20), 2*time.Second
	if testing.Short() { // with the race detector, which makes SQLite's code some ten times as slow
		most = 10 * time.Second
	}
	for sql, params := range map[string][]any{
		endless + "SELECT count(*) FROM s":                                                                    nil,
		endless + "SELECT 1 UNION ALL SELECT count(*) FROM s":                                                 nil, // the first row comes immediately
		endless + "SELECT n FROM s WHERE n < 2 OR n > 1e12":                                                   nil,
		endless + "SELECT instr($1, $2) FROM s WHERE n < 2 OR n > 1e12":                                       {big, big[:1<<20] + "b"},
		endless + "SELECT count(*) FROM s WHERE $1 LIKE $2":                                                   {big, "%" + big[:1<<20] + "_b%"},
		endless + "INSERT INTO pens SELECT 'x' FROM s":                                                        nil,
		endless + "SELECT group_concat(n) FROM s":                                                             nil,
		"SELECT yes FROM all_pens, all_pens AS b":                                                             nil,
		"SELECT " + strings.Repeat("$1 < $2 AND ", 900) + "1":                                                 {big, big},
		"SELECT " + strings.Repeat("length(upper($1)) + ", 300) + "1":                                         {big},
		"SELECT " + strings.Repeat("instr($1, $2) + ", 300) + "1":                                             {big, big[:4<<20] + "b"},
		"SELECT " + strings.Repeat("$1 LIKE $2 OR ", 300) + "0":                                               {big, "%_" + big[:1<<20] + "b"},
		"SELECT json_array(" + strings.Repeat("$1, ", 150) + "1)":                                             {big},
		"SELECT hex(" + strings.Repeat("$1 || ", 100) + "'')":                                                 {big[:1<<16]},
		"SELECT trim($1, $2), replace($1, $2, '')":                                                            {big, big[:1<<20] + "b"},
		"SELECT unhex($1, $2), glob($3, $1)":                                                                  {big, big, "*[b-z]" + big[:1<<20]},
		"SELECT count(*) FROM json_tree($1)":                                                                  {"[" + strings.Repeat("1,", 1<<21) + "1]"},
		"SELECT " + strings.Repeat("(SELECT max(name) FROM pens WHERE name LIKE '%b') IS NULL OR ", 90) + "1": nil,
	} {
		st, err := d.parse(sql, len(params), false)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		began := computed()
		_, _ = d.once(ctx, st, params)
		cancel()
		if took := computed() - began; took > most {
			t.Errorf("%.80s: goes on for %v of computing after 50 ms of a run", sql, took)
		}
	}
}
