package app

import (
	"context"
	"database/sql"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// await waits until a page says something.
func (s *site) await(path, want string, header ...string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), long)
	defer cancel()
	for {
		a := s.get(path, header...)
		if strings.Contains(a.body, want) {
			return
		}
		if store.Pause(ctx, 20*time.Millisecond) != nil {
			s.t.Fatalf("%s never says %s; last: %s; the log:\n%s", path, want, a.body, s.log)
		}
	}
}

// Runs continue while another program holds the database; what the history loses is counted and shown everywhere, and it
// recovers by itself.
func TestHistoryOfALockedDatabase(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "nflow.db")
	s := start(t, Options{App: flows(t, map[string]string{"/ok": "c.JSON(200, 'fine')"})},
		"NFLOW_HISTORY_RECORD=all", "NFLOW_ADMIN_TOKEN=a-token-of-the-test", "NFLOW_DATABASE_NFLOW_DRIVER=sqlite", "NFLOW_DATABASE_NFLOW_DSN="+file+"?_pragma=busy_timeout(20)")
	admin := []string{"Authorization", "Bearer a-token-of-the-test"}
	const runs = "/nflow/api/v1/runs"
	s.await("/health", `"history":{"status":"healthy","dropped":0}`)
	wid := s.get("/ok").Header.Get("Nflow-Wid-1")
	s.await(runs, wid, admin...)

	other, err := sql.Open("sqlite", file+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	lock, err := other.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if _, err := lock.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	if a := s.get("/ok"); a.StatusCode != http.StatusOK || !strings.Contains(a.body, "fine") {
		t.Errorf("a run while the database is locked: %d %s", a.StatusCode, a.body)
	}
	s.await("/health", `"history":{"status":"unhealthy"`)
	if a := s.get("/health"); a.StatusCode != http.StatusOK {
		t.Errorf("a history that cannot be written makes the whole %d", a.StatusCode)
	}
	s.await("/metrics", "nflow_history_dropped_total 1")
	s.await("/health", `"dropped":1}`)
	s.await(runs, `"lost":1`, admin...)
	if _, err := lock.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	wid = s.get("/ok").Header.Get("Nflow-Wid-1")
	s.await(runs, wid, admin...)
	s.await("/health", `"history":{"status":"healthy","dropped":1}`)
	for _, text := range []string{"cannot be written", "were lost", "written again"} {
		has(t, s.log.String(), text)
	}
}
