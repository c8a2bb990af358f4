package redisconn

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

// TestMovingSlot: a command follows its key while the slot moves to another node, and afterwards.
func TestMovingSlot(t *testing.T) {
	t.Parallel()
	nodes := servertest.RedisCluster(t)
	c := open(t, Options{Host: "redis://" + nodes[0] + "?addr=" + nodes[1], ReplyTime: patience, Once: true})
	ok(t, c, "SET", "{a}here", "1")
	slot := slotOf("{a}here")
	var from, to *Client
	var fromID, toID string
	for _, node := range nodes {
		at := open(t, Options{Host: node})
		id, err := redis.String(at.Do(t.Context(), "CLUSTER", "MYID"))
		must(t, err)
		if n := number(t, at, "CLUSTER", "COUNTKEYSINSLOT", slot); n == 1 {
			from, fromID = at, id
		} else {
			to, toID = at, id
		}
	}
	ok(t, to, "CLUSTER", "SETSLOT", slot, "IMPORTING", fromID)
	ok(t, from, "CLUSTER", "SETSLOT", slot, "MIGRATING", toID)
	ok(t, c, "SET", "{a}there", "2") // ASK: a new key belongs to the new node
	if n := number(t, to, "CLUSTER", "COUNTKEYSINSLOT", slot); n != 1 {
		t.Errorf("%d keys are there", n)
	}
	for key, want := range map[string]int64{"{a}here": 2, "{a}there": 3} {
		if n := number(t, c, "INCR", key); n != want {
			t.Errorf("%s is %d", key, n)
		}
	}
	host, port, _ := net.SplitHostPort(to.set.addrs[0])
	ok(t, from, "MIGRATE", host, port, "{a}here", 0, 60_000)
	for _, at := range []*Client{to, from} {
		ok(t, at, "CLUSTER", "SETSLOT", slot, "NODE", toID)
	}
	n, err := redis.Int64(NewScript(`return redis.call('INCR', KEYS[1]) + redis.call('INCR', KEYS[2])`).Run(t.Context(), c, []string{"{a}here", "{a}there"}))
	if must(t, err); n != 3+4 {
		t.Errorf("together %d", n)
	}
	if number(t, c, "EXISTS", "{a}here", "{a}there") != 2 {
		t.Error("keys were lost")
	}
	for end := time.Now().Add(patience); ; time.Sleep(reloadTime) { // until the other nodes have heard of it
		ok(t, c, "GET", "{a}here")
		if addr, _ := c.lookup(slot); addr == to.set.addrs[0] {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the table does not change")
		}
	}
	for _, key := range []string{"a", "{}b", "x{a}", "{a{b}}", "}{a", "ñ{", "{user1000}.following", ""} {
		if n := number(t, to, "CLUSTER", "KEYSLOT", key); n != slotOf(key) {
			t.Errorf("%q is in slot %d, not in %d", key, n, slotOf(key))
		}
	}
}

// TestReadOnlyServer: a server that has become a replica unnoticed is asked for no second time.
func TestReadOnlyServer(t *testing.T) {
	t.Parallel()
	first, sentinel := servertest.RedisSentinel(t)
	c := open(t, Options{Host: "redis://127.0.0.1:1?master_name=main&addr=" + sentinel, Once: true})
	ok(t, c, "SET", "n", 0)
	direct := open(t, Options{Host: first.Addr})
	ok(t, direct, "REPLICAOF", "127.0.0.1", "1")
	if _, err := c.Do(t.Context(), "INCR", "n"); CodeOf(err) != "READONLY" { // each time on a new connection
		t.Error(err)
	}
	ok(t, direct, "REPLICAOF", "NO", "ONE")
	ok(t, c, "INCR", "n")
	_, err := open(t, Options{Host: "redis://" + sentinel + "?master_name=other"}).Do(t.Context(), "PING")
	if err == nil || !strings.Contains(err.Error(), `no server "other"`) {
		t.Error(err)
	}
}

func TestClusterReplies(t *testing.T) {
	t.Parallel()
	node := func(host any, port any) any { return []any{host, port, []byte("id")} }
	spans, err := spansOf([]any{
		[]any{int64(0), int64(100), node([]byte("10.0.0.1"), int64(1)), node([]byte("10.0.0.2"), int64(2))},
		[]any{int64(101), int64(200), node(nil, int64(3))},
		[]any{int64(201), int64(300), node([]byte(""), int64(4))},
		[]any{int64(301), int64(400), node([]byte("127.0.0.1"), int64(5))},
	}, nil, "box:7000")
	must(t, err)
	want := []span{{0, 100, "10.0.0.1:1"}, {101, 200, "box:3"}, {201, 300, "box:4"}, {301, 400, "box:5"}}
	if fmt.Sprint(spans) != fmt.Sprint(want) {
		t.Errorf("%v", spans)
	}
	for _, reply := range []any{nil, "OK", []any{int64(1)}, []any{[]any{int64(1), int64(2)}}, []any{[]any{"x", int64(2), node(nil, int64(1))}}, []any{[]any{int64(1), int64(2), node(nil, "x")}}, []any{[]any{int64(1), int64(2), []any{}}}} {
		if _, err := spansOf(reply, nil, "box:7000"); err == nil {
			t.Errorf("%v is taken", reply)
		}
	}
	for text, want := range map[string]string{
		"MOVED 3999 10.0.0.1:6381": "10.0.0.1:6381", "ASK 3999 :6381": "box:6381", "MOVED 1 [::2]:6381": "[::2]:6381",
		"MOVED": "", "MOVED 1": "", "MOVED 1 nowhere": "", "ERR moved 1 a:1": "", "": "",
	} {
		if got, ask := redirection(redis.Error(text), "box:7000"); got != want || ask != (want != "" && strings.HasPrefix(text, "ASK")) {
			t.Errorf("%s: %s %v", text, got, ask)
		}
	}
	if CodeOf(errors.New("READONLY x")) != "" || CodeOf(nil) != "" || CodeOf(fmt.Errorf("saving: %w", redis.Error("OOM command"))) != "OOM" {
		t.Error("CodeOf")
	}
}
