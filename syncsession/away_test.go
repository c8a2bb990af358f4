package syncsession_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	"github.com/jackc/pgx/v5"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/servertest"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

// forget removes the sessions that Redis would expire by its own clock.
func forget(t *testing.T, store *syncsession.ServerStore) {
	t.Helper()
	if client, prefix, ok := syncsession.RedisOf(store); ok {
		keys, err := redis.Strings(client.Do(t.Context(), "KEYS", prefix+"*"))
		must(t, err)
		for _, key := range keys {
			_, err := client.Do(t.Context(), "DEL", key)
			must(t, err)
		}
	}
}

// TestRedisTimes: Redis itself removes what has expired.
func TestRedisTimes(t *testing.T) {
	t.Parallel()
	store, client, prefix := newRedis(t, syncsession.Options{TTL: time.Hour})
	b := visit(t, store)
	times := func() (all []int) {
		t.Helper()
		keys, err := redis.Strings(client.Do(t.Context(), "KEYS", prefix+"*"))
		must(t, err)
		for _, key := range keys {
			if strings.Contains(key, b.cookies["nflow"][2:]) {
				t.Error("the server knows the id")
			}
			seconds, err := redis.Int(client.Do(t.Context(), "TTL", key))
			must(t, err)
			all = append(all, (seconds+30)/60)
		}
		return all
	}
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", 1)) })
	equal(t, times(), []int{60})
	b.run(func(s *syncsession.Session) { s.Renew() })
	if got := times(); len(got) != 2 || got[0]+got[1] != 61 {
		t.Errorf("minutes %v", got)
	}
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", 2)) })
	if got := times(); len(got) != 2 || got[0]+got[1] != 61 {
		t.Errorf("minutes %v", got)
	}
	old := maps.Clone(b.cookies)
	b.run((*syncsession.Session).Clear)
	b.cookies = old
	if got := times(); len(got) != 2 || got[0]+got[1] != 2 {
		t.Errorf("minutes %v", got)
	}
}

// TestRedisGoesAway stops a Redis of the test's own and starts it again.
func TestRedisGoesAway(t *testing.T) {
	t.Parallel()
	redis := servertest.Redis(t)
	store := onRedis(t, "redis://"+redis.Addr, syncsession.Options{})
	b := visit(t, store)
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", 1)) })
	s := b.load()
	must(t, s.SetKey("form", "during", 1))
	redis.Stop()

	started := time.Now()
	_, err := store.Load(t.Context(), b.request())
	f := faultOf(t, err, fault.Unavailable)
	if f.Retry <= 0 || strings.Contains(f.Text, "127.0.0.1") {
		t.Errorf("retry %s, text %q", f.Retry, f.Text)
	}
	faultOf(t, store.Save(t.Context(), nil, b.request(), s), fault.Unavailable)
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("it took %s to say so", took)
	}
	if store.Ping(t.Context()) == nil {
		t.Error("it answers")
	}
	redis.Start()
	b.save(s)
	equal(t, b.load().Get("form"), map[string]any{"k": int64(1), "during": int64(1)})
}

// TestRedisHangs: one that takes connections and returns nothing costs a wait once, not each request.
func TestRedisHangs(t *testing.T) {
	t.Parallel()
	redis := servertest.Redis(t)
	store := onRedis(t, redis.Addr, syncsession.Options{})
	b := visit(t, store)
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", 1)) })
	held := b.load()
	must(t, held.SetKey("form", "more", 1))
	resume := redis.Pause()
	defer resume() // it could not be stopped else
	load := func() time.Duration {
		t.Helper()
		began := time.Now()
		_, err := store.Load(t.Context(), b.request())
		faultOf(t, err, fault.Unavailable)
		return time.Since(began)
	}
	first, next := load(), time.Duration(0)
	for range 10 {
		next += load()
		faultOf(t, store.Save(t.Context(), http.Header{}, b.request(), held), fault.Unavailable)
	}
	if next > 5*first {
		t.Errorf("one waited %s, the next ten %s together", first, next)
	}
	resume()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if s, err := store.Load(t.Context(), b.request()); err == nil {
			equal(t, s.Get("form"), map[string]any{"k": int64(1)})
			break
		}
		if time.Now().After(end) {
			t.Fatal("it is not asked again")
		}
	}
	b.save(held)
	equal(t, b.load().Get("form"), map[string]any{"k": int64(1), "more": int64(1)})
}

