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
	server := os.Getenv("NFLOW_TEST_POSTGRES")
	if server == "" {
		server = "postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable"
	}
	admin, err := pgx.Connect(t.Context(), server)
	if err != nil {
		t.Skip("no PostgreSQL server answers; start one or name one in NFLOW_TEST_POSTGRES")
	}
	at, err := url.Parse(server)
	if err != nil {
		t.Skip("NFLOW_TEST_POSTGRES is no URL")
	}
	name := "nflow_test_" + strings.ToLower(rand.Text())
	if _, err := admin.Exec(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
		_ = admin.Close(context.Background())
	})
	at.Path = "/" + name
	return at.String()
}
