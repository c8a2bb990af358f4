package syncsession_test

import (
	"crypto/tls"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

// TestStores is what every store does.
func TestStores(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*testing.T, func(syncsession.Options) syncsession.Store){
		"values":   testValues,
		"order":    testOrder,
		"halves":   testHalves,
		"emptied":  testEmptied,
		"slides":   testSlides,
		"renewed":  testRenewed,
		"unread":   testUnread,
		"rubbish":  testRubbish,
		"planted":  testPlanted,
		"cookie":   testCookieLine,
		"toolarge": testTooLarge,
		"large":    testLarge,
		"owners":   testOwners,
		"old":      testOldSessions,
		"together": testOldTogether,
	}
	for store, maker := range makers() {
		for name, test := range tests {
			t.Run(store+"/"+name, func(t *testing.T) {
				t.Parallel()
				test(t, func(opt syncsession.Options) syncsession.Store { return maker(t, opt) })
			})
		}
	}
}

// testHalves: half a surrogate pair survives in names, keys and texts, beside the U+FFFD that it would become.
func testHalves(t *testing.T, open func(syncsession.Options) syncsession.Store) {
	b := visit(t, open(syncsession.Options{}))
	high, low := ordered.FromUnits([]uint16{0xd83d}), ordered.FromUnits([]uint16{0xde00})
	const text = `{"\ud83d":"\ude00","\ufffd":{"\ude00":["\ud83d"]},"\u0000\ude00":1}`
	const want = `{"\ud83d":"\ude00","�":{"\ude00":["\ud83d"]},"\u0000\ude00":1}`
	values, err := ordered.Parse([]byte(text))
	must(t, err)
	b.run(func(s *syncsession.Session) {
		must(t, s.SetObject(high, values))
		must(t, s.SetKey("�", low, int64(1)))
		must(t, s.SetKey("broken\xff", "\xc3", int64(2)))
	})
	s := b.load()
	for name, want := range map[string]string{high: want, "�": `{"\ude00":1}`, "broken\ufffd": "{\"�\":2}", low: `{}`} {
		if got, err := s.Object(name).MarshalJSON(); err != nil || string(got) != want {
			t.Errorf("%q: %s %v, want %s", name, got, err, want)
		}
	}
}

func testValues(t *testing.T, open func(syncsession.Options) syncsession.Store) {
	b := visit(t, open(syncsession.Options{}))
	all := map[string]any{
		"text": "añ\x00o <b>\n\"'\\ 😀", "": "no name", "dot.[\"x\"]{}:": "a\u2028b", "nul\x00key": true, "null": nil,
		"whole": int64(-9007199254740993), "large": int64(1)<<62 + 1, "part": 0.1, "huge": 1e300,
		"list": []any{int64(1), "two", []any{}, nil}, "object": map[string]any{"a": map[string]any{}, "b\x00": 1.5},
	}
	b.run(func(s *syncsession.Session) {
		if !s.IsNew() || s.Changed() || s.Get("form") != nil {
			t.Error("not new")
		}
		must(t, s.Set("form", all))
		must(t, s.SetKey("a\x00session", "k", 1))
	})
	b.run(func(s *syncsession.Session) {
		if s.IsNew() {
			t.Error("new")
		}
		equal(t, s.Get("form"), all)
		equal(t, s.Get("a\x00session"), map[string]any{"k": int64(1)})
		s.DeleteKey("form", "text")
		must(t, s.SetKey("form", "null", "set"))
		s.Delete("a\x00session")
	})
	want := maps.Clone(all)
	delete(want, "text")
	want["null"] = "set"
	equal(t, b.load().Get("form"), want)
	equal(t, b.load().Get("a\x00session"), map[string]any(nil))
	if other := visit(t, b.store).load(); !other.IsNew() {
		t.Error("another visitor sees it")
	}
}

