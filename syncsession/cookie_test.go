package syncsession_test

import (
	"bytes"
	"crypto/tls"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/syncsession"
)

func TestAllNamesTravelInOneCookie(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, syncsession.Options{})
	b.run(func(s *syncsession.Session) {
		if !s.IsNew() || s.Get("form") != nil {
			t.Error("not new")
		}
		must(t, s.SetKey("form", "step", 2))
		must(t, s.SetKey("auth_session", "profile", map[string]any{"name": "ana"}))
	})
	if len(b.cookies) != 1 || b.cookies["nflow"] == "" {
		t.Fatalf("cookies %v", b.cookies)
	}
	b.run(func(s *syncsession.Session) {
		if s.IsNew() {
			t.Error("new")
		}
		equal(t, s.Get("form"), map[string]any{"step": int64(2)})
		equal(t, s.Get("auth_session"), map[string]any{"profile": map[string]any{"name": "ana"}})
		s.Delete("form")
	})
	b.run(func(s *syncsession.Session) {
		equal(t, s.Get("form"), map[string]any(nil))
		equal(t, s.Get("auth_session")["profile"], any(map[string]any{"name": "ana"}))
	})
}

func TestNothingReadableInTheCookie(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, syncsession.Options{})
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "secret", "correct horse")) })
	first := b.cookies["nflow"]
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "other", 1)); s.DeleteKey("form", "other") })
	if b.cookies["nflow"] == first {
		t.Error("the same content is sealed to the same text")
	}
	for _, text := range unwrap(first) {
		if bytes.Contains(text, []byte("horse")) || bytes.Contains(text, []byte("form")) {
			t.Error("the cookie can be read")
		}
	}
}

func TestTwoTabsLastAnswerWins(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, syncsession.Options{})
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "start", 1)) })
	one, two := b.load(), b.load()
	must(t, one.SetKey("form", "one", 1))
	must(t, two.SetKey("form", "two", 2))
	b.save(two)
	b.save(one)
	equal(t, b.load().Get("form"), map[string]any{"start": int64(1), "one": int64(1)})
}

func TestEmptiedSessionDropsTheCookie(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, syncsession.Options{Domain: "example.org"})
	if line := b.run(func(s *syncsession.Session) { must(t, s.SetKey("a", "k", 1)); s.Clear() }); line != "" {
		t.Errorf("a session that never was is deleted: %s", line)
	}
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("a", "k", 1)); must(t, s.SetKey("b", "k", 1)) })
	line := b.run((*syncsession.Session).Clear)
	for _, want := range []string{"nflow=;", "Max-Age=0", "Path=/", "Domain=example.org"} {
		if !strings.Contains(line, want) {
			t.Errorf("%q lacks %s", line, want)
		}
	}
	if len(b.cookies) != 0 || !b.load().IsNew() {
		t.Error("the session is still there")
	}
	// A cookie that was of no use goes the same way once the flow empties what it wrote.
	b.cookies["nflow"] = "rubbish"
	if line := b.run(func(s *syncsession.Session) {}); line != "" {
		t.Errorf("an unread session is written: %s", line)
	}
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("a", "k", 1)); s.Clear() })
	equal(t, b.cookies, map[string]string{})
}

func TestAttributes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		opt  syncsession.Options
		tls  bool
		want string // after the value
	}{
		"plain":  {want: "; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"},
		"TLS":    {tls: true, want: "; Path=/; Max-Age=2592000; HttpOnly; Secure; SameSite=Lax"},
		"proxy":  {opt: syncsession.Options{Secure: func(*http.Request) bool { return true }}, want: "; Path=/; Max-Age=2592000; HttpOnly; Secure; SameSite=Lax"},
		"chosen": {opt: syncsession.Options{Name: "sid", Domain: "example.org", TTL: time.Hour, SameSite: http.SameSiteStrictMode}, want: "; Path=/; Domain=example.org; Max-Age=3600; HttpOnly; SameSite=Strict"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBrowser(t, tc.opt)
			s, r, h := b.load(), b.request(), http.Header{}
			must(t, s.SetKey("a", "k", 1))
			if tc.tls {
				r.TLS = &tls.ConnectionState{}
			}
			must(t, b.store.Save(t.Context(), h, r, s))
			line := h.Get("Set-Cookie")
			if _, got, _ := strings.Cut(line, ";"); ";"+got != tc.want {
				t.Errorf("got  ;%s\nwant %s", got, tc.want)
			}
			if tc.opt.Name != "" && !strings.HasPrefix(line, tc.opt.Name+"=") {
				t.Errorf("name of %s", line)
			}
		})
	}
}

func TestEveryByteIsProtected(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, syncsession.Options{})
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", "v")) })
	good := b.cookies["nflow"]
	for i := range good {
		for _, other := range []byte{'A', 'x', '_', '='} {
			if good[i] == other {
				continue
			}
			b.cookies["nflow"] = good[:i] + string(other) + good[i+1:]
			// The bits that base64 leaves over at the very end carry nothing.
			if s := b.load(); !s.IsNew() && i < len(good)-4 {
				t.Errorf("byte %d as %c is accepted", i, other)
			} else if !s.IsNew() {
				equal(t, s.Get("form"), map[string]any{"k": "v"})
			}
		}
	}
	for i := range good {
		b.cookies["nflow"] = good[:i]
		if s := b.load(); !s.IsNew() {
			t.Errorf("the first %d bytes are accepted", i)
		}
	}
}

