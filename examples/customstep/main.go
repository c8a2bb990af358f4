// Command customstep serves an app with a node type that this program brings: "slug" makes a text fit for a URL.
//
// Run it from the root of the repository: go run ./examples/customstep
// and ask it: curl "http://127.0.0.1:8080/slug?text=Hello+World"
package main

import (
	"flag"
	"log/slog"
	"os"
	"regexp"
	"strings"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/model"
	"github.com/arturoeanton/nflow-runtime/process"
)

var notInSlug = regexp.MustCompile(`[^a-z0-9]+`)

// slugStep reads the payload's key that the node names in field and puts the slug of it into payload.slug. It holds
// nothing: many runs call it at once.
type slugStep struct{}

var _ engine.Step = slugStep{}

// Run does the node's work and returns the id of the node on output_1, "" when there is none.
func (slugStep) Run(_ *model.Controller, actor *model.Node, _ echo.Context, vm *goja.Runtime, output string, _ model.Vars,
	_ *process.Process, payload goja.Value,
) (string, goja.Value, error) {
	field, _ := actor.Data["field"].(string)
	object := payload.ToObject(vm)
	text := ""
	if v := object.Get(field); v != nil {
		text = v.String()
	}
	slug := strings.Trim(notInSlug.ReplaceAllString(strings.ToLower(text), "-"), "-")
	if err := object.Set("slug", slug); err != nil {
		return "", nil, err
	}
	out := actor.Outputs[output]
	if out == nil || len(out.Connections) == 0 {
		return "", payload, nil
	}
	return out.Connections[0].Node, payload, nil
}

func main() {
	app := flag.String("app", "examples/customstep/app.json", "path of the app's app.json")
	addr := flag.String("addr", "127.0.0.1:8080", "host:port to listen on")
	flag.Parse()
	if err := serve(*app, *addr); err != nil {
		slog.Error("the server ended", "error", err)
		os.Exit(1)
	}
}

func serve(app, addr string) error {
	engine.RegisterStep("slug", slugStep{})
	db, err := engine.GetDB() // without a dsn: SQLite in ./data
	if err != nil {
		return err
	}
	defer db.Close()
	engine.InitializePlaybookRepository(db)

	e := echo.New()
	e.Any("/*", engine.Handler(app))
	return e.Start(addr)
}
