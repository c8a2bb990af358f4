package syncsession

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// ServerStore keeps sessions on a server that all instances share: Redis (NewRedis) or PostgreSQL (NewPostgres). The
// browser's cookie holds a random id and nothing else, and the server knows the id by its hash only, so that reading the
// server's data opens no session.
//
// Requests of one visitor at the same time do not lose each other's keys: Save sends the keys that this run set or
// deleted, and the server merges them into what is there, in one step. Of two that set the same key the one answered
// last wins.
//
// A renewed session has a new id at once. The old id continues for a minute, for requests that were sent before the response
// came: they read the session as it was before it was renewed, never what came after, their changes go to the renewed
// session, and they send no cookie. An old id that is renewed again, as by a second login, becomes a session of its own.
//
// A session without values ends: the browser forgets the cookie. If another request puts something into it within a
// minute, it lives on. One that is gone when a run saves it, for the server lost it, starts anew with what the run
// changed.
//
// The time to live slides: a session that is used when half its TTL is over is given a whole one. While the server is
// away, Load and Save answer fault.Unavailable; both work again as soon as it is back. One that takes requests and does not
// answer is tried once a second only: a waiting request holds a place that others need.
type ServerStore struct {
	opt    Options
	owner  Owner
	server server
	*waits // shared by the stores of all owners
}

// waits is what is known of the server's answering.
type waits struct {
	made  time.Time
	heard atomic.Int64 // when the server last answered, in nanoseconds after made: the machine's clock may be set
	rests atomic.Int64 // until when a server that hangs is not tried, in the same
}

var _ Store = (*ServerStore)(nil)

// server is what keeps the sessions. Its methods are atomic and safe for concurrent use, and repeating one does no harm.
// Their errors are the server's own.
type server interface {
	// load returns a session, or not found.
	load(ctx context.Context, key string, now time.Time) (kept, error)
	// create keeps a new session.
	create(ctx context.Context, key string, c change) error
	// merge changes a session. c.slide renews its time to live.
	merge(ctx context.Context, key string, c change) (merged, error)
	// renew copies a session, changed, to a new key, and leaves a notice of it at the old one for a minute.
	renew(ctx context.Context, key, to string, c change) (merged, error)
	// prune removes what has expired, where the server does not do so itself.
	prune(ctx context.Context, now time.Time) (int64, error)
	ping(ctx context.Context) error
	// probe writes something.
	probe(ctx context.Context, now time.Time) error
	close() error
}

// kept is a session as the server has it.
type kept struct {
	found  bool
	moved  bool              // renewed: to be read, and not to be prolonged
	saved  time.Time         // when its time to live began
	fields map[string]string // fieldName → ranked JSON
}

// change is what a request does to a session.
type change struct {
	set   map[string]string // fieldName → ranked JSON
	del   []string          // fieldNames
	slide bool
	now   time.Time
	ttl   time.Duration
}

// merged reports what came of a change.
type merged struct {
	gone    bool   // there was no session: nothing is changed
	moved   string // the session was renewed, to this key: nothing is changed
	revived bool   // there were no values, and now there are some
	empty   bool   // no values are left: the session goes in a minute
}

const (
	restTime = time.Second // how long a server that hangs is left alone
	hangTime = time.Second // after which a server that a caller did not wait for any longer counts as one that hangs
)

var errHangs = errors.New("the server did not answer a moment ago")

// within calls the server, unless it hangs: another caller waited in vain and no call succeeded meanwhile. One that has
// too much to do is still used.
func (ss *ServerStore) within(ctx context.Context, call func() error) error {
	began := ss.age()
	if began < ss.rests.Load() {
		return errHangs
	}
	err := call()
	if err == nil {
		ss.heard.Store(ss.age())
	} else if ss.heard.Load() < began && (timedOut(ctx, err) || ctx.Err() != nil && ss.age()-began >= int64(hangTime)) {
		ss.rests.Store(ss.age() + int64(restTime))
	}
	return err
}

// timedOut reports whether it was the server's time that was over.
func timedOut(ctx context.Context, err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout() && ctx.Err() == nil
}

