// Package process knows the runs that are alive: it lists, inspects and kills them.
//
// The engine adds a Process when a run begins and removes it when it ends; administrators, scripts (wkill) and Go
// programs find it here by its id. The package does not know what a run does.
package process

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// ErrKilled is the cause of a run that was killed without another cause.
var ErrKilled = errors.New("the run was killed")

// State reports what a run is doing.
type State string

// The states. A run that waits for a form is no longer alive: its data is in the visitor's session.
const (
	Running State = "running"
	Ended   State = "ended"
)

// Process is one run that is alive. Its exported fields belong to the run's goroutine; others look at it through Info.
type Process struct {
	UUID           string // wid
	ParentUUID     string // wid of the run that forked it; "" for a request's own run
	UUIDBoxCurrent string // id of the node it is at
	State          State
	Type           string // "http", "fork" or "callback"
	Payload        any    // for steps that want to leave something here
	Killeable      bool
	App, Flow      string
	Started        time.Time

	node     atomic.Pointer[string]
	runner   Runner
	place    int // in the list of its shard, the first is 1; 0 while it is not listed
	exit     atomic.Bool
	closed   bool
	mu       sync.Mutex // guards callback and closed
	callback chan string
	done     chan struct{} // closed by Close; made with callback
}

// Runner is the run behind a process. Its methods may be called from any goroutine.
type Runner interface {
	Kill(cause error)    // ends the run at its next safe point
	Check(now time.Time) // called every few milliseconds while the run lives
}

// Connect ties the process to its run; it must be called before the process is added to a Repository.
func (p *Process) Connect(r Runner) { p.runner = r }

// At notes the id of the node that the run is at. The text must not change. It belongs to the run's goroutine.
func (p *Process) At(node *string) {
	p.UUIDBoxCurrent = *node
	p.node.Store(node)
}

// Kill ends the run at its next safe point, also inside a loop of its script or a wait. It may be called from any
// goroutine, and more than once.
func (p *Process) Kill() { p.KillCause(ErrKilled) }

// KillCause is Kill with a reason for the log.
func (p *Process) KillCause(cause error) {
	if !p.Killeable {
		return
	}
	p.exit.Store(true)
	if p.runner != nil {
		p.runner.Kill(cause)
	}
}

// Close ends a callback run: no message is taken any more. The channel itself stays open, because a plugin may still be
// sending on it from a goroutine of its own; such a send waits for ever once 16 messages are in it, so a plugin that
// sends on should look at GetFlagExit.
func (p *Process) Close() {
	p.exit.Store(true)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done != nil && !p.closed {
		close(p.done)
	}
	p.closed = true
}

// Done is closed when a callback run ends. It is there once Callback has been called.
func (p *Process) Done() <-chan struct{} { return p.done }

// Callback returns the channel on which a callback run gets its messages, making it when needed.
func (p *Process) Callback() chan string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.callback == nil {
		p.callback, p.done = make(chan string, 16), make(chan struct{})
	}
	return p.callback
}

// SendCallback sends a JSON text to a callback run, and reports whether it was taken: not when the run is closed or has
// 16 messages waiting.
func (p *Process) SendCallback(text string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.callback == nil || p.closed {
		return false
	}
	select {
	case p.callback <- text:
		return true
	default:
		return false
	}
}

// GetFlagExit reports whether the run should end: plugins that loop ask it.
func (p *Process) GetFlagExit() bool { return p.exit.Load() }

// Info is what others see of a run that is alive.
type Info struct {
	Wid     string    `json:"wid"`
	Parent  string    `json:"parent,omitempty"`
	App     string    `json:"app"`
	Flow    string    `json:"flow"`
	Node    string    `json:"node"`
	Type    string    `json:"type"`
	Started time.Time `json:"started"`
}

// Info may be called from any goroutine.
func (p *Process) Info() Info {
	i := Info{Wid: p.UUID, Parent: p.ParentUUID, App: p.App, Flow: p.Flow, Type: p.Type, Started: p.Started}
	if n := p.node.Load(); n != nil {
		i.Node = *n
	}
	return i
}

const shards = 16

