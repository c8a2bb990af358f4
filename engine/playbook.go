package engine

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/apps"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/runloop"
	"github.com/arturoeanton/nflow-runtime/model"
)

// PlaybookRepository returns the flows of a runtime's apps to Go programs.
type PlaybookRepository struct{ rt *Runtime }

// Playbooks returns the repository of the runtime.
func (rt *Runtime) Playbooks() *PlaybookRepository { return &PlaybookRepository{rt} }

// LoadPlaybook returns the flows of an app by name, loading the app when it is not loaded yet. The result is shared: it
// may be read, not changed.
func (p *PlaybookRepository) LoadPlaybook(ctx context.Context, app string) (map[string]*model.Playbook, error) {
	v, err := p.rt.apps.Current(ctx, app)
	if err != nil {
		return nil, err
	}
	books := make(map[string]*model.Playbook, len(v.Graph.Flows))
	for _, f := range v.Graph.Flows {
		books[f.Name] = &f.Playbook
	}
	return books, nil
}

// GetWorkflow finds the starter of a path among the flows of playbooks (nil means all of the app). It returns what runs
// it, the values of its :names, the HTTP status that the match stands for (200, 404 or 503), and the endpoint without
// its continuation.
func (rt *Runtime) GetWorkflow(c echo.Context, playbooks map[string]*model.Playbook, path, method, app string) (model.Runeable, model.Vars, int, string, error) {
	v, err := rt.apps.Current(c.Request().Context(), app)
	if err != nil {
		return nil, nil, runloop.AsFault(err).Status(), "", err
	}
	m, ok := v.Graph.Match(method, path)
	if ok && playbooks != nil {
		_, ok = playbooks[m.Starter.Node.Flow.Name]
	}
	if !ok {
		return nil, nil, http.StatusNotFound, m.Endpoint, runloop.ErrNotFound
	}
	if m.Starter.Broken != nil {
		return nil, m.Vars, http.StatusServiceUnavailable, m.Endpoint, apps.ErrBroken(m.Starter)
	}
	return workflow{rt, v, m}, m.Vars, http.StatusOK, m.Endpoint, nil
}

// workflow is a matched starter, ready to run.
type workflow struct {
	rt      *Runtime
	version *apps.Version
	match   graph.Match
}

// Run runs the flow and responds through c, errors included.
func (w workflow) Run(c echo.Context, vars model.Vars) error {
	m := w.match
	m.Vars = vars
	if err := w.rt.loop.Serve(c, w.version, m); err != nil {
		w.rt.HandleError(err, c)
	}
	return nil
}
