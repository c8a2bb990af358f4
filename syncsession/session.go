package syncsession

import (
	"reflect"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

// DefaultMaxBytes is how much a session may hold, as JSON.
const DefaultMaxBytes = 1 << 20

// What a session holds in many small pieces takes many times as much memory in each run that reads it.
const (
	maxKeys  = 10_000 // of one session, under all names
	maxNames = 1000
)

// Values is what a session holds: session name → key → JSON value, the keys in the order in which they were set. A JSON
// value is nil, bool, string, int64, float64, or the text of an object or a list. A number that is whole and fits is an
// int64, any other a float64.
type Values map[string]*ordered.Object

// Session is one run's copy of a visitor's named sessions. The zero value is a new, empty session. It belongs to the
// goroutine of its run and is not safe for concurrent use.
//
// What comes in is copied and what goes out is a copy, so that values may come from and go to a VM.
//
// A named session without keys is the same as none.
type Session struct {
	values  Values                         // canonical, not shared, no empty names
	touched map[string]map[string]struct{} // name → keys set or deleted since Load; values says which
	renew   bool                           // Renew was called
	size    int                            // of values, as sizeOf counts
	limit   int                            // most bytes; 0 is DefaultMaxBytes

	found   bool   // read from the request, not made for it
	cookie  bool   // the request carried a cookie of our name, usable or not
	refresh bool   // to be saved though unchanged: half its time is over, or its key is an old one
	blob    string // id of the blob that it was read from
	id      string // of a session on a server
	ranks   ranks  // of a session on a server: the order in which it keeps the keys
	old     bool   // the request carried the cookie of a session of ours that names no owner
	moving  bool   // it is the session that was read, to be saved as its owner's
}

// Copy returns a session of its own with the same values: what a fork of a run works on; it is never saved.
func (s *Session) Copy() *Session {
	c := &Session{values: make(Values, len(s.values)), size: s.size, limit: s.limit}
	for name, m := range s.values {
		c.values[name] = m.Clone()
	}
	return c
}

// Len returns how many keys the session holds, under all names.
func (s *Session) Len() int {
	n := 0
	for _, m := range s.values {
		n += m.Len()
	}
	return n
}

// Get returns a copy of the named session as maps and lists, which the caller may change; nil when there is none.
func (s *Session) Get(name string) map[string]any {
	m, ok := s.values[name]
	if !ok {
		return nil
	}
	return m.Map()
}

// Object returns a copy of the named session in its order, which the caller may change; nil when there is none.
func (s *Session) Object(name string) *ordered.Object { return s.values[name].Clone() }

// All returns a copy of all named sessions.
func (s *Session) All() Values { return s.Copy().values }

// Value returns a copy of one value of the named session, and whether it is there.
func (s *Session) Value(name, key string) (any, bool) {
	m := s.values[name]
	return ordered.Plain(m.Get(key)), m.Has(key)
}

// Set makes the named session hold a copy of values and nothing else; keys whose values stay the same do not count as
// changed. Besides JSON values it takes Go's other numbers, time.Time (as RFC 3339 text) and slices and string-keyed
// maps of these; NaN and the infinities become null. Anything else is a fault.Script and more than the session may
// hold a fault.TooLarge; the session then stays as it was.
func (s *Session) Set(name string, values map[string]any) error {
	return s.SetObject(name, ordered.From(values))
}

// SetObject is Set for values in an order, which the session keeps.
func (s *Session) SetObject(name string, values *ordered.Object) error {
	name = validName(name)
	old := s.values[name]
	size := s.size
	if old.Len() > 0 {
		size -= sizeOfKey(name) + sizeOf(old)
	}
	c := copier{session: name, room: s.max() - size - sizeOfKey(name)}
	m, err := c.copySession(values)
	if err == nil && m.Len() > old.Len() {
		c.key = ""
		err = s.mayGrow(&c, old == nil, m.Len()-old.Len())
	}
	if err != nil {
		return err
	}
	for key := range old.All() {
		if !m.Has(key) {
			s.touch(name, key)
		}
	}
	for key, v := range m.All() {
		if !old.Has(key) || !reflect.DeepEqual(old.Get(key), v) {
			s.touch(name, key)
		}
	}
	s.put(name, m)
	if m.Len() > 0 {
		size += sizeOfKey(name) + sizeOf(m)
	}
	s.size = size
	return nil
}

// SetKey sets one value of the named session and leaves its other keys; it takes and refuses what Set does.
func (s *Session) SetKey(name, key string, value any) error {
	name, key = validName(name), validName(key)
	m := s.values[name]
	old, had := m.Get(key), m.Has(key)
	size := s.size // without the value
	if had {
		size -= sizeOf(old)
	} else {
		size += sizeOfKey(key)
	}
	if m == nil {
		size += sizeOfName(name)
	}
	c := copier{session: name, key: key, room: s.max() - size}
	v, err := c.value(value)
	if err == nil && !had {
		err = s.mayGrow(&c, m == nil, 1)
	}
	if err != nil {
		return err
	}
	if had && reflect.DeepEqual(old, v) {
		return nil
	}
	s.touch(name, key)
	if m == nil {
		m = ordered.New(1)
	}
	m.Set(key, v)
	s.put(name, m)
	s.size = size + sizeOf(v)
	return nil
}

// mayGrow returns an error where so many more keys, maybe under a new name, are too many.
func (s *Session) mayGrow(c *copier, newName bool, keys int) error {
	if s.Len()+keys > maxKeys || newName && len(s.values) >= maxNames {
		return fault.New(fault.TooLarge, "%s is too much for the session, which may hold %d keys under %d names; %s", c.place(), maxKeys, maxNames, keepElsewhere)
	}
	return nil
}

// DeleteKey removes one value of the named session.
func (s *Session) DeleteKey(name, key string) {
	m := s.values[name]
	if !m.Has(key) {
		return
	}
	s.touch(name, key)
	s.size -= sizeOfKey(key) + sizeOf(m.Get(key))
	m.Delete(key)
	if m.Len() == 0 {
		s.size -= sizeOfName(name)
		s.put(name, nil)
	}
}

// Delete removes the named session.
func (s *Session) Delete(name string) {
	m := s.values[name]
	if m.Len() == 0 {
		return
	}
	for key := range m.All() {
		s.touch(name, key)
	}
	s.size -= sizeOfKey(name) + sizeOf(m)
	s.put(name, nil)
}

// Clear removes every named session; saving it then ends the visitor's session.
func (s *Session) Clear() {
	for name := range s.values {
		s.Delete(name)
	}
}

// Renew moves the session to a new id when it is saved. It belongs to every login, so that an id planted in the browser
// before the login is worth nothing after it.
func (s *Session) Renew() { s.renew = true }

// Changed reports whether the session holds something to save.
func (s *Session) Changed() bool { return s.renew || len(s.touched) > 0 }

// IsNew reports whether the visitor came without a usable session.
func (s *Session) IsNew() bool { return !s.found }

// saved notes that the browser now has the session, or none when it is empty.
func (s *Session) saved(kept bool, blob string) {
	s.touched, s.renew, s.refresh, s.moving = nil, false, false, false
	s.found, s.cookie, s.blob = kept, kept, blob
}

// put makes values the named session; none removes it.
func (s *Session) put(name string, values *ordered.Object) {
	if values.Len() == 0 {
		delete(s.values, name)
		return
	}
	if s.values == nil {
		s.values = Values{}
	}
	s.values[name] = values
}

func (s *Session) touch(name, key string) {
	if s.touched == nil {
		s.touched = map[string]map[string]struct{}{}
	}
	if s.touched[name] == nil {
		s.touched[name] = map[string]struct{}{}
	}
	s.touched[name][key] = struct{}{}
}

func (s *Session) max() int {
	if s.limit == 0 {
		return DefaultMaxBytes
	}
	return s.limit
}
