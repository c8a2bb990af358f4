package engine_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/model"
	"github.com/arturoeanton/nflow-runtime/process"
)

// helloApp is an app as the designer exports it, without what only the designer reads.
const helloApp = `{"drawflow": {"Hello": {"data": {
	"1": {"id": 1, "data": {"type": "starter", "method": "GET", "urlpattern": "/hello/:name"},
		"outputs": {"output_1": {"connections": [{"node": "2"}]}}},
	"2": {"id": 2, "data": {"type": "js", "code": "function main() { c.JSON(200, { hello: vars.name, from: env.shop }) }"},
		"outputs": {}}
}}}}`

// An app is served from the program's own Echo, beside the program's own routes.
func Example() {
	defer engine.ResetDefault() // only so that other tests of this process can begin anew

	configRepo := engine.GetConfigRepository()
	configRepo.SetConfig(engine.ConfigWorkspace{
		DatabaseNflow: engine.DatabaseConfig{Driver: "sqlite", DSN: ":memory:"},
		Env:           map[string]string{"shop": "Corner Shop"},
	})
	db, err := engine.GetDB()
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := db.Exec(`INSERT INTO nflow (name, json) VALUES ('app', $1)`, helloApp); err != nil {
		fmt.Println(err)
		return
	}
	engine.InitializePlaybookRepository(db)
	process.InitializeRepository()

	e := echo.New()
	e.GET("/ping", func(c echo.Context) error { return c.String(http.StatusOK, "pong") })
	e.Any("/*", engine.Handler("app"))

	// e.Start(":8080") in a program.
	get(e, "/hello/ana")
	get(e, "/ping")
	get(e, "/nobody/there")
	// Output:
	// 200 {"hello":"ana","from":"Corner Shop"}
	// 200 pong
	// 404 {"message":"not found","code":404}
}

// shoutApp has a node of a type that the designer does not know.
const shoutApp = `{"drawflow": {"Shout": {"data": {
	"1": {"id": 1, "data": {"type": "starter", "method": "GET", "urlpattern": "/shout"},
		"outputs": {"output_1": {"connections": [{"node": "2"}]}}},
	"2": {"id": 2, "data": {"type": "shout", "field": "text"},
		"outputs": {"output_1": {"connections": [{"node": "3"}]}}},
	"3": {"id": 3, "data": {"type": "js", "code": "function main() { c.JSON(200, payload) }"},
		"outputs": {}}
}}}}`

// ShoutStep writes the payload's key that its node names in capitals.
type ShoutStep struct{}

// Run returns the id of the next node.
func (ShoutStep) Run(_ *model.Controller, actor *model.Node, _ echo.Context, vm *goja.Runtime, connectionNext string,
	_ model.Vars, _ *process.Process, payload goja.Value,
) (string, goja.Value, error) {
	field, _ := actor.Data["field"].(string)
	o := payload.ToObject(vm)
	if err := o.Set(field, strings.ToUpper(o.Get(field).String())); err != nil {
		return "", nil, err
	}
	return actor.Outputs[connectionNext].Connections[0].Node, payload, nil
}

// A program brings a type of node of its own.
func ExampleRegisterStep() {
	defer engine.ResetDefault() // only so that other tests of this process can begin anew

	engine.RegisterStep("shout", ShoutStep{})

	engine.GetConfigRepository().SetConfig(engine.ConfigWorkspace{DatabaseNflow: engine.DatabaseConfig{DSN: ":memory:"}})
	db, err := engine.GetDB()
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := db.Exec(`INSERT INTO nflow (name, json) VALUES ('app', $1)`, shoutApp); err != nil {
		fmt.Println(err)
		return
	}
	engine.InitializePlaybookRepository(db)

	e := echo.New()
	e.Any("/*", engine.Handler("app"))
	get(e, "/shout?text=hello")
	// Output: 200 {"text":"HELLO"}
}

// get calls a handler and prints its response.
func get(h http.Handler, path string) {
	answer := ask(h, path)
	fmt.Println(answer.Code, strings.TrimSpace(answer.Body.String()))
}

// ask calls a handler.
func ask(h http.Handler, path string) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, http.NoBody))
	return answer
}
