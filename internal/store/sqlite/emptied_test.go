package sqlite_test

import (
	"bytes"
	"database/sql"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
)

// What stands where the database should be is told as it is, and never taken for a database in silence.
func TestWhatIsNoDatabase(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		make    func(t *testing.T, path string)
		trouble store.Trouble // Open fails
		says    string        // of the error, or else of the log
	}{
		"nothing": {func(*testing.T, string) {}, "", ""},
		"ours": {func(t *testing.T, path string) {
			statement(t, path, `CREATE TABLE nflow (id INTEGER PRIMARY KEY, name TEXT, json BLOB, default_js TEXT)`)
		}, "", ""},
		"empty":             {func(t *testing.T, path string) { write(t, path, "") }, "", "was empty, and becomes a new one"},
		"no tables":         {func(t *testing.T, path string) { statement(t, path, `PRAGMA user_version = 3`) }, "", "was empty, and becomes a new one"},
		"another's":         {func(t *testing.T, path string) { statement(t, path, `CREATE TABLE bookmarks (url TEXT)`) }, "", "another program's"},
		"emptied":           {func(t *testing.T, path string) { write(t, path, ""); write(t, path+"-wal", strings.Repeat("x", 5000)) }, store.Damaged, "is empty, but"},
		"one byte":          {func(t *testing.T, path string) { write(t, path, "x") }, store.Damaged, "damaged"},
		"a text":            {func(t *testing.T, path string) { write(t, path, strings.Repeat("Dear Ana,\n", 1000)) }, store.Damaged, "damaged"},
		"zeros":             {func(t *testing.T, path string) { write(t, path, strings.Repeat("\x00", 8192)) }, store.Damaged, "damaged"},
		"half a head":       {func(t *testing.T, path string) { write(t, path, "SQLite format 3\x00\x10\x00") }, store.Damaged, "damaged"},
		"a folder":          {func(t *testing.T, path string) { mkdir(t, path) }, "", "cannot be opened"},
		"a link to nothing": {func(t *testing.T, path string) { link(t, filepath.Join(filepath.Dir(path), "gone", "nflow.db"), path) }, "", "cannot be opened"},
		"a link to itself":  {func(t *testing.T, path string) { link(t, path, path) }, "", "cannot be opened"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "nflow.db")
			c.make(t, path)
			before, _ := os.ReadFile(path)
			wal, _ := os.ReadFile(path + "-wal")
			var log bytes.Buffer
			s, err := sqlite.Open(t.Context(), sqlite.Options{DSN: path, Log: slog.New(slog.NewTextHandler(&log, nil))})
			said := log.String()
			if err == nil {
				defer s.Close()
			} else {
				said = err.Error()
			}
			fails := c.trouble != "" || c.says == "cannot be opened"
			if (err != nil) != fails || c.trouble != "" && store.TroubleOf(err) != c.trouble || !strings.Contains(said, c.says) || c.says == "" && said != "" {
				t.Errorf("trouble %q, error %v, log %s", store.TroubleOf(err), err, log.String())
			}
			after, _ := os.ReadFile(path)
			if log, _ := os.ReadFile(path + "-wal"); c.trouble != "" && (!bytes.Equal(before, after) || !bytes.Equal(wal, log)) {
				t.Error("what was there has changed")
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func statement(t *testing.T, path, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, to, path string) {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
}
