package syncsession

import (
	"cmp"
	"net/http"
)

// Owner is whose sessions a store keeps. A browser sends the cookies of a host to all its ports, and several apps may
// share a key, a database or a Redis server: what a session holds counts for its owner only.
type Owner struct {
	// ID names the app. It is sealed into cookies and hashed into the keys of servers: no session of another ID can be read.
	ID string
	// Cookie is the name of the cookie, which should differ from that of every other owner on the host: of two with one
	// name, the browser keeps the one that was set last. Defaults to Options.Name.
	Cookie string
	// Old is the name of the cookie of sessions from before they had owners, which are this one's: they are read, and saved
	// as its own. Defaults to none.
	Old string
}

// Owned is a Store that can keep the sessions of several owners apart.
type Owned interface {
	Store
	// For returns a store on the same server that keeps the sessions of one owner.
	For(o Owner) Store
}

var (
	_ Owned = (*CookieStore)(nil)
	_ Owned = (*ServerStore)(nil)
)

// For implements Owned.
func (cs *CookieStore) For(o Owner) Store {
	own := *cs
	own.owner = o
	own.opt.Name = cmp.Or(o.Cookie, cs.opt.Name)
	return &own
}

// For implements Owned. Ping, Prune and Close of the store that it returns are those of ss.
func (ss *ServerStore) For(o Owner) Store {
	own := *ss
	own.owner = o
	own.opt.Name = cmp.Or(o.Cookie, ss.opt.Name)
	return &own
}

// sealName is what a cookie is sealed under: its name, and its owner.
func (cs *CookieStore) sealName() string {
	if cs.owner.ID == "" {
		return cs.opt.Name
	}
	return cs.opt.Name + "\x00" + cs.owner.ID
}

// dropOld takes the cookie of a session that had no owner out of the browser, once the session is saved as its owner's. A
// cookie of the same name is replaced anyway.
func (o *Options) dropOld(header http.Header, r *http.Request, owner Owner, s *Session) {
	if s.old && owner.Old != o.Name {
		old := *o
		old.Name = owner.Old
		header.Add("Set-Cookie", old.cookie(r, ""))
	}
	s.old = false
}
