package engine_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/model"
	"github.com/arturoeanton/nflow-runtime/plugins"
	"github.com/arturoeanton/nflow-runtime/process"
	"github.com/arturoeanton/nflow-runtime/store"
)

// script returns an app whose one flow runs JavaScript at /.
func script(code string) model.App {
	return model.App{JSON: fmt.Appendf(nil, `{"drawflow": {"Main": {"data": {
		"1": {"data": {"type": "starter", "method": "GET", "urlpattern": "/"}, "outputs": {"output_1": {"connections": [{"node": "2"}]}}},
		"2": {"data": {"type": "js", "name_box": "answer", "code": %q}, "outputs": {}}
	}}}}`, code)}
}

// memory is a Source of an app that the program has at hand.
type memory model.App

// Load returns the app.
func (m memory) Load(context.Context) (*model.Bundle, error) {
	return &model.Bundle{App: model.App(m)}, nil
}

// Watch has nothing to report.
func (m memory) Watch(ctx context.Context, _ func()) error {
	<-ctx.Done()
	return nil
}

// newRuntime makes a Runtime that serves an app under the name "app", and what closes it. What o leaves out are a database and a
// log for examples.
func newRuntime(app model.App, o engine.Options) (rt *engine.Runtime, done func()) {
	ctx := context.Background()
	o.Log = slog.New(slog.DiscardHandler)
	o.Source = func(string) engine.Source { return memory(app) }
	st := openStore()
	if o.Store == nil {
		o.Store = st
	}
	rt, err := engine.New(o)
	if err == nil {
		err = rt.Load(ctx, "app")
	}
	if err != nil {
		panic(err)
	}
	return rt, func() {
		rt.Close(ctx)
		st.Close()
	}
}

// openStore opens a database in memory.
func openStore() store.Store {
	c := &engine.ConfigWorkspace{DatabaseNflow: engine.DatabaseConfig{Driver: "sqlite", DSN: ":memory:"}}
	st, err := engine.OpenStore(context.Background(), c, "", slog.New(slog.DiscardHandler))
	if err != nil {
		panic(err)
	}
	return st
}

// server serves an app in an Echo.
func server(rt *engine.Runtime) *echo.Echo {
	e := echo.New()
	e.Any("/*", rt.Handler("app"))
	return e
}

// A program makes a Runtime of its own: several may be in one process.
func ExampleNew() {
	ctx := context.Background()
	config := engine.ConfigWorkspace{DatabaseNflow: engine.DatabaseConfig{Driver: "sqlite", DSN: ":memory:"}}
	log := slog.New(slog.DiscardHandler)
	st, err := engine.OpenStore(ctx, &config, "data", log)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer st.Close()
	if err := st.SaveApp(ctx, store.App{Name: "app", JSON: []byte(helloApp)}); err != nil {
		fmt.Println(err)
		return
	}
	config.Env = map[string]string{"shop": "Corner Shop"}
	rt, err := engine.New(engine.Options{Store: st, Config: config, Log: log})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close(ctx)

	e := echo.New()
	e.Any("/*", rt.Handler("app"))
	get(e, "/hello/ana")
	// Output: 200 {"hello":"ana","from":"Corner Shop"}
}

// An Echo middleware and a flow see the values that the other sets.
func ExampleRuntime_Handler() {
	rt, done := newRuntime(script(`function main() { c.Set("total", 3); c.JSON(200, {user: c.Get("user")}) }`), engine.Options{})
	defer done()

	e := echo.New()
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.Set("user", "ana")
			err := next(c)
			fmt.Println("total:", c.Get("total"))
			return err
		}
	})
	e.Any("/*", rt.Handler("app"))
	get(e, "/")
	// Output:
	// total: 3
	// 200 {"user":"ana"}
}

// greeting is a plugin: a table of functions.
type greeting struct{}

// Name is also the section of the configuration, [plugin.greeting].
func (greeting) Name() string { return "greeting" }

// Functions lists the global names.
func (greeting) Functions() []plugins.Function {
	return []plugins.Function{{
		Name: "greet", Sig: "greet(name)", Doc: "Returns a greeting.", Example: `greet("ana")`,
		Bind: plugins.Func(func(r plugins.Run, call goja.FunctionCall) goja.Value {
			return r.ToJS("hello, " + call.Argument(0).String() + ", of " + r.Flow())
		}),
	}}
}

// A plugin adds functions to flow code.
func ExampleRuntime_Use() {
	rt, done := newRuntime(script(`function main() { c.JSON(200, greet("ana")) }`), engine.Options{})
	defer done()
	if err := rt.Use(context.Background(), greeting{}); err != nil {
		fmt.Println(err)
		return
	}
	get(server(rt), "/")
	// Output: 200 "hello, ana, of Main"
}

// prices is a plugin as programs for earlier runtimes have them.
type prices struct{}

// Name is what nodes call it by.
func (prices) Name() string { return "prices" }

// AddFeatureJS returns global names.
func (prices) AddFeatureJS() map[string]any {
	return map[string]any{"price": func(item string) float64 { return float64(len(item)) / 2 }}
}

// Run is called by nodes of type dromedary; here are none.
func (prices) Run(echo.Context, map[string]string, any, string, chan string) (any, string, error) {
	return nil, "", nil
}

// AddFeatureJS returns functions for flow code.
func ExampleRuntime_RegisterPlugin() {
	rt, done := newRuntime(script(`function main() { c.JSON(200, price("apple")) }`), engine.Options{})
	defer done()
	rt.RegisterPlugin(prices{})
	get(server(rt), "/")
	// Output: 200 2.5
}

// A run that uses more than it may is stopped, and answered with what was exceeded.
func ExampleVMPoolConfig() {
	rt, done := newRuntime(script(`function main() { for (;;) {} }`), engine.Options{Config: engine.ConfigWorkspace{
		VMPoolConfig: engine.VMPoolConfig{MaxOperations: 100_000, MaxMemoryMB: 16, MaxExecutionSeconds: 5},
	}})
	defer done()
	status(server(rt), "/")
	fmt.Println(rt.Processes().Live(), "runs are live")
	// Output:
	// 408
	// 0 runs are live
}

// status calls a handler and prints the status.
func status(h http.Handler, path string) {
	fmt.Println(ask(h, path).Code)
}

// signal is a plugin whose function reports that a run has come this far.
type signal struct {
	prices
	reached chan struct{}
}

// Name keeps it apart from prices.
func (signal) Name() string { return "signal" }

// AddFeatureJS returns global names.
func (s signal) AddFeatureJS() map[string]any {
	return map[string]any{"reached": func() { close(s.reached) }}
}

// A live run is found, and killed, by its id.
func ExampleRuntime_Processes() {
	rt, done := newRuntime(script(`function main() { reached(); for (;;) {} }`), engine.Options{
		NewID:  func() string { return "run-1" },
		Config: engine.ConfigWorkspace{VMPoolConfig: engine.VMPoolConfig{MaxOperations: engine.None}},
	})
	defer done()
	s := signal{reached: make(chan struct{})}
	rt.RegisterPlugin(s)
	killed := make(chan bool)
	go func() {
		<-s.reached
		for _, run := range rt.Processes().List() {
			fmt.Println(run.Wid, "is at node", run.Node, "of", run.Flow)
		}
		killed <- rt.Processes().Kill("run-1", process.ErrKilled)
	}()
	status(server(rt), "/")
	fmt.Println(<-killed, rt.Processes().Live())
	// Output:
	// run-1 is at node 2 of Main
	// 503
	// true 0
}
