package servertest

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Database makes an empty database on the PostgreSQL server that all tests share, gone when the test ends. Where none
// answers the test skips.
func Database(t testing.TB) (dsn string) {
	t.Helper()
	name, at := own(t, "DATABASE", "WITH (FORCE)")
	at.Path = "/" + name
	return at.String()
}

// Schema is Database for a schema, which costs less.
func Schema(t testing.TB) (dsn string) {
	t.Helper()
	name, at := own(t, "SCHEMA", "CASCADE")
	q := at.Query()
	q.Set("search_path", name)
	at.RawQuery = q.Encode()
	return at.String()
}

// own makes a database or a schema of the test's own on the shared server, whose address it returns.
func own(t testing.TB, kind, drop string) (name string, at *url.URL) {
	t.Helper()
	server := os.Getenv("NFLOW_TEST_POSTGRES")
	if server == "" {
		server = "postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable"
	}
	admin, err := pgx.Connect(t.Context(), server)
	if err != nil {
		t.Skipf("no PostgreSQL server answers; start one or name one in NFLOW_TEST_POSTGRES: %v", err)
	}
	if at, err = url.Parse(server); err != nil {
		t.Skip("NFLOW_TEST_POSTGRES is no URL")
	}
	name = "nflow_test_" + strings.ToLower(rand.Text())
	if _, err := admin.Exec(t.Context(), "CREATE "+kind+" "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec(context.Background(), "DROP "+kind+" "+name+" "+drop); err != nil {
			t.Error(err)
		}
		_ = admin.Close(context.Background())
	})
	return name, at
}
