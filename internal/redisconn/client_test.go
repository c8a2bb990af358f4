package redisconn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

func TestMain(m *testing.M) {
	servertest.Waiting()
	goleak.VerifyTestMain(m)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, o Options) *Client {
	t.Helper()
	c, err := Open(o)
	must(t, err)
	t.Cleanup(func() { must(t, c.Close()) })
	return c
}

// number sends a command whose reply is a number.
func number(t testing.TB, c *Client, command string, args ...any) int64 {
	t.Helper()
	n, err := redis.Int64(c.Do(t.Context(), command, args...))
	must(t, err)
	return n
}

// ok sends a command that must not fail.
func ok(t testing.TB, c *Client, command string, args ...any) {
	t.Helper()
	_, err := c.Do(t.Context(), command, args...)
	must(t, err)
}

// patience is how long servers may take for what they do by themselves.
const patience = time.Minute

// blocked starts a command that gets no reply, and returns once the server waits with it.
func blocked(ctx context.Context, t *testing.T, c, beside *Client) (failed <-chan error) {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		_, err := c.Do(ctx, "BLPOP", "nothing", 0)
		done <- err
	}()
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		list, err := redis.String(beside.Do(t.Context(), "CLIENT", "LIST"))
		must(t, err)
		if strings.Contains(list, "cmd=blpop") {
			return done
		}
		if time.Now().After(end) {
			t.Fatal("nobody waits")
		}
	}
}

// TestRestart: connections that a restart of the server has closed fail no command, not even one that is sent only once.
func TestRestart(t *testing.T) {
	t.Parallel()
	for kind, start := range map[string]func() (*servertest.Server, string){
		"plain": func() (*servertest.Server, string) { s := servertest.Redis(t); return s, s.Addr },
		"tls": func() (*servertest.Server, string) {
			s, _ := servertest.RedisTLS(t)
			return s, "rediss://" + s.Addr + "?skip_verify=true"
		},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s, host := start()
			c := open(t, Options{Host: host, MaxOpen: 8, Once: true})
			var all sync.WaitGroup
			for range 32 {
				all.Go(func() { ok(t, c, "INCR", "n") })
			}
			all.Wait()
			s.Stop()
			for range 3 {
				if _, err := c.Do(t.Context(), "INCR", "n"); err == nil {
					t.Error("it answers")
				}
			}
			s.Start()
			for range 32 {
				all.Go(func() { ok(t, c, "INCR", "n") })
			}
			all.Wait()
		})
	}
}

// cutter stands before a server and cuts each connection when the server answers a command that contains the words.
func cutter(t *testing.T, to, words string) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var all sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); all.Wait() })
	all.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer client.Close()
				server, err := net.Dial("tcp", to)
				if err != nil {
					return
				}
				defer server.Close()
				buffer := make([]byte, 4096)
				for {
					n, err := client.Read(buffer)
					cut := strings.Contains(string(buffer[:n]), words)
					if err != nil || write(server, buffer[:n]) != nil {
						return
					}
					if n, err = server.Read(buffer); err != nil || cut || write(client, buffer[:n]) != nil {
						return
					}
				}
			})
		}
	})
	return l.Addr().String()
}

func write(to io.Writer, b []byte) error {
	_, err := to.Write(b)
	return err
}

// TestOnce: a command whose reply was lost is sent a second time, unless the options forbid it.
func TestOnce(t *testing.T) {
	t.Parallel()
	s := servertest.Redis(t)
	direct, through := open(t, Options{Host: s.Addr}), cutter(t, s.Addr, "INCR")
	for key, once := range map[string]bool{"twice": false, "once": true} {
		c := open(t, Options{Host: through, Once: once})
		ok(t, c, "SET", key, 0)
		if _, err := c.Do(t.Context(), "INCR", key); err == nil {
			t.Error("a reply came through")
		}
		if n := number(t, direct, "INCRBY", key, 0); n != map[bool]int64{false: 2, true: 1}[once] {
			t.Errorf("%s: it was done %d times", key, n)
		}
	}
}

