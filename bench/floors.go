package main

import (
	"fmt"
	"net/http"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"
)

func serveFloors(address string) error {
	return http.ListenAndServe(address, floors()) //nolint:gosec // only this program calls it
}

// floors returns the same as the flows with nothing around it: no limits, no sessions, no history, no log.
func floors() http.Handler {
	e := echo.New()
	answer := map[string]bool{"ok": true}
	e.GET("/bare", func(c echo.Context) error { return c.JSON(http.StatusOK, answer) })
	e.GET("/hello", func(c echo.Context) error { return c.JSON(http.StatusOK, answer) })
	for path, code := range map[string][]string{
		"/vm-hello":  {codeHello + "\nmain()"},
		"/vm-calc":   {codeCalc + "\nmain()"},
		"/vm-json":   {codeJSON + "\nmain()"},
		"/vm-chain":  floorChain(codeSet),
		"/vm-es2022": floorChain(codeNew),
	} {
		var programs []*goja.Program
		for _, text := range code {
			programs = append(programs, goja.MustCompile(path, text, false))
		}
		e.Any(path, func(c echo.Context) error { return runFresh(c, programs) })
	}
	return e
}

// floorChain returns the programs of ten nodes with the code, and of one that returns the payload.
func floorChain(code string) (list []string) {
	for i := range 10 {
		list = append(list, fmt.Sprintf("var payload = globalThis.payload ?? {}; var nflow_data = {type: \"js\", var_name: \"v%d\", var_value: \"1\"}\n%s\nmain()", i+1, code))
	}
	return append(list, "function main() {\n  c.JSON(200, payload)\n}\nmain()")
}

// runFresh runs the programs in a new VM in which c.JSON answers, and post_data is what came.
func runFresh(c echo.Context, programs []*goja.Program) error {
	vm := goja.New()
	answer := vm.NewObject()
	err := answer.Set("JSON", func(call goja.FunctionCall) goja.Value {
		if err := c.JSON(int(call.Argument(0).ToInteger()), call.Argument(1).Export()); err != nil {
			panic(vm.NewGoError(err))
		}
		return goja.Undefined()
	})
	if err != nil {
		return err
	}
	if err := vm.Set("c", answer); err != nil {
		return err
	}
	if c.Request().Method == http.MethodPost {
		var data any
		if err := c.Bind(&data); err != nil {
			return err
		}
		if err := vm.Set("post_data", data); err != nil {
			return err
		}
	}
	for _, p := range programs {
		if _, err := vm.RunProgram(p); err != nil {
			return err
		}
	}
	return nil
}
