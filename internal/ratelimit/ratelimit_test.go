package ratelimit

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/internal/redisconn"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type clock struct{ now time.Time }

func newClock() *clock { return &clock{time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)} }

func (c *clock) Now() time.Time { return c.now }

func request(path string, header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

// takes counts how many of n requests go through, the last decision last.
func takes(l *Limiter, n int, r *http.Request, client string) (allowed int, last Decision) {
	for range n {
		if last = l.Take(r, client); !last.Refused {
			allowed++
		}
	}
	return allowed, last
}

func TestExactly(t *testing.T) {
	t.Parallel()
	c := newClock()
	l := New(Options{Rules: []Rule{{Requests: 4, Window: time.Minute, Burst: 1}}, Now: c.Now})
	for i := range 5 {
		want := Decision{Counted: true, Limit: 5, Remaining: 4 - i, Reset: c.now.Add(time.Duration(i+1) * 15 * time.Second)}
		if got := l.Take(request("/"), "192.0.2.1"); got != want {
			t.Errorf("request %d\ngot  %+v\nwant %+v", i+1, got, want)
		}
	}
	want := Decision{Counted: true, Refused: true, Limit: 5, Reset: c.now.Add(75 * time.Second), Retry: 15 * time.Second}
	for range 3 { // what is refused costs nothing
		if got := l.Take(request("/"), "192.0.2.1"); got != want {
			t.Errorf("\ngot  %+v\nwant %+v", got, want)
		}
	}
	if l.Take(request("/"), "192.0.2.2").Refused {
		t.Error("another address is refused")
	}
	c.now = c.now.Add(15*time.Second - 1)
	if got := l.Take(request("/"), "192.0.2.1"); !got.Refused || got.Retry != 1 {
		t.Errorf("a nanosecond early: %+v", got)
	}
	c.now = c.now.Add(1)
	if n, _ := takes(l, 3, request("/"), "192.0.2.1"); n != 1 {
		t.Errorf("%d after the time for one", n)
	}
	c.now = c.now.Add(time.Hour)
	if n, _ := takes(l, 9, request("/"), "192.0.2.1"); n != 5 {
		t.Errorf("%d after an hour", n)
	}
}

func TestWhose(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		rule       Rule
		one, other func(*Limiter) Decision
		together   bool
	}{
		"IPv6 of one network": {Rule{}, by("2001:db8::1"), by("2001:db8::ffff:1"), true},
		"IPv6 of two":         {Rule{}, by("2001:db8::1"), by("2001:db8:0:1::1"), false},
		"IPv4 in IPv6":        {Rule{}, by("192.0.2.1"), by("::ffff:192.0.2.1"), true},
		"no address":          {Rule{}, by("@"), by("@"), true},
		"token":               {Rule{By: Token}, by("192.0.2.1", "Authorization", "Bearer a"), by("192.0.2.2", "Authorization", "Bearer a"), true},
		"two tokens":          {Rule{By: Token}, by("192.0.2.1", "Authorization", "Bearer a"), by("192.0.2.1", "Authorization", "Bearer b"), false},
		"no token":            {Rule{By: Token}, by("192.0.2.1"), by("192.0.2.1"), false},
		"user":                {Rule{By: User}, by("192.0.2.1", "User", "ana"), by("192.0.2.2", "User", "ana"), true},
		"two users":           {Rule{By: User}, by("192.0.2.1", "User", "ana"), by("192.0.2.1", "User", "eve"), false},
		"nobody":              {Rule{By: User}, by("192.0.2.1"), by("192.0.2.1"), false},
	} {
		tc.rule.Requests, tc.rule.Window = 1, time.Minute
		l := New(Options{Rules: []Rule{tc.rule}, User: func(r *http.Request) string { return r.Header.Get("User") }})
		if tc.one(l).Refused {
			t.Errorf("%s: the first is refused", name)
		}
		if tc.other(l).Refused != tc.together {
			t.Errorf("%s: counted together: %v", name, !tc.together)
		}
	}
}

func by(client string, header ...string) func(*Limiter) Decision {
	return func(l *Limiter) Decision { return l.Take(request("/", header...), client) }
}

func TestPaths(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		pattern, path string
		match         bool
	}{
		{"", "/any", true},
		{"/login", "/login", true},
		{"/login", "/log%69n", true},
		{"/login", "/login/", false},
		{"/login", "/loginx", false},
		{"/login", "/login/nfnext/7", true}, // a continuation of the same flow
		{"/", "/", true},
		{"/", "/x", false},
		{"/users/:id", "/users/7", true},
		{"/users/:id", "/users/", false},
		{"/users/:id", "/users/7/x", false},
		{"/users/:id", "/users", false},
		{"/api/*", "/api/a/b", true},
		{"/api/*", "/api", true},
		{"/api/*", "/apis", false},
		{"/a%20b", "/a b", true},
		{"/a/b", "/a%2Fb", false},
	} {
		path := strings.ReplaceAll(tc.path, " ", "%20")
		cut := func(p string) string { before, _, _ := strings.Cut(p, "/nfnext"); return before }
		l := New(Options{Rules: []Rule{{Path: tc.pattern, Requests: 1, Window: time.Minute}}, Endpoint: cut})
		if got := l.Take(request(path), "192.0.2.1").Counted; got != tc.match {
			t.Errorf("%q counts %q: %v", tc.pattern, tc.path, got)
		}
	}
}

