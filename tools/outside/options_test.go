package outside

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/logger"
	"github.com/arturoeanton/nflow-runtime/model"
	"github.com/arturoeanton/nflow-runtime/process"
	"github.com/arturoeanton/nflow-runtime/store"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

const shop = `{"drawflow": {"Shop": {"data": {
	"s1": {"data": {"type": "starter", "method": "GET", "urlpattern": "/key"}, "outputs": {"output_1": {"connections": [{"node": "a1"}]}}},
	"a1": {"data": {"type": "js", "code": "function main() { c.JSON(200, [secrets.get('crm').length, wid]) }"}, "outputs": {}},
	"s2": {"data": {"type": "starter", "method": "GET", "urlpattern": "/fail"}, "outputs": {"output_1": {"connections": [{"node": "b1"}]}}},
	"b1": {"data": {"type": "js", "code": "function main() { throw new Error('no stock') }"}, "outputs": {}}
}}}}`

// vault keeps secrets outside the database.
type vault struct{ engine.Store }

func (vault) Secret(_ context.Context, name string) (string, error) { return "key of " + name, nil }

// shelf is where the program keeps its app.
type shelf struct{ app model.App }

func (s shelf) Load(context.Context) (*model.Bundle, error) { return &model.Bundle{App: s.app}, nil }
func (s shelf) Watch(ctx context.Context, _ func()) error   { <-ctx.Done(); return nil }

// clock stands still.
type clock struct{}

func (clock) Now() time.Time { return time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC) }
func (clock) Sleep(ctx context.Context, _ time.Duration) error {
	return context.Cause(ctx)
}

// meter counts runs by their status.
type meter struct{ runs chan string }

func (m meter) Flow(string, []string) engine.FlowMeter    { return m }
func (meter) Waited(time.Duration)                        {}
func (meter) Limit(string)                                {}
func (meter) Call(string, bool)                           {}
func (meter) Use(string)                                  {}
func (meter) Node(string, string, time.Duration)          {}
func (m meter) Run(s string, _ time.Duration, _, _ int64) { m.runs <- s }

func open(t *testing.T, c *engine.ConfigWorkspace) store.Store {
	t.Helper()
	st, err := engine.OpenStore(t.Context(), c, t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

// Everything that Options take is the program's own.
func TestOptions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(file, []byte("[history]\nrecord = \"all\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config, warnings, err := engine.ConfigFile{Path: file, Required: true}.Load()
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	var own engine.Store = vault{open(t, config)}
	sessions, err := syncsession.NewCookie(syncsession.Options{Name: "visit", Keys: [][]byte{make([]byte, 32)}})
	if err != nil {
		t.Fatal(err)
	}
	mask, err := logger.NewMasker(logger.MaskOptions{})
	if err != nil {
		t.Fatal(err)
	}
	runs := meter{make(chan string, 2)}
	from := func(string) engine.Source { return shelf{model.App{JSON: []byte(shop)}} }
	rt, err := engine.New(engine.Options{
		Store: own, Config: *config, Sessions: sessions, Source: from, Processes: process.NewRepository(), Log: slog.New(slog.DiscardHandler),
		Mask: mask, Meter: runs, Clock: clock{}, NewID: func() string { return "run-1" },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close(context.Background())
	if err := rt.Load(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.Any("/*", rt.Handler("shop"))
	if got := get(t, e, "/key"); got != `[10,"run-1"]` {
		t.Error(got)
	}
	if status := <-runs.runs; status != "ok" {
		t.Error(status)
	}
	rt.Close(context.Background())
	var kept engine.History = rt.History()
	run, err := kept.Run(t.Context(), "run-1")
	if err != nil || run.Status != store.RunOK || run.Answer != http.StatusOK || !run.Started.Equal(clock{}.Now()) {
		t.Errorf("%+v %v", run, err)
	}
	if _, err := kept.Run(t.Context(), "run-2"); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
}

// What a Runtime reports has types that a program can name.
func TestReports(t *testing.T) {
	rt, err := engine.New(engine.Options{
		Store: open(t, &engine.ConfigWorkspace{}), Log: slog.New(slog.DiscardHandler), Config: engine.ConfigWorkspace{VMPoolConfig: engine.VMPoolConfig{MaxOperations: engine.None}},
		Source: func(string) engine.Source { return shelf{model.App{JSON: []byte(shop)}} },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close(context.Background())
	if rt.Graph("shop") != nil {
		t.Error("an app that is not loaded has a graph")
	}
	if err := rt.Load(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}
	g := rt.Graph("shop")
	starters := g.Starters()
	if want := (model.Starter{Flow: "Shop", Node: "s1", Method: "GET", Pattern: "/key"}); len(starters) != 2 || !slices.Contains(starters, want) {
		t.Errorf("%+v", starters)
	}
	if f := g.Flow("Shop"); f == nil || f.Broken != nil || len(f.Nodes) != 4 || len(g.Problems) != 0 {
		t.Errorf("%+v", g)
	}
	problems, err := rt.Lint(model.App{JSON: []byte(`{"drawflow": {"Shop": {"data": {"1": {"data": {"type": "starter", "urlpattern": "/"}, "outputs": {"output_1": {"connections": [{"node": "9"}]}}}}}}}`)})
	if err != nil || !slices.ContainsFunc(problems, func(p model.Problem) bool { return p.Rule == "missing-node" && p.Level == model.LevelWarning }) {
		t.Errorf("%+v %v", problems, err)
	}
	globals, err := rt.Describe()
	if err != nil || !slices.ContainsFunc(globals, func(g model.Global) bool { return g.Name == "secrets" && len(g.Members) > 0 }) {
		t.Error(err)
	}

	var accounts engine.Accounts = rt.Accounts()
	if err := accounts.AddUser(t.Context(), "ana", "correct horse battery", ""); err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{"correct horse battery": true, "wrong": false} {
		if ok, err := accounts.ValidateUser(t.Context(), "ana", password, ""); ok != want || err != nil {
			t.Error(password, ok, err)
		}
	}
	events := rt.History().Watch(t.Context())
	e := echo.New()
	e.Any("/*", rt.Handler("shop"))
	get(t, e, "/fail")
	var began, ended store.RunEvent = <-events, <-events
	if !began.Began || ended.Began || ended.Run.Status != store.RunError || ended.Run.Flow != "Shop" {
		t.Errorf("%+v %+v", began, ended)
	}
}
