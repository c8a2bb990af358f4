package visitor

import (
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

// Open returns the values of a named session for a script. nflow_form is the form data of the run's own flow.
func (s *Session) Open(name string) (*ordered.Object, error) {
	if err := checkSessionName(name); err != nil {
		return nil, err
	}
	if name == formSession && s.form != nil {
		return s.form.Clone(), nil
	}
	if !s.arrived() {
		return ordered.New(0), nil
	}
	v, err := s.load()
	if err != nil {
		return nil, err
	}
	if name == formSession {
		return s.formIn(v), nil
	}
	if values := v.Object(name); values != nil {
		return values, nil
	}
	return ordered.New(0), nil
}

// Save replaces the values of a named session.
func (s *Session) Save(name string, values *ordered.Object) error {
	if err := checkSessionName(name); err != nil {
		return err
	}
	v, err := s.load()
	if err != nil {
		return err
	}
	if name != formSession {
		return v.SetObject(name, values)
	}
	s.formSaved = true
	s.keep()
	form := values.Clone()
	form.Delete("break")
	s.form = form
	return v.SetKey(formSession, s.host.Flow().Name, form)
}

// Set sets one value of a named session.
func (s *Session) Set(name, key string, value any) error {
	if name == formSession {
		form, err := s.Open(name)
		if err != nil {
			return err
		}
		form.Set(key, value)
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
func (s *Session) Delete(name string) error {
	if err := checkSessionName(name); err != nil {
		return err
	}
	if name == formSession {
		s.form = ordered.New(0)
	}
	if !s.arrived() {
		return nil
	}
	v, err := s.load()
	if err != nil {
		return err
	}
	if name == formSession {
		v.DeleteKey(formSession, s.host.Flow().Name)
		return nil
	}
	v.Delete(name)
	return nil
}

// Renew moves the session to a new id, as a login must.
func (s *Session) Renew() {
	if v, err := s.load(); err == nil {
		v.Renew()
	}
}

// SavedForm returns what a script saved into nflow_form since the last call.
func (s *Session) SavedForm() *ordered.Object {
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

func checkSessionName(name string) error {
	switch name {
	case "":
		return fault.New(fault.Script, "a session needs a name")
	case offersSession, trackSession, storySession:
		return fault.New(fault.Denied, "session %q is the runtime's own", name)
	}
	return nil
}
