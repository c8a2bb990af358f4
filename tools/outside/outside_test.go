// Package outside is a program of others: a module of its own that sees only what this one exports.
package outside

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/model"
	"github.com/arturoeanton/nflow-runtime/plugins"
	"github.com/arturoeanton/nflow-runtime/process"
	"github.com/arturoeanton/nflow-runtime/replay"
)

const app = `{"drawflow": {"home": {"data": {
	"s1": {"data": {"type": "starter", "method": "GET", "urlpattern": "/step"}, "outputs": {"output_1": {"connections": [{"node": "a1"}]}}},
	"a1": {"data": {"type": "my-custom-step"}, "outputs": {"output_1": {"connections": [{"node": "a2"}]}}},
	"a2": {"data": {"type": "js", "code": "function main() { c.JSON(200, [payload.by, c.Get('user')]) }"}, "outputs": {}},
	"s2": {"data": {"type": "starter", "method": "GET", "urlpattern": "/rate"}, "outputs": {"output_1": {"connections": [{"node": "b1"}]}}},
	"b1": {"data": {"type": "js", "code": "function main() { c.JSON(200, [rate('USD'), Math.random()]) }"}, "outputs": {}},
	"s3": {"data": {"type": "starter", "method": "GET", "urlpattern": "/old"}, "outputs": {"output_1": {"connections": [{"node": "c1"}]}}},
	"c1": {"data": {"type": "dromedary", "dromedary_name": "old"}, "outputs": {"output_1": {"connections": [{"node": "c2"}]}}},
	"c2": {"data": {"type": "js", "code": "function main() { c.JSON(200, payload.by) }"}, "outputs": {}}
}}}}`

// MyCustomStep is the step of the README.
type MyCustomStep struct{}

func (s *MyCustomStep) Run(
	cc *model.Controller,
	actor *model.Node,
	c echo.Context,
	vm *goja.Runtime,
	connection_next string,
	vars model.Vars,
	currentProcess *process.Process,
	payload goja.Value,
) (string, goja.Value, error) {
	if err := payload.ToObject(vm).Set("by", "step"); err != nil {
		return "", nil, err
	}
	return actor.Outputs["output_1"].Connections[0].Node, payload, nil
}

// old is a plugin as older programs have them.
type old struct{}

func (old) Name() string                 { return "old" }
func (old) AddFeatureJS() map[string]any { return nil }
func (old) Run(echo.Context, map[string]string, any, string, chan string) (any, string, error) {
	return map[string]any{"by": "old"}, "", nil
}

// rates is a plugin that asks a service.
type rates struct{ asked int }

func (*rates) Name() string { return "rates" }
func (p *rates) Functions() []plugins.Function {
	return []plugins.Function{{
		Name: "rate", Sig: "rate(currency)", Doc: "Returns a rate.", Example: `rate("USD")`,
		Bind: plugins.Func(func(r plugins.Run, call goja.FunctionCall) goja.Value {
			var rate float64
			err := r.Effect("rates", call.Argument(0).String(), &rate, func(context.Context) error {
				p.asked++
				rate = 1.08
				return nil
			})
			if err != nil {
				r.Throw(err)
			}
			return r.ToJS(rate)
		}),
	}}
}

func get(t *testing.T, h http.Handler, path string) string {
	t.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	res, err := server.Client().Get(server.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(body))
}

// The program of the README, with what programs register before and after.
func TestProgram(t *testing.T) {
	_ = engine.ConfigWorkspace{
		DatabaseNflow: engine.DatabaseNflow{Driver: "sqlite"}, ConfigMail: engine.ConfigMail{}, HttpsEngineConfig: engine.HttpsConfig{}, MongoConfig: engine.MongoConfig{},
	}
	engine.RegisterStep("my-custom-step", &MyCustomStep{})
	configRepo := engine.GetConfigRepository()
	configRepo.SetConfig(engine.ConfigWorkspace{DatabaseNflow: engine.DatabaseConfig{Driver: "sqlite3", DSN: ":memory:"}})
	db, err := engine.GetDB()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`INSERT INTO nflow (name, json) VALUES ('app', $1)`, app); err != nil {
		t.Fatal(err)
	}
	engine.InitializePlaybookRepository(db)
	process.InitializeRepository()
	engine.RegisterPlugin(old{})
	e := echo.New()
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error { c.Set("user", "ana"); return next(c) }
	})
	e.Any("/*", engine.Handler("app"))
	if got := get(t, e, "/step"); got != `["step","ana"]` {
		t.Error(got)
	}
	if got := get(t, e, "/old"); got != `"old"` {
		t.Error(got)
	}
}

// A Runtime of the program's own, with a plugin; a run of it is recorded, kept as JSON, and replayed.
func TestRuntime(t *testing.T) {
	ctx := t.Context()
	log := slog.New(slog.DiscardHandler)
	st, err := engine.OpenStore(ctx, &engine.ConfigWorkspace{DatabaseNflow: engine.DatabaseConfig{DSN: ":memory:"}}, "", log)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if _, err := st.DB().ExecContext(ctx, `INSERT INTO nflow (name, json) VALUES ('shop', $1)`, app); err != nil {
		t.Fatal(err)
	}
	var effects replay.Effects
	rt, err := engine.New(engine.Options{
		Store: st, Log: log, Config: engine.ConfigWorkspace{History: engine.HistoryConfig{Record: "all"}},
		Effects: func(string) replay.Effects { return effects },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close(ctx)
	p := &rates{}
	if err := rt.Use(ctx, p); err != nil {
		t.Fatal(err)
	}
	if err := rt.Load(ctx, "shop"); err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.Any("/*", rt.Handler("shop"))

	recorder := &replay.Recorder{}
	effects = recorder
	first := get(t, e, "/rate")
	kept, err := json.Marshal(recorder.Events())
	if err != nil {
		t.Fatal(err)
	}
	var events []replay.Event
	if err := json.Unmarshal(kept, &events); err != nil {
		t.Fatal(err)
	}
	replayer := replay.NewReplayer(events)
	effects = replayer
	again := get(t, e, "/rate")
	if d := replayer.Difference(true); d != nil || again != first || p.asked != 1 || !strings.HasPrefix(first, "[1.08,") {
		t.Error(d, first, again, p.asked)
	}
}
