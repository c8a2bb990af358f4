package engine

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/apps"
	"github.com/arturoeanton/nflow-runtime/internal/runloop"
)

// Handler serves the requests of an app in the caller's own Echo: e.Any("/*", rt.Handler("app")). It writes error responses
// itself, as HandleError does.
func (rt *Runtime) Handler(app string) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := rt.serveHTTP(c, app); err != nil {
			rt.HandleError(err, c)
		}
		return nil
	}
}

// serveHTTP is the path of a request: match, begin, run, respond.
func (rt *Runtime) serveHTTP(c echo.Context, app string) error {
	v, err := rt.apps.Current(c.Request().Context(), app)
	if err != nil {
		return err
	}
	q := c.Request()
	path := q.URL.EscapedPath()
	if q.Method == http.MethodOptions {
		if answered, err := rt.answerPreflight(c, v, path); answered || err != nil {
			return err
		}
	}
	m, ok := v.Graph.Match(q.Method, path)
	if !ok && rt.config.Server.TrailingSlash != "strict" {
		other := otherSlash(path)
		if m, ok = v.Graph.Match(q.Method, other); ok && rt.config.Server.TrailingSlash == "redirect" {
			return redirectTo(c, other)
		}
	}
	if !ok {
		return rt.answerUnmatched(c, v, path)
	}
	rt.corsFor(v, m.Starter).Allow(c.Response().Header(), q)
	return rt.loop.Serve(c, v, m)
}

// otherSlash returns a path with one slash more or less at its end.
func otherSlash(path string) string {
	if rest, ok := strings.CutSuffix(path, "/"); ok {
		return rest
	}
	return path + "/"
}

// redirectTo sends the client to another path with the same query and method.
func redirectTo(c echo.Context, path string) error {
	if q := c.Request().URL.RawQuery; q != "" {
		path += "?" + q
	}
	return c.Redirect(http.StatusPermanentRedirect, "/"+strings.TrimLeft(path, `/\`)) // never to another host
}

// answerUnmatched returns a request that no starter takes: with the methods of its path, if it has any.
func (rt *Runtime) answerUnmatched(c echo.Context, v *apps.Version, path string) error {
	rt.cors.Allow(c.Response().Header(), c.Request())
	methods := v.Graph.Methods(path)
	if len(methods) == 0 {
		return runloop.ErrNotFound
	}
	c.Response().Header().Set("Allow", strings.Join(methods, ", "))
	if c.Request().Method == http.MethodOptions {
		return c.NoContent(http.StatusNoContent)
	}
	return runloop.ErrNotAllowed
}

// HandleError is the one place where an error becomes a response and a log line. It may be used as the HTTPErrorHandler
// of the caller's Echo. Once a response was sent, it only logs.
func (rt *Runtime) HandleError(err error, c echo.Context) { rt.loop.HandleError(err, c) }
