package syncsession_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/syncsession"
)

// owners are the ways in which two apps may meet on one host: each with a cookie of its own, or both with one.
func owners() map[string][2]syncsession.Owner {
	return map[string][2]syncsession.Owner{
		"own cookies": {{ID: "shop", Cookie: "nflow_1"}, {ID: "blog", Cookie: "nflow_2"}},
		"one cookie":  {{ID: "shop"}, {ID: "blog"}},
	}
}

// keep saves a session and takes its cookies, several at once, as a browser does.
func (b *browser) keep(s *syncsession.Session) {
	b.t.Helper()
	h := http.Header{}
	must(b.t, b.store.Save(b.t.Context(), h, b.request(), s))
	for _, c := range (&http.Response{Header: h}).Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
}

// at is the same browser at another store.
func (b *browser) at(store syncsession.Store) *browser {
	return &browser{t: b.t, store: store, cookies: b.cookies}
}

func testOwners(t *testing.T, open func(syncsession.Options) syncsession.Store) {
	for name, pair := range owners() {
		all := open(syncsession.Options{}).(syncsession.Owned)
		shop := visit(t, all.For(pair[0]))
		blog := shop.at(all.For(pair[1]))
		s := shop.load()
		must(t, s.SetKey("auth_session", "profile", "ana"))
		must(t, s.SetKey("large", "text", strings.Repeat("x", 5000))) // a blob, where sessions are in cookies
		shop.keep(s)

		if got := blog.load(); !got.IsNew() || got.Get("auth_session") != nil {
			t.Errorf("%s: another app reads the session: %v", name, got.All())
		}
		// A thief may give the cookie the other app's name.
		stolen := blog.at(blog.store)
		stolen.cookies = map[string]string{}
		for _, value := range shop.cookies {
			stolen.cookies["nflow"], stolen.cookies["nflow_2"] = value, value
		}
		if got := stolen.load(); !got.IsNew() {
			t.Errorf("%s: a stolen cookie opens at another app: %v", name, got.All())
		}
		s = blog.load()
		must(t, s.SetKey("auth_session", "profile", "eva"))
		blog.keep(s)
		if got := blog.load().Get("auth_session"); got["profile"] != "eva" {
			t.Errorf("%s: the other app's own session: %v", name, got)
		}
		want := any("ana")
		if name == "one cookie" { // the browser has only one
			want = nil
		}
		if got := shop.load().Get("auth_session"); got["profile"] != want {
			t.Errorf("%s: the first app's session afterwards: %v", name, got)
		}
	}
}

// testOldSessions: a session from before there were owners continues at the app that it is said to be of, and nowhere else;
// a logout ends it, too.
func testOldSessions(t *testing.T, open func(syncsession.Options) syncsession.Store) {
	for _, text := range []string{"small", strings.Repeat("x", 5000)} {
		for name, pair := range owners() {
			all := open(syncsession.Options{}).(syncsession.Owned)
			before := visit(t, all)
			s := before.load()
			must(t, s.SetKey("auth_session", "profile", text))
			before.keep(s)
			old := maps.Clone(before.cookies)

			heir := pair[0]
			heir.Old = "nflow"
			shop, blog := before.at(all.For(heir)), before.at(all.For(pair[1]))
			if got := blog.load(); !got.IsNew() {
				t.Errorf("%s: an old session counts at another app: %v", name, got.All())
			}
			s = shop.load()
			if got := s.Get("auth_session"); s.IsNew() || got["profile"] != text {
				t.Errorf("%s: the old session is gone", name)
			}
			shop.keep(s) // though nothing changed
			if heir.Cookie != "" && (shop.cookies["nflow"] != "" || shop.cookies[heir.Cookie] == "") || maps.Equal(shop.cookies, old) {
				t.Errorf("%s: the cookies afterwards: %v", name, shop.cookies)
			}
			if got := shop.load().Get("auth_session"); got["profile"] != text {
				t.Errorf("%s: the session is gone after it was saved anew", name)
			}
			if got := blog.load(); !got.IsNew() {
				t.Errorf("%s: it counts at another app after it was saved anew", name)
			}
			// An older instance may have sent its cookie again meanwhile: who logs out is out all the same.
			for name, value := range old {
				if heir.Cookie != "" {
					shop.cookies[name] = value
				}
			}
			s = shop.load()
			s.Clear()
			shop.keep(s)
			if got := shop.load(); !got.IsNew() || len(shop.cookies) != 0 {
				t.Errorf("%s: after the logout: new %v, cookies %v", name, got.IsNew(), shop.cookies)
			}
		}
	}
}

// testOldTogether: requests that were sent with an old cookie at the same moment all find the session.
func testOldTogether(t *testing.T, open func(syncsession.Options) syncsession.Store) {
	all := open(syncsession.Options{TTL: time.Hour}).(syncsession.Owned)
	before := visit(t, all)
	s := before.load()
	must(t, s.SetKey("a", "k", "v"))
	before.keep(s)
	store := all.For(syncsession.Owner{ID: "shop", Cookie: "nflow_1", Old: "nflow"})
	second := before.at(store)
	second.cookies = maps.Clone(before.cookies)
	first := before.at(store)
	first.keep(first.load())
	if got := second.load().Get("a"); got["k"] != "v" {
		t.Errorf("a request that was sent before: %v", got)
	}
	second.keep(second.load())
	if got := second.load().Get("a"); got["k"] != "v" {
		t.Errorf("and what it leaves: %v", got)
	}
}
