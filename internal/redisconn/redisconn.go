// Package redisconn reads [redis] and sends commands to the Redis that it names: one server, sentinels or a cluster, with
// TLS or without.
//
// What needs Redis calls Open and closes the Client itself. A Client connects when it is first used, and again after the
// server was away. The package knows no command but those that find a server: callers convert replies by the functions of
// redigo, which speaks the protocol and pools connections.
package redisconn

import (
	"cmp"
	"crypto/tls"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// Options say which Redis. Only Host is needed.
type Options struct {
	// Host is host:port, several of them separated by commas for a cluster, or a URL: redis://user:password@host:6379/0,
	// rediss:// for TLS, with ?addr=host:port for each other node of a cluster, or ?master_name=NAME for sentinels, and
	// ?addr=host:port for each other of them. The port defaults to 6379.
	Host     string
	Password string // for what the URL does not say. Defaults to none
	DB       int    // number of the database, for what the URL does not say. Defaults to 0
	MaxOpen  int    // concurrent connections, to each server. Defaults to 10

	DialTime  time.Duration // until a connection counts as failed. Defaults to 2 s
	ReplyTime time.Duration // until a response or a free connection counts as failed. Defaults to 2 s

	// Once keeps a command from being sent again when its connection failed meanwhile: the server may have done it.
	// Defaults to false, which is for commands that may be done twice.
	Once bool
}

// settings are Options as they were read.
type settings struct {
	addrs          []string // of the server, of nodes of the cluster, or of sentinels
	cluster        bool
	master         string // the name by which sentinels know the server; "" for none
	server         login
	sentinel       login
	db             int
	tls            *tls.Config // nil for none
	maxOpen        int
	dial, response time.Duration
	once           bool
}

type login struct{ user, password string }

func errHost() error {
	return fault.InvalidSetting("redis.host", nil, "[redis] host cannot be read: use host:port or redis://user:password@host:6379/0; "+
		"its parameters are addr, master_name, sentinel_username, sentinel_password, db and skip_verify")
}

// parse reads options. Its errors do not repeat the host, which may hold a password.
func parse(o Options) (*settings, error) {
	s := &settings{
		server: login{password: o.Password}, db: o.DB, maxOpen: cmp.Or(o.MaxOpen, 10), once: o.Once,
		dial: cmp.Or(o.DialTime, 2*time.Second), response: cmp.Or(o.ReplyTime, 2*time.Second),
	}
	if strings.Contains(o.Host, "://") {
		u, err := url.Parse(o.Host)
		if err != nil || !s.fromURL(u) {
			return nil, errHost()
		}
		return s, nil
	}
	for host := range strings.SplitSeq(o.Host, ",") {
		if host = strings.TrimSpace(host); host == "" {
			return nil, errHost()
		}
		if !strings.Contains(host, ":") {
			host += ":6379"
		}
		s.addrs = append(s.addrs, host)
	}
	s.cluster = len(s.addrs) > 1
	return s, nil
}

// fromURL takes from a URL what it says, and reports whether it could be read.
func (s *settings) fromURL(u *url.URL) bool {
	if u.Scheme != "redis" && u.Scheme != "rediss" || u.Opaque != "" {
		return false
	}
	password, _ := u.User.Password()
	s.server = login{user: u.User.Username(), password: cmp.Or(password, s.server.password)}
	s.addrs = []string{net.JoinHostPort(cmp.Or(u.Hostname(), "localhost"), cmp.Or(u.Port(), "6379"))}
	if u.Scheme == "rediss" {
		s.tls = &tls.Config{ServerName: cmp.Or(u.Hostname(), "localhost"), MinVersion: tls.VersionTLS12}
	}
	db := strings.Trim(u.Path, "/")
	for name, values := range u.Query() {
		last := values[len(values)-1]
		switch name {
		case "addr":
			for _, addr := range values {
				if host, port, err := net.SplitHostPort(addr); err != nil || host == "" || port == "" {
					return false
				}
			}
			s.addrs, s.cluster = append(s.addrs, values...), !u.Query().Has("master_name")
		case "master_name":
			s.master = last
		case "sentinel_username":
			s.sentinel.user = last
		case "sentinel_password":
			s.sentinel.password = last
		case "db":
			db = cmp.Or(last, db)
		case "skip_verify":
			skip, err := strconv.ParseBool(last)
			if err != nil || s.tls == nil {
				return false
			}
			s.tls.InsecureSkipVerify = skip
		default:
			return false
		}
	}
	if db != "" {
		n, err := strconv.Atoi(db)
		if err != nil || n < 0 {
			return false
		}
		s.db = cmp.Or(n, s.db)
	}
	return s.master != "" || !u.Query().Has("master_name")
}
