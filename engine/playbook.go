package engine

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/model"
)

// PlaybookRepository gives Go programs the flows of a runtime's apps.
type PlaybookRepository struct{ rt *Runtime }

// Playbooks gives the repository of the runtime.
func (rt *Runtime) Playbooks() *PlaybookRepository { return &PlaybookRepository{rt} }

// LoadPlaybook gives the flows of an app by name, loading the app when it is not loaded yet. The result is shared: it
// may be read, not changed.
func (p *PlaybookRepository) LoadPlaybook(ctx context.Context, app string) (map[string]*model.Playbook, error) {
	v, err := p.rt.current(ctx, app)
	if err != nil {
		return nil, err
	}
	books := make(map[string]*model.Playbook, len(v.graph.Flows))
	for _, f := range v.graph.Flows {
		books[f.Name] = &f.Playbook
	}
	return books, nil
}

// GetWorkflow finds the starter of a path among the flows of playbooks (nil means all of the app). It answers what runs
// it, the values of its :names, the HTTP status that the match stands for (200, 404 or 503), and the endpoint without
// its continuation.
func (rt *Runtime) GetWorkflow(c echo.Context, playbooks map[string]*model.Playbook, path, method, app string) (model.Runeable, model.Vars, int, string, error) {
	v, err := rt.current(c.Request().Context(), app)
	if err != nil {
		return nil, nil, asFault(err).Kind.Status(), "", err
	}
	m, ok := v.graph.Match(method, path)
	if ok && playbooks != nil {
		_, ok = playbooks[m.Starter.Node.Flow.Name]
	}
	if !ok {
		return nil, nil, http.StatusNotFound, m.Endpoint, errNotFound
	}
	if m.Starter.Node.Flow.Broken != nil {
		return nil, m.Vars, http.StatusServiceUnavailable, m.Endpoint, errBroken(m.Starter.Node.Flow)
	}
	return workflow{rt, v, m}, m.Vars, http.StatusOK, m.Endpoint, nil
}

// workflow is a matched starter, ready to run.
type workflow struct {
	rt      *Runtime
	version *version
	match   graph.Match
}

// Run runs the flow and answers through c, errors included.
func (w workflow) Run(c echo.Context, vars model.Vars) error {
	m := w.match
	m.Vars = vars
	if err := w.rt.runMatch(c, w.version, m); err != nil {
		w.rt.HandleError(err, c)
	}
	return nil
}