// TestRedisHangsForRuns: callers that have less time than the server is given find out together that it hangs.
func TestRedisHangsForRuns(t *testing.T) {
	t.Parallel()
	redis := servertest.Redis(t)
	store := onRedis(t, redis.Addr, syncsession.Options{})
	b := visit(t, store)
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", 1)) })
	defer redis.Pause()()
	load := func() time.Duration {
		ctx, cancel := context.WithTimeout(t.Context(), 1100*time.Millisecond)
		defer cancel()
		began := time.Now()
		_, err := store.Load(ctx, b.request())
		faultOf(t, err, fault.Unavailable)
		return time.Since(began)
	}
	first, next := load(), time.Duration(0)
	for range 10 {
		next += load()
	}
	if next > 5*first {
		t.Errorf("one waited %s, the next ten %s together", first, next)
	}
}

// TestPostgresLostConnections ends the store's connections from outside: nobody notices.
func TestPostgresLostConnections(t *testing.T) {
	t.Parallel()
	dsn, name := servertest.Schema(t), t.Name()+rand.Text()[:8] // other tests may use the server
	store, err := syncsession.NewPostgres(t.Context(), dsn+"&application_name="+name, syncsession.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	b := visit(t, store)
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", 0)) })
	conn, err := pgx.Connect(t.Context(), dsn)
	must(t, err)
	defer conn.Close(context.Background())
	for i := range 5 {
		_, err := conn.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1`, name)
		must(t, err)
		b.run(func(s *syncsession.Session) {
			equal(t, s.Get("form"), map[string]any{"k": int64(i)})
			must(t, s.SetKey("form", "k", i+1))
		})
	}
}

func TestPostgresTable(t *testing.T) {
	t.Parallel()
	now := newClock()
	dsn := servertest.Schema(t)
	opt := syncsession.Options{TTL: time.Hour, Now: now.Now}
	stores := make(chan *syncsession.ServerStore)
	for range 8 { // start at once
		go func() {
			s, err := syncsession.NewPostgres(t.Context(), dsn, opt)
			if err != nil {
				t.Error(err)
			}
			stores <- s
		}()
	}
	var store *syncsession.ServerStore
	for range 8 {
		if s := <-stores; store == nil {
			store = s
		} else if s != nil {
			must(t, s.Close())
		}
	}
	t.Cleanup(func() { must(t, store.Close()) })
	must(t, store.Ping(t.Context()))
	for i := range 3 {
		visit(t, store).run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", i)) })
	}
	now.forward(30 * time.Minute)
	b := visit(t, store)
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", "later")) })
	now.forward(30 * time.Minute)
	n, err := store.Prune(t.Context(), now.now)
	if must(t, err); n != 3 {
		t.Errorf("%d pruned", n)
	}
	equal(t, b.load().Get("form"), map[string]any{"k": "later"})
}

func TestNewPostgresRefuses(t *testing.T) {
	t.Parallel()
	for dsn, kind := range map[string]fault.Kind{
		"postgres://u:secret@127.0.0.1:1/x?connect_timeout=2": fault.Unavailable,
		"postgres://u:secret@127.0.0.1:nonsense/x":            fault.Invalid,
	} {
		_, err := syncsession.NewPostgres(t.Context(), dsn, syncsession.Options{})
		if f := faultOf(t, err, kind); strings.Contains(fmt.Sprint(f), "secret") || !strings.Contains(f.Text, "[pg_session]") {
			t.Errorf("%v", f)
		}
	}
}

// TestPostgresIsBounded: beyond MaxTotal no session is started and none grows; those that are there continue, and what expires
// makes room.
func TestPostgresIsBounded(t *testing.T) {
	t.Parallel()
	now := newClock()
	store, _ := newPostgres(t, syncsession.Options{TTL: time.Hour, Now: now.Now, MaxTotal: 1 << 20})
	text := strings.Repeat("x", 20_000)
	save := func(b *browser, key string, v any) error {
		s := b.load()
		must(t, s.SetKey("form", key, v))
		return store.Save(t.Context(), http.Header{}, b.request(), s)
	}
	first := visit(t, store)
	first.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", text)) })
	begun := 1
	var refused error
	for range 100 {
		if err := save(visit(t, store), "k", text); err != nil {
			refused = err
		} else {
			begun++
		}
		now.forward(100 * time.Millisecond)
	}
	if f := faultOf(t, refused, fault.Unavailable); !strings.Contains(fmt.Sprint(f, f.Cause), "[session] max_mb") {
		t.Errorf("%v", f)
	}
	if begun < 45 || begun > 53 {
		t.Errorf("%d sessions were begun", begun)
	}
	must(t, save(first, "small", 1))
	if save(first, "large", text) == nil {
		t.Error("a session grows beyond the bound")
	}
	now.forward(2 * time.Hour)
	must(t, save(visit(t, store), "k", text))
}
