package runloop

import (
	"context"
	"time"
)

// watchEvery is how late a run may notice its deadline or its client's leaving.
const watchEvery = 10 * time.Millisecond

// watch looks after the deadlines and clients of all live runs: one goroutine instead of a timer per run, asleep while
// nothing runs.
type watch struct {
	wake chan struct{}
}

func (w *watch) start(l *Loop) {
	w.wake = make(chan struct{}, 1)
	l.background.Go(func() { w.loop(l.base, l) })
}

// added wakes the watch for the first run after a pause.
func (w *watch) added(live int64) {
	if live != 1 {
		return
	}
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *watch) loop(ctx context.Context, l *Loop) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		if l.Processes.Live() == 0 {
			tick.Stop()
			select {
			case <-w.wake:
				tick.Reset(watchEvery)
			case <-ctx.Done():
				return
			}
		}
		select {
		case <-tick.C:
			l.Processes.Check(l.Clock.Now())
		case <-ctx.Done():
			return
		}
	}
}
