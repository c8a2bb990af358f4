package runloop

import (
	"github.com/arturoeanton/nflow-runtime/internal/apps"
	"github.com/arturoeanton/nflow-runtime/internal/exchange"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/replay"
)

// effects is what records or replays a run; the zero value is off.
type effects struct{ replay.Effects }

// startEffects looks up whether a run is recorded or replayed. A flow that another one calls is part of its caller's
// recording; a fork is a run of its own.
func (l *Loop) startEffects(f *apps.Flow, kind string, parent *run) effects {
	switch {
	case l.Effects == nil:
		return effects{}
	case kind == kindCall && parent != nil:
		return parent.effects
	}
	return effects{l.Effects(f.Name)}
}

// replays reports whether the run must leave the world outside alone.
func (e effects) replays() bool { return e.Effects != nil && e.Replays() }

// note writes into the recording where the run is. It returns an error where a replay got elsewhere.
func (e effects) note(kind, key string) error {
	if e.Effects == nil {
		return nil
	}
	_, err := hostfn.Do(e.Effects, kind, key, func() (struct{}, error) { return struct{}{}, nil })
	return err
}

// noteAnswer records the response of the run before it is sent.
func (e effects) noteAnswer(x *exchange.Exchange) {
	if e.Effects == nil || x.Detached() {
		return
	}
	key := "in pieces"
	if head, body, whole := x.Recorded(); whole {
		key = hostfn.Key(head, body)()
	}
	_ = e.note("answer", key)
}
