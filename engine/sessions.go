package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/config"
	"github.com/arturoeanton/nflow-runtime/internal/redisconn"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

// Sessions gives the store of the visitors' sessions.
func (rt *Runtime) Sessions() syncsession.Store { return rt.sessions }

// User gives the username in the profile of who sent a request, "" for nobody. The session must be within reach, else
// that is nobody too.
func (rt *Runtime) User(r *http.Request) string {
	if len(r.Header["Cookie"]) == 0 {
		return ""
	}
	v, err := rt.sessions.Load(r.Context(), r)
	if err != nil {
		return ""
	}
	return usernameIn(v.Get("auth_session"))
}

// usernameIn gives the username in session auth_session, "" for none.
func usernameIn(values map[string]any) string {
	login, _ := values["profile"].(map[string]any)
	name, _ := login["username"].(string)
	return name
}

// openSessions makes the store that [session] names: Redis, PostgreSQL, or cookies sealed with the configured key or one
// kept in the database.
func (rt *Runtime) openSessions(ctx context.Context) (syncsession.Store, error) {
	s := &rt.config.Session
	o := syncsession.Options{
		Name: s.CookieName, TTL: s.TTL.Duration(), SameSite: sameSite(s.SameSite), Domain: s.Domain, Now: rt.clock.Now, Log: rt.log,
	}
	switch s.Store {
	case "redis":
		return rt.redisSessions(ctx, o)
	case "postgres":
		return opened(syncsession.NewPostgres(ctx, cmp.Or(rt.config.PgSessionConfig.URL, rt.config.DatabaseNflow.DSN), o))
	}
	keys, err := sessionKeys(ctx, rt)
	if err != nil {
		return nil, err
	}
	o.Keys, o.Overflow = keys, rt.store
	return opened(syncsession.NewCookie(o))
}

// redisSessions does not insist on Redis being there: what needs no session runs without.
func (rt *Runtime) redisSessions(ctx context.Context, o syncsession.Options) (syncsession.Store, error) {
	r := &rt.config.RedisConfig
	client, err := redisconn.Open(redisconn.Options{Host: r.Host, Password: r.Password, DB: r.DB, MaxOpen: r.MaxConnectionPool})
	if err != nil {
		return nil, err
	}
	store, err := syncsession.NewRedis(client, "", o)
	if err != nil {
		return opened(store, errors.Join(err, client.Close()))
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := store.Ping(ctx); err != nil {
		rt.log.Warn("Redis does not answer: until it does, flows that need a session answer 503; look at [redis] host", "error", err)
	}
	return store, nil
}

// opened says what an error is about, and keeps a nil store from looking like one.
func opened[S syncsession.Store](s S, err error) (syncsession.Store, error) {
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	return s, nil
}

func sessionKeys(ctx context.Context, rt *Runtime) (keys [][]byte, err error) {
	s := &rt.config.Session
	if s.Key == "" {
		key, err := rt.store.Key(ctx, "session", 64)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	} else {
		key, err := config.ParseKey(s.Key)
		if err != nil {
			return nil, fmt.Errorf("[session] key: %w", err)
		}
		keys = append(keys, key)
	}
	for _, old := range s.OldKeys {
		key, err := config.ParseKey(old)
		if err != nil {
			return nil, fmt.Errorf("[session] old_keys: %w", err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func sameSite(name string) http.SameSite {
	switch name {
	case "none":
		return http.SameSiteNoneMode
	case "strict":
		return http.SameSiteStrictMode
	}
	return http.SameSiteLaxMode
}
