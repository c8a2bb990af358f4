package redisconn

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"

	"github.com/gomodule/redigo/redis"
)

// sentinels know which server takes writes now.
type sentinels struct {
	mu    sync.Mutex
	addrs []string // those of the configuration and those that they know, the one that answered last in front
}

// server returns the address of the server that has the settings' name.
func (s *sentinels) server(ctx context.Context, set *settings) (string, error) {
	s.mu.Lock()
	addrs := s.addrs
	s.mu.Unlock()
	var failed error
	for i, addr := range addrs {
		server, others, err := ask(ctx, set, addr)
		if err != nil {
			failed = err
		}
		s.mu.Lock()
		s.addrs = distinct(slices.Concat(addrs[i:], addrs[:i], others)) // one that hangs is the last to be asked again
		s.mu.Unlock()
		if err == nil {
			return server, nil
		}
	}
	return "", failed
}

// ask asks one sentinel for the server and for the other sentinels.
func ask(ctx context.Context, set *settings, addr string) (server string, others []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, set.dial/2)
	defer cancel()
	conn, err := set.connect(ctx, addr, set.sentinel, 0)
	if err != nil {
		return "", nil, err
	}
	defer conn.Close()
	at, err := redis.Strings(redis.DoContext(conn, ctx, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", set.master))
	if errors.Is(err, redis.ErrNil) || err == nil && len(at) != 2 {
		return "", nil, fmt.Errorf("redis: the sentinel knows no server %q", set.master)
	}
	if err != nil {
		return "", nil, err
	}
	known, err := redis.Values(redis.DoContext(conn, ctx, "SENTINEL", "SENTINELS", set.master))
	if err != nil {
		return "", nil, err
	}
	for _, one := range known {
		if fields, err := redis.StringMap(one, nil); err == nil && fields["ip"] != "" && fields["port"] != "" {
			others = append(others, net.JoinHostPort(fields["ip"], fields["port"]))
		}
	}
	return net.JoinHostPort(at[0], at[1]), others, nil
}