func TestExcluded(t *testing.T) {
	t.Parallel()
	l := New(Options{
		Rules: []Rule{{Requests: 1, Window: time.Minute}}, ExcludedPaths: []string{"/health", "/static/*"},
		ExcludedIPs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")},
	})
	for _, c := range []struct {
		path, client string
		counted      bool
	}{
		{"/", "10.1.2.3", false},
		{"/", "::ffff:10.1.2.3", false},
		{"/", "2001:db8::7", false},
		{"/health", "192.0.2.1", false},
		{"/static/a/b.css", "192.0.2.1", false},
		{"/static2", "192.0.2.1", true},
		{"/", "192.0.2.2", true},
	} {
		if d := l.Take(request(c.path), c.client); d.Counted != c.counted {
			t.Errorf("%s by %s: %+v", c.path, c.client, d)
		}
	}
}

func TestSeveralRules(t *testing.T) {
	t.Parallel()
	l := New(Options{Rules: []Rule{{Requests: 5, Window: time.Minute}, {Path: "/login", Requests: 2, Window: time.Hour}}, Now: newClock().Now})
	if d := l.Take(request("/login"), "192.0.2.1"); d.Limit != 2 || d.Remaining != 1 {
		t.Errorf("%+v", d)
	}
	if n, d := takes(l, 3, request("/login"), "192.0.2.1"); n != 1 || d.Limit != 2 || d.Retry != 30*time.Minute {
		t.Errorf("%d, %+v", n, d)
	}
	if n, d := takes(l, 3, request("/"), "192.0.2.1"); n != 1 || d.Limit != 5 {
		t.Errorf("%d, %+v", n, d)
	}
}

