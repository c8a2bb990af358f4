package postgres_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib"
	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/postgres"
	"github.com/arturoeanton/nflow-runtime/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const legacy = `
	CREATE TABLE nflow (id SERIAL PRIMARY KEY, name CHAR(20), json {json}, default_js TEXT, tag TEXT, extra TEXT);
	INSERT INTO nflow (name, json) VALUES ('app', {app});
	CREATE TABLE modules (id SERIAL PRIMARY KEY, name VARCHAR(50), form TEXT, mod JSON, code TEXT);
	INSERT INTO modules (name, form, mod) VALUES ('_start', '<f>', '{"a": 1}');
	CREATE TABLE template (id SERIAL PRIMARY KEY, name VARCHAR(50), content TEXT);
	INSERT INTO template (name, content) VALUES ('page', 'p');
	CREATE TABLE users (id SERIAL PRIMARY KEY, username CHAR(20), password TEXT, rol CHAR(20), active {active});
	INSERT INTO users (username, password, rol, active) VALUES ('ana', 'oldhash', 'ROL_ADMIN', {yes}), ('ben', 'x', NULL, {no});
	CREATE TABLE api_tokens (id SERIAL PRIMARY KEY, name CHAR(20), token CHAR(20), start TEXT, expired {time}, active {active},
		header CHAR(20), token_type CHAR(20));
	INSERT INTO api_tokens (name, token, start, expired, active, header, token_type) VALUES
		('api', 's1', NULL, NULL, {yes}, '', NULL), ('api', 's2', '2020-01-02 03:04:05', {1000}, {yes}, 'X-Key', 'Key'),
		('api', 's3', '1', NULL, {no}, NULL, NULL), ('api', 's4', 'x', {soon}, {yes}, NULL, NULL);`

func variant(kv ...string) string { return strings.NewReplacer(kv...).Replace(legacy) }

func TestStore(t *testing.T) {
	t.Parallel()
	base := server(t)
	const app, text = `{"drawflow": {"año": {}}}`, `'{"drawflow": {"año": {}}}'`
	storetest.Run(t, storetest.Driver{
		New:      func(t *testing.T) string { return newSchema(t, base) },
		ReadOnly: func(dsn string) string { return with(dsn, "default_transaction_read_only", "on") },
		Open:     openStore,
		Raw:      rawDB,
		Size:     size,
		Legacy: map[string]string{
			"bool": variant("{active}", "BOOLEAN", "{yes}", "TRUE", "{no}", "FALSE", "{json}", "TEXT", "{app}", text,
				"{time}", "BIGINT", "{1000}", "1000", "{soon}", "0"),
			"int": variant("{active}", "INTEGER", "{yes}", "1", "{no}", "0", "{json}", "JSON", "{app}", text,
				"{time}", "INTEGER", "{1000}", "1000", "{soon}", "0"),
			"text": variant("{active}", "CHAR(5)", "{yes}", "'true'", "{no}", "NULL", "{json}", "BYTEA",
				"{app}", "'"+fmt.Sprintf(`\x%x`, app)+"'", "{time}", "VARCHAR(20)", "{1000}", "'1000'", "{soon}", "'soon'"),
			"blob": variant("{active}", "BYTEA", "{yes}", `'\x01'`, "{no}", `'\x00'`, "{json}", "TEXT", "{app}", text,
				"{time}", "NUMERIC", "{1000}", "1000", "{soon}", "0"),
		},
	})
}

// TestSignalsOfSchemas: processes of another schema of the same database signal to themselves.
func TestSignalsOfSchemas(t *testing.T) {
	t.Parallel()
	base := server(t)
	own, other := open(t, newSchema(t, base)), open(t, newSchema(t, base))
	heard := storetest.Listening(t, own)
	for i := range 3 {
		if err := other.CreateUser(t.Context(), fmt.Sprint("ana", i), "r", "h"); err != nil {
			t.Fatal(err)
		}
	}
	if err := own.AskKill(t.Context(), "w"); err != nil {
		t.Fatal(err)
	}
	what := ""
	for what == "" { // a look at all
		what = <-heard
	}
	if what != store.SignalKill { // signals come in the order in which they were given
		t.Errorf("%q was heard first, which is of another schema", what)
	}
}

// TestWatchWithoutTriggers looks each interval where nobody notifies.
func TestWatchWithoutTriggers(t *testing.T) {
	t.Parallel()
	st := open(t, newSchema(t, server(t)))
	for _, table := range store.Watched() {
		exec(t, st.DB(), "DROP TRIGGER nflow_changed ON "+table)
	}
	seen := storetest.Watching(t, st, func() string { return content(t, st) })
	save(t, st, "a")
	storetest.Await(t, seen, "a")
	save(t, st, "b")
	storetest.Await(t, seen, "b", "a")
}

// TestWatchNotified shows that the triggers are what wakes the watcher: it would look by itself only after an hour.
func TestWatchNotified(t *testing.T) {
	t.Parallel()
	st := open(t, newSchema(t, server(t)))
	ctx, cancel := context.WithCancel(t.Context())
	seen, done := make(chan string, 10), make(chan error, 1)
	go func() { done <- st.Watch(ctx, 2*time.Minute, func() { seen <- content(t, st) }) }()
	save(t, st, "a")
	storetest.Await(t, seen, "a")
	save(t, st, "b")
	storetest.Await(t, seen, "b", "a")
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestLostConnections ends every connection of the store from outside.
func TestLostConnections(t *testing.T) {
	t.Parallel()
	base := server(t)
	name := "nflow-test-" + rand.Text()
	st := open(t, with(newSchema(t, base), "application_name", name))
	save(t, st, "a")
	seen := storetest.Watching(t, st, func() string { return content(t, st) })
	storetest.Await(t, seen, "a")
	other := rawDB(t, base)
	defer other.Close()
	exec(t, other, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", name)
	// What was pooled is lost and says so at most once each.
	for range 20 {
		if err := st.SaveTemplate(t.Context(), store.Template{Name: "t", Content: "b"}); err == nil {
			break
		}
	}
	storetest.Await(t, seen, "b", "a")
	save(t, st, "c")
	storetest.Await(t, seen, "c", "b")
}

// TestOnlyRows opens tables of another owner: rows may be changed, triggers may not be made.
func TestOnlyRows(t *testing.T) {
	t.Parallel()
	dsn := newSchema(t, server(t))
	owner := open(t, dsn) // makes all tables
	for _, table := range store.Watched() {
		exec(t, owner.DB(), "DROP TRIGGER nflow_changed ON "+table)
	}
	role := "nflow_test_" + strings.ToLower(rand.Text())
	var schema string
	if err := owner.DB().QueryRow("SELECT current_schema()").Scan(&schema); err != nil {
		t.Fatal(err)
	}
	exec(t, owner.DB(), "CREATE ROLE "+role+" LOGIN")
	t.Cleanup(func() {
		exec(t, owner.DB(), "DROP OWNED BY "+role)
		exec(t, owner.DB(), "DROP ROLE "+role)
	})
	exec(t, owner.DB(), "GRANT USAGE ON SCHEMA "+schema+" TO "+role)
	exec(t, owner.DB(), "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "+schema+" TO "+role)
	exec(t, owner.DB(), "GRANT USAGE ON ALL SEQUENCES IN SCHEMA "+schema+" TO "+role)

	st := open(t, with(dsn, "user", role))
	seen := storetest.Watching(t, st, func() string { return content(t, st) })
	save(t, st, "a")
	storetest.Await(t, seen, "a")
	save(t, owner, "b")
	storetest.Await(t, seen, "b", "a")
}

// TestMissingDatabase makes it, also when two processes start at once.
func TestMissingDatabase(t *testing.T) {
	t.Parallel()
	base := server(t)
	name := "nflow Test " + rand.Text() // a name that needs quotes
	dsn := with(base, "dbname", name)
	t.Cleanup(func() {
		db := rawDB(t, base)
		defer db.Close()
		exec(t, db, "DROP DATABASE "+pgx.Identifier{name}.Sanitize())
	})
	opened := make(chan error, 2)
	for range cap(opened) {
		go func() {
			st, err := openStore(context.Background(), dsn)
			if err == nil {
				err = st.Close()
			}
			opened <- err
		}()
	}
	for range cap(opened) {
		if err := <-opened; err != nil {
			t.Error(err)
		}
	}
}

func TestBadDSN(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{"postgres://u:hunter2@[::1", "port=x password=hunter2", "host=127.0.0.1 port=1 user=u password=hunter2 dbname=hunter2"} {
		st, err := openStore(t.Context(), dsn)
		if err == nil {
			st.Close()
			t.Errorf("%q was opened", dsn)
			continue
		}
		f := fault.From(err)
		if !strings.Contains(f.Text, "database_nflow.dsn") || strings.Contains(f.Text, "hunter2") {
			t.Errorf("%q: bad text %q", dsn, f.Text)
		}
	}
}

// server returns the DSN of the test server, or skips the test.
func server(t *testing.T) string {
	t.Helper()
	dsn := os.Getenv("NFLOW_TEST_POSTGRES")
	if dsn == "" {
		dsn = "postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable"
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Skip("no PostgreSQL server answers; start one or name one in NFLOW_TEST_POSTGRES")
	}
	conn.Close(ctx)
	return dsn
}

// size reports what the tables of a schema take.
func size(t *testing.T, db *sql.DB, _ string) (n int64) {
	t.Helper()
	const query = `SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace`
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// with adds a parameter to a DSN of either form.
func with(dsn, key, value string) string {
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme == "" {
		return dsn + " " + key + "='" + value + "'"
	}
	q := u.Query()
	q.Set(key, value)
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20") // PostgreSQL knows no "+" for a blank
	return u.String()
}

// newSchema returns the DSN of a schema of its own.
func newSchema(t *testing.T, base string) string {
	t.Helper()
	name := "nflow_test_" + strings.ToLower(rand.Text())
	db := rawDB(t, base)
	exec(t, db, "CREATE SCHEMA "+name)
	t.Cleanup(func() {
		exec(t, db, "DROP SCHEMA "+name+" CASCADE")
		db.Close()
	})
	return with(with(base, "search_path", name), "synchronous_commit", "off") // tests need not survive a power cut
}

func openStore(ctx context.Context, dsn string) (store.Store, error) {
	return postgres.Open(ctx, postgres.Options{DSN: dsn})
}

func open(t *testing.T, dsn string) store.Store {
	t.Helper()
	st, err := openStore(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

func rawDB(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func exec(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(context.Background(), query, args...); err != nil {
		t.Fatal(err)
	}
}

func save(t *testing.T, st store.Store, content string) {
	t.Helper()
	if err := st.SaveTemplate(t.Context(), store.Template{Name: "t", Content: content}); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, st store.Store) string {
	t.Helper()
	for try := 0; ; try++ {
		tpl, err := st.Template(context.Background(), "t")
		if err == nil {
			return tpl.Content
		}
		if try == 20 { // pooled connections that a test has ended say so once each
			t.Error(err)
			return ""
		}
	}
}
