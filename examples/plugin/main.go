// Command plugin serves an app with a plugin that this program brings: rates.go adds the function convert to flow code, and
// the designer's nodes the type convert-money.
//
// Run it from the root of the repository: go run ./examples/plugin
// and ask it: curl "http://127.0.0.1:8080/convert/10/EUR/USD"
package main

import (
	"context"
	"flag"
	"log/slog"
	"os"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/engine"
)

func main() {
	app := flag.String("app", "examples/plugin/app.json", "path of the app's app.json")
	addr := flag.String("addr", "127.0.0.1:8080", "host:port to listen on")
	flag.Parse()
	if err := serve(context.Background(), *app, *addr); err != nil {
		slog.Error("the server ended", "error", err)
		os.Exit(1)
	}
}

func serve(ctx context.Context, app, addr string) error {
	// A server reads config.toml, where this stands as [plugin.rates] with USD = 1.08.
	engine.GetConfigRepository().SetConfig(engine.ConfigWorkspace{
		PluginConfig: engine.PluginConfig{Sections: map[string]map[string]any{"rates": {"USD": 1.08}}},
	})
	db, err := engine.GetDB() // without a dsn: SQLite in ./data
	if err != nil {
		return err
	}
	defer db.Close()
	engine.InitializePlaybookRepository(db)
	if err := engine.Default().Use(ctx, &rates{}); err != nil { // before the first request
		return err
	}
	e := echo.New()
	e.Any("/*", engine.Handler(app))
	return e.Start(addr)
}
