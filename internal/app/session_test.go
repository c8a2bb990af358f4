package app

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

// visits are flows that show a session from outside.
func visits(t *testing.T) string {
	t.Helper()
	return flows(t, map[string]string{
		"/count": counting,
		"/in":    `set_profile({username: "ana"}); return c.String(200, "in")`,
		"/who":   `return c.String(200, "who=" + (exist_profile() ? get_profile().username : ""))`,
		"/out":   `delete_profile(); delete_session("s"); return c.String(200, "out")`,
	})
}

// sends returns the response to a request with exactly this cookie.
func (s *site) sends(path, cookie string) answer {
	s.t.Helper()
	jar := s.client.Jar
	s.client.Jar = nil
	defer func() { s.client.Jar = jar }()
	return s.get(path, "Cookie", cookie)
}

// cookieOf returns name=value of a response's cookie.
func cookieOf(a answer) string {
	cookie, _, _ := strings.Cut(a.Header.Get("Set-Cookie"), ";")
	return cookie
}

// TestLoginRenewsTheSession: who knew the id from before a login is not logged in by it, and a logout leaves nothing.
func TestLoginRenewsTheSession(t *testing.T) {
	t.Parallel()
	for kind, setting := range map[string]func() string{
		"redis":    func() string { return "NFLOW_REDIS_HOST=" + servertest.Redis(t).Addr },
		"postgres": func() string { return "NFLOW_PG_SESSION_URL=" + servertest.Database(t) },
	} {
		set := setting()
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := start(t, Options{App: visits(t)}, set)
			before := cookieOf(s.sends("/count", ""))
			in := s.sends("/in", before)
			after := cookieOf(in)
			if before == "" || after == "" || before == after {
				t.Fatalf("the cookie was %q and is %q", before, after)
			}
			equal(t, "the session goes along", s.sends("/count", after).body, "n=2")
			equal(t, "who has the new id", s.sends("/who", after).body, "who=ana")
			equal(t, "who has the old one", s.sends("/who", before).body, "who=")
			out := s.sends("/out", after)
			has(t, out.Header.Get("Set-Cookie"), "Max-Age=0")
			for _, id := range []string{before, after} {
				equal(t, "after the logout", s.sends("/who", id).body, "who=")
			}
			equal(t, "nothing is left", s.sends("/count", after).body, "n=1")
		})
	}
}

// TestSessionSettings: [session] names and bounds the cookie, and old keys open what they sealed.
func TestSessionSettings(t *testing.T) {
	t.Parallel()
	app := visits(t)
	const first, second = "NFLOW_SESSION_KEY=11111111111111111111111111111111", "NFLOW_SESSION_KEY=22222222222222222222222222222222"
	one := start(t, Options{App: app}, first, "NFLOW_SESSION_COOKIE_NAME=sid", "NFLOW_SESSION_SAME_SITE=strict",
		"NFLOW_SESSION_DOMAIN=example.org", "NFLOW_SESSION_TTL=90m")
	a := one.sends("/count", "")
	sealed, rest, _ := strings.Cut(a.Header.Get("Set-Cookie"), "; ")
	equal(t, "attributes", rest, "Path=/; Domain=example.org; Max-Age=5400; HttpOnly; SameSite=Strict")
	equal(t, "name", strings.HasPrefix(sealed, "sid="), true)

	name := "NFLOW_SESSION_COOKIE_NAME=sid"
	rotated := start(t, Options{App: app}, second, "NFLOW_SESSION_OLD_KEYS="+strings.TrimPrefix(first, "NFLOW_SESSION_KEY="), name)
	a = rotated.sends("/count", sealed)
	equal(t, "with the old key known", a.body, "n=2")
	later := start(t, Options{App: app}, second, name)
	equal(t, "sealed anew with the new key", later.sends("/count", cookieOf(a)).body, "n=3")
	equal(t, "by a key that is gone", later.sends("/count", sealed).body, "n=1")
	equal(t, "status", later.sends("/count", sealed).StatusCode, http.StatusOK)
}

// TestSessionsOnASilentServer: reading and saving a session end with the run, with its error, and the log tells what was
// lost. What needs no session goes on.
func TestSessionsOnASilentServer(t *testing.T) {
	t.Parallel()
	app := flows(t, map[string]string{
		"/save": `set_session("s", "k", "v"); return c.String(200, "saved")`,
		"/read": `return c.String(200, get_session("s", "k"))`,
		"/hi":   `return c.String(200, "hi")`,
	})
	silent := func() string { // the system takes connections to it, and nobody reads from them
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return l.Addr().String()
	}
	one, nodes := silent(), silent()+","+silent()
	id := "sid=" + strings.Repeat("A", 45)
	for _, c := range [][3]string{{one, "/save"}, {nodes, "/save"}, {one, "/read", id}, {nodes, "/read", id}} {
		t.Run(c[0]+c[1], func(t *testing.T) {
			t.Parallel()
			s := start(t, Options{App: app}, "NFLOW_REDIS_HOST="+c[0], "NFLOW_SESSION_STORE=redis", "NFLOW_SESSION_COOKIE_NAME=sid",
				"NFLOW_VM_POOL_MAX_EXECUTION_SECONDS=1")
			equal(t, "without a session", s.get("/hi").body, "hi")
			began := time.Now()
			a := s.sends(c[1], c[2])
			equal(t, c[1], message(t, a), "408 the run took longer than 1s ([vm_pool] max_execution_seconds)")
			if took := time.Since(began); took > 3*time.Second { // the machine may be busy
				t.Errorf("it took %s", took)
			}
			if c[1] == "/save" {
				has(t, s.log.String(), "the session was not saved")
			}
		})
	}
}
