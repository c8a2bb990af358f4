package syncsession_test

import (
	"context"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/redisconn"
	"github.com/arturoeanton/nflow-runtime/internal/servertest"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

// onRedis returns a store on the Redis that a URL names.
func onRedis(t *testing.T, host string, opt syncsession.Options) *syncsession.ServerStore {
	t.Helper()
	client, err := redisconn.Open(redisconn.Options{Host: host})
	must(t, err)
	s, err := syncsession.NewRedis(client, "", opt)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

// TestRedisKinds: a cluster, sentinels and TLS do what one server does.
func TestRedisKinds(t *testing.T) {
	t.Parallel()
	kinds := servertest.RedisKinds()
	kinds["cluster without a URL"] = func(t testing.TB) string {
		nodes := servertest.RedisCluster(t)
		return nodes[0] + ", " + nodes[1]
	}
	for kind, host := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			host := host(t)
			open := func(opt syncsession.Options) *syncsession.ServerStore { return onRedis(t, host, opt) }
			testMerge(t, open)
			testNoLostUpdate(t, open)
			testLoginGrace(t, open)
			testTwoLogins(t, open)
			testRenewed(t, func(opt syncsession.Options) syncsession.Store { return open(opt) })
		})
	}
}

// texts is a client whose replies are strings where redigo has bytes, as those of other libraries.
type texts struct{ pooled }

func (c texts) Do(ctx context.Context, command string, args ...any) (any, error) {
	reply, err := c.pooled.Do(ctx, command, args...)
	list, _ := reply.([]any)
	for i := range list {
		if b, ok := list[i].([]byte); ok {
			list[i] = string(b)
		}
	}
	return reply, err
}

// TestRedisClientOfOthers: programs may bring a client of any library.
func TestRedisClientOfOthers(t *testing.T) {
	t.Parallel()
	s := servertest.Redis(t)
	pool := func() pooled {
		return pooled{&redis.Pool{MaxIdle: 10, Dial: func() (redis.Conn, error) { return redis.Dial("tcp", s.Addr) }}}
	}
	for kind, client := range map[string]func() syncsession.RedisClient{
		"bytes": func() syncsession.RedisClient { return pool() },
		"texts": func() syncsession.RedisClient { return texts{pool()} },
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			open := func(opt syncsession.Options) *syncsession.ServerStore {
				s, err := syncsession.NewRedis(client(), kind+":", opt)
				must(t, err)
				t.Cleanup(func() { must(t, s.Close()) })
				return s
			}
			testMerge(t, open)
			testTwoLogins(t, open)
			testRenewed(t, func(opt syncsession.Options) syncsession.Store { return open(opt) })
		})
	}
}

// TestRedisTLSIsVerified: who cannot show a certificate that the system trusts gets no session.
func TestRedisTLSIsVerified(t *testing.T) {
	t.Parallel()
	s, _ := servertest.RedisTLS(t)
	store := onRedis(t, "rediss://"+s.Addr, syncsession.Options{})
	if store.Ping(t.Context()) == nil {
		t.Error("it is trusted")
	}
}

// TestRedisSentinelFailsOver: the replica continues with the sessions when the server is gone.
func TestRedisSentinelFailsOver(t *testing.T) {
	t.Parallel()
	first, sentinel := servertest.RedisSentinel(t)
	store := onRedis(t, "redis://"+sentinel+"?master_name=main", syncsession.Options{})
	b := visit(t, store)
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", 1)) })
	first.Stop()
	_, err := store.Load(t.Context(), b.request())
	if err != nil { // unless the replica was quicker
		faultOf(t, err, fault.Unavailable)
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		s, err := store.Load(t.Context(), b.request())
		if err == nil && !s.IsNew() {
			err = s.SetKey("form", "more", 1)
			must(t, err)
			if err = store.Save(t.Context(), nil, b.request(), s); err == nil { // it may still refuse to write
				break
			}
		}
		if time.Now().After(end) {
			t.Fatalf("it never came back: %v", err)
		}
	}
	equal(t, b.load().Get("form"), map[string]any{"k": int64(1), "more": int64(1)})
}
