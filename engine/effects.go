package engine

import (
	"strconv"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

// observe asks whether the run is recorded or replayed. A flow that another one calls is part of its caller's recording;
// a fork is a run of its own.
func (r *run) observe(kind string, parent *run) {
	switch {
	case r.rt.opts.Effects == nil:
	case kind == kindCall && parent != nil:
		r.effects = parent.effects
	default:
		r.effects = r.rt.opts.Effects(r.flow.Name)
	}
}

// replays tells whether the run must leave the world outside alone.
func (r *run) replays() bool { return r.effects != nil && r.effects.Replays() }

// note tells the recording where the run is. Its error says that a replay got elsewhere.
func (r *run) note(kind, key string) error {
	if r.effects == nil {
		return nil
	}
	_, err := hostfn.Do(r.effects, kind, key, func() (struct{}, error) { return struct{}{}, nil })
	return err
}

// noteAnswer tells the recording what the run answers, before it leaves.
func (r *run) noteAnswer() {
	if r.effects == nil || r.web.detached {
		return
	}
	key := "in pieces"
	if w := &r.web.held; !w.sent {
		key = hostfn.Key(strconv.Itoa(w.status)+" "+w.Header().Get("Content-Type"), string(w.body))()
	}
	_ = r.note("answer", key)
}

// read gets the visitor's session through the recording.
func (s *session) read() (*syncsession.Session, error) {
	q := s.run.web.echo.Request()
	if s.origin != nil {
		return s.run.rt.sessions.Load(q.Context(), s.origin)
	}
	if s.run.effects == nil {
		return s.run.rt.sessions.Load(q.Context(), q)
	}
	var live *syncsession.Session
	values, err := hostfn.Do(s.run.effects, "session", "", func() (values syncsession.Values, err error) {
		if live, err = s.run.rt.sessions.Load(q.Context(), q); err != nil {
			return nil, err
		}
		return live.All(), nil
	})
	if err != nil || live != nil {
		return live, err
	}
	replayed := &syncsession.Session{}
	for name, v := range values {
		if err := replayed.Set(name, v); err != nil {
			return nil, err
		}
	}
	return replayed, nil
}
