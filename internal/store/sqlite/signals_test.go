package sqlite_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
	"github.com/arturoeanton/nflow-runtime/internal/store/storetest"
)

// long bounds everything that must happen; nothing waits for it unless it is broken.
const long = 20 * time.Second

// TestAccountsByHand changes users and tokens with another program, in a database that an older version has made.
func TestAccountsByHand(t *testing.T) {
	t.Parallel()
	dsn := filepath.Join(t.TempDir(), "nflow.db")
	raw := other(t, dsn, variant("INTEGER", "1", "0", "INTEGER"))
	heard := storetest.Listening(t, open(t, dsn))
	for _, c := range []struct {
		sql     string
		account bool
	}{
		{`UPDATE users SET active = 0 WHERE username = 'ana'`, true},
		{`UPDATE users SET active = 0 WHERE username = 'nobody'`, false},
		{`INSERT INTO users (username, password, rol, active) VALUES ('eva', 'x', 'ROL_USER', 1)`, true},
		{`INSERT INTO nflow_credentials (username, hash) VALUES ('eva', 'h')`, false},
		{`UPDATE nflow_credentials SET hash = 'i'`, true},
		{`DELETE FROM nflow_credentials`, true},
		{`DELETE FROM users WHERE username = 'eva'`, true},
		{`UPDATE api_tokens SET active = 0`, true},
		{`INSERT OR REPLACE INTO api_tokens (id, name) VALUES (1, 'b')`, true},
		{`DELETE FROM api_tokens`, true},
		{`DELETE FROM api_tokens`, false},
		{`UPDATE nflow SET tag = 'x'`, false},
		{`ALTER TABLE users ADD COLUMN mail TEXT`, false},
		{`UPDATE users SET mail = 'a@example.com'`, true},
	} {
		run(t, raw, c.sql)
		if got := afterwards(t, raw, heard); got != c.account {
			t.Errorf("%s: signalled %v", c.sql, got)
		}
	}
}

// afterwards reports whether a change of accounts is signalled for what was written before.
func afterwards(t *testing.T, raw *sql.DB, heard <-chan string) (signalled bool) {
	t.Helper()
	for range 3 { // the first may be older, the next report all
		run(t, raw, `INSERT INTO tracker (log_id) VALUES ('x')`)
		select {
		case what := <-heard:
			signalled = signalled || what == store.SignalAccounts
		case <-time.After(long):
			t.Fatal("nothing is heard")
		}
	}
	return signalled
}

// TestAccountsElsewhere: databases whose table of users takes no triggers, has lost them or may not be written serve on.
func TestAccountsElsewhere(t *testing.T) {
	t.Parallel()
	const view = `CREATE TABLE people (id INTEGER PRIMARY KEY, username TEXT, password TEXT, rol TEXT, active INTEGER);
		CREATE VIEW users AS SELECT * FROM people`
	const again = `ALTER TABLE users RENAME TO old_users;
		CREATE TABLE users (id INTEGER PRIMARY KEY, username TEXT, password TEXT, rol TEXT, active INTEGER)`
	const addUser = `INSERT INTO users (username, password, rol, active) VALUES ('a', 'x', 'ROL_USER', 1)`
	for _, c := range []struct {
		name, before, between, params, change string
		account                               bool
	}{
		{name: "a view", before: view, change: `INSERT INTO people (username) VALUES ('a')`},
		{name: "a view, and tokens", before: view, change: `INSERT INTO api_tokens (name, token) VALUES ('a', 's')`, account: true},
		{name: "made anew", between: again, change: `INSERT INTO users (username) VALUES ('a')`, account: true},
		{name: "a count that is gone", between: `DROP TABLE nflow_accounts`, change: addUser, account: true},
		{name: "read-only", params: "?mode=ro", change: addUser, account: true},
		{name: "read-only, uncounted", between: uncount, params: "?mode=ro", change: addUser},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "nflow.db")
			raw := other(t, file, c.before)
			if err := open(t, file).Close(); err != nil {
				t.Fatal(err)
			}
			run(t, raw, c.between)
			heard := storetest.Listening(t, open(t, "file:"+file+c.params))
			raw = other(t, file, c.change) // it knows the tables as they are now
			if got := afterwards(t, raw, heard); got != c.account {
				t.Errorf("signalled %v", got)
			}
		})
	}
}

// uncount takes away what an older version has not made.
const uncount = `DROP TRIGGER nflow_accounts_users_INSERT; DROP TRIGGER nflow_accounts_users_UPDATE; DROP TRIGGER nflow_accounts_users_DELETE;
	DROP TRIGGER nflow_accounts_api_tokens_INSERT; DROP TRIGGER nflow_accounts_api_tokens_UPDATE; DROP TRIGGER nflow_accounts_api_tokens_DELETE;
	DROP TRIGGER nflow_accounts_nflow_credentials_UPDATE; DROP TRIGGER nflow_accounts_nflow_credentials_DELETE; DROP TABLE nflow_accounts`

// TestSignalsOutliveTheCount: kills are heard while nothing can be said of accounts.
func TestSignalsOutliveTheCount(t *testing.T) {
	t.Parallel()
	st := open(t, filepath.Join(t.TempDir(), "nflow.db"))
	heard := storetest.Listening(t, st)
	run(t, st.DB(), `DROP TABLE nflow_accounts`)
	if err := st.AskKill(t.Context(), "w"); err != nil {
		t.Fatal(err)
	}
	if afterwards(t, st.DB(), heard) {
		t.Error("a change of accounts was signalled")
	}
}

// TestSignalsMissNothing: what changes between Open and Signals is signalled; and where nothing is written, nothing more.
func TestSignalsMissNothing(t *testing.T) {
	t.Parallel()
	for name, dsn := range map[string]string{"file": filepath.Join(t.TempDir(), "nflow.db"), "memory": ":memory:"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, err := sqlite.Open(t.Context(), sqlite.Options{DSN: dsn, MaxOpen: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			seen := storetest.Watching(t, st, func() string { return "called" })
			if err := st.SaveTemplate(t.Context(), store.Template{Name: "t"}); err != nil {
				t.Fatal(err)
			}
			storetest.Await(t, seen, "called")
			if err := st.CreateUser(t.Context(), "ana", "r", "h"); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			var got []string
			st.Signals(ctx, time.Millisecond, func(what string) { got = append(got, what) })
			if len(got) != 2 || got[0] != store.SignalAccounts || got[1] != "" {
				t.Errorf("heard %q", got)
			}
		})
	}
}

// other opens a database as another program does, and runs statements.
func other(t *testing.T, file, statements string) *sql.DB {
	t.Helper()
	raw, err := sql.Open("sqlite", file+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	run(t, raw, statements)
	return raw
}

func run(t *testing.T, db *sql.DB, statements string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
}
