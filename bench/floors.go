package main

import (
	"fmt"
	"net/http"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"
)

// serveFloors answers the same as the flows with nothing around it: no limits, no sessions, no history, no log.
func serveFloors(address string) error {
	e := echo.New()
	ok := map[string]bool{"ok": true}
	e.GET("/bare", func(c echo.Context) error { return c.JSON(http.StatusOK, ok) })
	e.GET("/hello", func(c echo.Context) error { return c.JSON(http.StatusOK, ok) })
	set := "payload[nflow_data.var_name] = nflow_data.var_value"
	for path, code := range map[string][]string{
		"/vm-hello": {codeHello + "\nmain()"},
		"/vm-calc":  {codeCalc + "\nmain()"},
		"/vm-chain": append(repeat("var payload = globalThis.payload ?? {}; var nflow_data = {type: \"js\", var_name: \"v%d\", var_value: \"1\"}\nfunction main() {\n  "+set+"\n}\nmain()", 10),
			"function main() {\n  c.JSON(200, payload)\n}\nmain()"),
	} {
		var programs []*goja.Program
		for _, text := range code {
			programs = append(programs, goja.MustCompile(path, text, false))
		}
		e.Any(path, func(c echo.Context) error { return runFresh(c, programs) })
	}
	return http.ListenAndServe(address, e) //nolint:gosec // only this program asks it
}

func repeat(code string, n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf(code, i))
	}
	return list
}

// runFresh runs the programs in a new VM in which c.JSON answers.
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
	for _, p := range programs {
		if _, err := vm.RunProgram(p); err != nil {
			return err
		}
	}
	return nil
}
