package app

import (
	"os"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/cluster"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/process"
)

// sqliteBeat is the heartbeat interval of an instance on SQLite: each time is a write to the file, and one machine
// has few instances.
const sqliteBeat = 5 * time.Second

// joinCluster makes the list of runs and its connection to the other instances on the database.
func (a *app) joinCluster() {
	a.processes = process.NewRepository()
	o := cluster.Options{Store: a.store, Processes: a.processes, About: a.about, Log: a.Log, Changed: func() { a.engine.Accounts().Forget() }}
	if kind, err := store.Driver(a.Config.DatabaseNflow.Driver); err == nil && kind == store.SQLite {
		o.Every = sqliteBeat
	}
	a.cluster = cluster.New(o)
}

func (a *app) about() cluster.About {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	address, _ := a.address.Load().(string)
	return cluster.About{
		Host: host, PID: os.Getpid(), Address: address, Version: a.Version, App: a.App, AppVersion: a.engine.Version(a.App),
	}
}
