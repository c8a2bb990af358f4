package engine

import (
	"context"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// admission bounds the runs that live at once, each with a VM of its own. Who finds no place waits in line for a while.
type admission struct {
	line
	wait  time.Duration // how long a request waits for a place
	meter Meter         // told of those who wait; nil for none
}

func newAdmission(size, sharePercent int, wait time.Duration, full func() bool) *admission {
	return &admission{line: newLine(size, max(1, size*sharePercent/100), full), wait: wait}
}

// enter takes a place for a run of the lane's flow, waiting for one when there is none. Every enter without error is followed
// by a leave.
func (a *admission) enter(ctx context.Context, l *lane) error {
	if a.size == 0 && !a.full() {
		return nil
	}
	t := a.take(l)
	if t == nil {
		return nil
	}
	began := time.Now()
	timeout := time.NewTimer(a.wait)
	defer timeout.Stop()
	retry := time.NewTicker(watchEvery) // for memory, which nobody announces when it is free again
	defer retry.Stop()
	for {
		select {
		case <-t.ready:
			if a.meter != nil {
				a.meter.Waited(time.Since(began))
			}
			return nil
		case <-retry.C:
			a.again()
		case <-timeout.C:
			if a.meter != nil {
				a.meter.Limit("queue")
			}
			if a.quit(l, t) {
				return &fault.Error{Kind: fault.Unavailable, Retry: time.Second, Text: "the server is full: try again"}
			}
			return nil
		case <-ctx.Done():
			if a.quit(l, t) {
				return fault.Wrap(fault.Killed, context.Cause(ctx), "the run was ended while it waited for a place")
			}
			return nil
		}
	}
}
