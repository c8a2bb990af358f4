package sandbox

import (
	"fmt"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// guardISO stands before toISOString, which writes years before 0 and after 9999 with a sign and six digits.
func guardISO(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	v := next(call)
	text := v.String()
	if len(text) == len("2006-01-02T15:04:05.000Z") {
		return v
	}
	var year int
	var rest string
	if _, err := fmt.Sscanf(text, "%d%s", &year, &rest); err != nil {
		return v
	}
	return g.rt.ToValue(fmt.Sprintf("%+07d%s", year, rest))
}
