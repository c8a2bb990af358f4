package engine

import (
	"maps"
	"net/http"
	"slices"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

// Names of sessions that the engine gives a meaning. Both hold one entry per flow.
const (
	formSession   = "nflow_form"   // form data of flows that wait for the visitor
	offersSession = "nflow_offers" // ids of the nodes that the visitor may continue at
	storySession  = "nflow_story"  // wid of the run that began the form, by which the history tells its runs as one
)

// session is the visitor's session as one run sees it: read when first asked for, saved once. A fork has a copy that is
// never saved.
type session struct {
	run       *run
	values    *syncsession.Session
	form      map[string]any // nflow_form of the run's flow, with the request's parameters; nil in a run without a request
	formSaved bool           // a script saved it: it shows in the payload of the next node
	origin    *http.Request  // in a fork: the request that brings the session, while nobody has asked for it
}

func (s *session) load() (*syncsession.Session, error) {
	if s.values != nil {
		return s.values, nil
	}
	if s.run.web.detached && s.origin == nil {
		s.values = &syncsession.Session{}
		return s.values, nil
	}
	v, err := s.read()
	if err != nil {
		return nil, err
	}
	s.run.rt.sessionsLoaded.Add(1)
	s.values = v
	return v, nil
}

// keeps tells whether something of the run's flow may be in sessions. A flow that never waits costs its visitors no look
// into theirs.
func (s *session) keeps() bool {
	if s.run.flow.Keeps {
		return true
	}
	_, ok := s.run.rt.keeping.Load(s.run.flow.Name)
	return ok
}

// keep notes that something of the flow is in a session now.
func (s *session) keep() {
	if !s.run.flow.Keeps {
		s.run.rt.keeping.Store(s.run.flow.Name, nil)
	}
}

// save puts the session into the header of the answer. A run that touched no session does nothing here.
func (s *session) save(h http.Header) error {
	if s.values == nil || s.run.web.detached || s.run.replays() {
		return nil
	}
	s.run.rt.sessionsSaved.Add(1)
	q := s.run.web.echo.Request()
	return s.run.rt.sessions.Save(q.Context(), h, q, s.values)
}

// arrived tells whether the request brought a session at all.
func (s *session) arrived() bool {
	return s.values != nil || s.origin != nil || len(s.run.web.echo.Request().Header["Cookie"]) > 0
}

// continuation gives the form data of the run's flow and tells whether the node was offered.
func (s *session) continuation(node string) (form map[string]any, offered bool, err error) {
	v, err := s.load()
	if err != nil {
		return nil, false, err
	}
	form, _ = v.Get(formSession)[s.run.flow.Name].(map[string]any)
	if form == nil {
		form = map[string]any{}
	}
	delete(form, "break")
	return form, slices.Contains(s.offers(v), node), nil
}

// startForm begins the flow anew: what an earlier start left is gone, the offers made before stay.
func (s *session) startForm(parameters map[string]any) {
	s.form = parameters
	if !s.keeps() || !s.arrived() {
		return
	}
	v, err := s.load()
	if err != nil {
		s.run.logger().Debug("the form of an earlier start is left behind", "error", err)
		return
	}
	v.DeleteKey(formSession, s.run.flow.Name)
}

func (s *session) offers(v *syncsession.Session) (ids []string) {
	entry, _ := v.Value(offersSession, s.run.flow.Name)
	list, _ := entry.([]any)
	for _, id := range list {
		if id, ok := id.(string); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// keepForm keeps what a waiting run knows and adds to what is offered. Ids of nodes that the flow no longer has are
// dropped, so offers are never more than the flow has nodes.
func (s *session) keepForm(data map[string]any, offer []string, story string) error {
	v, err := s.load()
	if err != nil {
		return err
	}
	s.keep()
	if err := v.SetKey(formSession, s.run.flow.Name, data); err != nil {
		return err
	}
	if story != "" {
		if err := v.SetKey(storySession, s.run.flow.Name, story); err != nil {
			return err
		}
	}
	ids := slices.DeleteFunc(s.offers(v), func(id string) bool { return s.run.flow.Nodes[id] == nil })
	for _, id := range offer {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return v.SetKey(offersSession, s.run.flow.Name, ids)
}

// endForm forgets the form data and offers of a flow that reached an end. A run that asked for no session otherwise
// does not fail because that cannot be reached.
func (s *session) endForm() error {
	if s.values == nil && (!s.keeps() || !s.arrived()) {
		return nil
	}
	v, err := s.load()
	if err != nil {
		s.run.logger().Debug("the form of a flow that ended is left behind", "error", err)
		return nil
	}
	v.DeleteKey(formSession, s.run.flow.Name)
	v.DeleteKey(offersSession, s.run.flow.Name)
	v.DeleteKey(storySession, s.run.flow.Name)
	return nil
}

// story gives the wid of the run that began the form of the run's flow, "" when nobody noted it.
func (s *session) story() string {
	if s.values == nil {
		return ""
	}
	v, _ := s.values.Value(storySession, s.run.flow.Name)
	wid, _ := v.(string)
	return wid
}

// knownUser gives the visitor's username as far as the run has looked at the session.
func (s *session) knownUser() string {
	if s.values == nil {
		return ""
	}
	return usernameIn(s.values.Get("auth_session"))
}

// Open gives a script the values of a named session. nflow_form is the form data of the run's own flow.
func (s *session) Open(name string) (map[string]any, error) {
	if err := checkSessionName(name); err != nil {
		return nil, err
	}
	if name == formSession && s.form != nil {
		return maps.Clone(s.form), nil
	}
	if !s.arrived() {
		return map[string]any{}, nil
	}
	v, err := s.load()
	if err != nil {
		return nil, err
	}
	values := v.Get(name)
	if name == formSession {
		values, _ = values[s.run.flow.Name].(map[string]any)
	}
	if values == nil {
		values = map[string]any{}
	}
	return values, nil
}

// Save replaces the values of a named session.
func (s *session) Save(name string, values map[string]any) error {
	if err := checkSessionName(name); err != nil {
		return err
	}
	v, err := s.load()
	if err != nil {
		return err
	}
	if name != formSession {
		return v.Set(name, values)
	}
	s.formSaved = true
	s.keep()
	form := maps.Clone(values)
	delete(form, "break")
	s.form = form
	return v.SetKey(formSession, s.run.flow.Name, form)
}

// Set sets one value of a named session.
func (s *session) Set(name, key string, value any) error {
	if name == formSession {
		form, err := s.Open(name)
		if err != nil {
			return err
		}
		form[key] = value
		return s.Save(name, form)
	}
	if err := checkSessionName(name); err != nil {
		return err
	}
	v, err := s.load()
	if err != nil {
		return err
	}
	return v.SetKey(name, key, value)
}

// Delete forgets a named session.
func (s *session) Delete(name string) error {
	if err := checkSessionName(name); err != nil {
		return err
	}
	if name == formSession {
		s.form = map[string]any{}
	}
	if !s.arrived() {
		return nil
	}
	v, err := s.load()
	if err != nil {
		return err
	}
	if name == formSession {
		v.DeleteKey(formSession, s.run.flow.Name)
		return nil
	}
	v.Delete(name)
	return nil
}

// Renew gives the session a new id, as a login must.
func (s *session) Renew() {
	if v, err := s.load(); err == nil {
		v.Renew()
	}
}

// savedForm gives what a script saved into nflow_form since it was last asked.
func (s *session) savedForm() map[string]any {
	if !s.formSaved {
		return nil
	}
	s.formSaved = false
	form, err := s.Open(formSession)
	if err != nil {
		return nil
	}
	return form
}

// copyFor gives a fork its own copy of what the run knows.
func (s *session) copyFor(fork *run) {
	fork.session.form = maps.Clone(s.form)
	if s.values == nil && s.run.effects == nil && !s.keeps() { // read when the fork asks; a recording has the run do it
		if fork.session.origin = s.origin; s.origin == nil && s.arrived() {
			fork.session.origin = s.run.web.echo.Request()
		}
		return
	}
	if s.values == nil && !s.arrived() {
		return
	}
	v, err := s.load()
	if err != nil {
		s.run.logger().Warn("a fork starts without the session", "error", err)
		return
	}
	fork.session.values = v.Copy()
}

func checkSessionName(name string) error {
	switch name {
	case "":
		return fault.New(fault.Script, "a session needs a name")
	case offersSession, trackSession, storySession:
		return fault.New(fault.Denied, "session %q is the runtime's own", name)
	}
	return nil
}
