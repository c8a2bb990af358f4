package admission

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// Forks bounds the forks that wait for a place, of each app apart.
type Forks struct {
	forks, bytes int64 // what each may hold

	mu   sync.Mutex
	apps map[string]*ForkQuota
}

// NewForks bounds the waiting forks of an app by their number and by the bytes that they hold.
func NewForks(forks, bytes int64) *Forks {
	return &Forks{forks: forks, bytes: bytes, apps: map[string]*ForkQuota{}}
}

// Quota returns the one of an app. It may be called from any goroutine.
func (a *Forks) Quota(app string) *ForkQuota {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.apps[app] == nil {
		a.apps[app] = &ForkQuota{all: a}
	}
	return a.apps[app]
}

// ForkQuota bounds the forks of one app that wait for a place, and the plugins that listen, by their number and by what
// they hold. Its methods may be called from any goroutine.
type ForkQuota struct {
	all          *Forks
	forks, bytes atomic.Int64
}

// State returns how many forks wait, and the bytes that they hold.
func (q *ForkQuota) State() (forks, bytes int64) { return q.forks.Load(), q.bytes.Load() }

// Enter takes a part of the quota for a fork, or returns an error where there is none.
func (q *ForkQuota) Enter() (Fork, error) {
	if q.forks.Add(1) > q.all.forks {
		q.forks.Add(-1)
		return Fork{}, busy("fork: %d forks of the app wait for a place: try again ([vm_pool] max_waiting_forks)", q.all.forks)
	}
	return Fork{quota: q}, nil
}

func busy(format string, args ...any) error {
	f := fault.New(fault.Unavailable, format, args...)
	f.Retry = time.Second
	return f
}

// Fork is what one fork takes of its app's quota; the zero value takes none. It belongs to one goroutine at a time.
type Fork struct {
	quota *ForkQuota
	bytes int64
}

// Grow takes so much of the quota as the fork holds, in bytes.
func (h *Fork) Grow(bytes int64) error {
	if h.quota == nil {
		return nil
	}
	if most := h.quota.all.bytes; h.quota.bytes.Add(bytes) > most {
		h.quota.bytes.Add(-bytes)
		return busy("fork: the forks of the app that wait for a place hold %d MiB: try again, or give them a smaller payload ([vm_pool] max_waiting_forks_mb)", most>>20)
	}
	h.bytes += bytes
	return nil
}

// Leave returns what the fork took. It may be called more than once.
func (h *Fork) Leave() {
	if h.quota == nil {
		return
	}
	h.quota.forks.Add(-1)
	h.quota.bytes.Add(-h.bytes)
	*h = Fork{}
}
