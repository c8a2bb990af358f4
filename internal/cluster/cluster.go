// Package cluster lets the processes on one database know of one another: the live instances, their live runs,
// and how a run of any of them is ended.
//
// internal/app makes one for the process and calls Run, which beats: it writes one row every few seconds, and the runs
// that have lived for longer than that. Shorter runs cost nothing and are known to their own instance only, until
// one is to be stopped. Commands make one without Run, to look and to end from outside. The engine is given
// KillElsewhere as a function. The package knows runs by their ids; it must not know what they do, or HTTP.
//
// A process that ended without leaving is taken for gone after four missed beats.
package cluster

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/process"
)

const (
	missed     = 4               // beats until an instance counts as gone
	maxTold    = 500             // live runs that an instance reports, the oldest
	maxWid     = 64              // bytes of a run's id
	pruneEvery = 30              // beats between two looks for what others have left
	beatTime   = 5 * time.Second // that the database may take for a beat

	firstLook  = 10 * time.Millisecond // for the answer to a kill; then twice as long each time
	longLook   = 200 * time.Millisecond
	answerTime = 3 * time.Second // until the run counts as unknown

	// DefaultEvery is how often an instance beats.
	DefaultEvery = 2 * time.Second
	// DefaultLook is how often a database that cannot signal is queried for runs to be ended.
	DefaultLook = 250 * time.Millisecond
)

// Store is what the package needs of the database.
type Store interface {
	store.Instances
	store.Kills
	store.Signals
}

// States of an instance.
const (
	Serving  = "serving"
	Draining = "draining" // it ends, and takes no new runs
)

// About is what an instance says of itself. Address and AppVersion may change while it serves.
type About struct {
	Host       string // name of the machine
	PID        int
	Address    string // where it listens, host:port
	Version    string // of the program
	App        string
	AppVersion string
}

// Options say what to work with. Only Store is needed by a program that is no instance itself.
type Options struct {
	Store     Store
	Processes *process.Repository // the runs of this process. Defaults to none
	About     func() About        // called at each beat; needed by Run
	Changed   func()              // called when another process changed users or tokens. Defaults to nothing
	Every     time.Duration       // between two beats, in whole seconds. Defaults to DefaultEvery
	Look      time.Duration       // see DefaultLook
	Log       *slog.Logger        // Defaults to saying nothing
}

// Cluster is the processes on one database, as this one knows them. Its methods may be called from any goroutine.
type Cluster struct {
	opt      Options
	id       string
	started  time.Time
	draining atomic.Bool
	beatNow  chan struct{} // requests a beat now
}

// New makes a Cluster. It does not query the database yet.
func New(o Options) *Cluster {
	o.Every, o.Look = cmp.Or(o.Every, DefaultEvery), cmp.Or(o.Look, DefaultLook)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Processes == nil {
		o.Processes = process.NewRepository()
	}
	return &Cluster{opt: o, id: uuid.NewString(), started: time.Now(), beatNow: make(chan struct{}, 1)}
}

// ID names this instance.
func (c *Cluster) ID() string { return c.id }

// Drain marks this instance as ending.
func (c *Cluster) Drain() {
	c.draining.Store(true)
	select {
	case c.beatNow <- struct{}{}:
	default:
	}
}

// Instance is a process that serves.
type Instance struct {
	ID         string    `json:"id"`
	Host       string    `json:"host"`
	PID        int       `json:"pid"`
	Address    string    `json:"address"`
	Version    string    `json:"version"`
	App        string    `json:"app"`
	AppVersion string    `json:"app_version"` // value of the header Nflow-Version of its responses
	State      string    `json:"state"`
	Live       int64     `json:"live"` // runs
	Started    time.Time `json:"started"`
}

// Run is a live run of any instance.
type Run struct {
	Instance string `json:"instance"` // its ID
	process.Info
}

// Instances lists the processes that serve, the oldest first. The error is a fault.
func (c *Cluster) Instances(ctx context.Context) ([]Instance, error) {
	rows, err := c.opt.Store.Instances(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Instance, 0, len(rows))
	for _, r := range rows {
		if gone(r) && r.ID != c.id {
			continue
		}
		i := Instance{
			ID: r.ID, Host: r.Host, PID: r.PID, Address: r.Address, Version: r.Version, App: r.App, AppVersion: r.AppVersion,
			State: r.State, Live: r.Live, Started: r.Started.UTC(),
		}
		if r.ID == c.id { // it knows better than its last beat
			i.Live, i.State = c.opt.Processes.Live(), c.state()
		}
		list = append(list, i)
	}
	return list, nil
}

func gone(i store.Instance) bool { return i.Age > missed*i.Every }

func (c *Cluster) state() string {
	if c.draining.Load() {
		return Draining
	}
	return Serving
}

// Runs lists the live runs, the oldest first: all of this process, and of each other instance the 500 oldest of
// those that have lived for longer than a beat. The error is a fault.
func (c *Cluster) Runs(ctx context.Context) ([]Run, error) {
	instances, err := c.Instances(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := c.opt.Store.LiveRuns(ctx)
	if err != nil {
		return nil, err
	}
	alive := map[string]bool{}
	for _, i := range instances {
		alive[i.ID] = i.ID != c.id
	}
	list := []Run{}
	for _, info := range c.opt.Processes.List() {
		list = append(list, Run{c.id, info})
	}
	for _, r := range rows {
		if alive[r.Instance] {
			list = append(list, Run{r.Instance, process.Info{
				Wid: r.Wid, Parent: r.Parent, App: r.App, Flow: r.Flow, Node: r.Node, Type: r.Kind, Started: r.Started.UTC(),
			}})
		}
	}
	slices.SortStableFunc(list, func(a, b Run) int { return a.Started.Compare(b.Started) })
	return list, nil
}

// KillElsewhere ends a run of another process, and reports whether it was live. When no instance answers, that takes three
// seconds. The error is a fault.
func (c *Cluster) KillElsewhere(ctx context.Context, wid string) (bool, error) {
	if wid == "" || len(wid) > maxWid || !plain(wid) {
		return false, nil
	}
	others, err := c.others(ctx)
	if err != nil || !others {
		return false, err
	}
	if err := c.opt.Store.AskKill(ctx, wid); err != nil {
		return false, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), beatTime)
		defer cancel()
		if err := c.opt.Store.ForgetKill(ctx, wid); err != nil {
			c.opt.Log.Debug("cluster: a stop request could not be removed", "error", err)
		}
	}()
	end := time.Now().Add(answerTime)
	for wait := firstLook; time.Now().Before(end); wait = min(2*wait, longLook) {
		if err := store.Pause(ctx, wait); err != nil {
			return false, context.Cause(ctx)
		}
		if done, err := c.opt.Store.KillDone(ctx, wid); done || err != nil {
			return done, err
		}
	}
	return false, nil
}

// plain reports whether a text can be an id: letters, digits and dashes.
func plain(wid string) bool {
	for _, b := range []byte(wid) {
		if (b < '0' || b > '9') && (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && b != '-' {
			return false
		}
	}
	return true
}

// others reports whether another instance is live.
func (c *Cluster) others(ctx context.Context) (bool, error) {
	list, err := c.Instances(ctx)
	return slices.ContainsFunc(list, func(i Instance) bool { return i.ID != c.id }), err
}
