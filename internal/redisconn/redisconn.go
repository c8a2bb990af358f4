// Package redisconn reads [redis] and makes the client that it names: one server, sentinels or a cluster, with TLS or
// without.
//
// What needs Redis calls Open (or Parse, to set times of its own) and closes the client itself. The package sends
// nothing: a client connects when it is first used, and again after the server was away.
package redisconn

import (
	"cmp"
	"context"
	"crypto/tls"
	"net/url"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// Options say which Redis. Only Host is needed.
type Options struct {
	// Host is host:port, several of them separated by commas for a cluster, or a URL: redis://user:password@host:6379/0,
	// rediss:// for TLS, with ?addr=host:port for each other node of a cluster, or ?master_name=NAME for sentinels. The
	// port defaults to 6379.
	Host     string
	Password string // for what the URL does not say. Defaults to none
	DB       int    // number of the database, for what the URL does not say. Defaults to 0
	MaxOpen  int    // concurrent connections, to each server. Defaults to 10
}

// Times of a client made by Open. A request waits for the response, so a server that hangs must count as away soon.
const (
	dialTime  = 2 * time.Second
	replyTime = 2 * time.Second
)

// Open makes a client whose calls end with their context, or after 2 s without a response, and are tried twice. It
// connects to nothing. The error is a fault that names the key.
func Open(o Options) (redis.UniversalClient, error) {
	u, err := Parse(o)
	if err != nil {
		return nil, err
	}
	u.DialTimeout, u.ReadTimeout, u.WriteTimeout, u.PoolTimeout = dialTime, replyTime, replyTime, dialTime
	u.MaxRetries = 1 // a connection that the server closed meanwhile
	return redis.NewUniversalClient(u), nil
}

// Parse returns the options of a client, with go-redis's own times.
func Parse(o Options) (*redis.UniversalOptions, error) {
	redis.SetLogger(quiet{}) // of the process: go-redis would write to standard error what its callers get as errors anyway
	u := &redis.UniversalOptions{
		Password: o.Password, DB: o.DB, PoolSize: cmp.Or(o.MaxOpen, 10),
		ContextTimeoutEnabled: true, DisableIdentity: true, DialerRetries: 1,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	u.MaxActiveConns = u.PoolSize
	if strings.Contains(o.Host, "://") {
		if err := fromURL(u, o.Host); err != nil {
			return nil, errHost() // the parser's error may repeat the password
		}
		return u, nil
	}
	for host := range strings.SplitSeq(o.Host, ",") {
		if host = strings.TrimSpace(host); host == "" {
			return nil, errHost()
		}
		if !strings.Contains(host, ":") {
			host += ":6379"
		}
		u.Addrs = append(u.Addrs, host)
	}
	return u, nil
}

func errHost() error {
	return fault.InvalidSetting("redis.host", nil, "[redis] host cannot be read: use host:port or redis://user:password@host:6379/0")
}

// fromURL takes from a URL what it says; go-redis knows three forms.
func fromURL(u *redis.UniversalOptions, text string) error {
	parsed, err := url.Parse(text)
	if err != nil {
		return err
	}
	login := func(user, password string, t *tls.Config) {
		u.Username, u.Password, u.TLSConfig = user, cmp.Or(password, u.Password), t
	}
	switch query := parsed.Query(); {
	case query.Has("master_name"):
		f, err := redis.ParseFailoverURL(text)
		if err != nil {
			return err
		}
		login(f.Username, f.Password, f.TLSConfig)
		u.Addrs, u.MasterName = f.SentinelAddrs, f.MasterName
		u.SentinelUsername, u.SentinelPassword = f.SentinelUsername, f.SentinelPassword
		u.DB = cmp.Or(f.DB, u.DB)
	case query.Has("addr"):
		c, err := redis.ParseClusterURL(text)
		if err != nil {
			return err
		}
		login(c.Username, c.Password, c.TLSConfig)
		u.Addrs, u.IsClusterMode = c.Addrs, true
	default:
		s, err := redis.ParseURL(text)
		if err != nil {
			return err
		}
		login(s.Username, s.Password, s.TLSConfig)
		u.Addrs, u.DB = []string{s.Addr}, cmp.Or(s.DB, u.DB)
	}
	return nil
}

type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}
