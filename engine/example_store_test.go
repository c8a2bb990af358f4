package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/model"
	"github.com/arturoeanton/nflow-runtime/store"
)

// Lint reports what is wrong in an app, without serving it.
func ExampleRuntime_Lint() {
	rt, done := newRuntime(script(`function main() { c.JSON(200, "fine") }`), engine.Options{})
	defer done()
	problems, err := rt.Lint(script("function main() {\n  c.JSON(200, ;\n}"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range problems {
		fmt.Println(p.Level, p.Rule, "in", p.Flow, "at", p.Name, "line", p.Line)
	}
	_, err = rt.Lint(model.App{JSON: []byte("{")})
	bad, ok := errors.AsType[*model.SyntaxError](err)
	fmt.Println(ok, bad.Line)
	// Output:
	// error code in Main at answer line 2
	// true 1
}

// Graph describes an app that is loaded.
func ExampleRuntime_Graph() {
	rt, done := newRuntime(script(`function main() { c.JSON(200, "fine") }`), engine.Options{})
	defer done()
	g := rt.Graph("app")
	for _, s := range g.Starters() {
		fmt.Println(s.Method, s.Pattern, "starts", s.Flow)
	}
	for _, n := range g.Flow("Main").Nodes {
		fmt.Println(n.ID, n.Type, n.Outputs)
	}
	// Output:
	// GET / starts Main
	// 1 starter [{output_1 2}]
	// 2 js []
}

// The history holds the runs that [history] record keeps.
func ExampleRuntime_History() {
	ctx := context.Background()
	rt, done := newRuntime(script(`function main() { throw new Error("no stock") }`), engine.Options{
		Config: engine.ConfigWorkspace{History: engine.HistoryConfig{Record: "errors"}},
	})
	defer done()
	status(server(rt), "/")
	rt.Close(ctx) // writes what is waiting

	page, err := rt.History().Runs(ctx, store.RunFilter{Status: store.RunError, Flow: "Main"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, found := range page.Runs {
		run, err := rt.History().Run(ctx, found.Wid)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(run.Method, run.Path, run.Answer, "failed at", run.FailedAt, "after visiting", run.Nodes)
	}
	_, err = rt.History().Run(ctx, "unknown")
	fmt.Println(errors.Is(err, store.ErrNotFound))
	// Output:
	// 500
	// GET / 500 failed at 2 after visiting 1
	// true
}

// Accounts holds the users that log in, and the tokens that flows check.
func ExampleRuntime_Accounts() {
	ctx := context.Background()
	rt, done := newRuntime(script(`function main() { c.JSON(200, validate_token("shop")) }`), engine.Options{})
	defer done()
	accounts := rt.Accounts()
	if _, err := accounts.AddToken(ctx, "shop", time.Time{}); err != nil {
		fmt.Println(err)
		return
	}
	tokens, err := accounts.GetToken(ctx, "shop")
	fmt.Println(len(tokens), err)
	get(server(rt), "/") // without the token
	// Output:
	// 1 <nil>
	// 200 false
}

// vault is a database whose secrets are kept elsewhere.
type vault struct{ engine.Store }

// Secret returns a secret of the vault.
func (vault) Secret(_ context.Context, name string) (string, error) { return "of " + name, nil }

// A program keeps a part of the database elsewhere.
func ExampleStore() {
	st := openStore()
	defer st.Close()
	rt, done := newRuntime(script(`function main() { c.JSON(200, secrets.get("api").length) }`), engine.Options{Store: vault{st}})
	defer done()
	get(server(rt), "/")
	// Output: 200 6
}

// shelf is a Source whose app the program changes.
type shelf struct{ app model.App }

// Load returns the app as it is now.
func (s *shelf) Load(context.Context) (*model.Bundle, error) { return &model.Bundle{App: s.app}, nil }

// Watch reports nothing: this program calls Runtime.Load itself.
func (s *shelf) Watch(ctx context.Context, _ func()) error {
	<-ctx.Done()
	return nil
}

// An app comes from wherever the program keeps it.
func ExampleSource() {
	ctx := context.Background()
	st := openStore()
	defer st.Close()
	s := &shelf{script(`function main() { c.JSON(200, "first") }`)}
	rt, err := engine.New(engine.Options{Store: st, Log: slog.New(slog.DiscardHandler), Source: func(string) engine.Source { return s }})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close(ctx)
	get(server(rt), "/")

	s.app = script(`function main() { c.JSON(200, "second") }`)
	if err := rt.Load(ctx, "app"); err != nil {
		fmt.Println(err)
		return
	}
	get(server(rt), "/")
	// Output:
	// 200 "first"
	// 200 "second"
}

// A program reads the config.toml of the server.
func ExampleConfigFile() {
	dir, err := os.MkdirTemp("", "nflow")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "config.toml")
	if err := os.WriteFile(file, []byte("[vm_pool]\nmax_size = 50\nmax_depht = 3\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	c, warnings, err := engine.ConfigFile{Path: file, Environ: []string{"NFLOW_VM_POOL_MAX_MEMORY_MB=64"}}.Load()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.VMPoolConfig.MaxSize, c.VMPoolConfig.MaxMemoryMB, c.VMPoolConfig.MaxDepth, len(warnings))
	// Output: 50 64 16 1
}
