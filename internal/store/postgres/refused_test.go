package postgres_test

import (
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

// TestRefused: a server that answers and refuses is not said to be unreachable, and no password is told.
func TestRefused(t *testing.T) {
	t.Parallel()
	server := servertest.Postgres(t)
	db := rawDB(t, server.DSN())
	defer db.Close()
	for _, s := range []string{
		"CREATE ROLE ana LOGIN PASSWORD 'right'", "CREATE ROLE ben LOGIN", "CREATE ROLE carl LOGIN", "CREATE ROLE full LOGIN CONNECTION LIMIT 0",
		"CREATE DATABASE shut", "REVOKE CONNECT ON DATABASE shut FROM PUBLIC",
	} {
		exec(t, db, s)
	}
	var hba string
	if err := db.QueryRowContext(t.Context(), "SHOW hba_file").Scan(&hba); err != nil {
		t.Fatal(err)
	}
	exec(t, db, `COPY (VALUES ('host all ana 127.0.0.1/32 scram-sha-256'), ('host all carl 127.0.0.1/32 reject'),
		('host all all 127.0.0.1/32 trust')) TO '`+hba+`'`)
	db.Close()
	server.Stop() // reading the file anew while it runs would take a while
	server.Start()

	at := "the PostgreSQL server at " + server.Addr + " was reached"
	for name, c := range map[string]struct{ user, database, want string }{
		"password":    {"ana:hunter2", "postgres", at + ` and refuses user "ana" or its password; check database_nflow.dsn`},
		"no password": {"ana", "postgres", at + ` and refuses user "ana" or its password`},
		"no role":     {"nobody:hunter2", "postgres", at + ` and refuses user "nobody" or its password`},
		"shut out":    {"carl:hunter2", "postgres", at + ` and refuses user "carl" or its password; check database_nflow.dsn and the server's pg_hba.conf`},
		"no database": {"ben:hunter2", "shop", at + `: it has no database "shop", and user "ben" could not create it; create it there`},
		"no connect":  {"ben:hunter2", "shut", at + ` and does not let user "ben" into database "shut"`},
		"full":        {"full:hunter2", "postgres", at + ` and refuses the connection (SQLSTATE 53300; -v shows its message)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, err := openStore(t.Context(), "postgres://"+c.user+"@"+server.Addr+"/"+c.database+"?sslmode=disable")
			if err == nil {
				st.Close()
				t.Fatal("it was let in")
			}
			f := fault.From(err)
			if f.Kind != fault.Unavailable || !strings.HasPrefix(f.Text, c.want) {
				t.Errorf("got  %s\nwant %s", f.Text, c.want)
			}
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(f.Text, "cannot be reached") {
				t.Errorf("it says %v", err)
			}
		})
	}
}