func TestIdleClientsAreForgotten(t *testing.T) {
	t.Parallel()
	c := newClock()
	l := New(Options{Rules: []Rule{{Requests: 60, Window: time.Minute}}, Now: c.Now, CleanEvery: time.Minute})
	for i := range 10_000 {
		l.Take(request("/"), fmt.Sprintf("10.0.%d.%d", i/250, i%250))
	}
	size := func() (n int) {
		for i := range l.memory.shards {
			n += len(l.memory.shards[i].clients)
		}
		return n
	}
	if size() != 10_000 {
		t.Fatalf("%d clients", size())
	}
	c.now = c.now.Add(time.Minute)
	for i := range 1000 {
		l.Take(request("/"), fmt.Sprintf("172.16.%d.%d", i/250, i%250))
	}
	if size() != 1000 {
		t.Errorf("%d clients are left", size())
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	m, l, now := newMemory(time.Hour), limit{each: time.Hour, most: 1}, newClock().now
	for i := range maxClients + 500 {
		m.take(key{0, byte(i), byte(i >> 8), byte(i >> 16)}, l, now)
	}
	if n := len(m.shards[0].clients); n != maxClients {
		t.Errorf("%d clients", n)
	}
}

func TestTogether(t *testing.T) {
	t.Parallel()
	l := New(Options{Rules: []Rule{{Requests: 100, Window: time.Hour}}})
	if n := together(500, l); n != 100 {
		t.Errorf("%d went through", n)
	}
}

// together sends requests from many goroutines over all limiters in turn.
func together(n int, limiters ...*Limiter) int {
	var allowed atomic.Int64
	var group sync.WaitGroup
	for g := range 10 {
		group.Go(func() {
			for i := range n / 10 {
				if d := limiters[(g+i)%len(limiters)].Take(request("/"), "192.0.2.1"); !d.Refused {
					allowed.Add(1)
				}
			}
		})
	}
	group.Wait()
	return int(allowed.Load())
}

func onRedis(t testing.TB) (*redisconn.Client, string) {
	t.Helper()
	host := os.Getenv("NFLOW_TEST_REDIS")
	if host == "" {
		host = "127.0.0.1:6379"
	}
	client, err := redisconn.Open(redisconn.Options{Host: host})
	if err != nil {
		t.Fatal(err)
	}
	prefix := "nflow-test:" + rand.Text() + ":"
	t.Cleanup(func() {
		if keys, _ := redis.Strings(client.Do(context.Background(), "KEYS", "*"+prefix+"*")); len(keys) > 0 {
			_, _ = client.Del(context.Background(), keys)
		}
		_ = client.Close()
	})
	if _, err := client.Do(t.Context(), "PING"); err != nil {
		t.Skipf("no Redis: %v; start one or set NFLOW_TEST_REDIS", err)
	}
	return client, prefix
}

func TestTwoInstancesOnRedis(t *testing.T) {
	t.Parallel()
	client, prefix := onRedis(t)
	o := Options{Rules: []Rule{{Requests: 100, Window: time.Hour, Burst: 20}}, Redis: client, Prefix: prefix}
	one, two := New(o), New(o)
	if n := together(300, one, two); n != 120 {
		t.Errorf("%d went through", n)
	}
	if d := two.Take(request("/"), "192.0.2.1"); !d.Refused || d.Limit != 120 || d.Remaining != 0 || d.Retry <= 0 || d.Retry > 36*time.Second {
		t.Errorf("%+v", d)
	}
	for i := range 120 {
		if d := []*Limiter{one, two}[i%2].Take(request("/"), "192.0.2.2"); d.Refused || d.Remaining != 119-i {
			t.Fatalf("request %d: %+v", i+1, d)
		}
	}
	if d := one.Take(request("/"), "192.0.2.2"); !d.Refused {
		t.Error("one more went through")
	}
	keys, err := redis.Strings(client.Do(t.Context(), "KEYS", "*"+prefix+"*"))
	if err != nil || len(keys) != 2 {
		t.Fatal(keys, err)
	}
	for _, key := range keys {
		if ttl, err := redis.Int(client.Do(t.Context(), "TTL", key)); strings.Contains(key, "192.0.2") || ttl <= 0 || err != nil {
			t.Errorf("key %s stays or tells the address", key)
		}
	}
}

// TestClockOfRedisSetBack: a client waits no longer than its window, though it was counted by a clock that was a year ahead.
func TestClockOfRedisSetBack(t *testing.T) {
	t.Parallel()
	client, prefix := onRedis(t)
	l := New(Options{Rules: []Rule{{Requests: 10, Window: time.Hour}}, Redis: client, Prefix: prefix})
	l.Take(request("/"), "192.0.2.1")
	keys, err := redis.Strings(client.Do(t.Context(), "KEYS", "*"+prefix+"*"))
	if err != nil || len(keys) != 1 {
		t.Fatal(keys, err)
	}
	ahead := time.Now().AddDate(1, 0, 0)
	if _, err := client.Do(t.Context(), "SET", keys[0], ahead.UnixMicro()); err != nil {
		t.Fatal(err)
	}
	if d := l.Take(request("/"), "192.0.2.1"); !d.Refused || d.Retry > 6*time.Minute || time.Until(d.Reset) > time.Hour {
		t.Errorf("%+v", d)
	}
}

func TestRedisAway(t *testing.T) {
	t.Parallel()
	client, err := redisconn.Open(redisconn.Options{Host: "127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var log bytes.Buffer
	c := newClock()
	l := New(Options{Rules: []Rule{{Requests: 3, Window: time.Hour}}, Redis: client, Now: c.Now, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if n, _ := takes(l, 10, request("/"), "192.0.2.1"); n != 3 {
		t.Errorf("%d went through", n)
	}
	c.now = c.now.Add(2 * time.Second)
	takes(l, 10, request("/"), "192.0.2.1")
	if got := strings.Count(log.String(), "level=WARN"); got != 1 {
		t.Errorf("%d warnings:\n%s", got, log.String())
	}
	c.now = c.now.Add(10 * time.Second)
	takes(l, 1, request("/"), "192.0.2.1")
	if got := strings.Count(log.String(), "level=WARN"); got != 2 {
		t.Errorf("%d warnings:\n%s", got, log.String())
	}
}

func FuzzTake(f *testing.F) {
	f.Add("/login/nftk/x", "192.0.2.1", "Bearer a")
	f.Add("/%zz//", "::1%eth0", "")
	f.Add("0", "", "0")
	f.Fuzz(func(t *testing.T, path, client, token string) {
		r := &http.Request{Header: http.Header{"Authorization": {token}}, URL: request("/").URL}
		r.URL.Path = path
		l := New(Options{Rules: []Rule{{Requests: 2, Window: time.Hour}, {Path: "/a/:b/*", By: Token, Requests: 1, Window: time.Hour}}})
		if n, _ := takes(l, 3, r, client); n > 2 {
			t.Errorf("%d of 3 went through", n)
		}
	})
}

func BenchmarkMemory(b *testing.B) {
	l, r := New(Options{Rules: []Rule{{Requests: 1 << 30, Window: time.Minute}}}), request("/path")
	b.ReportAllocs()
	for b.Loop() {
		l.Take(r, "192.0.2.1")
	}
}

func BenchmarkRedis(b *testing.B) {
	client, prefix := onRedis(b)
	l, r := New(Options{Rules: []Rule{{Requests: 1 << 30, Window: time.Minute}}, Redis: client, Prefix: prefix}), request("/path")
	b.ReportAllocs()
	for b.Loop() {
		l.Take(r, "192.0.2.1")
	}
}