func TestUselessCookieIsANewSession(t *testing.T) {
	t.Parallel()
	other := newBrowser(t, syncsession.Options{Keys: [][]byte{key("b")}})
	other.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", "v")) })
	renamed := newBrowser(t, syncsession.Options{Name: "other"})
	renamed.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", "v")) })
	for name, value := range map[string]string{
		"empty": "", "text": "hello", "base64": "aGVsbG98d29ybGR8eA==", "foreign key": other.cookies["nflow"],
		"of another name": renamed.cookies["other"], "endless": strings.Repeat("A", 100_000), "pipes": "fHx8fHx8",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			b := newBrowser(t, syncsession.Options{
				Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
			})
			b.cookies["nflow"] = value
			s := b.load()
			if !s.IsNew() || s.Changed() || s.Get("form") != nil {
				t.Error("not a new, empty session")
			}
			if !strings.Contains(log.String(), "level=DEBUG") || value != "" && strings.Contains(log.String(), value) {
				t.Errorf("log %s", log.String())
			}
			must(t, s.SetKey("form", "k", "fresh"))
			b.save(s)
			equal(t, b.load().Get("form"), map[string]any{"k": "fresh"})
		})
	}
}

func TestCookiePlantedByANeighbour(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, syncsession.Options{})
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", "v")) })
	r := b.request()
	r.Header.Set("Cookie", `nflow=planted; a=b; nflow="x"; `+r.Header.Get("Cookie"))
	s, err := b.store.Load(t.Context(), r)
	must(t, err)
	equal(t, s.Get("form"), map[string]any{"k": "v"})
}

func TestExpirySlides(t *testing.T) {
	t.Parallel()
	now := newClock()
	b := newBrowser(t, syncsession.Options{TTL: time.Hour, Now: now.Now})
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", "v")) })
	look := func(s *syncsession.Session) { s.Get("form") }

	now.forward(30 * time.Minute)
	if line := b.run(look); line != "" {
		t.Error("saved anew before half the time was over")
	}
	now.forward(time.Second)
	before := maps.Clone(b.cookies)
	if s := b.load(); s.Changed() {
		t.Error("a refresh is no change")
	}
	if line := b.run(look); line == "" {
		t.Error("not saved anew though half the time is over")
	}
	now.forward(59 * time.Minute)
	equal(t, b.load().Get("form"), map[string]any{"k": "v"})
	b.cookies = before
	if !b.load().IsNew() {
		t.Error("the first cookie lives on")
	}
}

func TestExpiryIsExact(t *testing.T) {
	t.Parallel()
	now := newClock()
	b := newBrowser(t, syncsession.Options{TTL: time.Hour, Now: now.Now})
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", "v")) })
	now.forward(time.Hour - time.Second)
	if b.load().IsNew() {
		t.Error("expired a second early")
	}
	now.forward(time.Second)
	if !b.load().IsNew() {
		t.Error("not expired")
	}
}

func TestKeyRotation(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{"cookie": "v", "blob": strings.Repeat("v", 10_000)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			blobs := &memoryBlobs{}
			with := func(keys ...[]byte) *syncsession.CookieStore {
				return newStore(t, syncsession.Options{Keys: keys, Overflow: blobs})
			}
			b := &browser{t: t, store: with(key("a")), cookies: map[string]string{}}
			b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", value)) })

			b.store = with(key("b"), key("a"))
			if line := b.run(func(s *syncsession.Session) { equal(t, s.Get("form")["k"], any(value)) }); line == "" {
				t.Error("not sealed anew")
			}
			if line := b.run(func(*syncsession.Session) {}); line != "" {
				t.Error("sealed anew again")
			}
			b.store = with(key("b"))
			equal(t, b.load().Get("form")["k"], any(value))
			b.store = with(key("a"))
			if !b.load().IsNew() {
				t.Error("the retired key still opens it")
			}
		})
	}
}

func TestNewCookieRefuses(t *testing.T) {
	t.Parallel()
	for name, opt := range map[string]syncsession.Options{
		"no key":        {},
		"short key":     {Keys: [][]byte{key("a")[:31]}},
		"short old key": {Keys: [][]byte{key("a"), nil}},
		"name":          {Keys: [][]byte{key("a")}, Name: "a b"},
		"domain":        {Keys: [][]byte{key("a")}, Domain: "a;b"},
		"TTL":           {Keys: [][]byte{key("a")}, TTL: -time.Second},
		"size":          {Keys: [][]byte{key("a")}, MaxBytes: -1},
	} {
		if _, err := syncsession.NewCookie(opt); err == nil {
			t.Errorf("%s is accepted", name)
		} else if strings.Contains(err.Error(), "aaaa") {
			t.Errorf("%s: the error tells the key", name)
		}
	}
}

func FuzzLoad(f *testing.F) {
	good := newBrowser(f, syncsession.Options{})
	good.run(func(s *syncsession.Session) { must(f, s.SetKey("form", "k", "v")) })
	for _, seed := range []string{good.cookies["nflow"], "", "nflow", "fHx8", "=", "\"", "a; nflow=b", strings.Repeat("A", 5000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := good.request()
		r.Header["Cookie"] = []string{"nflow=" + text, text}
		s, err := good.store.Load(t.Context(), r)
		must(t, err)
		if !s.IsNew() { // a cookie that this test sealed itself
			equal(t, s.Get("form"), map[string]any{"k": "v"})
			return
		}
		if s.Changed() || s.Get("form") != nil {
			t.Fatalf("%q made a session", text)
		}
	})
}
