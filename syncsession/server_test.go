package syncsession_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

// TestServerStores is what the stores do that keep sessions on a server; a cookie is last write wins.
func TestServerStores(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*testing.T, func(syncsession.Options) *syncsession.ServerStore){
		"merge":        testMerge,
		"lost update":  testNoLostUpdate,
		"all at once":  testAllAtOnce,
		"login grace":  testLoginGrace,
		"two logins":   testTwoLogins,
		"login merges": testLoginMerges,
		"revived":      testRevived,
		"gone":         testGone,
		"quiet":        testQuiet,
		"many cookies": testManyCookies,
	}
	for store, maker := range serverMakers() {
		for name, test := range tests {
			t.Run(store+"/"+name, func(t *testing.T) {
				t.Parallel()
				test(t, func(opt syncsession.Options) *syncsession.ServerStore { return maker(t, opt) })
			})
		}
	}
}

func testMerge(t *testing.T, open func(syncsession.Options) *syncsession.ServerStore) {
	b := visit(t, open(syncsession.Options{}))
	b.run(func(s *syncsession.Session) { must(t, s.Set("form", map[string]any{"start": 1, "gone": 1, "both": 0})) })
	one, two := b.load(), b.load()
	must(t, one.SetKey("form", "one", 1))
	must(t, one.SetKey("form", "both", 1))
	one.DeleteKey("form", "gone")
	must(t, two.SetKey("form", "both", 2))
	must(t, two.SetKey("cart", "two", 2))
	b.save(two)
	if line := b.save(one); line != "" {
		t.Errorf("a cookie that the browser has is sent: %s", line)
	}
	equal(t, b.load().Get("form"), map[string]any{"start": int64(1), "one": int64(1), "both": int64(1)})
	equal(t, b.load().Get("cart"), map[string]any{"two": int64(2)})
}

// testNoLostUpdate counts on 1,000 keys of one session at once, from 50 requests at a time.
func testNoLostUpdate(t *testing.T, open func(syncsession.Options) *syncsession.ServerStore) {
	const keys, at = 1000, 50
	store := open(syncsession.Options{})
	b := visit(t, store)
	b.run(func(s *syncsession.Session) {
		for i := range keys {
			must(t, s.SetKey("count", fmt.Sprint(i), i))
		}
	})
	work := make(chan int)
	var group sync.WaitGroup
	for range at {
		group.Go(func() {
			for i := range work {
				countOn(t, store, b.request(), fmt.Sprint(i))
			}
		})
	}
	for i := range keys {
		work <- i
	}
	close(work)
	group.Wait()
	got := b.load().Get("count")
	for i := range keys {
		if got[fmt.Sprint(i)] != int64(i+1) {
			t.Fatalf("key %d is %v", i, got[fmt.Sprint(i)])
		}
	}
	if len(got) != keys {
		t.Errorf("%d keys", len(got))
	}
}

// countOn counts on one key, in a request of its own. So many at once may wait too long for a connection and be told so:
// then it asks again.
func countOn(t *testing.T, store *syncsession.ServerStore, r *http.Request, key string) {
	end := time.Now().Add(5 * time.Minute) // the machine may be busy
	patiently := func(do func() error) {
		err := do()
		for err != nil && fault.From(err).Kind == fault.Unavailable && time.Now().Before(end) {
			err = do()
		}
		if err != nil {
			t.Error(err)
		}
	}
	var s *syncsession.Session
	patiently(func() (err error) { s, err = store.Load(t.Context(), r); return err })
	if s == nil {
		return
	}
	v, _ := s.Value("count", key)
	n, _ := v.(int64)
	patiently(func() error { return s.SetKey("count", key, n+1) })
	patiently(func() error { return store.Save(t.Context(), http.Header{}, r, s) })
}

// testAllAtOnce has 1,000 requests of one visitor at the same time, each of which counts on a key of its own.
func testAllAtOnce(t *testing.T, open func(syncsession.Options) *syncsession.ServerStore) {
	const requests = 1000
	store := open(syncsession.Options{})
	b := visit(t, store)
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("count", "before", 1)) })
	start := make(chan struct{})
	var group sync.WaitGroup
	for i := range requests {
		r := b.request()
		group.Go(func() {
			<-start
			countOn(t, store, r, fmt.Sprint(i))
		})
	}
	close(start)
	group.Wait()
	got := b.load().Get("count")
	for i := range requests {
		if got[fmt.Sprint(i)] != int64(1) {
			t.Fatalf("key %d is %v", i, got[fmt.Sprint(i)])
		}
	}
	if len(got) != requests+1 {
		t.Errorf("%d keys", len(got))
	}
}

// testLoginGrace has requests under way while their session is renewed.
func testLoginGrace(t *testing.T, open func(syncsession.Options) *syncsession.ServerStore) {
	b := visit(t, open(syncsession.Options{}))
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "start", 1)) })
	old := maps.Clone(b.cookies)
	early := b.load() // read before the login, saved after it
	b.run(func(s *syncsession.Session) { s.Renew(); must(t, s.SetKey("auth_session", "profile", "ana")) })
	login := maps.Clone(b.cookies)

	must(t, early.SetKey("form", "early", 1))
	if line := b.save(early); line != "" {
		t.Errorf("it sends %s: the browser would lose the login", line)
	}
	b.cookies = maps.Clone(old)
	late := b.load() // the browser had not seen the response of the login yet
	equal(t, late.Get("form"), map[string]any{"start": int64(1)})
	if late.Get("auth_session") != nil || late.IsNew() {
		t.Error("it sees the login, or nothing at all")
	}
	must(t, late.SetKey("form", "late", 1))
	if line := b.save(late); line != "" {
		t.Errorf("it sends %s", line)
	}
	b.run((*syncsession.Session).Clear) // what it knew of: form
	b.cookies = login
	equal(t, b.load().Get("form"), map[string]any{"early": int64(1), "late": int64(1)})
	equal(t, b.load().Get("auth_session"), map[string]any{"profile": "ana"})
}

