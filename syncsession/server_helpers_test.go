package syncsession_test

import (
	"context"
	"crypto/rand"
	"os"
	"testing"

	"github.com/gomodule/redigo/redis"
	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/internal/redisconn"
	"github.com/arturoeanton/nflow-runtime/internal/servertest"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// makers make each store, empty and gone when the test ends.
func makers() map[string]func(testing.TB, syncsession.Options) syncsession.Store {
	return map[string]func(testing.TB, syncsession.Options) syncsession.Store{
		"cookie": func(t testing.TB, opt syncsession.Options) syncsession.Store {
			opt.Overflow = &memoryBlobs{}
			return newStore(t, opt)
		},
		"redis":    func(t testing.TB, opt syncsession.Options) syncsession.Store { s, _, _ := newRedis(t, opt); return s },
		"postgres": func(t testing.TB, opt syncsession.Options) syncsession.Store { s, _ := newPostgres(t, opt); return s },
	}
}

// serverMakers make the stores that keep sessions on a server.
func serverMakers() map[string]func(testing.TB, syncsession.Options) *syncsession.ServerStore {
	return map[string]func(testing.TB, syncsession.Options) *syncsession.ServerStore{
		"redis": func(t testing.TB, opt syncsession.Options) *syncsession.ServerStore {
			s, _, _ := newRedis(t, opt)
			return s
		},
		"postgres": func(t testing.TB, opt syncsession.Options) *syncsession.ServerStore {
			s, _ := newPostgres(t, opt)
			return s
		},
	}
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// newRedis returns a store under a prefix of its own, which the client sees too.
func newRedis(t testing.TB, opt syncsession.Options) (*syncsession.ServerStore, *redisconn.Client, string) {
	t.Helper()
	host := or(os.Getenv("NFLOW_TEST_REDIS"), "127.0.0.1:6379")
	client, err := redisconn.Open(redisconn.Options{Host: host, MaxOpen: 20})
	must(t, err)
	if _, err := client.Do(t.Context(), "PING"); err != nil {
		_ = client.Close()
		t.Skipf("no Redis: %v; start one or set NFLOW_TEST_REDIS", err)
	}
	prefix := "nflow-test:" + rand.Text() + ":"
	s, err := syncsession.NewRedis(client, prefix, opt)
	must(t, err)
	t.Cleanup(func() {
		clean, err := redisconn.Open(redisconn.Options{Host: host}) // the test may have closed the store
		must(t, err)
		defer clean.Close()
		keys, err := redis.Strings(clean.Do(context.Background(), "KEYS", prefix+"*"))
		must(t, err)
		if len(keys) > 0 {
			_, err = clean.Del(context.Background(), keys)
			must(t, err)
		}
		_ = s.Close()
	})
	return s, client, prefix
}

// newPostgres returns a store in a schema of its own, and the address of that.
func newPostgres(t testing.TB, opt syncsession.Options) (*syncsession.ServerStore, string) {
	t.Helper()
	dsn := servertest.Schema(t)
	s, err := syncsession.NewPostgres(t.Context(), dsn, opt)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s, dsn
}

// visit returns a browser of a store.
func visit(t testing.TB, store syncsession.Store) *browser {
	return &browser{t: t, store: store, cookies: map[string]string{}}
}
