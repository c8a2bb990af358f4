package redisconn

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	type want struct {
		addrs, user, password, master string
		db                            int
		cluster, tls                  bool
	}
	for host, w := range map[string]want{
		"box":                                    {addrs: "box:6379", password: "p", db: 3},
		"box:7000":                               {addrs: "box:7000", password: "p", db: 3},
		"a:1, b:2":                               {addrs: "a:1 b:2", password: "p", db: 3},
		"redis://box":                            {addrs: "box:6379", password: "p", db: 3},
		"redis://u:q@box:7000/5":                 {addrs: "box:7000", user: "u", password: "q", db: 5},
		"rediss://box":                           {addrs: "box:6379", password: "p", db: 3, tls: true},
		"rediss://u:q@a:1?addr=b:2":              {addrs: "a:1 b:2", user: "u", password: "q", db: 3, cluster: true, tls: true},
		"redis://s:26379?master_name=m&addr=t:1": {addrs: "s:26379 t:1", password: "p", master: "m", db: 3},
	} {
		u, err := Parse(Options{Host: host, Password: "p", DB: 3, MaxOpen: 4})
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		got := want{strings.Join(u.Addrs, " "), u.Username, u.Password, u.MasterName, u.DB, u.IsClusterMode, u.TLSConfig != nil}
		if got != w {
			t.Errorf("%s\ngot  %+v\nwant %+v", host, got, w)
		}
		if u.PoolSize != 4 || u.MaxActiveConns != 4 || !u.ContextTimeoutEnabled {
			t.Errorf("%s: pool %d, %d", host, u.PoolSize, u.MaxActiveConns)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"", ",", "http://u:secret@box", "redis://u:secret@box:x", "redis://:secret@box/a", "redis://u:secret@box/0?nonsense=1"} {
		_, err := Parse(Options{Host: host})
		if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "[redis] host") {
			t.Errorf("%q: %v", host, err)
		}
	}
}
