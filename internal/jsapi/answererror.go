package jsapi

import (
	"cmp"
	"net/http"
	"reflect"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/problem"
)

// answerError writes a status from 400 to 599 with a message, or 500 with the message of an error or a text, in the form
// in which the runtime's own errors are answered.
func answerError(s *scope, call goja.FunctionCall) goja.Value {
	code, message := http.StatusInternalServerError, call.Argument(0)
	if len(call.Arguments) > 1 || isNumber(message) {
		n := message.ToInteger()
		if n < 400 || n > 599 {
			typeError(s.Run, "c.Error takes a status from 400 to 599 and a message, or an error, not %s", brief(message))
		}
		code, message = int(n), call.Argument(1)
	}
	text := cmp.Or(http.StatusText(code), "error")
	if !goja.IsUndefined(message) && !goja.IsNull(message) {
		text = messageOf(s.Run, message)
	}
	s.Spend(len(text)>>7, 16*int64(len(text)))
	return s.answer(func(c echo.Context) error {
		wid := c.Response().Header().Get(problem.WidHeader)
		return problem.Write(c.Response(), c.Request(), problem.Answer{Message: text, Code: code, Wid: wid})
	})
}

// messageOf returns the message of an error, or a value as text.
func messageOf(r *hostfn.Run, v goja.Value) string {
	if o, ok := v.(*goja.Object); ok {
		if m := o.Get("message"); m != nil {
			v = m
		}
	}
	return r.Text(v)
}

// isNumber reports whether a value is a number of the language.
func isNumber(v goja.Value) bool {
	if _, object := v.(*goja.Object); object || v.ExportType() == nil {
		return false
	}
	kind := v.ExportType().Kind()
	return kind == reflect.Int64 || kind == reflect.Float64
}
