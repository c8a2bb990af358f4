package app

import (
	"context"

	"github.com/arturoeanton/nflow-runtime/internal/admin"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/model"
	"github.com/arturoeanton/nflow-runtime/process"
)

// admin makes the runs API of this process.
func (a *app) admin() *admin.API {
	return admin.New(admin.Options{
		Runs: a.store, Token: a.Config.Admin.Token, Users: a.engine.Accounts(),
		Live: a.live,
		Kill: func(ctx context.Context, wid string) (bool, error) {
			if a.engine.Processes().Kill(wid, fault.New(fault.Killed, "the run was killed through the runs API")) {
				return true, nil
			}
			return a.cluster.KillElsewhere(ctx, wid)
		},
		Watch: a.engine.History().Watch,
		Lost: func() int64 {
			_, lost, _ := a.engine.History().Stats()
			return lost
		},
		Graph:     func() *model.Graph { return a.engine.Graph(a.App) },
		Problems:  func() []model.Problem { return a.engine.Problems(a.App) },
		Instances: a.instances,
		Degraded:  a.engine.Stats().SandboxDegraded,
		Log:       a.Log,
	})
}

// live lists the runs of all instances.
func (a *app) live(ctx context.Context) ([]process.Info, error) {
	runs, err := a.cluster.Runs(ctx)
	infos := make([]process.Info, len(runs))
	for i, r := range runs {
		infos[i] = r.Info
	}
	return infos, err
}

func (a *app) instances(ctx context.Context) ([]admin.Instance, error) {
	all, err := a.cluster.Instances(ctx)
	list := make([]admin.Instance, len(all))
	for i, in := range all {
		list[i] = admin.Instance{
			ID: in.ID, Host: in.Host, PID: in.PID, Version: in.Version, App: in.App, State: in.State, Live: in.Live, Started: in.Started,
		}
	}
	return list, err
}
