package servertest

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
)

// Redis starts a Redis server that keeps its data over a stop. More settings come as "--name", "value".
func Redis(t testing.TB, settings ...string) *Server {
	t.Helper()
	port := Port(t)
	return redisServer(t, "127.0.0.1:"+port, append([]string{"--port", port, "--appendonly", "yes", "--appendfsync", "always"}, settings...)...)
}

func redisServer(t testing.TB, address string, settings ...string) *Server {
	t.Helper()
	return (&Server{
		t: t, Addr: address, program: Program(t, "redis-server"), dir: folder(t, nil),
		args: append([]string{"--bind", "127.0.0.1", "--save", ""}, settings...),
	}).launch()
}

// RedisTLS starts a Redis server that speaks TLS alone, and returns the file of the authority that its certificate is from.
func RedisTLS(t testing.TB) (s *Server, authority string) {
	t.Helper()
	dir, port := folder(t, nil), Port(t)
	authority, secret := certificate(t, dir)
	return redisServer(t, "127.0.0.1:"+port, "--port", "0", "--tls-port", port, "--tls-cert-file", authority, "--tls-key-file", secret,
		"--tls-ca-cert-file", authority, "--tls-auth-clients", "no"), authority
}

// RedisCluster starts a cluster of three nodes and returns their addresses.
func RedisCluster(t testing.TB) (addresses []string) {
	t.Helper()
	const nodes, slots = 3, 16384
	var clients []redis.Conn
	var buses []string
	for range nodes {
		port, bus := Port(t), Port(t)
		s := redisServer(t, "127.0.0.1:"+port, "--port", port, "--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout", "5000")
		c := dial(t, s.Addr)
		addresses, clients, buses = append(addresses, s.Addr), append(clients, c), append(buses, bus)
	}
	for i, c := range clients {
		if _, err := c.Do("CLUSTER", "ADDSLOTSRANGE", i*slots/nodes, (i+1)*slots/nodes-1); err != nil {
			t.Fatal(err)
		}
		host, port, _ := net.SplitHostPort(addresses[i])
		if _, err := clients[0].Do("CLUSTER", "MEET", host, port, buses[i]); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range clients {
		until(t, "the cluster does not get ready", func() bool {
			info, _ := redis.String(c.Do("CLUSTER", "INFO"))
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d", nodes))
		})
	}
	return addresses
}

// RedisSentinel starts a Redis server with a replica and a sentinel, which knows them as "main" and makes the replica the
// server half a second after it went away.
func RedisSentinel(t testing.TB) (first *Server, sentinel string) {
	t.Helper()
	first = Redis(t, "--repl-diskless-sync-delay", "0")
	host, port, _ := net.SplitHostPort(first.Addr)
	replica := Redis(t, "--replicaof", host+" "+port)
	at := Port(t)
	file := filepath.Join(folder(t, nil), "sentinel.conf")
	write(t, filepath.Dir(file), "sentinel.conf", fmt.Sprintf("port %s\nsentinel monitor main %s %s 1\nsentinel down-after-milliseconds main 500\nsentinel failover-timeout main 3000\n",
		at, host, port))
	s := &Server{
		t: t, Addr: "127.0.0.1:" + at, program: Program(t, "redis-server"), dir: filepath.Dir(file), args: []string{file, "--sentinel", "--bind", "127.0.0.1"},
	}
	s.launch()
	c, r := dial(t, s.Addr), dial(t, replica.Addr)
	until(t, "the sentinel does not learn of the replica", func() bool {
		all, err := redis.Values(c.Do("SENTINEL", "REPLICAS", "main"))
		info, _ := redis.String(r.Do("INFO", "replication"))
		return err == nil && len(all) == 1 && strings.Contains(info, "master_link_status:up")
	})
	return first, s.Addr
}

// dial connects to a Redis server until the test ends.
func dial(t testing.TB, addr string) redis.Conn {
	t.Helper()
	c, err := redis.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// RedisKinds returns, for each way to run more than one plain Redis server, what starts it and returns its URL.
func RedisKinds() map[string]func(testing.TB) (url string) {
	return map[string]func(testing.TB) string{
		"cluster": func(t testing.TB) string {
			nodes := RedisCluster(t)
			return "redis://" + nodes[0] + "?addr=" + nodes[1] + "&addr=" + nodes[2]
		},
		"sentinel": func(t testing.TB) string {
			_, sentinel := RedisSentinel(t)
			return "redis://" + sentinel + "?master_name=main"
		},
		"tls": func(t testing.TB) string {
			s, _ := RedisTLS(t)
			return "rediss://" + s.Addr + "?skip_verify=true"
		},
	}
}

// until waits for a condition, as long as a server may take to start.
func until(t testing.TB, otherwise string, ready func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ready(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(otherwise)
		}
	}
}
