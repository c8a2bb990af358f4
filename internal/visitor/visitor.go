// Package visitor is the visitor's session as one run sees it: what scripts keep in it under names, the form data of a flow
// that waits for the visitor, and the nodes at which the visitor may continue.
//
// internal/runloop has one Session in each run, and is its Host. This package does not know how a run goes, nor how a
// session is stored (syncsession).
package visitor

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
	"github.com/arturoeanton/nflow-runtime/replay"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

// Names of sessions that have a meaning for the engine. Form, offers and story hold one entry per flow.
const (
	formSession   = "nflow_form"   // form data of flows that wait for the visitor
	offersSession = "nflow_offers" // ids of the nodes that the visitor may continue at
	trackSession  = "nflow_track"  // the visitor's log_id and how many nodes were counted, over requests
	storySession  = "nflow_story"  // wid of the run that began the form, by which the history shows its runs as one
)

// maxFields is how many fields a form may have that a flow keeps from step to step, as many as a request may have parameters: each run that
// continues takes it apart.
const maxFields = 10_000

// Host is what a session knows of its run.
type Host interface {
	Flow() *graph.Flow
	// Request is the request of the run; in a fork, that of the run it came of, without cookies.
	Request() *http.Request
	// Detached reports whether nobody waits for the run's answer.
	Detached() bool
	Store() syncsession.Store
	// Await runs a call of the store, which ends with the run.
	Await(call func(context.Context) error) error
	// Effects records or replays the run; nil for neither.
	Effects() replay.Effects
	Counts() *Counts
	Log() *slog.Logger
}

// Counts is what the sessions of all runs have in common.
type Counts struct {
	Loaded, Saved atomic.Int64

	keeping sync.Map // names of flows that kept a form though Flow.Keeps says no: data made them wait
}

// Session is the visitor's session: read when first used, saved once. A fork has a copy that is never saved. It belongs
// to the run's goroutine.
type Session struct {
	host      Host
	values    *syncsession.Session
	form      *ordered.Object // nflow_form of the run's flow, with the request's parameters; nil in a run without a request
	formSaved bool            // a script saved it: it shows in the payload of the next node
	origin    *http.Request   // in a fork: the request that brings the session, until it is read
}

// Begin readies the session of a run.
func (s *Session) Begin(host Host) { s.host = host }

func (s *Session) load() (*syncsession.Session, error) {
	if s.values != nil {
		return s.values, nil
	}
	if s.host.Detached() && s.origin == nil {
		s.values = &syncsession.Session{}
		return s.values, nil
	}
	v, err := s.read()
	if err != nil {
		return nil, err
	}
	s.host.Counts().Loaded.Add(1)
	s.values = v
	return v, nil
}

// keeps reports whether something of the run's flow may be in sessions. A flow that never waits costs its visitors no look
// into theirs.
func (s *Session) keeps() bool {
	if s.host.Flow().Keeps {
		return true
	}
	_, ok := s.host.Counts().keeping.Load(s.host.Flow().Name)
	return ok
}

// keep notes that something of the flow is in a session now.
func (s *Session) keep() {
	if !s.host.Flow().Keeps {
		s.host.Counts().keeping.Store(s.host.Flow().Name, nil)
	}
}

// SaveTo puts the session into the header of the response. A run that touched no session does nothing here.
func (s *Session) SaveTo(h http.Header) error {
	if s.values == nil || s.host.Detached() || s.replays() {
		return nil
	}
	s.host.Counts().Saved.Add(1)
	q := s.host.Request()
	err := s.host.Await(func(ctx context.Context) error { return s.host.Store().Save(ctx, h, q, s.values) })
	if err != nil {
		s.host.Log().Warn("the session was not saved", "error", err)
	}
	return err
}

// arrived reports whether the request brought a session at all.
func (s *Session) arrived() bool {
	return s.values != nil || s.origin != nil || len(s.host.Request().Header["Cookie"]) > 0
}

// Continuation returns the form data of the run's flow and reports whether the node was offered.
func (s *Session) Continuation(node string) (form *ordered.Object, offered bool, err error) {
	v, err := s.load()
	if err != nil {
		return nil, false, err
	}
	form = s.formIn(v)
	form.Delete("break")
	return form, slices.Contains(s.offers(v), node), nil
}

// formIn returns the form of the run's flow that a session holds, an empty one where it holds none.
func (s *Session) formIn(v *syncsession.Session) *ordered.Object {
	if text, ok := v.Object(formSession).Get(s.host.Flow().Name).(json.RawMessage); ok {
		if form, err := ordered.Parse(text); err == nil {
			return form
		}
	}
	return ordered.New(0)
}

// StartForm begins the flow anew: what an earlier start left is gone, the offers made before stay.
func (s *Session) StartForm(parameters *ordered.Object) {
	s.form = parameters
	if !s.keeps() || !s.arrived() {
		return
	}
	v, err := s.load()
	if err != nil {
		s.host.Log().Debug("the form of an earlier start was not removed", "error", err)
		return
	}
	v.DeleteKey(formSession, s.host.Flow().Name)
}

