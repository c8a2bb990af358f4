package app

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

const counting = `const n = Number(get_session("s", "n") || 0) + 1; set_session("s", "n", n); return c.String(200, "n=" + n)`

func TestRedisSessionsAndItsOutage(t *testing.T) {
	t.Parallel()
	redis := servertest.Redis(t)
	app := flows(t, map[string]string{"/count": counting, "/plain": `return c.String(200, "plain")`})
	one := start(t, Options{App: app}, "NFLOW_REDIS_HOST=redis://"+redis.Addr)
	two := start(t, Options{App: app}, "NFLOW_REDIS_HOST="+redis.Addr)
	two.client.Jar = one.client.Jar // one browser: cookies know no ports
	equal(t, "one", one.get("/count").body, "n=1")
	equal(t, "two", two.get("/count").body, "n=2")
	has(t, one.get("/health").body, `"redis":{"status":"healthy"}`)

	redis.Stop()
	a := one.get("/count")
	has(t, message(t, a), "503 the session cannot be read at the moment")
	equal(t, "Retry-After", a.Header.Get("Retry-After"), "5")
	equal(t, "no cookie", a.Header.Get("Set-Cookie"), "")
	equal(t, "without a session", one.get("/plain").body, "plain")
	a = one.get("/health")
	equal(t, "health", a.StatusCode, 503)
	has(t, a.body, `"redis":{"status":"unhealthy"`)

	redis.Start()
	one.until("/count", "n=3")
	equal(t, "health again", one.get("/health").StatusCode, 200)
}

func TestStartsWithoutRedis(t *testing.T) {
	t.Parallel()
	s := start(t, Options{App: flows(t, map[string]string{"/plain": `return c.String(200, "plain")`})}, "NFLOW_REDIS_HOST=127.0.0.1:1")
	equal(t, "without a session", s.get("/plain").body, "plain")
	has(t, s.log.String(), "Redis does not answer")
}

func TestPostgresSessions(t *testing.T) {
	t.Parallel()
	dsn := servertest.Database(t)
	app := flows(t, map[string]string{"/count": counting})
	one := start(t, Options{App: app}, "NFLOW_PG_SESSION_URL="+dsn)
	two := start(t, Options{App: app}, "NFLOW_PG_SESSION_URL="+dsn)
	two.client.Jar = one.client.Jar
	equal(t, "one", one.get("/count").body, "n=1")
	equal(t, "two", two.get("/count").body, "n=2")
	has(t, one.get("/health").body, `"sessions":{"status":"healthy"}`)
}

func TestRateLimits(t *testing.T) {
	t.Parallel()
	redis := servertest.Redis(t)
	file := t.TempDir() + "/config.toml"
	if err := os.WriteFile(file, []byte(limitedBy(redis.Addr)), 0o600); err != nil {
		t.Fatal(err)
	}
	ok := `return c.String(200, "ok")`
	o := Options{App: flows(t, map[string]string{
		"/x": ok, "/free": ok, "/login": `set_profile({username: form.name || "ana"}); return c.String(200, "in")`, "/mine": ok,
	})}
	one, two := start(t, o, "FILE="+file), start(t, o, "FILE="+file)
	for i := range 20 {
		s := []*site{one, two}[i%2]
		a := s.get("/x", "X-Forwarded-For", "192.0.2.1")
		if a.StatusCode != 200 || a.Header.Get("X-RateLimit-Remaining") != fmt.Sprint(19-i) {
			t.Fatalf("request %d: %d %v", i+1, a.StatusCode, a.Header)
		}
	}
	for _, s := range []*site{one, two} {
		a := s.get("/x", "X-Forwarded-For", "192.0.2.1")
		equal(t, "one more", a.StatusCode, 429)
		has(t, a.body, `{"error":"too many requests","retry_after":1`)
		equal(t, "limit", a.Header.Get("X-RateLimit-Limit"), "20")
		equal(t, "excluded path", s.get("/free", "X-Forwarded-For", "192.0.2.1").StatusCode, 200)
		equal(t, "excluded address", s.get("/x", "X-Forwarded-For", "10.1.1.1").StatusCode, 200)
	}
	login := func(s *site, path, from string) int { return s.get(path, "X-Forwarded-For", from).StatusCode }
	equal(t, "login", login(one, "/login", "192.0.2.2"), 200)
	equal(t, "login by another path", login(two, "/login/nftk/x", "192.0.2.2"), 200)
	equal(t, "third login", login(one, "/log%69n", "192.0.2.2"), 429)
	equal(t, "a user", login(one, "/mine", "192.0.2.3"), 200)
	equal(t, "the user elsewhere", login(two, "/mine", "192.0.2.4"), 429)
	two.client.Jar = nil
	equal(t, "nobody", login(two, "/mine", "192.0.2.4"), 200)

	redis.Stop()
	for i := range 20 {
		equal(t, "without Redis", one.get("/x", "X-Forwarded-For", "192.0.2.9").StatusCode, 200)
		if i == 0 {
			a := one.get("/health")
			equal(t, "health", a.StatusCode, 200)
			has(t, a.body, `"redis":{"status":"unhealthy"`)
		}
	}
	equal(t, "one more without Redis", one.get("/x", "X-Forwarded-For", "192.0.2.9").StatusCode, 429)
	if n := strings.Count(one.log.String(), "each instance counts alone"); n != 1 {
		t.Errorf("%d warnings in\n%s", n, one.log)
	}
}

// limitedBy is a configuration whose limits are counted in that Redis.
func limitedBy(redis string) string {
	return `
[session]
store = "cookie"
[server]
trusted_proxies = "127.0.0.1"
[redis]
host = "` + redis + `"
[rate_limit]
enabled = true
backend = "redis"
ip_rate_limit = 20
ip_window_minutes = 60
ip_burst_size = 0
excluded_ips = "10.0.0.0/8"
excluded_paths = "/free"
[[rate_limit.rules]]
path = "/login"
limit = 2
window_minutes = 60
[[rate_limit.rules]]
path = "/mine"
by = "user"
limit = 1
window_minutes = 60
`
}
