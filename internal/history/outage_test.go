package history_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/history"
	"github.com/arturoeanton/nflow-runtime/internal/servertest"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/postgres"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
)

// world is a recorder on a real database.
type world struct {
	t   *testing.T
	rec *history.Recorder
	log *servertest.Record
	n   int64 // runs handed over
}

func newWorld(t *testing.T, st store.Store) *world {
	w := &world{t: t, log: &servertest.Record{}}
	w.rec = history.NewRecorder(history.Options{Store: st, Log: slog.New(slog.NewTextHandler(w.log, nil))})
	t.Cleanup(func() { w.rec.Close(t.Context()) })
	return w
}

// keep queues a run, which must not wait for anything.
func (w *world) keep(stack string) {
	w.t.Helper()
	w.n++
	p, _ := history.ParsePolicy("all")
	wid := fmt.Sprint("run ", w.n)
	run := w.rec.Begin(p, "app", wid, time.Now())
	run.Visited(&graph.Node{ID: "a", Flow: &graph.Flow{Name: "f"}}, nil, time.Now(), time.Millisecond, false)
	began := time.Now()
	run.Keep(&store.Run{Wid: wid, Flow: "f", Started: began, Status: store.RunOK, Stack: stack})
	if took := time.Since(began); took > time.Second { // a write that waits takes seconds
		w.t.Errorf("keeping a run took %s", took)
	}
}

// await waits until something holds.
func (w *world) await(what string, holds func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for !holds() {
		if store.Pause(ctx, 5*time.Millisecond) != nil {
			written, dropped, waiting := w.rec.Stats()
			w.t.Fatalf("%s does not come: written %d, dropped %d, waiting %d\n%s", what, written, dropped, waiting, w.log)
		}
	}
}

func (w *world) awaitWritten(n int64) {
	w.t.Helper()
	w.await("writing", func() bool { written, _, _ := w.rec.Stats(); return written == n })
}

func (w *world) awaitLog(text string) {
	w.t.Helper()
	w.await(text, func() bool { return strings.Contains(w.log.String(), text) })
}

// awaitLoss waits until a batch was given up, and reports how many runs are lost.
func (w *world) awaitLoss() (dropped int64) {
	w.t.Helper()
	w.await("a loss", func() bool { _, dropped, _ = w.rec.Stats(); return dropped > 0 })
	w.awaitLog("were lost")
	if !w.rec.Failing() {
		w.t.Error("it does not say that it fails")
	}
	return dropped
}

func openSQLite(t *testing.T, path string) store.Store {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Options{DSN: path + "?_pragma=busy_timeout(20)"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

// TestLockedDatabase locks the file from another program.
func TestLockedDatabase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "nflow.db")
	w := newWorld(t, openSQLite(t, path))
	w.keep("")
	w.awaitWritten(1)
	other, err := sql.Open("sqlite", path+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	lock, err := other.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	exec := func(statement string) {
		t.Helper()
		if _, err := lock.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	exec("BEGIN IMMEDIATE")
	w.keep("")
	w.awaitLog("cannot be written")
	w.keep("")
	if written, _, _ := w.rec.Stats(); written != 1 {
		t.Errorf("%d runs were written to a locked database", written)
	}
	exec("ROLLBACK")
	w.awaitWritten(3)
	w.awaitLog("written again")
	if _, dropped, _ := w.rec.Stats(); dropped != 0 {
		t.Errorf("%d runs were dropped", dropped)
	}

	exec("BEGIN IMMEDIATE")
	w.keep("")
	closing, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	w.rec.Close(closing)
	if written, dropped, _ := w.rec.Stats(); written != 3 || dropped != 1 {
		t.Errorf("written %d, dropped %d", written, dropped)
	}
	exec("ROLLBACK")
}

// TestGoneDatabase ends all connections to PostgreSQL.
func TestGoneDatabase(t *testing.T) {
	t.Parallel()
	base := os.Getenv("NFLOW_TEST_POSTGRES")
	if base == "" {
		base = "postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable"
	}
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	name := "nflow_outage_" + strings.ToLower(rand.Text()[:10])
	admin, err := sql.Open("pgx", base)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	if err := admin.PingContext(t.Context()); err != nil {
		t.Skipf("no PostgreSQL at NFLOW_TEST_POSTGRES: %v", err)
	}
	defer admin.ExecContext(context.Background(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") // it may not have come to be
	u.Path = "/" + name
	st, err := postgres.Open(t.Context(), postgres.Options{DSN: u.String()})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	w := newWorld(t, st)
	defer w.rec.Close(t.Context())
	w.keep("")
	w.awaitWritten(1)
	end := func(allow bool) {
		t.Helper()
		if _, err := admin.ExecContext(t.Context(), fmt.Sprintf("ALTER DATABASE %s ALLOW_CONNECTIONS %v", name, allow)); err != nil {
			t.Fatal(err)
		}
		if _, err := admin.ExecContext(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name); err != nil {
			t.Fatal(err)
		}
	}
	end(true) // the connections end, new ones can be made
	w.keep("")
	w.awaitWritten(2)
	end(false) // the database is away
	w.keep("")
	w.awaitLog("cannot be written")
	end(true)
	w.awaitWritten(3)
	if _, dropped, _ := w.rec.Stats(); dropped != 0 || w.rec.Failing() {
		t.Errorf("%d runs were dropped, failing %v", dropped, w.rec.Failing())
	}
	end(false) // for longer than a batch is tried
	w.keep("")
	if dropped := w.awaitLoss(); dropped != 1 {
		t.Errorf("%d runs were dropped of 1", dropped)
	}
	end(true)
	w.keep("")
	w.awaitWritten(4)
}