func (s *Session) offers(v *syncsession.Session) (ids []string) {
	entry, _ := v.Value(offersSession, s.host.Flow().Name)
	list, _ := entry.([]any)
	for _, id := range list {
		if id, ok := id.(string); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// KeepForm keeps what a waiting run knows and adds to what is offered. Ids of nodes that the flow no longer has are
// dropped, so offers are never more than the flow has nodes.
func (s *Session) KeepForm(data *ordered.Object, offer []string, story string) error {
	if data.Len() > maxFields {
		return fault.New(fault.TooLarge, "the payload of a flow that waits for the visitor has more than %d fields; put lists and objects into fewer", maxFields)
	}
	v, err := s.load()
	if err != nil {
		return err
	}
	s.keep()
	if err := v.SetKey(formSession, s.host.Flow().Name, data); err != nil {
		return err
	}
	if story != "" {
		if err := v.SetKey(storySession, s.host.Flow().Name, story); err != nil {
			return err
		}
	}
	ids := slices.DeleteFunc(s.offers(v), func(id string) bool { return s.host.Flow().Nodes[id] == nil })
	for _, id := range offer {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return v.SetKey(offersSession, s.host.Flow().Name, ids)
}

// EndForm forgets the form data and offers of a flow that reached an end. A run that used no session otherwise
// does not fail because that cannot be reached.
func (s *Session) EndForm() error {
	if s.values == nil && (!s.keeps() || !s.arrived()) {
		return nil
	}
	v, err := s.load()
	if err != nil {
		s.host.Log().Debug("the form of a flow that ended was not removed", "error", err)
		return nil
	}
	v.DeleteKey(formSession, s.host.Flow().Name)
	v.DeleteKey(offersSession, s.host.Flow().Name)
	v.DeleteKey(storySession, s.host.Flow().Name)
	return nil
}

// Story returns the wid of the run that began the form of the run's flow, "" when it was not recorded.
func (s *Session) Story() string {
	if s.values == nil {
		return ""
	}
	v, _ := s.values.Value(storySession, s.host.Flow().Name)
	wid, _ := v.(string)
	return wid
}

// KnownUser returns the visitor's username as far as the run has looked at the session.
func (s *Session) KnownUser() string {
	if s.values == nil {
		return ""
	}
	return Username(s.values.Object("auth_session"))
}

// heavyKey is what a copy needs for a key, in bytes; texts are shared.
const heavyKey = 100

// CopyWeight estimates what CopyTo copies, in bytes.
func (s *Session) CopyWeight() int64 {
	n := s.form.Len()
	if v, err := s.toCopy(); err == nil && v != nil {
		n += v.Len()
	}
	return heavyKey * int64(n)
}

// CopyTo copies what the run knows into the session of a fork. What was not read yet is read when the fork uses it.
func (s *Session) CopyTo(fork *Session) {
	fork.form = s.form.Clone()
	switch v, err := s.toCopy(); {
	case err != nil:
		s.host.Log().Warn("a fork starts without the session", "error", err)
	case v != nil:
		fork.values = v.Copy()
	case s.later():
		if fork.origin = s.origin; s.origin == nil && s.arrived() {
			fork.origin = s.host.Request()
		}
	}
}

// later reports whether a fork reads the session itself; a recording has the run do it.
func (s *Session) later() bool { return s.values == nil && s.host.Effects() == nil && !s.keeps() }

// toCopy returns the session that a fork gets a copy of, nil for none.
func (s *Session) toCopy() (*syncsession.Session, error) {
	if s.later() || s.values == nil && !s.arrived() {
		return nil, nil
	}
	return s.load()
}

// Username returns the username in session auth_session, "" for none.
func Username(values *ordered.Object) string {
	text, _ := values.Get("profile").(json.RawMessage)
	login, err := ordered.Parse(text)
	if err != nil {
		return ""
	}
	name, _ := login.Get("username").(string)
	return name
}

// Count returns the visitor's log_id and the number of this node, both kept in the session.
func (s *Session) Count(reset bool, newID func() string) (id string, order int) {
	v, err := s.load()
	if err != nil {
		return "", 0
	}
	entry := v.Get(trackSession)
	id, _ = entry["log_id"].(string)
	n, _ := entry["order_box"].(int64)
	if id == "" {
		id = newID()
	}
	if reset {
		n = 0
	}
	n++
	if err := v.Set(trackSession, map[string]any{"log_id": id, "order_box": n}); err != nil {
		s.host.Log().Debug("the visit was not counted", "error", err)
	}
	return id, int(n)
}

// Username returns the name in the visitor's profile, "" for nobody.
func (s *Session) Username() string {
	profile, err := s.Open("auth_session")
	if err != nil {
		return ""
	}
	return Username(profile)
}

// Continue makes the form with the request's parameters that of the run, which continues with it.
func (s *Session) Continue(form *ordered.Object) { s.form = form.Clone() }

func (s *Session) replays() bool { e := s.host.Effects(); return e != nil && e.Replays() }

// read gets the visitor's session through the recording.
func (s *Session) read() (*syncsession.Session, error) {
	q := s.host.Request()
	if s.origin != nil {
		return s.fetch(s.origin)
	}
	if s.host.Effects() == nil {
		return s.fetch(q)
	}
	var live *syncsession.Session
	values, err := hostfn.Do(s.host.Effects(), "session", "", func() (values syncsession.Values, err error) {
		if live, err = s.fetch(q); err != nil {
			return nil, err
		}
		return live.All(), nil
	})
	if err != nil || live != nil {
		return live, err
	}
	replayed := &syncsession.Session{}
	for name, v := range values {
		if err := replayed.SetObject(name, v); err != nil {
			return nil, err
		}
	}
	return replayed, nil
}

// fetch gets the session of a request from its store.
func (s *Session) fetch(q *http.Request) (v *syncsession.Session, err error) {
	err = s.host.Await(func(ctx context.Context) (err error) {
		v, err = s.host.Store().Load(ctx, q)
		return err
	})
	return v, err
}
