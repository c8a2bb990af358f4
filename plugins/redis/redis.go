// Package redis is the plugin of the Redis functions: redis.get, set, incr … and the older redis_hset, redis_hget,
// redis_hdel and redis_expire.
//
// The engine makes one Plugin from [redis]. Nothing connects before a flow first calls it, and all runs share one pool.
// Every call ends with the run that makes it. Keys are the flow's own: all that share the database of the server share
// them.
package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/redisconn"
	"github.com/arturoeanton/nflow-runtime/plugins"
)

// Options of the plugin. With an empty Host the functions exist and say that Redis is not configured.
type Options = redisconn.Options

const (
	dialTime  = 5 * time.Second
	replyTime = 10 * time.Second
)

// Plugin is the plugin redis. Its methods may be called from any goroutine.
type Plugin struct {
	client *redisconn.Client // nil when Redis is not configured
	calls  sync.WaitGroup    // calls whose runs may have ended before them
}

var (
	_ hostfn.Plugin   = (*Plugin)(nil)
	_ plugins.Stopper = (*Plugin)(nil)
)

// New reads the configuration and connects to nothing. Its errors are faults that name the key.
func New(o Options) (*Plugin, error) {
	if o.Host == "" {
		return &Plugin{}, nil
	}
	o.DialTime, o.ReplyTime = dialTime, replyTime
	o.Once = true // a command that was sent may have been done: INCR must not be done twice
	client, err := redisconn.Open(o)
	if err != nil {
		return nil, err
	}
	return &Plugin{client: client}, nil
}

// Name is redis.
func (p *Plugin) Name() string { return "redis" }

// Stop closes all connections, after the calls that ended runs had left behind.
func (p *Plugin) Stop(ctx context.Context) error {
	if p.client == nil {
		return nil
	}
	done := make(chan struct{})
	go func() { p.calls.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
	_ = p.client.Close() // never fails
	return context.Cause(ctx)
}

// errNil is what redis_hget reports of a field that does not exist; its text is older programs' own.
var errNil = errors.New("redis: nil")

// replyError is what the server answered to a command. It is no fault: a script sees the text, an HTTP answer does not.
type replyError string

func (e replyError) Error() string { return string(e) }

// call runs a command with the context of the run, and comes back when that ends, whatever the client does.
// what is the command in words, and what it is about, for a recording of the run.
func call[T any](p *Plugin, r *hostfn.Run, what []any, command func(context.Context) (T, error)) (T, error) {
	if p.missing(r) {
		var none T
		return none, notConfigured()
	}
	key := func() string { return hostfn.Key(fmt.Sprint(what[0]), fmt.Sprint(what[1:]...))() }
	value, err := hostfn.Take(r, "redis", key, func(ctx context.Context) (T, error) {
		p.calls.Add(1)
		return hostfn.Await(ctx, func() (T, error) {
			defer p.calls.Done()
			value, err := command(ctx)
			return value, explain(ctx, err)
		})
	})
	if err != nil && err.Error() == errNil.Error() { // as it comes out of a recording
		err = errNil
	}
	return value, err
}

// missing reports that no server is configured. A replay of a run needs none.
func (p *Plugin) missing(r *hostfn.Run) bool {
	return p.client == nil && (r.Effects == nil || !r.Effects.Replays())
}

func notConfigured() error {
	return fault.New(fault.Unavailable, "Redis is not configured: set [redis] host")
}

// explain makes the error of a failed command: the server's words where it answered.
func explain(ctx context.Context, err error) error {
	if err == nil || errors.Is(err, errNil) {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	reply, ok := errors.AsType[redis.Error](err)
	switch {
	case !ok:
		return fault.Wrap(fault.Unavailable, err, "Redis cannot be reached: check [redis] host and the server")
	case strings.HasPrefix(reply.Error(), "NOAUTH") || strings.HasPrefix(reply.Error(), "WRONGPASS"):
		return fault.Wrap(fault.Unavailable, err, "Redis refused the login: check [redis] password")
	}
	return replyError(reply.Error())
}
