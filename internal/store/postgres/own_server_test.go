package postgres_test

import (
	"context"
	"crypto/rand"
	"errors"
	"hash/fnv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/arturoeanton/nflow-runtime/internal/servertest"
	"github.com/arturoeanton/nflow-runtime/internal/store/postgres"
	"github.com/arturoeanton/nflow-runtime/internal/store/storetest"
)

// TestBehindPgBouncer runs the suite through a PgBouncer in session mode.
func TestBehindPgBouncer(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the suite runs once without -short")
	}
	server := servertest.Postgres(t)
	pool := servertest.PgBouncer(t, server.Addr, "session")
	storetest.Run(t, storetest.Driver{
		New: func(t *testing.T) string {
			// A schema of its own would be named by a parameter of the connection, which PgBouncer refuses.
			name := "nflow_" + strings.ToLower(rand.Text())
			db := rawDB(t, server.DSN())
			defer db.Close()
			exec(t, db, "CREATE DATABASE "+name)
			return strings.Replace(pool.DSN(), "/postgres?", "/"+name+"?", 1)
		},
		ReadOnly: func(dsn string) string {
			return with(strings.Replace(dsn, pool.Addr, server.Addr, 1), "default_transaction_read_only", "on")
		},
		Open: openStore,
		Raw:  rawDB,
		Size: size,
	})
}

// TestServerRestart stops the server and starts it again: the store reports it meanwhile, and recovers.
func TestServerRestart(t *testing.T) {
	t.Parallel()
	server := servertest.Postgres(t)
	st := open(t, server.DSN())
	save(t, st, "a")
	seen := storetest.Watching(t, st, func() string { return content(t, st) })
	storetest.Await(t, seen, "a")
	ctx, cancel := context.WithCancel(t.Context())
	signals := make(chan string, 1000)
	var listening sync.WaitGroup
	listening.Go(func() { st.Signals(ctx, time.Minute, func(what string) { signals <- what }) })
	defer listening.Wait()
	defer cancel()
	<-signals

	server.Stop()
	begun := time.Now()
	if err := st.Ping(t.Context()); err == nil {
		t.Error("a server that is away answers")
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Error("it took", took, "to say so")
	}
	server.Start()
	deadline := time.Now().Add(30 * time.Second)
	for st.Ping(t.Context()) != nil && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	save(t, st, "b")
	storetest.Await(t, seen, "b")
	err := st.AskKill(t.Context(), "w")
	if err != nil {
		t.Fatal(err)
	}
	for kills := []string(nil); len(kills) == 0; { // whether signalled, or looked for after the pause
		select {
		case <-signals:
			if kills, err = st.KillsAsked(t.Context()); err != nil {
				t.Fatal(err)
			}
		case <-time.After(time.Until(deadline)):
			t.Fatal("nothing is signalled")
		}
	}
}

// TestConnections: statements are prepared, they end in time, and there are no more connections than allowed.
func TestConnections(t *testing.T) {
	t.Parallel()
	st, err := postgres.Open(t.Context(), postgres.Options{DSN: newSchema(t, server(t)), MaxOpen: 2, MaxIdle: 1, StatementTimeout: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	db := st.DB()
	one, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	for range 3 {
		var n int
		if err := one.QueryRowContext(t.Context(), `SELECT count(*) FROM users WHERE username = $1`, "x").Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	var prepared int
	if err := one.QueryRowContext(t.Context(), `SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT count(*) FROM users%'`).Scan(&prepared); err != nil || prepared != 1 {
		t.Errorf("%d prepared statements, %v", prepared, err)
	}
	_, err = one.ExecContext(t.Context(), `SELECT pg_sleep(20)`)
	if e, ok := errors.AsType[*pgconn.PgError](err); !ok || e.Code != "57014" {
		t.Errorf("a statement that takes too long: %v", err)
	}
	two, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer two.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if three, err := db.Conn(ctx); err == nil {
		three.Close()
		t.Error("there is a third connection")
	}
}

// TestLockOutlivesTheTimeout: a start that waits for another's migration is not ended by the timeout.
func TestLockOutlivesTheTimeout(t *testing.T) {
	t.Parallel()
	dsn := newSchema(t, server(t))
	raw := rawDB(t, dsn)
	defer raw.Close()
	tx, err := raw.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	h := fnv.New64a()
	h.Write([]byte("nflow-runtime/migrate"))
	if _, err := tx.ExecContext(t.Context(), "SELECT pg_advisory_xact_lock($1)", int64(h.Sum64())); err != nil {
		t.Fatal(err)
	}
	opened := make(chan error, 1)
	go func() {
		st, err := postgres.Open(context.Background(), postgres.Options{DSN: dsn, StatementTimeout: 200 * time.Millisecond})
		if err == nil {
			st.Close()
		}
		opened <- err
	}()
	select {
	case err := <-opened:
		t.Errorf("it did not wait: %v", err)
	case <-time.After(time.Second):
	}
	if err := tx.Commit(); err != nil {
		t.Error(err)
	}
	if err := <-opened; err != nil {
		t.Error(err)
	}
}
