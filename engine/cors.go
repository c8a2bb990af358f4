package engine

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/apps"
	"github.com/arturoeanton/nflow-runtime/internal/cors"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
)

// corsOf returns the policy of [server.cors].
func corsOf(c *CORSConfig) *cors.Policy {
	return cors.New(cors.Options{
		Origins: c.Origins, Methods: c.Methods, Headers: c.Headers, Credentials: c.Credentials, MaxAge: c.MaxAge.Duration(),
	})
}

// corsFor returns the policy for a starter's responses: its own, or that of the configuration.
func (rt *Runtime) corsFor(v *apps.Version, s *graph.Starter) *cors.Policy {
	if own, ok := v.CORS[s]; ok {
		return own
	}
	return rt.cors
}

// AllowOrigin lets pages of other origins read a response, as [server.cors] says, that no flow writes: one of a server
// around the flows, such as a refusal for too many requests.
func (rt *Runtime) AllowOrigin(h http.Header, q *http.Request) { rt.cors.Allow(h, q) }

// answerPreflight writes the response to a browser that asks whether a page may send a request, and reports whether this was one.
func (rt *Runtime) answerPreflight(c echo.Context, v *apps.Version, path string) (bool, error) {
	wanted, ok := cors.IsPreflight(c.Request())
	if !ok {
		return false, nil
	}
	m, ok := v.Graph.Match(wanted, path)
	if !ok {
		return false, nil
	}
	p := rt.corsFor(v, m.Starter)
	if p == nil {
		return false, nil // a flow of method OPTIONS or ANY may have a response of its own
	}
	p.AnswerPreflight(c.Response().Header(), c.Request(), v.Graph.Methods(path))
	return true, c.NoContent(http.StatusNoContent)
}
