package app

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

const (
	probeEvery = 2 * time.Second  // at most: more frequent callers get the last result
	probeWait  = time.Second      // how long a caller waits for a probe; then it gets the last result
	probeTime  = 15 * time.Second // a probe ends then
	// probePatience is how long nothing may be written because others write, before that is a fault: a lock is a fault only
	// when it is never released.
	probePatience = 30 * time.Second
)

// prober reports whether something can be written, by writing. It does so in the background, when the state is requested.
type prober struct {
	what  string // for the log, as in "the database"
	probe func(context.Context) error
	log   *slog.Logger
	ctx   context.Context // of probes
	group *sync.WaitGroup // of their goroutines
	now   func() time.Time

	mu      sync.Mutex
	verdict error
	asked   time.Time     // when the last probe began
	fine    time.Time     // when one succeeded
	over    chan struct{} // closed when the probe that runs is over; nil while none does
}

// ask returns what the last probe found, after one of now where the last is too old.
func (p *prober) ask(ctx context.Context) error {
	over := p.begin()
	if over != nil {
		wait := time.NewTimer(probeWait)
		defer wait.Stop()
		select {
		case <-over:
		case <-wait.C:
		case <-ctx.Done():
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.verdict
}

// begin starts a probe unless one runs or has just been; it returns what is closed when that which runs is over.
func (p *prober) begin() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if p.fine.IsZero() {
		p.fine = now // it was written to when it was opened
	}
	if p.over != nil || !p.asked.IsZero() && now.Sub(p.asked) < probeEvery || p.ctx.Err() != nil {
		return p.over
	}
	p.asked, p.over = now, make(chan struct{})
	p.group.Go(func() {
		ctx, cancel := context.WithTimeout(p.ctx, probeTime)
		defer cancel()
		p.end(p.probe(ctx))
	})
	return p.over
}

// end takes what a probe found, and logs it when that is something else than before.
func (p *prober) end(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.over)
	p.over = nil
	if p.ctx.Err() != nil {
		return // it stops
	}
	if err == nil {
		p.fine = p.now()
	} else if busy(err) && p.now().Sub(p.fine) < probePatience {
		return
	}
	if store.TroubleOf(p.verdict) == store.Damaged {
		return // a successful write repairs nothing: the database has to be restored, and the process restarted
	}
	switch before := p.verdict; {
	case err == nil && before != nil:
		p.log.Info("health: " + p.what + " can be written again")
	case err != nil && (before == nil || fault.From(before).Text != fault.From(err).Text):
		p.log.Error("health: "+p.what+" cannot be written", "error", err)
	}
	p.verdict = err
}

// busy reports whether another process writes, or the response only took long.
func busy(err error) bool {
	return store.TroubleOf(err) == store.Locked || errors.Is(err, context.DeadlineExceeded)
}