// age returns the nanoseconds since the store was made, at least 1.
func (ss *ServerStore) age() int64 { return max(1, int64(ss.opt.Now().Sub(ss.made))) }

// maxHops bounds how many renewals a change follows, maxTried how many cookies of our name are looked up.
const (
	maxHops  = 8
	maxTried = 4
)

// Load implements Store.
func (ss *ServerStore) Load(ctx context.Context, r *http.Request) (*Session, error) {
	s := &Session{limit: ss.opt.MaxBytes}
	if len(r.Header["Cookie"]) == 0 {
		return s, nil
	}
	cookies := r.CookiesNamed(ss.opt.Name)
	s.cookie = len(cookies) > 0
	if found, err := ss.find(ctx, s, cookies, ss.owner.ID); err != nil || found {
		return s, err
	}
	if ss.owner.Old != "" {
		found, err := ss.find(ctx, s, r.CookiesNamed(ss.owner.Old), "")
		s.old, s.moving = found, found
		if err != nil || found {
			return s, err
		}
	}
	if s.cookie {
		ss.opt.Log.DebugContext(ctx, "session cookie not used", "reason", "unknown or expired")
	}
	return s, nil
}

// find fills s from the first of the cookies whose session the server has. A neighbour under the same domain may have
// planted cookies of this name beside ours.
func (ss *ServerStore) find(ctx context.Context, s *Session, cookies []*http.Cookie, owner string) (found bool, err error) {
	for _, c := range cookies[:min(len(cookies), maxTried)] {
		key, ok := keyOf(owner, c.Value)
		if !ok {
			continue
		}
		var k kept
		err := ss.within(ctx, func() (err error) {
			k, err = ss.server.load(ctx, key, ss.opt.Now())
			return err
		})
		if err != nil {
			return false, unavailable(err, "read")
		}
		if ss.fill(s, k) {
			s.id = c.Value
			return true, nil
		}
	}
	return false, nil
}

// keys returns the key of the session that was read and the key of an id that it may get.
func (ss *ServerStore) keys(s *Session, id string) (at, to string) {
	owner := ss.owner.ID
	if s.moving {
		owner = ""
	}
	at, _ = keyOf(owner, s.id)
	to, _ = keyOf(ss.owner.ID, id)
	return at, to
}

// fill makes s what the server has, unless that is nothing, expired or not ours.
func (ss *ServerStore) fill(s *Session, k kept) bool {
	age := ss.opt.Now().Sub(k.saved)
	if !k.found || len(k.fields) == 0 || age >= ss.opt.TTL {
		return false
	}
	values, ranks, ok := readFields(k.fields)
	if !ok {
		return false
	}
	s.values, s.ranks = values, ranks
	for name, m := range values {
		s.size += sizeOfKey(name) + sizeOf(m)
	}
	s.found, s.refresh = true, !k.moved && age > ss.opt.TTL/2
	return true
}

// Save implements Store.
func (ss *ServerStore) Save(ctx context.Context, header http.Header, r *http.Request, s *Session) error {
	if !s.Changed() && !s.refresh && !s.moving {
		return nil
	}
	c, err := ss.changeOf(s)
	if err != nil {
		return err
	}
	var cookie *string // to be sent; "" takes the browser's away
	err = ss.within(ctx, func() (err error) {
		switch {
		case s.id == "":
			cookie, err = ss.start(ctx, s, c.set)
		case s.renew || s.moving:
			cookie, err = ss.renew(ctx, s, c)
		default:
			cookie, err = ss.merge(ctx, s, c)
		}
		return err
	})
	if err != nil {
		return unavailable(err, "saved")
	}
	has := s.cookie
	if cookie != nil {
		if *cookie != "" || s.cookie {
			header.Add("Set-Cookie", ss.opt.cookie(r, *cookie))
		}
		s.id, has = *cookie, *cookie != ""
		if !has && ss.owner.Old != "" && !s.old { // an older instance may have sent its cookie meanwhile
			s.old, _ = ss.find(ctx, &Session{}, r.CookiesNamed(ss.owner.Old), "")
		}
	}
	ss.opt.dropOld(header, r, ss.owner, s)
	s.saved(has, "")
	return nil
}

