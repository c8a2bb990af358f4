package ratelimit

import (
	"context"
	"encoding/base64"
	"sync/atomic"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
)

const (
	// askTime is how long a request waits for Redis.
	askTime = 500 * time.Millisecond

	// restTime is how long Redis is not called after it did not answer, so that not every request waits for it.
	restTime = time.Second
)

// shared counts on Redis, for all instances and by the clock of Redis, which also forgets idle clients.
type shared struct {
	limiter *redis_rate.Limiter
	prefix  string
	rests   atomic.Int64 // unix nanoseconds
}

func newShared(client redis.UniversalClient, prefix string) *shared {
	return &shared{limiter: redis_rate.NewLimiter(client), prefix: prefix}
}

func (s *shared) usable(now time.Time) bool { return now.UnixNano() >= s.rests.Load() }

func (s *shared) failed(now time.Time) { s.rests.Store(now.Add(restTime).UnixNano()) }

// take counts a request, and returns how long the client needs to be paid off.
func (s *shared) take(ctx context.Context, k key, r Rule) (left time.Duration, allowed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	requests := max(1, r.Requests)
	result, err := s.limiter.Allow(ctx, s.prefix+base64.RawURLEncoding.EncodeToString(k[:]),
		redis_rate.Limit{Rate: requests, Burst: requests + max(0, r.Burst), Period: r.Window})
	if err != nil {
		return 0, false, err
	}
	return result.ResetAfter, result.Allowed > 0, nil
}
