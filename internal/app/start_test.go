package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/servertest"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

var passwordShown = regexp.MustCompile(`as demo with password (\S+)`)

func TestFirstStart(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "new", "data")
	begun := time.Now()
	s := start(t, Options{Data: data, Version: "v1.2.3"})
	a := s.get("/")
	equal(t, "start page", a.StatusCode, 200)
	if took := time.Since(begun); took > 5*time.Second { // a second on an idle machine
		t.Error("the first start took", took)
	}
	has(t, s.get("/hello/ana").body, "ana")
	equal(t, "private without login", s.get("/private").StatusCode, 307)

	banner := s.out.String()
	for _, part := range []string{"nFlow Runtime v1.2.3", s.url + "/", "app (7 flows, 9 starters, no problems)", "demo app"} {
		has(t, banner, part)
	}
	shown := passwordShown.FindStringSubmatch(banner)
	if shown == nil {
		t.Fatal("the banner shows no password:\n" + banner)
	}
	hasNot(t, s.log.String(), shown[1])
	info, err := os.Stat(filepath.Join(data, "nflow.db"))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "rights of the database", info.Mode().Perm(), 0o600)
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}

	// The second start finds everything and shows no password.
	s = start(t, Options{Data: data})
	has(t, s.get("/hello/ana").body, "ana")
	hasNot(t, s.out.String(), "password")
	hasNot(t, s.out.String(), "empty database")
}

func TestNobodyToReadThePassword(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c, _, err := engine.ConfigFile{}.Load()
	if err != nil {
		t.Fatal(err)
	}
	st, err := engine.OpenStore(ctx, c, t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	gone, cancel := context.WithCancel(ctx)
	cancel() // what has begun is finished
	if first, err := seed(ctx, st, "some/app.json", false); err != nil || first.seeded || !st.Fresh() {
		t.Fatal("an app of a folder needs no demo beside it", first, err)
	}
	first, err := seed(gone, st, "app", false)
	if err != nil || !first.seeded || first.password != "" {
		t.Fatal(first, err)
	}
	users, err := st.Users(ctx)
	equal(t, "users", fmt.Sprint(users, err), "[] <nil>")
	apps, err := st.Apps(ctx)
	equal(t, "apps", fmt.Sprint(apps, err), "[app] <nil>")
	modules, _ := st.Modules(ctx)
	equal(t, "modules", len(modules), 21)

	// Two processes may start on one empty database at the same moment: the second's seed changes nothing.
	for i, made := range []bool{true, false} {
		first, err := seed(ctx, st, "app", true)
		if err != nil || (first.password != "") != made {
			t.Error(i, first.password, err)
		}
	}
	again, _ := st.Modules(ctx)
	equal(t, "modules afterwards", len(again), len(modules))
}

func TestStartsThatFail(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.json")
	if err := os.WriteFile(broken, []byte("{\n  \"drawflow\": {,}\n}"), 0o600); err != nil {
		t.Fatal(err)
	}
	seeded := t.TempDir()
	s := launch(t, Options{Data: seeded})
	s.get("/")
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		options Options
		env     []string
		says    []string
	}{
		{"no such app", Options{Data: seeded, App: "other"}, nil, []string{"other"}},
		{"no such file", Options{App: filepath.Join(dir, "missing.json")}, nil, []string{"missing.json"}},
		{"broken file", Options{App: broken}, nil, []string{"line 2"}},
		{"address in use", Options{Addr: taken.Addr().String()}, nil, []string{taken.Addr().String(), "in use", "--addr"}},
		{"no certificate", Options{}, []string{"NFLOW_HTTPS_ENGINE_ENABLE=true", "NFLOW_HTTPS_ENGINE_CERT=no.pem", "NFLOW_HTTPS_ENGINE_KEY=no.pem"}, []string{"https_engine.cert"}},
		{"data is a file", Options{Data: file}, nil, []string{"--data"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, _, err := engine.ConfigFile{Environ: test.env}.Load()
			if err != nil {
				t.Fatal(err)
			}
			o := test.options
			o.Config = c
			if o.Data == "" {
				o.Data = t.TempDir()
			}
			ctx, cancel := context.WithTimeout(t.Context(), long)
			defer cancel()
			err = Run(ctx, o)
			f, ok := errors.AsType[*fault.Error](err)
			if !ok {
				t.Fatalf("the error is %#v", err)
			}
			for _, part := range test.says {
				has(t, f.Text, part)
			}
		})
	}
}

