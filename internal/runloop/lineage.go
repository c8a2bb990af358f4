package runloop

import (
	"sync/atomic"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// kin is what a run shares with the runs that come of it, so that one request is bounded however it divides its work.
// Its fields may be used from any goroutine.
type kin struct {
	forks  atomic.Int64 // begun so far
	logged atomic.Int64 // bytes of log lines
}

// lineage is where a run stands among the runs of its request.
type lineage struct {
	kin   *kin // nil before the first run comes of this one
	depth int  // forks and calls that led here, one from another
}

// shared returns what the run shares with the runs that come of it.
func (l *lineage) shared() *kin {
	if l.kin == nil {
		l.kin = new(kin)
	}
	return l.kin
}

// child returns the lineage of a run that comes of this one. A message comes from outside: only its depth is that of the
// listener.
func (l *lineage) child(kind string) lineage {
	c := lineage{depth: l.depth + 1}
	if kind != kindMessage {
		c.kin = l.shared()
	}
	return c
}

// mayDescend refuses a fork or call that would follow from too many others.
func (l *lineage) mayDescend(most int, what string) error {
	if l.depth >= most {
		return fault.New(fault.Script, "%s: forks and calls of flows are nested more than %d deep: check for a loop ([vm_pool] max_depth)", what, most)
	}
	return nil
}

// mayFork refuses a fork that is one too many for the request.
func (l *lineage) mayFork(most int64) error {
	if l.shared().forks.Add(1) > most {
		return fault.Exceeded("forks", "fork: a request may start at most %d forks ([vm_pool] max_forks)", most)
	}
	return nil
}