// testOrder shows that keys stay in the order in which they were set, also where a server keeps them in none.
func testOrder(t *testing.T, open func(syncsession.Options) syncsession.Store) {
	b := visit(t, open(syncsession.Options{}))
	keys := func(want ...string) {
		t.Helper()
		var got []string
		for key := range b.load().Object("form").All() {
			got = append(got, key)
		}
		equal(t, got, want)
	}
	set := func(text string) {
		t.Helper()
		values, err := ordered.Parse([]byte(text))
		must(t, err)
		b.run(func(s *syncsession.Session) { must(t, s.SetObject("form", values)) })
	}
	set(`{"zip": 1, "name": 2, "b": 3, "a": 4}`)
	keys("zip", "name", "b", "a")
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "Z", 5)); must(t, s.SetKey("form", "A", 6)) })
	keys("zip", "name", "b", "a", "Z", "A")
	b.run(func(s *syncsession.Session) { s.DeleteKey("form", "name") })
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "name", 7)); must(t, s.SetKey("form", "b", 8)) })
	keys("zip", "b", "a", "Z", "A", "name")
	set(`{"y": 0, "zip": 1, "x": 0, "w": 0, "b": 8, "a": 9, "Z": 5, "A": 6, "name": 7, "m": 0}`)
	keys("y", "zip", "x", "w", "b", "a", "Z", "A", "name", "m")
	b.run(func(s *syncsession.Session) { s.Renew(); must(t, s.SetKey("form", "c", 1)) })
	keys("y", "zip", "x", "w", "b", "a", "Z", "A", "name", "m", "c")
}

func testEmptied(t *testing.T, open func(syncsession.Options) syncsession.Store) {
	b := visit(t, open(syncsession.Options{Domain: "example.org"}))
	if line := b.run(func(s *syncsession.Session) { must(t, s.SetKey("a", "k", 1)); s.Clear() }); line != "" {
		t.Errorf("a session that never was is deleted: %s", line)
	}
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("a", "k", 1)); must(t, s.SetKey("b", "k", 1)) })
	before := maps.Clone(b.cookies)
	line := b.run((*syncsession.Session).Clear)
	for _, want := range []string{"nflow=;", "Max-Age=0", "Path=/", "Domain=example.org"} {
		if !strings.Contains(line, want) {
			t.Errorf("%q lacks %s", line, want)
		}
	}
	if len(b.cookies) != 0 || !b.load().IsNew() {
		t.Error("the session is still there")
	}
	if _, kept := b.store.(*syncsession.ServerStore); kept {
		b.cookies = maps.Clone(before)
		if s := b.load(); !s.IsNew() || s.Get("a") != nil {
			t.Error("the old cookie still opens it")
		}
	}
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("a", "k", 2)) })
	if b.cookies["nflow"] == before["nflow"] {
		t.Error("a new session has the id of the old one")
	}
	equal(t, b.load().Get("a"), map[string]any{"k": int64(2)})
}

func testSlides(t *testing.T, open func(syncsession.Options) syncsession.Store) {
	now := newClock()
	b := visit(t, open(syncsession.Options{TTL: time.Hour, Now: now.Now}))
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", "v")) })
	look := func(s *syncsession.Session) { equal(t, s.Get("form"), map[string]any{"k": "v"}) }
	now.forward(30 * time.Minute)
	if line := b.run(look); line != "" {
		t.Error("saved anew before half the time was over")
	}
	for _, pause := range []time.Duration{time.Second, 31 * time.Minute, 59 * time.Minute} {
		now.forward(pause)
		if line := b.run(look); !strings.Contains(line, "Max-Age=3600") {
			t.Errorf("not saved anew though half the time is over: %q", line)
		}
	}
	now.forward(time.Hour - time.Second)
	if b.load().IsNew() {
		t.Error("expired a second early")
	}
	now.forward(time.Second)
	if !b.load().IsNew() {
		t.Error("not expired")
	}
}

func testRenewed(t *testing.T, open func(syncsession.Options) syncsession.Store) {
	b := visit(t, open(syncsession.Options{}))
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("cart", "a", 1)); must(t, s.SetKey("cart", "b", 1)) })
	planted := maps.Clone(b.cookies)
	b.run(func(s *syncsession.Session) {
		s.Renew()
		must(t, s.SetKey("auth_session", "profile", "ana"))
		s.DeleteKey("cart", "b")
	})
	if b.cookies["nflow"] == planted["nflow"] {
		t.Fatal("no new id")
	}
	equal(t, b.load().Get("cart"), map[string]any{"a": int64(1)})
	equal(t, b.load().Get("auth_session"), map[string]any{"profile": "ana"})
	b.cookies = planted
	if got := b.load().Get("auth_session"); got != nil {
		t.Errorf("the id from before the login reads %v", got)
	}
}

