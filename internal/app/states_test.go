package app

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/redisconn"
	"github.com/arturoeanton/nflow-runtime/internal/servertest"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/logger"
)

// TestDamagedWhileServing: a database whose file is overwritten or cut while it is in use is called damaged, in /health
// and in the log, with the way back. Flows that need no database continue.
func TestDamagedWhileServing(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*os.File, *sql.DB) error{
		"overwritten": func(f *os.File, _ *sql.DB) error { _, err := f.WriteAt(make([]byte, 8192), 0); return err },
		"cut":         func(f *os.File, _ *sql.DB) error { return f.Truncate(8192) },
		"a page":      overwritePage,
		"emptied":     func(_ *os.File, raw *sql.DB) error { _, err := raw.Exec(`DROP TABLE nflow_probe`); return err }, // as when the log beside the file is spoiled
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			s := start(t, Options{App: flows(t, map[string]string{"/hi": `return c.String(200, "hi")`}), Data: data})
			raw, err := sql.Open("sqlite", filepath.Join(data, "nflow.db")+"?_pragma=busy_timeout(10000)") // the server writes too
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			equal(t, "health before", s.get("/health").StatusCode, 200)
			for busy, pages, done := 1, 0, 0; busy != 0; { // what is in the write-ahead log is not read from the file
				if err := raw.QueryRow(`PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &done); err != nil {
					t.Fatal(err)
				}
			}
			f, err := os.OpenFile(filepath.Join(data, "nflow.db"), os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(spoil(f, raw), f.Close()); err != nil {
				t.Fatal(err)
			}
			s.await("/health", `"reason":"damaged"`)
			a := s.get("/health")
			equal(t, "health", a.StatusCode, 503)
			has(t, a.body, `nflow-runtime backup`)
			has(t, a.body, `.recover`)
			has(t, s.log.String(), "damaged")
			equal(t, "a flow", s.get("/hi").body, "hi")
		})
	}
}

// overwritePage spoils one page in the middle that nobody reads.
func overwritePage(f *os.File, raw *sql.DB) error {
	var page, size int64
	err := raw.QueryRow(`SELECT rootpage FROM sqlite_master WHERE tbl_name = 'nflow_node_stats' ORDER BY rootpage DESC`).Scan(&page)
	if err := errors.Join(err, raw.QueryRow(`PRAGMA page_size`).Scan(&size)); err != nil {
		return err
	}
	_, err = f.WriteAt(bytes.Repeat([]byte("x"), int(size)), (page-1)*size)
	return err
}

// TestMovedWhileServing: what is written to a file that has gone is lost, and /health says so.
func TestMovedWhileServing(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := start(t, Options{Data: data})
	equal(t, "health before", s.get("/health").StatusCode, 200)
	file := filepath.Join(data, "nflow.db")
	if err := os.Rename(file, file+".old"); err != nil {
		t.Fatal(err)
	}
	s.await("/health", `"reason":"moved"`)
	has(t, s.get("/health").body, "put the file back where database_nflow.dsn or --data points to, and start it again")
	has(t, s.log.String(), "moved, deleted or replaced")
}

// TestLockedForAMoment: while another program writes, /health answers immediately and says that all is well.
func TestLockedForAMoment(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := start(t, Options{Data: data})
	equal(t, "health before", s.get("/health").StatusCode, 200)
	raw, err := sql.Open("sqlite", filepath.Join(data, "nflow.db")+"?_txlock=immediate&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	tx, err := raw.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(probeEvery + 2*probeWait); time.Now().Before(end); { // so that a probe meets the lock
		begun := time.Now()
		a := s.get("/health")
		equal(t, "health of a locked database", a.StatusCode, 200)
		if took := time.Since(begun); took > probeWait+pingTime {
			t.Errorf("/health took %s", took)
		}
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
}

// TestProber: who asks often starts one probe; a lock is a fault only when it lasts; what was found stays until a probe
// finds something else.
func TestProber(t *testing.T) {
	t.Parallel()
	var now time.Time
	var group sync.WaitGroup
	found, probes := error(nil), 0
	log := &servertest.Record{}
	p := &prober{
		what: "the database", log: slog.New(slog.NewTextHandler(log, nil)), ctx: t.Context(), group: &group,
		now:   func() time.Time { return now },
		probe: func(context.Context) error { probes++; return found },
	}
	defer group.Wait()
	now = time.Unix(1000, 0)
	full, locked := store.Troubled(store.DiskFull, nil), store.Troubled(store.Locked, nil)
	for i, step := range []struct {
		after  time.Duration
		found  error
		want   error
		probes int
	}{
		{0, nil, nil, 1},
		{0, full, nil, 1}, // too soon to look again
		{probeEvery, full, full, 2},
		{probeEvery / 2, nil, full, 2},
		{probeEvery, nil, nil, 3},
		{probeEvery, locked, nil, 4},
		{probePatience - 2*probeEvery, locked, nil, 5},
		{probePatience, locked, locked, 6},
		{probeEvery, fault.Wrap(fault.Internal, context.DeadlineExceeded, "late"), fault.Wrap(fault.Internal, context.DeadlineExceeded, "late"), 7},
		{probeEvery, nil, nil, 8},
	} {
		now, found = now.Add(step.after), step.found
		got := p.ask(t.Context())
		if (got == nil) != (step.want == nil) || got != nil && fault.From(got).Text != fault.From(step.want).Text || probes != step.probes {
			t.Errorf("step %d: %v after %d probes, want %v after %d", i, got, probes, step.want, step.probes)
		}
	}
	has(t, log.String(), "the disk of the SQLite database is full")
	has(t, log.String(), "the database can be written again")
}

// TestUnwritableRedis: servers that answer and take no writes are unhealthy, and the message names the setting.
func TestUnwritableRedis(t *testing.T) {
	t.Parallel()
	r := servertest.Redis(t)
	s := start(t, Options{}, "NFLOW_REDIS_HOST="+r.Addr)
	equal(t, "health before", s.get("/health").StatusCode, 200)
	client, err := redisconn.Open(redisconn.Options{Host: r.Addr})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	do := func(words ...any) {
		t.Helper()
		if _, err := client.Do(t.Context(), words[0].(string), words[1:]...); err != nil {
			t.Fatal(words, err)
		}
	}
	for _, c := range []struct {
		set, unset    []any
		reason, words string
	}{
		{[]any{"REPLICAOF", "127.0.0.1", "1"}, []any{"REPLICAOF", "NO", "ONE"}, "read_only", "read-only replica; name the primary in [redis] host"},
		{[]any{"CONFIG", "SET", "maxmemory", "1"}, []any{"CONFIG", "SET", "maxmemory", "0"}, "memory_full", "out of memory; raise maxmemory"},
		{[]any{"ACL", "SETUSER", "default", "resetkeys", "~other:*"}, []any{"ACL", "SETUSER", "default", "~*"}, "denied", "the user of [redis] may not write the keys"},
	} {
		do(c.set...)
		s.await("/health", c.words)
		a := s.get("/health")
		equal(t, "health", a.StatusCode, 503)
		has(t, a.body, `"reason":"`+c.reason+`"`)
		do(c.unset...)
		s.await("/health", `"redis":{"status":"healthy"}`)
	}
	has(t, s.log.String(), "read-only replica; name the primary in [redis] host")
}

// Without the Redis of the rate limits each instance counts for itself: that is reported, and nothing else is unhealthy.
func TestUnwritableRedisOfRateLimits(t *testing.T) {
	t.Parallel()
	r := servertest.Redis(t)
	s := start(t, Options{}, "NFLOW_REDIS_HOST="+r.Addr, "NFLOW_SESSION_STORE=cookie", "NFLOW_RATE_LIMIT_ENABLED=true", "NFLOW_RATE_LIMIT_BACKEND=redis")
	has(t, s.get("/health").body, `"redis":{"status":"healthy"}`)
	client, err := redisconn.Open(redisconn.Options{Host: r.Addr})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Do(t.Context(), "REPLICAOF", "127.0.0.1", "1"); err != nil {
		t.Fatal(err)
	}
	s.await("/health", `"redis":{"status":"unhealthy","reason":"read_only","message":"the Redis of the rate limits rejects writes`)
	equal(t, "health", s.get("/health").StatusCode, 200)
}

// A Redis that could not save its file takes no writes (MISCONF).
func TestRedisThatCannotSave(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := servertest.Redis(t, "--appendonly", "no", "--save", "3600 1", "--dir", dir)
	s := start(t, Options{}, "NFLOW_REDIS_HOST="+r.Addr)
	equal(t, "health before", s.get("/health").StatusCode, 200)
	client, err := redisconn.Open(redisconn.Options{Host: r.Addr})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := os.MkdirAll(filepath.Join(dir, "dump.rdb", "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, _ = client.Do(t.Context(), "BGSAVE")                            // it fails behind the response
	defer client.Do(context.Background(), "CONFIG", "SET", "save", "") // or it would not stop
	s.await("/health", "cannot write to its disk; free space on the server that [redis] host names")
	a := s.get("/health")
	equal(t, "health", a.StatusCode, 503)
	has(t, a.body, `"reason":"disk_failing"`)
	if _, err := client.Do(t.Context(), "CONFIG", "SET", "stop-writes-on-bgsave-error", "no"); err != nil {
		t.Fatal(err)
	}
	s.await("/health", `"redis":{"status":"healthy"}`)
}

// executing returns a function that executes statements on a PostgreSQL.
func executing(t *testing.T, dsn string) func(statements ...string) {
	t.Helper()
	raw, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	return func(statements ...string) {
		t.Helper()
		for _, statement := range statements {
			if _, err := raw.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(statement, err)
			}
		}
	}
}

func TestUnwritablePostgres(t *testing.T) {
	t.Parallel()
	server := servertest.Postgres(t)
	s := start(t, Options{}, "NFLOW_DATABASE_NFLOW_DRIVER=postgres", "NFLOW_DATABASE_NFLOW_DSN="+server.DSN(), "NFLOW_SESSION_STORE=postgres")
	equal(t, "health before", s.get("/health").StatusCode, 200)
	set := executing(t, server.DSN())
	set(`ALTER SYSTEM SET default_transaction_read_only = on`, `SELECT pg_reload_conf()`)
	s.await("/health", `"reason":"read_only"`)
	s.await("/health", `name the primary in [pg_session] url`)
	has(t, s.get("/health").body, "name the primary in database_nflow.dsn")
	set(`SET default_transaction_read_only = off`, `ALTER SYSTEM RESET default_transaction_read_only`, `SELECT pg_reload_conf()`)
	s.await("/health", `"database":{"status":"healthy"}`)
	s.await("/health", `"sessions":{"status":"healthy"}`)
}

// What a server says of one table, whose user may not write or whose disk is full, is reported with the setting's name.
func TestPostgresWithoutRightsOrSpace(t *testing.T) {
	t.Parallel()
	server := servertest.Postgres(t)
	set := executing(t, server.DSN())
	set(`CREATE ROLE app LOGIN`, `GRANT ALL ON SCHEMA public TO app`)
	dsn := strings.Replace(server.DSN(), "postgres@", "app@", 1)
	s := start(t, Options{}, "NFLOW_DATABASE_NFLOW_DRIVER=postgres", "NFLOW_DATABASE_NFLOW_DSN="+dsn, "NFLOW_PG_SESSION_URL="+dsn, "NFLOW_SESSION_STORE=postgres")
	equal(t, "health before", s.get("/health").StatusCode, 200)
	set(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$`)
	for _, c := range []struct{ table, part, setting string }{{"nflow_probe", "database", "database_nflow.dsn"}, {"nflow_sessions", "sessions", "[pg_session] url"}} {
		well := `"` + c.part + `":{"status":"healthy"}`
		set(`REVOKE INSERT, UPDATE ON ` + c.table + ` FROM app`)
		s.await("/health", `"`+c.part+`":{"status":"unhealthy","reason":"denied"`)
		a := s.get("/health")
		equal(t, "health", a.StatusCode, 503)
		has(t, a.body, "the user of "+c.setting+" may not write")
		set(`GRANT INSERT, UPDATE ON ` + c.table + ` TO app`)
		s.await("/health", well)
		set(`CREATE TRIGGER filled BEFORE INSERT OR UPDATE ON ` + c.table + ` EXECUTE FUNCTION full_disk()`)
		s.await("/health", `"`+c.part+`":{"status":"unhealthy","reason":"disk_full"`)
		a = s.get("/health")
		has(t, a.body, c.setting)
		hasNot(t, a.body, "could not extend")
		set(`DROP TRIGGER filled ON ` + c.table)
		s.await("/health", well)
	}
}

// TestLogOnAFullDisk: /health says that the log is not where it belongs, and nothing is lost.
func TestLogOnAFullDisk(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no device that is full")
	}
	var stderr servertest.Record
	file, err := logger.OpenFile(logger.FileOptions{Path: "/dev/full", Fallback: &stderr})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	control := logger.New(logger.Options{Out: file})
	defer control.Close()
	s := start(t, Options{Control: control}, "NFLOW_LOG_FILE=/dev/full")
	hasNot(t, s.get("/health").body, `"log"`)
	control.Logger().Error("a line that has no room")
	s.await("/health", `"log":{"status":"unhealthy","reason":"disk_full","message":"the disk of the log is full: free space for [log] file; meanwhile lines go to stderr"`)
	equal(t, "health: runs go on", s.get("/health").StatusCode, 200)
	has(t, stderr.String(), "a line that has no room")
	control.SetOut(&stderr)
	control.Logger().Error("a line that has room")
	hasNot(t, s.get("/health").body, `"log"`)
}
