package runloop

import (
	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/model"
	"github.com/arturoeanton/nflow-runtime/process"
)

// CustomStep is a type of node that a Go program brings: see engine.Step.
type CustomStep interface {
	Run(cc *model.Controller, actor *model.Node, c echo.Context, vm *goja.Runtime, connectionNext string, vars model.Vars,
		currentProcess *process.Process, payload goja.Value) (string, goja.Value, error)
}

// AddStep makes nodes of a type run s. A name that is taken panics.
func (l *Loop) AddStep(name string, s CustomStep) { l.addStep(name, customStep{s}) }

// customStep runs a Go program's step.
type customStep struct{ CustomStep }

func (s customStep) run(r *run, n *graph.Node) (*graph.Node, error) {
	vm, err := r.scope.vmForScript()
	if err != nil {
		return nil, err
	}
	r.showSavedForm()
	r.scope.prepare()
	rt := vm.Runtime()
	var id string
	err = vm.Guard(func() error {
		next, payload, err := s.Run(controllerOf(r), n.Model, r.web.Context(), rt, "output_1", r.web.Vars(), &r.proc, r.payload.Object(&r.scope.host))
		if err != nil {
			return err
		}
		if payload != nil {
			r.payload.Replace(&r.scope.host, payload)
		}
		id = next
		return nil
	})
	if err != nil || id == "" {
		return nil, err
	}
	next := r.flow.Nodes[id]
	if next == nil && leadsTo(n, id) { // to a node that was deleted: the run ends there
		return nil, nil
	}
	if next == nil {
		return nil, fault.New(fault.Internal, "the step of node %q returned node %q, which is not in the flow", n.Label, id)
	}
	return next, nil
}

// leadsTo reports whether a connection of the node names that node.
func leadsTo(n *graph.Node, id string) bool {
	for _, o := range n.Model.Outputs {
		for _, c := range o.Connections {
			if c.Node == id {
				return true
			}
		}
	}
	return false
}

// controllerOf describes the flow to a step.
func controllerOf(r *run) *model.Controller {
	cc := &model.Controller{Playbook: &r.flow.Playbook, FlowName: r.flow.Name, AppName: r.version.Graph.AppName}
	if s := r.web.Starter(); s != nil {
		cc.Start, cc.Methods = s.Node.Model, []string{s.Method}
	}
	return cc
}