func testUnread(t *testing.T, open func(syncsession.Options) syncsession.Store) {
	b := visit(t, open(syncsession.Options{}))
	if line := b.run(func(*syncsession.Session) {}); line != "" {
		t.Errorf("nothing is saved as %s", line)
	}
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("a", "k", 1)) })
	line := b.run(func(s *syncsession.Session) { must(t, s.SetKey("a", "k", 1)); must(t, s.Set("a", s.Get("a"))) })
	if line != "" {
		t.Errorf("what did not change is saved: %s", line)
	}
}

func testRubbish(t *testing.T, open func(syncsession.Options) syncsession.Store) {
	store := open(syncsession.Options{})
	other := visit(t, store)
	other.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", "theirs")) })
	for _, value := range []string{"", "hello", strings.Repeat("A", 45), strings.Repeat("A", 100_000), other.cookies["nflow"] + "A", other.cookies["nflow"][1:], "{}*?[a]"} {
		b := visit(t, store)
		b.cookies["nflow"] = value
		s := b.load()
		if !s.IsNew() || s.Changed() || s.Get("form") != nil {
			t.Errorf("%.50q opens a session", value)
		}
		must(t, s.SetKey("form", "k", "fresh"))
		b.save(s)
		if b.cookies["nflow"] == value {
			t.Errorf("%.50q is taken for an id", value)
		}
		equal(t, b.load().Get("form"), map[string]any{"k": "fresh"})
	}
}

func testPlanted(t *testing.T, open func(syncsession.Options) syncsession.Store) {
	b := visit(t, open(syncsession.Options{}))
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", "v")) })
	r := b.request()
	r.Header.Set("Cookie", `nflow=planted; a=b; nflow="x"; `+r.Header.Get("Cookie"))
	s, err := b.store.Load(t.Context(), r)
	must(t, err)
	equal(t, s.Get("form"), map[string]any{"k": "v"})
}

func testCookieLine(t *testing.T, open func(syncsession.Options) syncsession.Store) {
	b := visit(t, open(syncsession.Options{Name: "sid", Domain: "example.org", TTL: time.Hour, SameSite: http.SameSiteStrictMode}))
	s, r, h := b.load(), b.request(), http.Header{}
	must(t, s.SetKey("a", "k", 1))
	r.TLS = &tls.ConnectionState{}
	must(t, b.store.Save(t.Context(), h, r, s))
	value, rest, _ := strings.Cut(h.Get("Set-Cookie"), ";")
	if want := " Path=/; Domain=example.org; Max-Age=3600; HttpOnly; Secure; SameSite=Strict"; rest != want {
		t.Errorf("got  %s\nwant %s", rest, want)
	}
	if !strings.HasPrefix(value, "sid=") {
		t.Errorf("%s", value)
	}
	if s.Changed() || s.IsNew() {
		t.Error("saved, and still new or changed")
	}
}

func testTooLarge(t *testing.T, open func(syncsession.Options) syncsession.Store) {
	b := visit(t, open(syncsession.Options{MaxBytes: 10_000}))
	s := b.load()
	must(t, s.SetKey("auth_session", "k", "v"))
	must(t, s.SetKey("nflow_form", "k", strings.Repeat("\n", 9000))) // escapes make it larger
	h := http.Header{}
	f := faultOf(t, b.store.Save(t.Context(), h, b.request(), s), fault.TooLarge)
	if !strings.Contains(f.Text, `"nflow_form" about 9`) || len(h) != 0 || !s.Changed() {
		t.Errorf("text %q, header %v", f.Text, h)
	}
	s.Delete("nflow_form")
	b.save(s)
	equal(t, b.load().Get("auth_session"), map[string]any{"k": "v"})
}

func testLarge(t *testing.T, open func(syncsession.Options) syncsession.Store) {
	b := visit(t, open(syncsession.Options{}))
	want := map[string]any{}
	for _, letter := range strings.Split("abcdefghij", "") {
		want[letter] = strings.Repeat(letter, 100_000)
	}
	line := b.run(func(s *syncsession.Session) { must(t, s.Set("form", want)) })
	if len(line) > 500 {
		t.Errorf("the cookie has %d bytes", len(line))
	}
	equal(t, b.load().Get("form"), want)
}
