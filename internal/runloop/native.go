package runloop

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/catalog"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
)

// A node whose code is that of a standard module is done in Go, as long as no code of the flow has run: then nothing can
// have changed what the module's code would find, and the difference shows only in the time it takes and the
// operations it counts. Where a case is not simple, the code runs as always.

// standardProgram is a program that can be done in Go.
type standardProgram struct {
	*compile.Program
	native native
}

// Standard returns the program to run for code that was compiled: one that is done in Go where the code is that of a
// standard module.
func (l *Loop) Standard(code string, compiled *compile.Program) any {
	if native := l.natives[code]; native != nil {
		return &standardProgram{compiled, native}
	}
	return compiled
}

// native does a node's work. ok is false, and nothing was done, where the code must run. It is called under Guard.
type native func(r *run, vm *goja.Runtime, n *graph.Node) (output string, ok bool, err error)

// natives returns the standard modules that are done in Go by their code.
func natives() map[string]native {
	byName := map[string]native{"js_set_var": setVariable, "if_equals": ifEquals, "json": answerPayload, "_end": answerEmpty}
	byCode := map[string]native{}
	for _, m := range catalog.Modules() {
		if f := byName[m.Name]; f != nil {
			byCode[m.Code] = f
		}
	}
	return byCode
}

// runNative does the node in Go if that is the same as running its code.
func runNative(r *run, n *graph.Node, f native) (next *graph.Node, ok bool, err error) {
	if r.scope.ranUserCode {
		return nil, false, nil
	}
	vm, err := r.scope.vmForValues()
	if err != nil || r.scope.ranUserCode { // the default script does more than to define functions
		return nil, false, err
	}
	var output string
	err = vm.Guard(func() (err error) {
		output, ok, err = f(r, vm.Runtime(), n)
		return err
	})
	if err != nil || !ok {
		return nil, ok, err
	}
	return r.leave(n, output), true, nil
}

// onlyDeclares reports whether a default script does nothing but define functions whose names the standard modules do not
// use.
func onlyDeclares(p *compile.Program) bool {
	return p.OnlyFunctions() && !slices.ContainsFunc(p.Declares(), func(name string) bool {
		return slices.Contains([]string{"payload", "next", "nflow_data", "c", "parseInt"}, name)
	})
}

func setVariable(r *run, vm *goja.Runtime, n *graph.Node) (string, bool, error) {
	name, named := n.Data["var_name"].(string)
	value, text := n.Data["var_value"].(string)
	ok := named && text && r.payload.Object(&r.scope.host).Set(name, value) == nil
	return "output_1", ok, nil
}

func ifEquals(r *run, vm *goja.Runtime, n *graph.Node) (string, bool, error) {
	field, named := n.Data["field"].(string)
	value, text := n.Data["value"].(string)
	if !named || !text {
		return "", false, nil
	}
	if v := r.payload.Object(&r.scope.host).Get(field); v == nil || !v.Equals(vm.ToValue(value)) {
		return "output_2", true, nil
	}
	return "output_1", true, nil
}

func answerPayload(r *run, vm *goja.Runtime, n *graph.Node) (string, bool, error) {
	status, ok := statusOfNode(n.Data["http_code"])
	if field := n.Data["field"]; !ok || field != nil && field != "" && field != "*" {
		return "", false, nil
	}
	body, err := r.scope.vm.Stringify(r.payload.Object(&r.scope.host))
	if err != nil {
		return "", false, nil //nolint:nilerr // the code runs into it, too, and says where
	}
	return answerNatively(r, status, body)
}

func answerEmpty(r *run, _ *goja.Runtime, _ *graph.Node) (string, bool, error) {
	return answerNatively(r, http.StatusOK, []byte("{}"))
}

func answerNatively(r *run, status int, body []byte) (string, bool, error) {
	if r.web.Refuses() { // the code throws, with its place
		return "", false, nil
	}
	err := r.web.Answer(func(c echo.Context) error { return c.Blob(status, typeJSON, body) })
	return "output_1", err == nil, err
}

// typeJSON is the type of responses by c.JSON.
const typeJSON = "application/json; charset=UTF-8"

// statusOfNode reads http_code as the module json does. ok is false for what only JavaScript should read, and for statuses
// without a body.
func statusOfNode(code any) (status int, ok bool) {
	text, isText := code.(string)
	if code == nil || isText && text == "" {
		return http.StatusOK, true
	}
	status, err := strconv.Atoi(text)
	if err != nil || !isText || text[0] == '+' || text[0] == '-' || status == http.StatusNoContent || status == http.StatusNotModified {
		return 0, false
	}
	if status < 200 || status > 999 {
		status = http.StatusOK
	}
	return status, true
}