func testTwoLogins(t *testing.T, open func(syncsession.Options) *syncsession.ServerStore) {
	b := visit(t, open(syncsession.Options{}))
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("cart", "a", 1)) })
	planted := maps.Clone(b.cookies)
	b.run(func(s *syncsession.Session) {
		s.Renew()
		must(t, s.SetKey("auth_session", "profile", "ana"))
		must(t, s.SetKey("secret", "k", 1))
	})
	ana := maps.Clone(b.cookies)
	b.cookies = planted // who planted the id logs in with it as well
	b.run(func(s *syncsession.Session) { s.Renew(); must(t, s.SetKey("auth_session", "profile", "eve")) })
	eve := b.load()
	equal(t, eve.Get("auth_session"), map[string]any{"profile": "eve"})
	equal(t, eve.Get("cart"), map[string]any{"a": int64(1)})
	if eve.Get("secret") != nil {
		t.Error("eve reads ana's session")
	}
	b.cookies = ana
	equal(t, b.load().Get("auth_session"), map[string]any{"profile": "ana"})
}

// testLoginMerges has the login read before, and saved after, another request's change.
func testLoginMerges(t *testing.T, open func(syncsession.Options) *syncsession.ServerStore) {
	b := visit(t, open(syncsession.Options{}))
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "start", 1)) })
	login := b.load()
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "other", 1)) })
	login.Renew()
	login.DeleteKey("form", "start")
	b.save(login)
	equal(t, b.load().Get("form"), map[string]any{"other": int64(1)})

	// Renewing what ends leaves nothing.
	old := maps.Clone(b.cookies)
	b.run(func(s *syncsession.Session) { s.Renew(); s.Clear() })
	if len(b.cookies) != 0 {
		t.Error("the cookie is left")
	}
	b.cookies = old
	if !b.load().IsNew() {
		t.Error("the session is left")
	}
}

func testRevived(t *testing.T, open func(syncsession.Options) *syncsession.ServerStore) {
	now := newClock()
	b := visit(t, open(syncsession.Options{TTL: time.Hour, Now: now.Now}))
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", 1)) })
	other := b.load()
	b.run(func(s *syncsession.Session) { s.Delete("form") })
	must(t, other.SetKey("cart", "k", 1))
	now.forward(time.Second)
	if line := b.save(other); !strings.Contains(line, "Max-Age=3600") {
		t.Errorf("the browser that dropped its cookie is sent %q", line)
	}
	if line := b.run(func(s *syncsession.Session) { must(t, s.SetKey("cart", "k", 2)) }); line != "" {
		t.Errorf("and then again %s", line)
	}
	now.forward(29 * time.Minute)
	equal(t, b.load().Get("cart"), map[string]any{"k": int64(2)})
	if b.load().Get("form") != nil {
		t.Error("what was deleted is back")
	}
}

// testGone has a session end for good while a request works with it.
func testGone(t *testing.T, open func(syncsession.Options) *syncsession.ServerStore) {
	now := newClock()
	store := open(syncsession.Options{TTL: time.Hour, Now: now.Now})
	b := visit(t, store)
	b.run(func(s *syncsession.Session) {
		must(t, s.SetKey("auth_session", "profile", "ana"))
		must(t, s.SetKey("form", "a", 1))
	})
	id := b.cookies["nflow"]
	s := b.load()
	must(t, s.SetKey("form", "b", 2))
	now.forward(2 * time.Hour)
	_, err := store.Prune(t.Context(), now.now)
	must(t, err)
	forget(t, store)
	b.save(s)
	if b.cookies["nflow"] == id {
		t.Error("the ended id lives again")
	}
	equal(t, b.load().Get("form"), map[string]any{"b": int64(2)})
	if b.load().Get("auth_session") != nil {
		t.Error("who was logged out is logged in")
	}
}

// testQuiet: a run that touched nothing sends nothing, also while the server is away.
func testQuiet(t *testing.T, open func(syncsession.Options) *syncsession.ServerStore) {
	store := open(syncsession.Options{})
	b := visit(t, store)
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", 1)) })
	s := b.load()
	must(t, store.Close())
	b.save(s)
	if s, err := store.Load(t.Context(), visit(t, store).request()); err != nil || !s.IsNew() {
		t.Errorf("a visitor without a cookie: %v", err)
	}
	_, err := store.Load(t.Context(), b.request())
	if f := faultOf(t, err, fault.Unavailable); f.Retry != 5*time.Second {
		t.Errorf("retry after %s", f.Retry)
	}
	must(t, s.SetKey("form", "k", 2))
	h := http.Header{}
	faultOf(t, store.Save(t.Context(), h, b.request(), s), fault.Unavailable)
	if len(h) != 0 || !s.Changed() {
		t.Error("a session that was not saved counts as saved")
	}
	if store.Ping(t.Context()) == nil {
		t.Error("the server answers")
	}
}

func testManyCookies(t *testing.T, open func(syncsession.Options) *syncsession.ServerStore) {
	b := visit(t, open(syncsession.Options{}))
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", 1)) })
	r := b.request()
	r.Header.Set("Cookie", strings.Repeat("nflow="+strings.Repeat("A", 45)+"; ", 4)+r.Header.Get("Cookie"))
	s, err := b.store.Load(t.Context(), r)
	must(t, err)
	if !s.IsNew() {
		t.Error("any number of ids is looked up")
	}
}
