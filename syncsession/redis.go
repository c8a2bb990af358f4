package syncsession

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/redisconn"
)

// RedisClient sends commands to Redis: a client of any library, behind one method.
type RedisClient interface {
	// Do sends a command and returns its reply in the form of RESP2: nil, an int64, a string or []byte, or a []any of them.
	// In a cluster the first argument is the key that says to which node; for EVAL and EVALSHA it is the third. The text of
	// an error that the server replied is the server's. Called from any goroutine.
	Do(ctx context.Context, command string, args ...any) (any, error)
	Close() error
}

// NewRedis makes a store that keeps each session in a hash on a Redis server, cluster included. Close closes the client.
// Keys of the server start with prefix, which defaults to "nflow:session:". It connects to nothing yet.
func NewRedis(client RedisClient, prefix string, opt Options) (*ServerStore, error) {
	if err := opt.complete(); err != nil {
		return nil, err
	}
	if prefix == "" {
		prefix = "nflow:session:"
	}
	return &ServerStore{opt: opt, waits: &waits{made: opt.Now()}, server: &redisServer{
		client: client, prefix: prefix,
		createScript: redisconn.NewScript(redisCreate), mergeScript: redisconn.NewScript(redisMerge), renewScript: redisconn.NewScript(redisRenew),
	}}, nil
}

// Fields of a session's hash beside its values, whose names start otherwise.
const (
	fieldSaved = "@" // unix milliseconds
	fieldMoved = ">" // the key that it was renewed to
)

// redisApply sets and deletes fields: after the first three arguments comes how many are set, then those with their
// values, then those deleted.
const redisApply = `
local function apply(key)
  local n = tonumber(ARGV[4])
  for i = 5, 4 + 2 * n, 2 do redis.call('HSET', key, ARGV[i], ARGV[i + 1]) end
  for i = 5 + 2 * n, #ARGV do redis.call('HDEL', key, ARGV[i]) end
end
`

// redisCreate makes the session at KEYS[1]. ARGV as for redisMerge.
const redisCreate = redisApply + `
redis.call('HSET', KEYS[1], '@', ARGV[3])
apply(KEYS[1])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return {'ok'}
`

// redisMerge changes the session at KEYS[1]. ARGV: time to live and grace in ms, and when the time to live begins, "" to
// leave it. It returns gone, moved with the new key, empty, revived or ok.
const redisMerge = redisApply + `
local was = redis.call('HMGET', KEYS[1], '@', '>')
if not was[1] then return {'gone'} end
if was[2] then return {'moved', was[2]} end
local before = redis.call('HLEN', KEYS[1])
apply(KEYS[1])
if redis.call('HLEN', KEYS[1]) == 1 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return {'empty'}
end
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], '@', ARGV[3]) end
if ARGV[3] ~= '' or before == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {before == 1 and 'revived' or 'ok'}
`

// redisRenew copies the session at KEYS[1] to KEYS[2] and changes it there. ARGV as for redisMerge.
const redisRenew = redisApply + `
local was = redis.call('HMGET', KEYS[1], '@', '>')
if not was[1] then return {'gone'} end
if was[2] == KEYS[2] then return {'ok'} end
if was[2] then return {'moved', was[2]} end
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do redis.call('HSET', KEYS[2], all[i], all[i + 1]) end
redis.call('HSET', KEYS[2], '@', ARGV[3])
apply(KEYS[2])
if redis.call('HLEN', KEYS[2]) == 1 then
  redis.call('DEL', KEYS[1], KEYS[2])
  return {'empty'}
end
redis.call('PEXPIRE', KEYS[2], ARGV[1])
redis.call('HSET', KEYS[1], '>', KEYS[2])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {'ok'}
`

type redisServer struct {
	client                                 RedisClient
	prefix                                 string
	createScript, mergeScript, renewScript *redisconn.Script
}

// key puts all ids of one hint on one node of a cluster, so that a script may work on two of them.
func (rs *redisServer) key(key string) string {
	return rs.prefix + "{" + key[:hintLength] + "}" + key[hintLength:]
}

