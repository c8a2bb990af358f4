package syncsession

import "github.com/redis/go-redis/v9"

// RedisOf returns the client and the prefix of a store on Redis.
func RedisOf(ss *ServerStore) (redis.UniversalClient, string, bool) {
	rs, ok := ss.server.(*redisServer)
	if !ok {
		return nil, "", false
	}
	return rs.client, rs.prefix, true
}
