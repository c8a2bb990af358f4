package engine

import (
	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/model"
	"github.com/arturoeanton/nflow-runtime/process"
)

// Step is a type of node that a Go program brings. Run is called on the run's goroutine, from many runs at once.
//
// actor is the node; connection_next is the output that a step without an opinion goes on at ("output_1"). The step
// answers the id of the node to go on at, as actor.Outputs["output_1"].Connections[0].Node gives it, or "" to end the
// run; and the payload, nil to keep it. vm is the run's own and must not be kept; it takes no code from strings, so a step
// that brings JavaScript compiles it once with goja.Compile and calls vm.RunProgram. c answers the client; in a fork it
// refuses.
type Step interface {
	Run(cc *model.Controller, actor *model.Node, c echo.Context, vm *goja.Runtime, connection_next string, vars model.Vars,
		currentProcess *process.Process, payload goja.Value) (string, goja.Value, error)
}

// customStep runs a Go program's step.
type customStep struct{ Step }

func (s customStep) run(r *run, n *graph.Node) (*graph.Node, error) {
	vm, err := r.vm()
	if err != nil {
		return nil, err
	}
	r.takeSavedForm()
	r.scope.prepare()
	rt := vm.Runtime()
	var id string
	err = vm.Guard(func() error {
		next, payload, err := s.Run(r.controller(), n.Model, r.web.echo, rt, "output_1", r.web.match.Vars, &r.proc, r.payload.object(rt))
		if err != nil {
			return err
		}
		if payload != nil {
			r.payload.replace(rt, payload)
		}
		id = next
		return nil
	})
	if err != nil || id == "" {
		return nil, err
	}
	next := r.flow.Nodes[id]
	if next == nil {
		return nil, fault.New(fault.Internal, "the step of node %q chose node %q, which the flow does not have", n.Label, id)
	}
	return next, nil
}

// controller describes the flow to a step.
func (r *run) controller() *model.Controller {
	cc := &model.Controller{Playbook: &r.flow.Playbook, FlowName: r.flow.Name, AppName: r.version.graph.AppName}
	if s := r.web.match.Starter; s != nil {
		cc.Start, cc.Methods = s.Node.Model, []string{s.Method}
	}
	return cc
}