func (rs *redisServer) load(ctx context.Context, key string, _ time.Time) (kept, error) {
	pairs, err := redis.Strings(rs.client.Do(ctx, "HGETALL", rs.key(key)))
	if err != nil || len(pairs) == 0 {
		return kept{}, err
	}
	fields := make(map[string]string, len(pairs)/2)
	for i := 1; i < len(pairs); i += 2 {
		fields[pairs[i-1]] = pairs[i]
	}
	ms, err := strconv.ParseInt(fields[fieldSaved], 10, 64)
	if err != nil {
		return kept{}, nil //nolint:nilerr // nothing of ours
	}
	_, moved := fields[fieldMoved]
	delete(fields, fieldSaved)
	delete(fields, fieldMoved)
	return kept{found: true, moved: moved, saved: time.UnixMilli(ms), fields: fields}, nil
}

func (rs *redisServer) create(ctx context.Context, key string, c change) error {
	c.slide = true
	_, err := rs.run(ctx, rs.createScript, c, rs.key(key))
	return err
}

func (rs *redisServer) merge(ctx context.Context, key string, c change) (merged, error) {
	return rs.run(ctx, rs.mergeScript, c, rs.key(key))
}

func (rs *redisServer) renew(ctx context.Context, key, to string, c change) (merged, error) {
	return rs.run(ctx, rs.renewScript, c, rs.key(key), rs.key(to))
}

func (rs *redisServer) run(ctx context.Context, script *redisconn.Script, c change, keys ...string) (merged, error) {
	args := []any{c.ttl.Milliseconds(), grace.Milliseconds(), "", len(c.set)}
	if c.slide {
		args[2] = c.now.UnixMilli()
	}
	for field, value := range c.set {
		args = append(args, field, value)
	}
	for _, field := range c.del {
		args = append(args, field)
	}
	answer, err := redis.Strings(script.Run(ctx, rs.client, keys, args...))
	if err != nil {
		return merged{}, err
	}
	switch answer[0] {
	case "gone":
		return merged{gone: true}, nil
	case "moved":
		at := answer[1][len(rs.prefix):] // {hint}hash
		return merged{moved: at[1:1+hintLength] + at[2+hintLength:]}, nil
	}
	return merged{empty: answer[0] == "empty", revived: answer[0] == "revived"}, nil
}

func (rs *redisServer) prune(context.Context, time.Time) (int64, error) { return 0, nil }

// ping is satisfied with MISCONF: a server that cannot write to its disk refuses a PING too, and probe says more.
func (rs *redisServer) ping(ctx context.Context) error {
	if _, err := rs.client.Do(ctx, "PING"); err != nil && !strings.HasPrefix(err.Error(), "MISCONF") {
		return err
	}
	return nil
}

// probe writes a key that soon expires. The first word of Redis's answer says what is wrong.
func (rs *redisServer) probe(ctx context.Context, now time.Time) error {
	_, err := rs.client.Do(ctx, "SET", rs.prefix+"probe", now.UnixMilli(), "PX", grace.Milliseconds())
	if err == nil {
		return nil
	}
	text := "the Redis of the sessions rejects writes; check [redis] host and at the log of that server"
	switch word, _, _ := strings.Cut(err.Error(), " "); word {
	case "READONLY":
		text = "the Redis of the sessions is a read-only replica; name the primary in [redis] host"
	case "OOM":
		text = "the Redis of the sessions is out of memory; raise maxmemory of the server that [redis] host names, or lower [session] ttl"
	case "MISCONF":
		text = "the Redis of the sessions cannot write to its disk; free space on the server that [redis] host names, and check its log"
	case "NOPERM":
		text = "the user of [redis] may not write the keys nflow:session:*; allow it on the server that [redis] host names"
	}
	return fault.Wrap(fault.Unavailable, err, "%s", text)
}

func (rs *redisServer) close() error { return rs.client.Close() }