// start makes a new session of the fields, with an id of its own; of none it makes none.
func (ss *ServerStore) start(ctx context.Context, s *Session, fields map[string]string) (*string, error) {
	id := newSessionID(s.id)
	if len(fields) == 0 {
		id = ""
		return &id, nil
	}
	_, key := ss.keys(s, id)
	return &id, ss.server.create(ctx, key, ss.fresh(fields))
}

func (ss *ServerStore) fresh(fields map[string]string) change {
	return change{set: fields, slide: true, now: ss.opt.Now(), ttl: ss.opt.TTL}
}

// merge changes the session where it is now. It sends a cookie when the browser's is at its half, or may be gone.
func (ss *ServerStore) merge(ctx context.Context, s *Session, c change) (*string, error) {
	first, _ := ss.keys(s, "")
	key := first
	for range maxHops {
		m, err := ss.server.merge(ctx, key, c)
		switch {
		case err != nil:
			return nil, err
		case m.gone:
			return ss.start(ctx, s, c.set)
		case m.moved != "":
			key, c.slide = m.moved, false
			if len(c.set)+len(c.del) == 0 {
				return nil, nil
			}
			continue
		case key != first:
			return nil, nil // the id of the renewed session is not this request's to know
		}
		id := s.id
		if m.empty {
			id = ""
		}
		if m.empty || m.revived || c.slide {
			return &id, nil
		}
		return nil, nil
	}
	return ss.start(ctx, s, c.set)
}

// renew moves the session to a new id.
func (ss *ServerStore) renew(ctx context.Context, s *Session, c change) (*string, error) {
	id := newSessionID(s.id)
	key, to := ss.keys(s, id)
	c.slide = true
	m, err := ss.server.renew(ctx, key, to, c)
	switch {
	case err != nil:
		return nil, err
	case m.gone:
		return ss.start(ctx, s, c.set)
	case m.moved != "":
		all, err := encodeAll(s.values)
		if err != nil {
			return nil, err
		}
		return ss.start(ctx, s, all)
	case m.empty:
		id = ""
	}
	return &id, nil
}

// changeOf returns what the run changed. A session that takes too many bytes as JSON is refused.
func (ss *ServerStore) changeOf(s *Session) (change, error) {
	c := change{set: map[string]string{}, slide: s.refresh, now: ss.opt.Now(), ttl: ss.opt.TTL}
	size := s.size
	for name, keys := range s.touched {
		m := s.values[name]
		ranks := rank(m, s.ranks[name])
		for key := range keys {
			field := fieldName(name, key)
			if !m.Has(key) {
				c.del = append(c.del, field)
				continue
			}
			v := m.Get(key)
			text, err := encodeValue(v)
			if err != nil {
				return change{}, fault.Wrap(fault.Internal, err, "the session cannot be saved")
			}
			c.set[field] = ranked(ranks[key], text)
			size += len(text) - sizeOf(v) // escapes
		}
	}
	if size > ss.opt.MaxBytes && len(c.set) > 0 {
		return change{}, tooLarge(s, size, ss.opt.MaxBytes)
	}
	return c, nil
}

// Ping reports whether the server answers.
func (ss *ServerStore) Ping(ctx context.Context) error { return ss.server.ping(ctx) }

// Probe writes to the server and returns why that cannot be, as a fault.Error that names the setting.
func (ss *ServerStore) Probe(ctx context.Context) error { return ss.server.probe(ctx, ss.opt.Now()) }

// Prune removes expired sessions and reports how many; Redis does so by itself.
func (ss *ServerStore) Prune(ctx context.Context, now time.Time) (int64, error) {
	return ss.server.prune(ctx, now)
}

// Close ends all connections. Nothing may be loaded or saved after it. It may be called more than once.
func (ss *ServerStore) Close() error { return ss.server.close() }
