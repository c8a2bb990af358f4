package app

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

// TestDatabaseRestart: what needs no database continues while PostgreSQL is away, a live run then as well as new ones;
// what needs it works again by itself.
func TestDatabaseRestart(t *testing.T) {
	t.Parallel()
	postgres := servertest.Postgres(t)
	open := make(chan struct{})
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		<-open
		_, _ = io.WriteString(w, "whole")
	}))
	defer service.Close()
	set := []string{"NFLOW_DATABASE_NFLOW_DRIVER=postgres", "NFLOW_DATABASE_NFLOW_DSN=" + postgres.DSN()}
	save(t, map[string]string{
		"/wait":  `kv.set("begun", 1); return c.String(200, http.get("` + service.URL + `").body)`,
		"/begun": `return c.String(200, "begun=" + kv.get("begun"))`,
		"/plain": `return c.String(200, "plain " + form.n)`,
	}, set...)
	s := start(t, Options{}, append(set, "NFLOW_VM_POOL_ENABLE_NETWORK=true", "NFLOW_VM_POOL_NETWORK_ALLOW=127.0.0.1")...)
	ended := make(chan answer, 1)
	go func() {
		a, _ := s.try(http.MethodGet, "/wait", nil)
		ended <- a
	}()
	s.until("/begun", "begun=1")
	postgres.Stop()
	for range 50 {
		equal(t, "while it is away", s.get("/plain?n=1").body, "plain 1")
	}
	a := s.get("/begun")
	equal(t, "what needs it", a.StatusCode >= 500, true)
	a = s.get("/health")
	equal(t, "health", a.StatusCode, 503)
	has(t, a.body, `"database":{"status":"unhealthy"`)
	equal(t, "ready", s.get("/ready").StatusCode, 200)
	postgres.Start()
	back := time.Now()
	s.until("/begun", "begun=1")
	t.Logf("it works again %s after the server is back", time.Since(back).Round(time.Millisecond))
	s.until("/health", `"database":{"status":"healthy"}`)
	close(open)
	if a := <-ended; a.Response == nil || a.StatusCode != 200 || a.body != "whole" {
		t.Errorf("the run that lived all the while answered %q", a.body)
	}
}
