package engine

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/config"
	"github.com/arturoeanton/nflow-runtime/internal/redisconn"
	"github.com/arturoeanton/nflow-runtime/internal/source"
	"github.com/arturoeanton/nflow-runtime/internal/visitor"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

// Sessions returns the store that keeps the sessions of all apps, each app's apart.
func (rt *Runtime) Sessions() syncsession.Store { return rt.sessions }

// User returns the username in the profile of a request's sender at an app, "" for none. The app must be loaded
// and the session available, else it is "" too.
func (rt *Runtime) User(app string, r *http.Request) string {
	served := rt.apps.Serving(app)
	if len(r.Header["Cookie"]) == 0 || served == nil {
		return ""
	}
	v, err := served.Sessions.Load(r.Context(), r)
	if err != nil {
		return ""
	}
	return visitor.Username(v.Object("auth_session"))
}

// Names of the cookies of sessions. A browser sends the cookies of a host to all its ports, so each app has a name of its
// own, and sessions from before that have oldCookie.
const (
	oldCookie    = "nflow"
	cookiePrefix = "nflow_"
	cookieDigits = 10
)

var sessionCookie = regexp.MustCompile(`^nflow(_[0-9a-f]{10})?$`)

// holdsSessions reports whether a cookie of that name may hold sessions, of any app on the host.
func (rt *Runtime) holdsSessions(cookie string) bool {
	return cookie == rt.config.Session.CookieName && cookie != "" || sessionCookie.MatchString(cookie)
}

// sessionsFor returns the store of the sessions of one app: name is what -a says, appName what the history calls it. Sessions
// of another app of the database or host are none here, and those that an older version made are read by the app that
// made them.
func (rt *Runtime) sessionsFor(ctx context.Context, name, appName string) syncsession.Store {
	owned, ok := rt.sessions.(syncsession.Owned)
	if !ok { // the program keeps sessions in its own way
		return rt.sessions
	}
	o := syncsession.Owner{ID: cmp.Or(rt.config.Session.App, sessionID(name)), Cookie: rt.config.Session.CookieName}
	if o.Cookie == "" && rt.opts.Sessions == nil {
		sum := sha256.Sum256([]byte(rt.cookieKey + o.ID))
		o.Cookie = cookiePrefix + hex.EncodeToString(sum[:])[:cookieDigits]
	}
	old, err := rt.store.OwnsOldSessions(ctx, appName, o.ID)
	if err != nil {
		rt.log.Warn("sessions of an older version are ignored", "app", name, "error", err)
	}
	if old {
		o.Old = cmp.Or(rt.config.Session.CookieName, oldCookie)
	}
	return owned.For(o)
}

// sessionID distinguishes apps: by their name in the database, or by their folder or file.
func sessionID(app string) string {
	if !source.IsPath(app) {
		return app
	}
	path, err := filepath.Abs(app)
	if err != nil {
		return app
	}
	if filepath.Base(path) == "app.json" { // the folder is the same app
		path = filepath.Dir(path)
	}
	return path
}

// openSessions makes the store that [session] names: Redis, PostgreSQL, or cookies sealed with the configured key or one
// kept in the database.
func (rt *Runtime) openSessions(ctx context.Context) (syncsession.Store, error) {
	s := &rt.config.Session
	o := syncsession.Options{
		Name: s.CookieName, TTL: s.TTL.Duration(), SameSite: sameSite(s.SameSite), Domain: s.Domain, Now: rt.clock.Now, Log: rt.log,
		MaxTotal: s.MaxMB.Int64() << 20,
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
	o.Keys, o.Overflow = keys, &boundedBlobs{Blobs: rt.store, clock: rt.clock, most: s.MaxMB.Int64() << 20}
	if s.Key == "" { // two databases with an app of one name have two cookies; with a key of its own an installation may change the database
		rt.cookieKey = string(keys[0])
	}
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
		rt.log.Warn("Redis does not answer: until it does, flows that need a session answer 503; check [redis] host", "error", err)
	}
	return store, nil
}

// opened adds to an error what could not be opened, and returns a nil interface for a nil store.
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
