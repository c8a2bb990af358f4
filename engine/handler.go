package engine

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
)

// widHeader carries the id of the run back to the client.
const widHeader = "Nflow-Wid-1"

// versionHeader tells the client with which version of the app it was answered.
const versionHeader = "Nflow-Version"

var errNotFound = fault.New(fault.NotFound, "not found")

// Handler answers the requests of an app in the caller's own Echo: e.Any("/*", rt.Handler("app")). It answers errors
// itself, as HandleError does.
func (rt *Runtime) Handler(app string) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := rt.serve(c, app); err != nil {
			rt.HandleError(err, c)
		}
		return nil
	}
}

// serve is the path of a request: match, begin, run, answer.
func (rt *Runtime) serve(c echo.Context, app string) error {
	v, err := rt.current(c.Request().Context(), app)
	if err != nil {
		return err
	}
	m, ok := v.graph.Match(c.Request().Method, c.Request().URL.EscapedPath())
	if !ok {
		return errNotFound
	}
	return rt.runMatch(c, v, m)
}

// runMatch runs what a request matched.
func (rt *Runtime) runMatch(c echo.Context, v *version, m graph.Match) error {
	if m.Starter.Node.Flow.Broken != nil {
		return errBroken(m.Starter.Node.Flow)
	}
	if rt.isDraining() {
		return &fault.Error{Kind: fault.Unavailable, Text: "the server is stopping: try again", Cause: errDraining, Retry: retryAfterDrain}
	}
	r, err := rt.begin(c, v, m)
	if err != nil {
		return err
	}
	defer r.close()
	if err := r.serve(); err != nil {
		return err
	}
	return nil
}

// answer is the JSON of an error.
type answer struct {
	Message string      `json:"message"`
	Code    int         `json:"code"`
	Wid     string      `json:"wid,omitempty"`
	Node    *fault.Node `json:"node,omitempty"`
	Limit   string      `json:"limit,omitempty"`
}

// HandleError is the one place where an error becomes an answer and a log line. It may be used as the HTTPErrorHandler
// of the caller's Echo. Once an answer has been given, it only logs.
func (rt *Runtime) HandleError(err error, c echo.Context) {
	f := asFault(err)
	rt.logFault(f, c)
	if c.Response().Committed {
		return
	}
	a := answer{Message: rt.mask.Mask(f.Text), Code: f.Kind.Status(), Node: f.Node, Limit: f.Limit}
	if f.Kind != fault.NotFound {
		a.Wid = c.Response().Header().Get(widHeader)
	}
	h := c.Response().Header()
	h.Set("X-Content-Type-Options", "nosniff")
	if f.Retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int(f.Retry.Seconds()+0.999)))
	}
	if c.Request().Method == http.MethodHead {
		err = c.NoContent(a.Code)
	} else {
		err = c.JSON(a.Code, a)
	}
	if err != nil {
		rt.log.Debug("the answer of an error did not reach the client", "error", err)
	}
}

// asFault takes Echo's own errors for what they are.
func asFault(err error) *fault.Error {
	if h, ok := errors.AsType[*echo.HTTPError](err); ok {
		switch h.Code {
		case http.StatusNotFound, http.StatusMethodNotAllowed:
			return errNotFound
		case http.StatusRequestEntityTooLarge:
			return fault.Wrap(fault.TooLarge, err, "the request body is too large")
		case http.StatusBadRequest:
			return fault.Wrap(fault.Invalid, err, "the request cannot be understood")
		}
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errTooLarge(tooLarge.Limit)
	}
	return fault.From(err)
}

// logFault logs a failure once, at the level of who has to act on it.
func (rt *Runtime) logFault(f *fault.Error, c echo.Context) {
	level := levelOf(f)
	ctx := c.Request().Context()
	if !rt.log.Enabled(ctx, level) {
		return
	}
	args := []any{"status", f.Kind.Status(), "method", c.Request().Method, "path", shown(c.Request().URL.Path), "text", f.Text}
	if wid := c.Response().Header().Get(widHeader); wid != "" {
		args = append(args, "wid", wid)
	}
	if f.Node != nil {
		args = append(args, "node", f.Node.ID, "name", f.Node.Name)
	}
	if f.Cause != nil {
		args = append(args, "error", f.Cause.Error())
	}
	rt.log.Log(ctx, level, "request failed", args...)
}
