// Command embed serves an nFlow app from a program's own Echo, beside the program's own routes.
//
// Run it from the root of the repository, where the demo app is: go run ./examples/embed
package main

import (
	"flag"
	"log/slog"
	"net/http"
	"os"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/process"
)

func main() {
	app := flag.String("app", "examples/demo/app.json", "name of the app in the database, or path of its app.json")
	addr := flag.String("addr", "127.0.0.1:8080", "host:port to listen on")
	flag.Parse()
	if err := serve(*app, *addr); err != nil {
		slog.Error("the server ended", "error", err)
		os.Exit(1)
	}
}

func serve(app, addr string) error {
	engine.GetConfigRepository().SetConfig(engine.ConfigWorkspace{
		Env: map[string]string{"shop": "Corner Shop"}, // flows read it as env.shop
	})
	db, err := engine.GetDB() // without a dsn: SQLite in ./data
	if err != nil {
		return err
	}
	defer db.Close()
	engine.InitializePlaybookRepository(db)
	process.InitializeRepository()

	e := echo.New()
	e.GET("/ping", func(c echo.Context) error { return c.String(http.StatusOK, "pong") })
	e.Any("/*", engine.Handler(app))
	return e.Start(addr)
}
