package redisconn

import (
	"strings"
	"testing"
	"time"
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
		"a:1, b:2":                               {addrs: "a:1 b:2", password: "p", db: 3, cluster: true},
		"redis://box":                            {addrs: "box:6379", password: "p", db: 3},
		"redis://":                               {addrs: "localhost:6379", password: "p", db: 3},
		"redis://[::1]":                          {addrs: "[::1]:6379", password: "p", db: 3},
		"redis://u:q@box:7000/5":                 {addrs: "box:7000", user: "u", password: "q", db: 5},
		"redis://u@box/5?db=6":                   {addrs: "box:6379", user: "u", password: "p", db: 6},
		"redis://:q@box/":                        {addrs: "box:6379", password: "q", db: 3},
		"rediss://box":                           {addrs: "box:6379", password: "p", db: 3, tls: true},
		"rediss://u:q@a:1?addr=b:2":              {addrs: "a:1 b:2", user: "u", password: "q", db: 3, cluster: true, tls: true},
		"redis://s:26379?master_name=m&addr=t:1": {addrs: "s:26379 t:1", password: "p", master: "m", db: 3},
	} {
		s, err := parse(Options{Host: host, Password: "p", DB: 3, MaxOpen: 4})
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		got := want{strings.Join(s.addrs, " "), s.server.user, s.server.password, s.master, s.db, s.cluster, s.tls != nil}
		if got != w {
			t.Errorf("%s\ngot  %+v\nwant %+v", host, got, w)
		}
		if s.maxOpen != 4 || s.dial != 2*time.Second || s.response != 2*time.Second || s.tls != nil && (s.tls.InsecureSkipVerify || s.tls.ServerName == "") {
			t.Errorf("%s: %+v", host, s)
		}
	}
	s, err := parse(Options{Host: "rediss://s?master_name=m&sentinel_username=a&sentinel_password=b&skip_verify=true"})
	if err != nil || s.sentinel != (login{"a", "b"}) || s.server != (login{}) || !s.tls.InsecureSkipVerify || s.maxOpen != 10 {
		t.Errorf("%+v %v", s, err)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, host := range []string{
		"", ",", "http://u:secret@box", "redis://u:secret@box:x", "redis://:secret@box/a", "redis://u:secret@box/1/2", "redis://u:secret@box/-1",
		"redis://u:secret@box/0?nonsense=1", "redis://u:secret@box?addr=box", "redis://u:secret@box?addr=:1", "redis://u:secret@box?master_name=",
		"redis://u:secret@box?skip_verify=true", "rediss://u:secret@box?skip_verify=perhaps", "unix://u:secret@/tmp/redis.sock",
	} {
		_, err := Open(Options{Host: host})
		if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "[redis] host") {
			t.Errorf("%q: %v", host, err)
		}
	}
}
