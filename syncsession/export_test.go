package syncsession

// RedisOf returns the client and the prefix of a store on Redis.
func RedisOf(ss *ServerStore) (RedisClient, string, bool) {
	rs, ok := ss.server.(*redisServer)
	if !ok {
		return nil, "", false
	}
	return rs.client, rs.prefix, true
}
