package redisconn

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"
)

const (
	idleTime = 30 * time.Minute      // after which an unused connection is closed
	maxHops  = 5                     // servers that one command is sent to: it follows slots that move
	waitHop  = 20 * time.Millisecond // before a command is sent again to a server that is not ready yet; longer each time
)

// Client sends commands. Its methods may be called from any goroutine. Commands end with their context, or without a
// response after ReplyTime.
type Client struct {
	set *settings

	mu     sync.Mutex
	closed bool
	pools  map[string]*redis.Pool // by address; "" is the server that sentinels name
	table  table                  // of a cluster

	conns     sync.Map // all open ones: *conn
	sentinels sentinels
}

// Open makes a client. It connects to nothing. The error is a fault that names the key.
func Open(o Options) (*Client, error) {
	s, err := parse(o)
	if err != nil {
		return nil, err
	}
	c := &Client{set: s, pools: map[string]*redis.Pool{}}
	c.table.loading = make(chan struct{}, 1)
	c.sentinels.addrs = s.addrs
	return c, nil
}

// Close ends all connections, and what still waits for a response. It never fails.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for addr := range c.pools {
		c.drop(addr)
	}
	for one := range c.conns.Range {
		_ = one.(*conn).Close() // nobody waits for its error
	}
	return nil
}

// drop closes the connections to a server, those in use when their command ends. mu is held.
func (c *Client) drop(addr string) {
	if p := c.pools[addr]; p != nil {
		_ = p.Close() // never fails
		delete(c.pools, addr)
	}
}

// Do sends a command and returns its reply as redigo does: nil, an int64, a string for a status, a []byte, or a []any of
// them. In a cluster the first argument says to which node, of EVAL and EVALSHA the first key. An error that the server
// replied is a redis.Error.
func (c *Client) Do(ctx context.Context, command string, args ...any) (any, error) {
	addr, err := c.place(ctx, command, args)
	asking, again := false, !c.set.once
	for hop := 1; err == nil; hop++ {
		reply, sent, failed := c.send(ctx, addr, asking, command, args)
		if failed == nil || hop == maxHops || ctx.Err() != nil {
			return reply, failed
		}
		refusal, replied := errors.AsType[redis.Error](failed)
		to, ask := redirection(refusal, addr)
		asking = ask
		switch {
		case to != "":
			addr = to
			c.stale(!ask)
		case replied && c.moves(ctx, hop, addr, refusal):
		case !replied && (again || c.set.cluster && !sent):
			again = again && c.set.cluster && !sent
			c.stale(true)
			addr, err = c.place(ctx, command, args)
		default:
			return nil, failed
		}
	}
	return nil, err
}

// CodeOf returns the first word of what a server replied as an error, such as READONLY; "" for other errors.
func CodeOf(err error) string {
	refusal, _ := errors.AsType[redis.Error](err)
	code, _, _ := strings.Cut(string(refusal), " ")
	return code
}

// moves reports whether what the server refused may be tried again: it was not done.
func (c *Client) moves(ctx context.Context, hop int, addr string, refusal error) bool {
	switch CodeOf(refusal) {
	case "READONLY": // the server is none any more; sentinels know the new one
		if c.set.master == "" {
			return false
		}
		c.mu.Lock()
		c.drop(addr)
		c.mu.Unlock()
		return true
	case "LOADING", "TRYAGAIN", "CLUSTERDOWN":
		c.stale(true)
		timer := time.NewTimer(time.Duration(hop) * waitHop)
		defer timer.Stop()
		select {
		case <-timer.C:
			return true
		case <-ctx.Done():
		}
	}
	return false
}

// send sends a command to one server, and reports whether the server may have got it.
func (c *Client) send(ctx context.Context, addr string, asking bool, command string, args []any) (reply any, sent bool, err error) {
	conn, err := c.borrow(ctx, addr)
	if err != nil {
		return nil, false, err
	}
	defer conn.Close()
	if asking {
		if _, err := redis.DoContext(conn, ctx, "ASKING"); err != nil {
			return nil, false, err
		}
	}
	reply, err = redis.DoContext(conn, ctx, command, args...)
	return reply, true, err
}

// borrow returns a connection of the pool. The caller closes it.
func (c *Client) borrow(ctx context.Context, addr string) (redis.Conn, error) {
	pool, err := c.pool(addr)
	if err != nil {
		return nil, err
	}
	wait, cancel := context.WithTimeout(ctx, c.set.response)
	defer cancel()
	conn, err := pool.GetContext(wait)
	if err != nil && ctx.Err() == nil && wait.Err() != nil {
		err = fmt.Errorf("redis: no connection within %v: %w", c.set.response, err)
	}
	return conn, err
}

func (c *Client) pool(addr string) (*redis.Pool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errors.New("redis: the client is closed")
	}
	p := c.pools[addr]
	if p == nil {
		p = &redis.Pool{
			MaxIdle: c.set.maxOpen, MaxActive: c.set.maxOpen, Wait: true, IdleTimeout: idleTime,
			DialContext: func(ctx context.Context) (redis.Conn, error) { return c.dial(ctx, addr) },
			TestOnBorrow: func(idle redis.Conn, _ time.Time) error {
				if !idle.(*conn).open() {
					return io.EOF
				}
				return nil
			},
		}
		c.pools[addr] = p
	}
	return p, nil
}

// conn is a connection that knows its socket.
type conn struct {
	redis.ConnWithContext
	socket net.Conn
	closed func()
}

// Close ends the connection, and the command that waits for its response.
func (c *conn) Close() error {
	c.closed()
	return c.ConnWithContext.Close()
}

// dial connects to a server and logs in.
func (c *Client) dial(ctx context.Context, addr string) (redis.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.set.dial)
	defer cancel()
	if addr == "" {
		var err error
		if addr, err = c.sentinels.server(ctx, c.set); err != nil {
			return nil, err
		}
	}
	db := c.set.db
	if c.set.cluster {
		db = 0 // a cluster has no other
	}
	made, err := c.set.connect(ctx, addr, c.set.server, db)
	if err != nil {
		return nil, err
	}
	made.closed = func() { c.conns.Delete(made) }
	c.conns.Store(made, nil)
	return made, nil
}

// connect connects to any server of the settings.
func (s *settings) connect(ctx context.Context, addr string, as login, db int) (*conn, error) {
	dialer := &net.Dialer{KeepAlive: 5 * time.Minute}
	dial := dialer.DialContext
	if s.tls != nil {
		dial = (&tls.Dialer{NetDialer: dialer, Config: s.tls}).DialContext
	}
	socket, err := dial(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	made := &conn{redis.NewConn(socket, s.response, s.response).(redis.ConnWithContext), socket, func() {}}
	if as.password != "" {
		words := []any{as.password}
		if as.user != "" {
			words = []any{as.user, as.password}
		}
		_, err = made.DoContext(ctx, "AUTH", words...)
	}
	if err == nil && db != 0 {
		_, err = made.DoContext(ctx, "SELECT", db)
	}
	if err != nil {
		_ = made.Close()
		return nil, err
	}
	return made, nil
}

// open reports whether the server still holds its end of a connection that nobody reads from.
func (c *conn) open() bool {
	socket := c.socket
	if t, ok := socket.(*tls.Conn); ok {
		socket = t.NetConn()
	}
	return waits(socket)
}