// Repository holds the runs of one runtime. It is safe for concurrent use; the zero value is not usable.
type Repository struct {
	shards [shards]shard
	live   atomic.Int64
	total  atomic.Int64

	awaited atomic.Bool // a caller has waited for runs to end
	mu      sync.Mutex
	fewer   chan struct{} // closed when a run ends; nil until a caller waits
}

// shard is a part of the list. Runs come and go thousands of times a second, and are looked for by their id when somebody asks:
// a map would cost each run more than its place here.
type shard struct {
	mu   sync.RWMutex
	list []*Process
	_    [16]byte // keeps neighbours off one cache line
}

// NewRepository makes an empty repository.
func NewRepository() *Repository { return &Repository{} }

func (r *Repository) shard(wid string) *shard {
	if wid == "" {
		return &r.shards[0]
	}
	return &r.shards[wid[len(wid)-1]%shards]
}

// Add lists a process. It returns the number of runs that now live.
func (r *Repository) Add(p *Process) int64 {
	s := r.shard(p.UUID)
	s.mu.Lock()
	s.list = append(s.list, p)
	p.place = len(s.list)
	s.mu.Unlock()
	r.total.Add(1)
	return r.live.Add(1)
}

// Remove takes a process off the list; the run behind it has ended.
func (r *Repository) Remove(p *Process) {
	s := r.shard(p.UUID)
	s.mu.Lock()
	there := p.place > 0
	if there {
		last := len(s.list) - 1
		s.list[p.place-1] = s.list[last]
		s.list[p.place-1].place = p.place
		s.list[last], p.place = nil, 0
		s.list = s.list[:last]
	}
	s.mu.Unlock()
	if !there {
		return
	}
	r.live.Add(-1)
	if !r.awaited.Load() {
		return
	}
	r.mu.Lock()
	if r.fewer != nil {
		close(r.fewer)
		r.fewer = nil
	}
	r.mu.Unlock()
}

// Get finds a live run by its wid.
func (r *Repository) Get(wid string) (*Process, bool) {
	s := r.shard(wid)
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, p := range s.list {
		if p.UUID == wid {
			return p, true
		}
	}
	return nil, false
}

// Kill ends a run and reports whether it was live.
func (r *Repository) Kill(wid string, cause error) bool {
	p, ok := r.Get(wid)
	if ok {
		p.KillCause(cause)
	}
	return ok
}

// KillAll ends every run and returns how many there were.
func (r *Repository) KillAll(cause error) int {
	all := r.all()
	for _, p := range all {
		p.KillCause(cause)
	}
	return len(all)
}

// Check calls the Check hook of every live run.
func (r *Repository) Check(now time.Time) {
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.RLock()
		for _, p := range s.list {
			if p.runner != nil {
				p.runner.Check(now)
			}
		}
		s.mu.RUnlock()
	}
}

// List returns all live runs, the oldest first.
func (r *Repository) List() []Info {
	all := r.all()
	infos := make([]Info, len(all))
	for i, p := range all {
		infos[i] = p.Info()
	}
	slices.SortFunc(infos, func(a, b Info) int { return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.Wid, b.Wid)) })
	return infos
}

func (r *Repository) all() (all []*Process) {
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.RLock()
		all = append(all, s.list...)
		s.mu.RUnlock()
	}
	return all
}

// Live counts the runs that are alive.
func (r *Repository) Live() int64 { return r.live.Load() }

// Total counts all runs that ever were.
func (r *Repository) Total() int64 { return r.total.Load() }

// Wait waits until no run lives, or ctx is done.
func (r *Repository) Wait(ctx context.Context) error { return r.WaitFor(ctx, 0) }

// WaitFor waits until no more than so many runs live, or ctx is done.
func (r *Repository) WaitFor(ctx context.Context, most int64) error {
	r.awaited.Store(true)
	for {
		r.mu.Lock()
		if r.live.Load() <= most {
			r.mu.Unlock()
			return nil
		}
		if r.fewer == nil {
			r.fewer = make(chan struct{})
		}
		fewer := r.fewer
		r.mu.Unlock()
		select {
		case <-fewer:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
