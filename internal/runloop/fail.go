package runloop

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/exchange"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/problem"
)

// What a request gets that no starter takes.
var (
	ErrNotFound   = fault.New(fault.NotFound, "not found")
	ErrNotAllowed = fault.New(fault.NotAllowed, "method not allowed")
)

// HandleError is the one place where an error becomes a response and a log line. Once a response was sent, it only logs.
func (l *Loop) HandleError(err error, c echo.Context) {
	f := AsFault(err)
	l.logFault(f, c)
	if c.Response().Committed {
		return
	}
	a := problem.Answer{Message: l.Mask(f.Text), Code: f.Status(), Node: f.Node, Limit: f.Limit}
	if f.Kind != fault.NotFound {
		a.Wid = c.Response().Header().Get(problem.WidHeader)
	}
	if f.Retry > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(int(f.Retry.Seconds()+0.999)))
	}
	if err := problem.Write(c.Response(), c.Request(), a); err != nil {
		l.Log.Debug("the error response did not reach the client", "error", err)
	}
}

// AsFault returns the fault of an error. It takes Echo's own errors for what they are.
func AsFault(err error) *fault.Error {
	if h, ok := errors.AsType[*echo.HTTPError](err); ok {
		switch h.Code {
		case http.StatusNotFound:
			return ErrNotFound
		case http.StatusMethodNotAllowed:
			return ErrNotAllowed
		case http.StatusRequestEntityTooLarge:
			return fault.Wrap(fault.TooLarge, err, "the request body is too large")
		case http.StatusBadRequest:
			return fault.Wrap(fault.Invalid, err, "the request cannot be understood")
		}
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return exchange.ErrTooLarge(tooLarge.Limit)
	}
	return fault.From(err)
}

// logFault logs a failure once, at the level that levelOf returns.
func (l *Loop) logFault(f *fault.Error, c echo.Context) {
	level := levelOf(f)
	ctx := c.Request().Context()
	if !l.Log.Enabled(ctx, level) {
		return
	}
	args := []any{"status", f.Status(), "method", c.Request().Method, "path", l.shown(c.Request().URL.Path), "text", f.Text}
	if wid := c.Response().Header().Get(problem.WidHeader); wid != "" {
		args = append(args, "wid", wid)
	}
	if f.Node != nil {
		args = append(args, "node", f.Node.ID, "name", f.Node.Name)
	}
	if f.Cause != nil {
		args = append(args, "error", fault.Print(f.Cause))
	}
	l.Log.Log(ctx, level, "request failed", args...)
}
