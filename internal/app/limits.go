package app

import (
	"net/http"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/ratelimit"
	"github.com/arturoeanton/nflow-runtime/internal/redisconn"
)

// limits makes the rate limits of [rate_limit], nil when it is off. Where it counts on Redis it opens a.redis.
func (a *app) limits() (*ratelimit.Limiter, error) {
	c := &a.Config.RateLimitConfig
	if !c.Enabled {
		return nil, nil
	}
	o := ratelimit.Options{
		ExcludedIPs: networks(c.ExcludedIPs), ExcludedPaths: c.ExcludedPaths, User: func(q *http.Request) string { return a.engine.User(a.App, q) },
		CleanEvery: c.CleanupInterval.Duration(), Log: a.Log,
		Endpoint: func(path string) string {
			endpoint, _ := graph.Continuation(path)
			return endpoint
		},
	}
	rule := func(path string, by ratelimit.By, requests, burst int64, window time.Duration) {
		o.Rules = append(o.Rules, ratelimit.Rule{Path: path, By: by, Requests: int(requests), Burst: int(burst), Window: window})
	}
	if !c.IPRateLimit.Unlimited() {
		rule("", ratelimit.Address, c.IPRateLimit.Int64(), c.IPBurstSize.Int64(), c.IPWindowMinutes.Duration())
	}
	by := map[string]ratelimit.By{"ip": ratelimit.Address, "token": ratelimit.Token, "user": ratelimit.User}
	for _, r := range c.Rules {
		rule(r.Path, by[r.By], r.Limit.Int64(), r.Burst.Int64(), r.WindowMinutes.Duration())
	}
	if c.Backend == "redis" {
		r := &a.Config.RedisConfig
		client, err := redisconn.Open(redisconn.Options{Host: r.Host, Password: r.Password, DB: r.DB, MaxOpen: r.MaxConnectionPool})
		if err != nil {
			return nil, err
		}
		a.redis, o.Redis = client, client
	}
	return ratelimit.New(o), nil
}
