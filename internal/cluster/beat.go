package cluster

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/process"
)

// Join registers this instance before it serves. Run continues with it, whatever Join returns.
func (c *Cluster) Join(ctx context.Context) error { return c.writeBeat(ctx, []store.LiveRun{}, true) }

// Run makes this process an instance until ctx is done; the others then know immediately that it is gone. It outlives a
// database that does not answer.
func (c *Cluster) Run(ctx context.Context) {
	var parts sync.WaitGroup
	parts.Go(func() { c.beat(ctx) })
	parts.Go(func() { c.opt.Store.Signals(ctx, c.opt.Look, func(what string) { c.signal(ctx, what) }) })
	parts.Wait()
}

// signal does what another process requested.
func (c *Cluster) signal(ctx context.Context, what string) {
	if what == store.SignalAccounts {
		if c.opt.Changed != nil {
			c.opt.Changed()
		}
		return
	}
	asked, err := c.opt.Store.KillsAsked(ctx)
	if err != nil {
		if ctx.Err() == nil {
			c.opt.Log.Debug("cluster: stop requests cannot be read", "error", err)
		}
		return
	}
	for _, wid := range asked {
		if !c.opt.Processes.Kill(wid, process.ErrKilled) {
			continue
		}
		c.opt.Log.Info("stopping a run at the request of another process", "wid", wid)
		if err := c.opt.Store.AnswerKill(ctx, wid); err != nil && ctx.Err() == nil {
			c.opt.Log.Warn("cluster: the stop of a run could not be reported", "wid", wid, "error", err)
		}
	}
}

// beat writes the heartbeat of this instance until ctx is done.
func (c *Cluster) beat(ctx context.Context) {
	t := time.NewTicker(c.opt.Every)
	defer t.Stop()
	defer c.leave()
	var written []store.LiveRun // as the database has them; nil when that is not known
	failing := false
	for n := 0; ; n++ {
		runs := c.longRuns(time.Now())
		again := runs
		if written != nil && slices.Equal(written, runs) && n%pruneEvery != 0 {
			again = nil // the row of the instance is all there is to write
		}
		switch err := c.writeBeat(ctx, again, n%pruneEvery == 0); {
		case ctx.Err() != nil:
			return
		case err != nil:
			written = nil
			if !failing {
				c.opt.Log.Warn("cluster: this instance cannot be registered; trying again", "error", err)
			}
			failing = true
		default:
			written = runs
			if failing {
				c.opt.Log.Info("cluster: this instance is registered again")
			}
			failing = false
		}
		select {
		case <-t.C:
		case <-c.beatNow:
		case <-ctx.Done():
			return
		}
	}
}

func (c *Cluster) writeBeat(ctx context.Context, runs []store.LiveRun, prune bool) error {
	ctx, cancel := context.WithTimeout(ctx, beatTime)
	defer cancel()
	a := c.opt.About()
	err := c.opt.Store.Beat(ctx, store.Instance{
		ID: c.id, Host: a.Host, PID: a.PID, Address: a.Address, Version: a.Version, App: a.App, AppVersion: a.AppVersion,
		State: c.state(), Live: c.opt.Processes.Live(), Started: c.started, Every: c.opt.Every,
	}, runs)
	if err != nil || !prune {
		return err
	}
	return c.opt.Store.PruneInstances(ctx)
}

// longRuns are the runs that have lived for a beat; never nil.
func (c *Cluster) longRuns(now time.Time) []store.LiveRun {
	list := []store.LiveRun{}
	if c.opt.Processes.Live() == 0 {
		return list
	}
	for _, i := range c.opt.Processes.List() {
		if now.Sub(i.Started) < c.opt.Every || len(list) == maxTold {
			break // the oldest come first
		}
		list = append(list, store.LiveRun{
			Wid: i.Wid, Instance: c.id, Parent: i.Parent, App: i.App, Flow: i.Flow, Node: i.Node, Kind: i.Type, Started: i.Started,
		})
	}
	return list
}

func (c *Cluster) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), beatTime)
	defer cancel()
	if err := c.opt.Store.Leave(ctx, c.id); err != nil {
		c.opt.Log.Debug("cluster: this instance could not be unregistered", "error", err)
	}
}
