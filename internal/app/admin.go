package app

import (
	"context"
	"os"

	"github.com/arturoeanton/nflow-runtime/internal/admin"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/process"
)

// admin makes the runs API of this process.
func (a *app) admin() *admin.API {
	return admin.New(admin.Options{
		Runs: a.store, Token: a.Config.Admin.Token, Users: a.engine.Accounts(),
		Live: func(context.Context) ([]process.Info, error) { return a.engine.Processes().List(), nil },
		Kill: func(_ context.Context, wid string) (bool, error) {
			return a.engine.Processes().Kill(wid, fault.New(fault.Killed, "the run was killed through the runs API")), nil
		},
		Watch: a.engine.History().Watch,
		Lost: func() int64 {
			_, lost, _ := a.engine.History().Stats()
			return lost
		},
		Graph:     func() *graph.Graph { return a.engine.Graph(a.App) },
		Problems:  func() []graph.Problem { return a.engine.Problems(a.App) },
		Instances: a.instances,
		Log:       a.Log,
	})
}

// instances tells of this process.
func (a *app) instances(context.Context) ([]admin.Instance, error) {
	host, _ := os.Hostname()
	return []admin.Instance{{
		ID: host, Host: host, PID: os.Getpid(), Version: a.Version, App: a.App, State: "serving", Live: a.engine.Processes().Live(), Started: a.started.UTC(),
	}}, nil
}
