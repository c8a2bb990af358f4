package ratelimit

import (
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/redisconn"
	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

// TestRedisKinds: two instances count together on a cluster, by sentinels and over TLS.
func TestRedisKinds(t *testing.T) {
	t.Parallel()
	for kind, host := range servertest.RedisKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			host := host(t)
			instance := func() *Limiter {
				client, err := redisconn.Open(redisconn.Options{Host: host})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = client.Close() })
				return New(Options{Rules: []Rule{{Requests: 40, Window: time.Hour}}, Redis: client})
			}
			one, two := instance(), instance()
			for _, client := range []string{"192.0.2.1", "192.0.2.2", "2001:db8::1"} { // on several nodes of the cluster
				for i := range 40 {
					if d := []*Limiter{one, two}[i%2].Take(request("/"), client); d.Refused || d.Remaining != 39-i {
						t.Fatalf("request %d of %s: %+v", i+1, client, d)
					}
				}
				for _, l := range []*Limiter{one, two} {
					if d := l.Take(request("/"), client); !d.Refused || d.Retry <= 0 {
						t.Errorf("one more of %s: %+v", client, d)
					}
				}
			}
		})
	}
}