// TestLogins: passwords, users and databases, by keys and by URLs.
func TestLogins(t *testing.T) {
	t.Parallel()
	s := servertest.Redis(t, "--requirepass", "word", "--appendonly", "no")
	ok(t, open(t, Options{Host: s.Addr, Password: "word", DB: 5}), "SET", "place", "five")
	ok(t, open(t, Options{Host: "redis://:word@" + s.Addr}), "ACL", "SETUSER", "ana", "on", ">secret", "~*", "+@all")
	for host, want := range map[string]string{
		"redis://:word@" + s.Addr + "/5":      "five",
		"redis://:word@" + s.Addr + "?db=5":   "five",
		"redis://ana:secret@" + s.Addr + "/5": "five",
		"redis://ana:secret@" + s.Addr:        "",
		"redis://ana:wrong@" + s.Addr + "/5":  "WRONGPASS",
		"redis://" + s.Addr + "/5":            "NOAUTH",
		"redis://:word@" + s.Addr + "/70":     "ERR",
		"redis://nobody:secret@" + s.Addr:     "WRONGPASS",
	} {
		got, err := redis.String(open(t, Options{Host: host}).Do(t.Context(), "GET", "place"))
		if code := CodeOf(err); code != "" {
			got = code
		}
		if got != want {
			t.Errorf("%s: %s, want %s: %v", host, got, want, err)
		}
	}
}

// TestEnds: a command that waits ends with its context, with the client, and after its time.
func TestEnds(t *testing.T) {
	t.Parallel()
	s := servertest.Redis(t, "--appendonly", "no")
	beside := open(t, Options{Host: s.Addr})
	ctx, cancel := context.WithCancel(t.Context())
	c := open(t, Options{Host: s.Addr, ReplyTime: time.Hour, Once: true})
	failed := blocked(ctx, t, c, beside)
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	c = open(t, Options{Host: s.Addr, ReplyTime: time.Hour})
	failed = blocked(t.Context(), t, c, beside)
	must(t, c.Close())
	if err := <-failed; err == nil {
		t.Error("it got a reply")
	}
	if _, err := c.Do(t.Context(), "PING"); err == nil {
		t.Error("a closed client answers")
	}
	c = open(t, Options{Host: s.Addr, ReplyTime: 50 * time.Millisecond, Once: true})
	if _, err := c.Do(t.Context(), "BLPOP", "nothing", 0); err == nil || CodeOf(err) != "" {
		t.Error(err)
	}
}

// TestMaxOpen: no more connections than allowed; a command ends with its context while it waits for one.
func TestMaxOpen(t *testing.T) {
	t.Parallel()
	s := servertest.Redis(t, "--appendonly", "no")
	beside := open(t, Options{Host: s.Addr, MaxOpen: 1})
	c := open(t, Options{Host: s.Addr, MaxOpen: 3, ReplyTime: patience})
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			for range 20 {
				ok(t, c, "INCR", "n")
			}
		})
	}
	all.Wait()
	if n := number(t, c, "INCRBY", "n", 0); n != 1000 {
		t.Errorf("n is %d", n)
	}
	list, err := redis.String(beside.Do(t.Context(), "CLIENT", "LIST"))
	must(t, err)
	if n := strings.Count(list, "\n"); n > 4 {
		t.Errorf("%d connections", n)
	}
	c = open(t, Options{Host: s.Addr, MaxOpen: 1, ReplyTime: patience, Once: true})
	ctx, cancel := context.WithCancel(t.Context())
	failed := blocked(ctx, t, c, beside)
	short, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	if _, err := c.Do(short, "PING"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	cancel()
	<-failed
	ok(t, c, "PING")
}

// TestKinds: commands, scripts and Del on a cluster, by sentinels and over TLS.
func TestKinds(t *testing.T) {
	t.Parallel()
	for kind, host := range servertest.RedisKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			c := open(t, Options{Host: host(t), ReplyTime: patience})
			script := NewScript(`redis.call('SET', KEYS[1], ARGV[1]); return redis.call('GET', KEYS[1])`)
			var keys []string
			for i := range 100 {
				keys = append(keys, fmt.Sprint("key-", i))
				got, err := redis.String(script.Run(t.Context(), c, keys[i:], i))
				if must(t, err); got != fmt.Sprint(i) {
					t.Errorf("%s holds %s", keys[i], got)
				}
			}
			n, err := c.Del(t.Context(), append(keys, "none"))
			if must(t, err); n != 100 {
				t.Errorf("%d keys existed", n)
			}
			_, err = c.Do(t.Context(), "INCR")
			if CodeOf(err) != "ERR" {
				t.Error(err)
			}
		})
	}
}
