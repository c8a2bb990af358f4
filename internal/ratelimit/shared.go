package ratelimit

import (
	"context"
	"encoding/base64"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/arturoeanton/nflow-runtime/internal/redisconn"
)

const (
	// askTime is how long a request waits for Redis.
	askTime = 200 * time.Millisecond

	// restTime is how long Redis is not called after it did not answer, so that not every request waits for it.
	restTime = 5 * time.Second
)

// script is GCRA on Redis. The value of KEYS[1] is when the client is paid off, in µs since 1970. ARGV: µs between two requests
// at the even rate, and concurrent requests. It returns whether the request is allowed and the µs until the client is paid off, which is no more than
// all of them take, also after the clock was set back.
const script = `
local each, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local paid = math.min(math.max(now, tonumber(redis.call('GET', KEYS[1]) or now)), now + each * most)
local left = paid - now + each
if left > each * most then return {'0', string.format('%.3f', paid - now)} end
redis.call('SET', KEYS[1], string.format('%.3f', now + left), 'PX', math.ceil(left / 1000))
return {'1', string.format('%.3f', left)}
`

// shared counts on Redis, for all instances and by the clock of Redis, which also forgets idle clients.
type shared struct {
	client *redisconn.Client
	script *redisconn.Script
	prefix string
	made   time.Time
	rests  atomic.Int64 // nanoseconds after made, for the machine's clock may be set; 0 for none
}

func newShared(client *redisconn.Client, prefix string, now time.Time) *shared {
	return &shared{made: now, client: client, script: redisconn.NewScript(script), prefix: prefix}
}

// usable reports whether a request may ask Redis. Of those after a rest one does, and the others wait for nothing.
func (s *shared) usable(now time.Time) bool {
	until := s.rests.Load()
	return until == 0 || int64(now.Sub(s.made)) >= until && s.rests.CompareAndSwap(until, s.rest(now))
}

func (s *shared) rest(now time.Time) int64 { return int64(now.Add(restTime).Sub(s.made)) }

func (s *shared) failed(now time.Time) { s.rests.Store(s.rest(now)) }

func (s *shared) answered() {
	if s.rests.Load() != 0 {
		s.rests.Store(0)
	}
}

// take counts a request, and returns how long the client needs to be paid off.
func (s *shared) take(ctx context.Context, k key, l limit) (left time.Duration, allowed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	name := s.prefix + base64.RawURLEncoding.EncodeToString(k[:])
	reply, err := redis.Strings(s.script.Run(ctx, s.client, []string{name}, float64(l.each)/1e3, l.most))
	if err != nil {
		return 0, false, err
	}
	µs, err := strconv.ParseFloat(reply[1], 64)
	return time.Duration(µs * 1e3), reply[0] == "1", err
}
