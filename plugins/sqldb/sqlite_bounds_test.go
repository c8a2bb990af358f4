package sqldb

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/sqlitemem"
)

const endless = `WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s) `

// TestSQLiteMemory: no statement has SQLite hold much more than a run may, and each says what its bound is.
func TestSQLiteMemory(t *testing.T) { //nolint:paralleltest // what SQLite holds is of the process
	p := openWith(t, Options{Memory: 64 << 20}, testSQLite(t))
	w := newRun(t, p)
	most, over := int64(0), make(chan struct{})
	sampled := make(chan struct{})
	go func() {
		defer close(sampled)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			most = max(most, sqlitemem.InUse())
			select {
			case <-tick.C:
			case <-over:
				return
			}
		}
	}()
	for sql, says := range map[string]string{
		"SELECT zeroblob(9000000)":           "a value may have 8192 KiB",
		"SELECT randomblob(9000000) || 'x'":  "too big",
		"SELECT printf('%*d', 100000000, 1)": "too big",
		endless + "SELECT length(group_concat(h)) FROM (SELECT hex(zeroblob(5000)) h FROM s LIMIT 2000)":      "too big",
		endless + "SELECT length(json_group_array(h)) FROM (SELECT hex(zeroblob(50000)) h FROM s LIMIT 2000)": "", // by size or by memory
		"SELECT length(json_patch($1, $1))": "json_patch",
		"SELECT json_pretty('[1]')":         "JSON.stringify",
		"SELECT load_extension('x')":        "stay in the configured file",
	} {
		script := fmt.Sprintf("db.query(%q)", sql)
		if strings.Contains(sql, "$1") {
			script = fmt.Sprintf("db.query(%q, ['[' + '1,'.repeat(1 << 20) + '1]'])", sql)
		}
		w.throws(script, says)
	}
	for _, sql := range []string{
		"SELECT " + strings.Repeat("hex(zeroblob(4000000)) || '', ", 60) + "1", endless + "SELECT hex(zeroblob(100000)) h FROM s ORDER BY h DESC LIMIT 1 OFFSET 100",
		"SELECT length(concat(" + strings.Repeat("$1,", 150) + "1))",
	} {
		params := "[]"
		if strings.Contains(sql, "$1") {
			params = "['x'.repeat(1 << 22)]"
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		run := newRun(t, p)
		run.ctx = ctx
		run.js(fmt.Sprintf("try { db.query(%q, %s) } catch (e) { String(e) }", sql, params))
		cancel()
	}
	close(over)
	<-sampled
	t.Logf("SQLite held %d MB at most", most>>20)
	if most > 700<<20 {
		t.Errorf("SQLite held %d MB", most>>20)
	}
	w.throws("db.query('SELECT 1' + ', 1'.repeat(1900) + (' UNION ALL SELECT 1' + ', 1'.repeat(1900)).repeat(160))", "too long or too complex")
}

// TestSQLiteReadOnly: a database in memory as well, and the dsn cannot undo it.
func TestSQLiteReadOnly(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{":memory:", ":memory:?_pragma=query_only(0)"} {
		w := newRun(t, open(t, Database{Driver: "sqlite", DSN: dsn, ReadOnly: true}))
		w.throws("db.exec(`CREATE TABLE a (n INT)`)", "readonly")
	}
}
