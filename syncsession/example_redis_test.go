package syncsession_test

import (
	"context"
	"fmt"

	"github.com/gomodule/redigo/redis"

	"github.com/arturoeanton/nflow-runtime/syncsession"
)

// pooled is a RedisClient of a library: here a pool of redigo.
type pooled struct{ *redis.Pool }

func (p pooled) Do(ctx context.Context, command string, args ...any) (any, error) {
	conn, err := p.GetContext(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return redis.DoContext(conn, ctx, command, args...)
}

// Sessions are kept on a Redis that the program already has a client of.
func ExampleNewRedis() {
	pool := &redis.Pool{
		MaxActive: 10, Wait: true,
		DialContext: func(ctx context.Context) (redis.Conn, error) { return redis.DialContext(ctx, "tcp", "127.0.0.1:6379") },
	}
	store, err := syncsession.NewRedis(pooled{pool}, "shop:session:", syncsession.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("closed:", store.Close() == nil)
	// Output: closed: true
}
