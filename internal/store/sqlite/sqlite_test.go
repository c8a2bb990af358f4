package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode"

	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
	"github.com/arturoeanton/nflow-runtime/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const legacy = `
	CREATE TABLE nflow (id INTEGER PRIMARY KEY, name TEXT, json BLOB, default_js TEXT, tag TEXT, extra TEXT);
	INSERT INTO nflow (name, json) VALUES ('app', CAST('{"drawflow": {"año": {}}}' AS BLOB));
	CREATE TABLE modules (id INTEGER PRIMARY KEY, name TEXT, form TEXT, mod BLOB, code TEXT);
	INSERT INTO modules (name, form, mod) VALUES ('_start', '<f>', '{"a": 1}');
	CREATE TABLE template (id INTEGER PRIMARY KEY, name TEXT, content TEXT);
	INSERT INTO template (name, content) VALUES ('page', 'p');
	CREATE TABLE users (id INTEGER PRIMARY KEY, username TEXT, password TEXT, rol TEXT, active {active});
	INSERT INTO users (username, password, rol, active) VALUES ('ana', 'oldhash', 'ROL_ADMIN', {yes}), ('ben', 'x', NULL, {no});
	CREATE TABLE api_tokens (id INTEGER PRIMARY KEY, name CHAR(20), token CHAR(20), start TIMESTAMP, expired {time}, active {active},
		header CHAR(20), token_type CHAR(20));
	INSERT INTO api_tokens (name, token, start, expired, active, header, token_type) VALUES
		('api     ', 's1   ', NULL, NULL, {yes}, '     ', NULL), ('api', 's2', '2020-01-02 03:04:05', 1000, {yes}, 'X-Key  ', 'Key '),
		('api', 's3', 1, '', {no}, NULL, NULL), ('api', 's4', 'x', 'soon', {yes}, NULL, NULL);`

func variant(active, yes, no, time string) string {
	return strings.NewReplacer("{active}", active, "{yes}", yes, "{no}", no, "{time}", time).Replace(legacy)
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.Driver{
		New:      func(t *testing.T) string { return filepath.Join(t.TempDir(), "nflow.db") },
		ReadOnly: func(dsn string) string { return "file:" + dsn + "?mode=ro" },
		Open: func(ctx context.Context, dsn string) (store.Store, error) {
			return sqlite.Open(ctx, sqlite.Options{DSN: dsn})
		},
		Raw: func(t *testing.T, dsn string) *sql.DB {
			db, err := sql.Open("sqlite", dsn+"?_pragma=busy_timeout(10000)")
			if err != nil {
				t.Fatal(err)
			}
			return db
		},
		Size: func(t *testing.T, db *sql.DB, dsn string) int64 {
			if _, err := db.ExecContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(dsn)
			if err != nil {
				t.Fatal(err)
			}
			return info.Size()
		},
		Legacy: map[string]string{
			"int":  variant("INTEGER", "1", "0", "INTEGER"),
			"bool": variant("BOOLEAN", "TRUE", "FALSE", "BIGINT"),
			"text": variant("TEXT", "'t'", "'f'", "TEXT"),
			"blob": variant("BLOB", "x'01'", "x'00'", "BLOB"),
			"none": variant("", "'TRUE'", "NULL", ""),
		},
	})
}

func TestMemory(t *testing.T) {
	t.Parallel()
	one, two := open(t, ":memory:"), open(t, ":memory:")
	ctx := t.Context()
	if err := one.SaveTemplate(ctx, store.Template{Name: "t"}); err != nil {
		t.Fatal(err)
	}
	if list, err := two.Templates(ctx); err != nil || len(list) != 0 {
		t.Errorf("databases in memory must be apart: %v %v", list, err)
	}
	seen := storetest.Watching(t, one, func() string { return "called" })
	storetest.Await(t, seen, "called")
}

func TestOwnQueriesStatement(t *testing.T) {
	t.Parallel()
	dsn := filepath.Join(t.TempDir(), "nflow.db")
	db := open(t, dsn).DB()
	_, err := db.ExecContext(t.Context(), `CREATE TABLE mine (n TEXT, q TEXT);
		INSERT INTO mine VALUES ('QueryGetTemplate', 'SELECT 1, $1, ''mine''')`)
	if err != nil {
		t.Fatal(err)
	}
	st, err := sqlite.Open(t.Context(), sqlite.Options{DSN: dsn, Queries: `SELECT n, q FROM mine`})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if tpl, err := st.Template(t.Context(), "x"); err != nil || tpl != (store.Template{Name: "x", Content: "mine"}) {
		t.Errorf("got %+v, %v", tpl, err)
	}
	if st, err := sqlite.Open(t.Context(), sqlite.Options{DSN: dsn, Queries: `SELECT n FROM nowhere`}); err == nil {
		st.Close()
		t.Error("a statement that fails must be told")
	} else if !strings.Contains(fault.From(err).Text, "database_nflow.query") {
		t.Error(err)
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{"a b/ñ%41#&.db", "x.db?cache=shared&_pragma=synchronous(FULL)", "file:u%20v.db?mode=rwc", "deep/er/n.db"} {
		t.Run(strings.Map(letters, dsn), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			full := filepath.Join(dir, dsn)
			if rest, ok := strings.CutPrefix(dsn, "file:"); ok {
				full = "file:" + filepath.ToSlash(dir) + "/" + rest
			}
			for range 2 {
				if err := open(t, full).SaveTemplate(t.Context(), store.Template{Name: "t"}); err != nil {
					t.Fatal(err)
				}
			}
			name, _, _ := strings.Cut(dsn, "?")
			name = strings.ReplaceAll(strings.TrimPrefix(name, "file:"), "%20", " ")
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Error("the file is not where it should be:", err)
			}
			if runtime.GOOS != "windows" {
				private(t, dir)
			}
		})
	}
}

// letters keeps a DSN's signs out of the name of the test's folder.
func letters(r rune) rune {
	if unicode.IsLetter(r) {
		return r
	}
	return '_'
}

// private checks that only the owner may read what was made below dir.
func private(t *testing.T, dir string) {
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", e.Name(), info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestBadDSN(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dsn := range []string{"", "file:", "x.db?a=%zz", "file:%zz.db", garbage, filepath.Join(garbage, "below.db"), "file:" + dir + "/none.db?mode=ro"} {
		st, err := sqlite.Open(t.Context(), sqlite.Options{DSN: dsn})
		if err == nil {
			st.Close()
			t.Errorf("%q was opened", dsn)
		} else if text := fault.From(err).Text; strings.Contains(text, dir) || !strings.Contains(text, "database") {
			t.Errorf("%q: bad text %q", dsn, text)
		}
	}
}

func open(t *testing.T, dsn string) store.Store {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Options{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

// TestBackup copies a database under constant writes: the copy is whole, and as the database was at one moment.
func TestBackup(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	st := open(t, filepath.Join(dir, "nflow.db"))
	if err := st.CreateUser(t.Context(), "ana", "ROL_USER", "hash"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	written := make(chan int64, 1)
	first := make(chan struct{})
	go func() { written <- writePairs(ctx, t, st, first) }()
	<-first
	copies := 3
	for i := range copies {
		if err := st.Backup(t.Context(), filepath.Join(dir, fmt.Sprint(i, ".db"))); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	total := <-written
	for i := range copies {
		checkCopy(t, filepath.Join(dir, fmt.Sprint(i, ".db")), total)
	}
	if err := st.Backup(t.Context(), filepath.Join(dir, "0.db")); fault.From(err).Kind != fault.Conflict {
		t.Errorf("over a file: %v", err)
	}
	if err := st.Backup(t.Context(), filepath.Join(dir, "none", "0.db")); err == nil {
		t.Error("a backup in no folder")
	}
	left, _ := filepath.Glob(filepath.Join(dir, ".nflow-backup*"))
	if len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

// writePairs writes two values that are always equal until ctx is done, and returns how often; first is closed after ten.
func writePairs(ctx context.Context, t *testing.T, st store.Store, first chan<- struct{}) int64 {
	var n int64
	for ctx.Err() == nil {
		// Two values that are always equal: a copy of two moments would show.
		tx, err := st.DB().BeginTx(context.Background(), nil)
		if err == nil {
			_, err = tx.ExecContext(context.Background(), `INSERT INTO nflow_kv (app, key, value, expires) VALUES ('a', $1, 'x', 0), ('b', $1, 'x', 0)`, n)
		}
		if err != nil {
			t.Error(err)
			break
		}
		if err := tx.Commit(); err != nil {
			t.Error(err)
			break
		}
		if n++; n == 10 {
			close(first)
		}
	}
	return n
}

// checkCopy fails the test unless a copy is whole, private, and as the database was at one moment.
func checkCopy(t *testing.T, file string, total int64) {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	copied := open(t, file)
	var a, b int64
	var whole string
	if err := copied.DB().QueryRow(`SELECT (SELECT count(*) FROM nflow_kv WHERE app = 'a'), (SELECT count(*) FROM nflow_kv WHERE app = 'b')`).Scan(&a, &b); err != nil {
		t.Fatal(err)
	}
	if err := copied.DB().QueryRow(`PRAGMA integrity_check`).Scan(&whole); err != nil || whole != "ok" {
		t.Errorf("integrity: %s, %v", whole, err)
	}
	if a != b || a < 10 || a > total {
		t.Errorf("%s has %d and %d of %d", file, a, b, total)
	}
	if hash, err := copied.Credential(t.Context(), "ana"); err != nil || hash != "hash" {
		t.Errorf("credential %q, %v", hash, err)
	}
}

// TestLockedByAnother: an old program that holds the file for itself is named as the reason.
func TestLockedByAnother(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "nflow.db")
	old, err := sql.Open("sqlite", file+"?_pragma=locking_mode(EXCLUSIVE)")
	if err != nil {
		t.Fatal(err)
	}
	old.SetMaxOpenConns(1)
	defer old.Close()
	if _, err := old.Exec(`CREATE TABLE nflow (id INTEGER, name TEXT, json TEXT, default_js TEXT, tag TEXT)`); err != nil {
		t.Fatal(err)
	}
	st, err := sqlite.Open(t.Context(), sqlite.Options{DSN: file + "?_pragma=busy_timeout(100)"})
	if err == nil {
		st.Close()
		t.Fatal("a locked file was opened")
	}
	if text := fault.From(err).Text; fault.From(err).Kind != fault.Unavailable || !strings.Contains(text, "locked by another program") {
		t.Errorf("error: %v", err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, file)
}

func TestSynchronous(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		option, params string
		want           int
	}{{"", "", 1}, {"full", "", 2}, {"off", "", 0}, {"extra", "", 3}, {"full", "?_pragma=synchronous(OFF)", 0}} {
		st, err := sqlite.Open(t.Context(), sqlite.Options{DSN: filepath.Join(t.TempDir(), "nflow.db") + c.params, Synchronous: c.option})
		if err != nil {
			t.Fatal(err)
		}
		var mode, timeout int
		var journal string
		if err := st.DB().QueryRow(`PRAGMA synchronous`).Scan(&mode); err != nil || mode != c.want {
			t.Errorf("%q with %q: %d, %v", c.option, c.params, mode, err)
		}
		if err := st.DB().QueryRow(`PRAGMA busy_timeout`).Scan(&timeout); err != nil || timeout != 10000 {
			t.Errorf("busy timeout %d, %v", timeout, err)
		}
		if err := st.DB().QueryRow(`PRAGMA journal_mode`).Scan(&journal); err != nil || journal != "wal" {
			t.Errorf("journal %s, %v", journal, err)
		}
		st.Close()
	}
}

// TestReadersBesideTheWriter: while a transaction writes, others read what was before it.
func TestReadersBesideTheWriter(t *testing.T) {
	t.Parallel()
	st := open(t, filepath.Join(t.TempDir(), "nflow.db"))
	if err := st.SaveTemplate(t.Context(), store.Template{Name: "t", Content: "before"}); err != nil {
		t.Fatal(err)
	}
	tx, err := st.DB().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(`UPDATE template SET content = 'after'`); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if got, err := st.Template(t.Context(), "t"); err != nil || got.Content != "before" {
			t.Errorf("%q, %v", got.Content, err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if got, err := st.Template(t.Context(), "t"); err != nil || got.Content != "after" {
		t.Errorf("%q, %v", got.Content, err)
	}
}