func TestWarnsOfWhatIsNotThereYet(t *testing.T) {
	t.Parallel()
	s := start(t, Options{}, "NFLOW_RATE_LIMIT_ENABLED=true", "NFLOW_HTTPS_DESIGNER_ENABLE=true")
	s.get("/")
	has(t, s.log.String(), "[https_designer] is enabled")
	hasNot(t, s.log.String(), "[debug] is enabled")
}

// TestPostgres starts on a database that does not exist yet.
func TestPostgres(t *testing.T) {
	t.Parallel()
	server := os.Getenv("NFLOW_TEST_POSTGRES")
	if server == "" {
		server = "postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable"
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	admin, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Skip("no PostgreSQL server answers; start one or name one in NFLOW_TEST_POSTGRES")
	}
	defer admin.Close(context.Background())
	name := "nflow_app_" + strings.ToLower(rand.Text()[:10])
	dsn, err := url.Parse(server)
	if err != nil {
		t.Skip("NFLOW_TEST_POSTGRES is no URL")
	}
	dsn.Path = "/" + name
	defer admin.Exec(context.Background(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")

	for i := range 2 {
		s := launch(t, Options{}, "NFLOW_DATABASE_NFLOW_DRIVER=postgres", "NFLOW_DATABASE_NFLOW_DSN="+dsn.String())
		has(t, s.get("/hello/ana").body, "ana")
		equal(t, "password shown", strings.Contains(s.out.String(), "password"), i == 0)
		has(t, s.get("/health").body, `"database":{"status":"healthy"}`)
		if err := s.stop(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestExpiredSessionsAreRemoved(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c, _, err := engine.ConfigFile{}.Load()
	if err != nil {
		t.Fatal(err)
	}
	var log servertest.Record
	logger := slog.New(slog.NewTextHandler(&log, nil))
	st, err := engine.OpenStore(ctx, c, t.TempDir(), logger)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for id, expires := range map[string]time.Time{"old": now.Add(-time.Minute), "young": now.Add(time.Minute)} {
		if err := st.SaveBlob(ctx, id, []byte("x"), expires); err != nil {
			t.Fatal(err)
		}
	}
	prune(ctx, "sessions", st.PruneBlobs, now, logger)
	if _, err := st.LoadBlob(ctx, "young"); err != nil {
		t.Error("a session that lives is gone:", err)
	}
	if _, err := st.LoadBlob(ctx, "old"); !errors.Is(err, store.ErrNotFound) {
		t.Error("an expired session is still there:", err)
	}
	has(t, log.String(), "number=1")
	st.Close()
	prune(ctx, "sessions", st.PruneBlobs, now, logger)
	has(t, log.String(), "could not be removed")
}

// TestSwitchesWithoutEffect: who switches on what this version does not have is told, once for each.
func TestSwitchesWithoutEffect(t *testing.T) {
	t.Parallel()
	s := start(t, Options{}, "NFLOW_HTTPS_DESIGNER_ENABLE=true", "NFLOW_HTTPS_ENGINE_HTTPBASIC=true")
	s.get("/")
	for _, name := range []string{"[https_designer]", "[https_engine] httpbasic"} {
		equal(t, name, strings.Count(s.log.String(), name+" is enabled in the configuration; this version does not support it yet"), 1)
	}
	s = start(t, Options{})
	s.get("/")
	hasNot(t, s.log.String(), "does not support it yet")
}
