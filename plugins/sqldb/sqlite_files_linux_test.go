//go:build long

package sqldb

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/sqlitemem"
)

// TestSQLiteTemporaryFiles: what a statement sorts or keeps beside is bounded, in memory and in files.
func TestSQLiteTemporaryFiles(t *testing.T) { //nolint:paralleltest // the files are of the process
	p := openWith(t, Options{Memory: 32 << 20}, testSQLite(t))
	most, over, sampled := int64(0), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(sampled)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			most = max(most, sqlitemem.Files())
			select {
			case <-tick.C:
			case <-over:
				return
			}
		}
	}()
	for _, sql := range []string{
		endless + "SELECT h FROM (SELECT n, hex(randomblob(100000)) h FROM s) ORDER BY h",
		endless + "SELECT count(*) FROM (SELECT DISTINCT hex(randomblob(100000)) FROM s)",
		endless + "SELECT count(*) FROM (SELECT hex(randomblob(100000)) FROM s UNION SELECT 1)",
		endless + "SELECT count(*) FROM (SELECT max(h) OVER (ORDER BY h) FROM (SELECT hex(randomblob(100000)) h FROM s))",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		w := newRun(t, p)
		w.ctx = ctx
		said := w.js(fmt.Sprintf("try { db.query(%q); 'ended' } catch (e) { e.message }", sql))
		if !strings.Contains(said, "MB of temporary files") && !strings.Contains(said, "MB in SQLite") {
			t.Errorf("%.90s: %s", sql, said)
		}
	}
	close(over)
	<-sampled
	t.Logf("%d MB of temporary files at most", most>>20)
	if most < 64<<20 {
		t.Errorf("only %d MB of temporary files were seen", most>>20)
	}
	if most > 1<<30 {
		t.Errorf("%d MB of temporary files", most>>20)
	}
	if left := sqlitemem.Files(); left > 32<<20 {
		t.Errorf("%d MB are left", left>>20)
	}
}
